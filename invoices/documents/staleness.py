"""Marks a GSTR-2B stale.

The desk counts the records that changed since the statement was computed (R-086)."""

from __future__ import annotations

from django.db.models import F, QuerySet

from invoices.models import RecipientDesk


def mark_stale(desk: RecipientDesk, records: int) -> bool:
    """Count `records` more changes of the desk's statement, and return whether they make the statement stale.

    The caller has read `desk` under its lock. Without a
    statement, or without a change, nothing is written."""
    stale = bool(desk.statement_version and records)
    if stale:
        _add(RecipientDesk.objects.filter(pk=desk.pk), records)
    return stale


def mark_open_statement_stale(recipient_id: int, records: int) -> None:
    """Count `records` more changes of the statement of the recipient's open period, if there is a statement.

    Use this function if the desk was not read, and `mark_stale` if it was."""
    _add(
        RecipientDesk.objects.filter(recipient_id=recipient_id, filed_at=None, statement_version__gt=0),
        records,
    )


def _add(desks: QuerySet[RecipientDesk], records: int) -> None:
    desks.update(changes=F("changes") + records)
