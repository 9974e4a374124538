"""Sentences with figures in them that can still be said in another language: English text that keeps its pattern."""

from __future__ import annotations

from typing import Any


class Said(str):
    """An English sentence, with the pattern and the values it was made from."""

    pattern: str
    values: dict[str, Any]


def say(pattern: str, **values: Any) -> Said:
    """`pattern` with its %(name)s places filled in. Files and the API print it; pages say it anew from the pattern,
    which `makemessages` finds by the name of this function."""
    said = Said(pattern % values)
    said.pattern, said.values = pattern, values
    return said
