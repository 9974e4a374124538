"""Worked examples of the law, run against the real application: its events, its clock, its midnights.

docs/scenarios.md and the first lines of each scenario file describe the schema."""
