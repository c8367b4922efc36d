"""A whole population from a Bulk Data export: charts in, the same ``decide`` for each, counts and gaps out.

This room decides nothing and invents no clinical number: what is counted stands in ``rules/audit.yaml``. A patient
whose data may be missing is never counted as one without a finding.
"""
