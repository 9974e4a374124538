"""Make text for the cells of a CSV file, so that a spreadsheet does not run the text as a formula."""

from __future__ import annotations

BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00")


def as_text(value: str) -> str:
    """Return the value, with an apostrophe before it if a spreadsheet would run the value as a formula."""
    return f"'{value}" if value.startswith(BEGINNINGS) else value
