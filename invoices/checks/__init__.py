"""Checks of invariants, which the tables must keep at all times. `manage.py verify` runs all checks.

Each module is one check. `NAME` is a line for people. `look(only)` returns a `Looked`; `only` is the id of
one taxpayer, or None for all. A check reads tables and repairs nothing. Checks that need GSTR-2B are in
`gstr2b.checks`."""
