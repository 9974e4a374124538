"""Builds the template data for a row of the record list. The page with the list and the reply to an action
both use this module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from invoices.models import Preference, Record, StagedChoice
from invoices.people.access import Access
from invoices.web.page import words
from invoices.web.people.preferences import preference_of
from invoices.web.record_list import columns
from invoices.web.record_list.row import RecordRow, desk_view
from invoices.web.record_list.row import row as row_of


@dataclass(frozen=True, slots=True)
class Shown:
    """A row with its cells. `choice` is the unsaved choice, and `ticked` is True for a ticked row. Every
    other attribute comes from the `RecordRow`."""

    row: RecordRow
    cells: list[columns.Cell]
    choice: StagedChoice | None = None
    ticked: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


def shown_row(access: Access, section: str, preference: Preference, row: RecordRow) -> dict[str, Any]:
    """Return the template context for one row with its cells. `section` is the section of the list."""
    chosen = columns.shown(section, preference)
    return {
        "row": Shown(row, columns.Cells(access, chosen, [row]).of(row)),
        "width": len(chosen) + 4,
        "access": access,
        "may_act": access.can_act,
        "mode": "instant",
        "section": section,
        "preference": preference,
    }


def fresh(access: Access, record_id: int) -> RecordRow:
    """Return the row of one record, read from the database now. The record must not be archived."""
    record = (
        Record.objects.select_related("decision", "supplier")
        .filter(pk=record_id, recipient_id=access.taxpayer.pk)
        .get()
    )
    return row_of(record, desk_view(access))


def context_of(access: Access, section: str, row: RecordRow) -> dict[str, Any]:
    """Return the context of the template `invoices/_record.html`, with this person's columns."""
    return shown_row(access, section, preference_of(access.user), row) | {"reasons": words.REMARK_REASONS}
