"""Marks a GSTR-2B draft stale.

The desk counts the records that changed after the draft was computed (R-086)."""

from __future__ import annotations

from django.db.models import F, QuerySet

from invoices.models import RecipientDesk


def mark_stale(desk: RecipientDesk, records: int) -> bool:
    """Add `records` to the desk's count of changes after the draft. Return True if the draft is stale because
    of them.

    The caller has read `desk` under its lock. Without a draft, or with `records` 0, the function writes
    nothing."""
    stale = bool(desk.statement_version and records)
    if stale:
        _add(RecipientDesk.objects.filter(pk=desk.pk), records)
    return stale


def mark_open_statement_stale(recipient_id: int, records: int) -> None:
    """Add `records` to the count of changes of the recipient's open period, if this period has a draft.

    Use this function if the desk is not loaded, and `mark_stale` if it is."""
    _add(
        RecipientDesk.objects.filter(recipient_id=recipient_id, filed_at=None, statement_version__gt=0),
        records,
    )


def _add(desks: QuerySet[RecipientDesk], records: int) -> None:
    desks.update(changes=F("changes") + records)
