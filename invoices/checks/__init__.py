"""What must hold of the tables at all times, one module each; `manage.py verify` asks them all.

A module has `NAME`, a line for people, and `look(only)`, which answers with a `Looked`; `only` is the id of one
taxpayer, or None for all. It reads and never mends. What needs GSTR-2B stands in `gstr2b.checks`.
"""
