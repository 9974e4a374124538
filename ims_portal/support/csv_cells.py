"""Text in CSV that a spreadsheet must not take for a formula."""

from __future__ import annotations

BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00")


def as_text(value: str) -> str:
    """The value, behind an apostrophe where a spreadsheet would run it."""
    return f"'{value}" if value.startswith(BEGINNINGS) else value
