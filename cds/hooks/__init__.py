"""The CDS Hooks wire: what comes in, what goes out, what is offered, and what clinicians said of it.

Requests are read strictly at the envelope and tolerantly inside; responses are valid by construction. This room knows
no rule, no clock, no file and no network, and never parses FHIR: resources pass through it as they came.
"""
