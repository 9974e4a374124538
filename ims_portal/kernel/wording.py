"""English sentences with figures in them, which keep their pattern so that pages can translate them."""

from __future__ import annotations

from typing import Any


class Said(str):
    """An English sentence, together with its pattern and the values in it."""

    pattern: str
    values: dict[str, Any]


def say(pattern: str, **values: Any) -> Said:
    """Return `pattern` with its %(name)s places filled in. Files and the API print this text. Pages translate
    the pattern, which `makemessages` finds by the name of this function."""
    said = Said(pattern % values)
    said.pattern, said.values = pattern, values
    return said
