"""English sentences with values in them. Each sentence object also has its pattern, so that pages can
translate the sentence."""

from __future__ import annotations

from typing import Any


class Said(str):
    """An English sentence, together with its pattern and the values in it."""

    pattern: str
    values: dict[str, Any]


def say(pattern: str, **values: Any) -> Said:
    """Return `pattern` with its %(name)s places filled in. Files and the API show this English text. Pages
    translate the pattern. `makemessages` finds the patterns in the calls of `say`."""
    said = Said(pattern % values)
    said.pattern, said.values = pattern, values
    return said
