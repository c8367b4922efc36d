"""The pharmacist's pages: what was told to prescribers, why, what came of it, and which rules are in force.

It decides nothing. Nobody sees anything without signing in, and every look at a patient's data is in the journal.
"""

from cds.web.audit.door import audit_routes

__all__ = ["audit_routes"]
