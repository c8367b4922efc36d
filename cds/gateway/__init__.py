"""Reading the patient: prefetch first, then the EHR's FHIR server, within one time budget.

What could not be read becomes a state of the chart, never an exception and never an empty list. The bearer token goes
to the server that it came with and nowhere else, and is never logged or kept.
"""
