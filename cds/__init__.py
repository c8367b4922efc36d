"""Bone-health decision support at the moment a checkpoint inhibitor is ordered.

One pure function decides; HTTP, command line, sandbox, replay and population audit are doors to it and decide nothing.
"""
