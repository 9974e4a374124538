"""Marks a GSTR-2B draft stale.

The desk counts the records that changed after the draft was computed (R-086)."""

from __future__ import annotations

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from invoices.models import RecipientDesk, Record


def mark_stale(desk: RecipientDesk, records: int) -> bool:
    """Add `records` to the count of changes that were made after the GSTR-2B draft. Return True if these
    changes make the draft stale.

    The caller must have locked `desk` before reading it. If there is no draft, or `records` is 0, the
    function writes nothing and returns False."""
    stale = bool(desk.statement_version and records)
    if stale:
        _add(RecipientDesk.objects.filter(pk=desk.pk), records)
    return stale


def mark_open_statement_stale(recipient_id: int, records: int) -> None:
    """Add `records` to the number of changes after the draft of the recipient's open period. Without a draft,
    the function writes nothing.

    This function is for callers that have not loaded the desk. `mark_stale` is for callers that have loaded
    the desk."""
    _add(
        RecipientDesk.objects.filter(recipient_id=recipient_id, filed_at=None, statement_version__gt=0),
        records,
    )


def mark_statements_stale(records: QuerySet[Record]) -> None:
    """Count these records as changes after the drafts of the open periods of their recipients, if the records
    belong to these drafts. One statement for any number of recipients. The caller must have locked the desks.
    """
    theirs = records.order_by().filter(
        recipient_id=OuterRef("recipient_id"), claim_period__lte=OuterRef("period")
    )
    count = Subquery(theirs.values("recipient_id").annotate(n=Count("pk")).values("n"))
    RecipientDesk.objects.filter(
        recipient_id__in=records.order_by().values("recipient_id"), filed_at=None, statement_version__gt=0
    ).update(changes=F("changes") + Coalesce(count, 0))


def _add(desks: QuerySet[RecipientDesk], records: int) -> None:
    desks.update(changes=F("changes") + records)
