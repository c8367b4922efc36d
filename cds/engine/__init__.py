"""The argument: what is known, what follows from it, and in which words.

This room knows nothing of FHIR, files, clocks or the network. It takes facts and rules and gives verdicts.
"""
