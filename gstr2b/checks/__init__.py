"""Checks of `manage.py verify` on statements and their lines, built like the checks in `invoices.checks`."""
