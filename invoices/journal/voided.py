"""Lists the records whose action was reset by a supplier's edit or by law, with the fields that changed."""

from __future__ import annotations

from dataclasses import dataclass

from invoices.journal import history
from invoices.models import JournalLine, Record, Taxpayer
from invoices.queries.record_list import records
from invoices.queries.record_list.filters import Filters
from invoices.queries.situations import DeskView

MOST = 100


@dataclass(frozen=True, slots=True)
class Voided:
    """A record whose action was reset, with the fields that changed.

    `decision.cleared_action` is the earlier action."""

    record: Record
    changes: tuple[history.FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Latest:
    shown: list[Voided]
    more: bool


def latest(recipient: Taxpayer, view: DeskView) -> Latest:
    """Return the records whose action was reset, latest first, at most `MOST`.

    The function makes two queries for any number of records."""
    found = records.matching(recipient, view, Filters(edited=True)).select_related("decision", "supplier")
    page = list(found.order_by("-decision__cleared_at", "pk")[: MOST + 1])
    more, page = len(page) > MOST, page[:MOST]
    changes: dict[int, tuple[history.FieldChange, ...]] = {}
    lines = JournalLine.objects.filter(
        record_id__in=[record.pk for record in page], recipient_id=recipient.pk, detail__isnull=False
    )
    for line in lines.order_by("pk"):
        changes[line.record_id] = tuple(c for c in history.changes_of(line) if c.changed) or changes.get(
            line.record_id, ()
        )
    return Latest([Voided(record, changes.get(record.pk, ())) for record in page], more)
