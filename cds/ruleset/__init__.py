"""The rule book as data: read from ``rules/``, refused when anything is wrong, shown, compared and locked.

This room reads files when the service starts or when an author asks. It never decides anything about a patient.
"""
