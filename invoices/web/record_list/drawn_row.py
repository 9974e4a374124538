"""A row of the record list as it is drawn: the same on the page and in the reply to an action."""

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
    """A row as it is drawn: its cells, the choice that waits for Save, whether it is ticked. Everything else is the
    row's own."""

    row: RecordRow
    cells: list[columns.Cell]
    choice: StagedChoice | None = None
    ticked: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


def shown_row(access: Access, section: str, preference: Preference, row: RecordRow) -> dict[str, Any]:
    """The same with its cells: `section` is the list it stands in."""
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
    """One record of the desk as it stands now."""
    record = (
        Record.objects.select_related("decision", "supplier")
        .filter(pk=record_id, recipient_id=access.taxpayer.pk)
        .get()
    )
    return row_of(record, desk_view(access))


def context_of(access: Access, section: str, row: RecordRow) -> dict[str, Any]:
    """What `invoices/_record.html` reads, with this person's columns."""
    return shown_row(access, section, preference_of(access.user), row) | {"reasons": words.REMARK_REASONS}
