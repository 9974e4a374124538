"""The next steps that a message offers after an action: undo, redo, or add remarks.

The message goes through the session to the next page. The offers travel beside its text, in its `extra_tags`, so
that a page without scripts shows them too."""

from __future__ import annotations

import re
from dataclasses import dataclass

from invoices.models import Taxpayer


@dataclass(frozen=True, slots=True)
class Offers:
    """The offers of one message. `undo` and `redo` are ids of journal entries, and `remarks` is the id of the
    record that has no remarks yet. 0 offers nothing."""

    gstin: str
    undo: int = 0
    redo: int = 0
    remarks: int = 0


def tags(taxpayer: Taxpayer, *, undo: int | None = 0, redo: int | None = 0, remarks: int = 0) -> str:
    """Return the offers in the form that a message carries."""
    return f"{taxpayer.gstin} undo-{undo or 0} redo-{redo or 0} remarks-{remarks}"


def read(carried: str) -> Offers | None:
    """Return the offers that a message carries, or None if it carries none."""
    found = re.fullmatch(r"(\w{15}) undo-(\d+) redo-(\d+) remarks-(\d+)", carried)
    return Offers(found[1], *(int(pk) for pk in found.groups()[1:])) if found else None
