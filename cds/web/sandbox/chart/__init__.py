"""What a patient's record holds, laid out for reading: problems, drugs, laboratory, bone density, the line of time.

Codes are read with the code book and units with the facts' own reading, so that the page shows what the rules see. It
concludes nothing.
"""

from cds.web.sandbox.chart.sheet import Sheet, sheet

__all__ = ["Sheet", "sheet"]
