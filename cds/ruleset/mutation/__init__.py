"""Every condition of a rule book changed in every small way, one at a time: does a case notice?

A mutant that no case notices survives: a case is missing, or the change makes no difference at all.
"""
