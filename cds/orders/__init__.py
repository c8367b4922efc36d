"""What can be ordered: whether an option may be offered to this patient, and the FHIR order that it becomes."""
