"""Checks of invariants: facts that the tables must satisfy at all times. `manage.py verify` runs all checks.

Each module is one check. The constant `NAME` is the check's title. The function `look(only)` runs the check
and returns the result, a `Looked`. `only` is the id of one taxpayer, or None for all taxpayers. A check
repairs nothing. Checks that need GSTR-2B are in `gstr2b.checks`."""
