"""The HTTP door: routes, problems, logs, metrics and the sandbox page.

It decides nothing, never shows a stack trace, and neither logs nor counts anything that tells of a patient.
"""

from cds.web.app import create_app
from cds.web.serve import serve

__all__ = ["create_app", "serve"]
