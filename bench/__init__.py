"""Measurements: ratios against a yardstick in the same run, never absolute promises."""
