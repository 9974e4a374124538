"""The one place that marks a GSTR-2B stale: its desk counts what changed since the statement was computed (R-086)."""

from __future__ import annotations

from django.db.models import F, QuerySet

from invoices.models import RecipientDesk


def mark_stale(desk: RecipientDesk, records: int) -> bool:
    """Note that this many records of the desk's statement changed. `desk` is locked and as it was read then. Returns
    whether the statement is stale by them; without a statement, or without a change, nothing is written."""
    stale = bool(desk.statement_version and records)
    if stale:
        _add(RecipientDesk.objects.filter(pk=desk.pk), records)
    return stale


def mark_open_statement_stale(recipient_id: int, records: int) -> None:
    """The same for a recipient whose desk was not read: the statement of the open period, if there is one."""
    _add(
        RecipientDesk.objects.filter(recipient_id=recipient_id, filed_at=None, statement_version__gt=0),
        records,
    )


def _add(desks: QuerySet[RecipientDesk], records: int) -> None:
    desks.update(changes=F("changes") + records)
