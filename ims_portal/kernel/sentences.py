"""Sentences as parts of other sentences."""

from __future__ import annotations


def inside(sentence: str) -> str:
    """Return a sentence as it stands after a colon: with a small first letter, unless the first word is an
    abbreviation such as GSTR-3B, ITC or IMS."""
    first, second = sentence[:1], sentence[1:2]
    return sentence if second.isupper() or second.isdigit() else first.lower() + sentence[1:]
