"""Worked examples of the law, run against the real application: its events, its clock, its midnights.

The schema stands at the head of any scenario file and in docs/scenarios.md.
"""
