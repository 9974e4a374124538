"""Draws the rows of the record list. The page with the list, the reply to an action and the row that a script fetches
again all use this module and its one template, templates/jinja2/invoices/rows.html."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from invoices.models import Record, StagedChoice
from invoices.people.access import Access
from invoices.web.people.preferences import preference_of
from invoices.web.record_list import columns
from invoices.web.record_list.row import RecordRow, desk_view
from invoices.web.record_list.row import row as row_of


@dataclass(frozen=True, slots=True)
class Shown:
    """A row with its cells. `choice` is the unsaved choice, and `ticked` is True for a ticked row. `asked` is the
    HTML of a question that the row asks, or ""."""

    row: RecordRow
    cells: list[columns.Cell]
    choice: StagedChoice | None = None
    ticked: bool = False
    asked: str = ""

    @property
    def record(self) -> Record:
        return self.row.record


def drawn(
    rows: Sequence[Shown],
    access: Access,
    *,
    mode: str = "instant",
    straight: bool = False,
    alone: bool = False,
) -> tuple[SafeString, SafeString]:
    """Return the HTML of the rows and the HTML of the boxes. Each row is a table body. Each box explains one reason
    why actions are not available. With `alone`, there is one row, which replaces a row of a page. Its boxes stand
    inside the row."""
    may_act = access.can_act and not straight
    reasons = {} if straight else {reason: None for one in rows for reason in one.row.reasons}
    prefix = f"because-{rows[0].row.record.pk}-" if alone else "because-"
    because = {reason: f"{prefix}{n}" for n, reason in enumerate(reasons)}
    found = _html(
        "invoices/rows.html",
        {
            "rows": rows,
            "may_act": may_act,
            "mode": mode,
            "straight": straight,
            "width": width(len(rows[0].cells) if rows else 0, mode, may_act=may_act),
            "because": because,
            "alone": alone,
        },
    )
    return found, _html("invoices/reasons.html", {"because": because})


def _html(template: str, context: dict[str, Any]) -> SafeString:
    return mark_safe(render_to_string(template, context, using="jinja2"))  # noqa: S308  Jinja2 escapes all values


def width(cells: int, mode: str, *, may_act: bool) -> int:
    """Return the number of columns of the list: the person's columns, status and document, and in front of them the
    actions and the boxes for ticks."""
    return cells + 2 + (may_act + (mode != "save") if may_act else 0)


def fresh(access: Access, record_id: int) -> RecordRow:
    """Return the row of one record, read from the database now. The record must not be archived."""
    record = (
        Record.objects.select_related("decision", "supplier")
        .filter(pk=record_id, recipient_id=access.taxpayer.pk)
        .get()
    )
    return row_of(record, desk_view(access))


def drawn_alone(access: Access, section: str, row: RecordRow, asked: str = "") -> SafeString:
    """Return the HTML of one row with this person's columns. The row replaces the row of the same record on a
    page."""
    chosen = columns.shown(section, preference_of(access.user), books=access.books)
    shown = Shown(row, columns.Cells(access, chosen, [row]).of(row), asked=asked)
    return drawn([shown], access, alone=True)[0]
