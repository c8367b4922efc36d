"""Lenient, read-only views of the FHIR R4 elements that we use.

This room turns bytes that an EHR sent into resources, quantities, dates and concepts. It repairs what it can, says what
it could not read, and never loses a resource silently. It knows no rule, no clock, no file and no network.
"""
