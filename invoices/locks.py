"""Row locks, in one order: desk first, then records, then the statement (docs/architecture.md)."""

from __future__ import annotations

from django.db import connection

from invoices.models import RecipientDesk, Taxpayer


def open_desk(recipient: Taxpayer) -> RecipientDesk:
    """The recipient's open desk, locked until the transaction ends; made if it is not there yet.

    On SQLite a write transaction already excludes other writers, so the lock is the transaction itself."""
    if not connection.in_atomic_block:
        raise RuntimeError("a desk is locked inside a transaction")
    desk = (
        RecipientDesk.objects.select_for_update()
        .filter(recipient_id=recipient.pk, filed_at__isnull=True)
        .first()
    )
    if desk is None:
        RecipientDesk.objects.get_or_create(
            recipient_id=recipient.pk, filed_at=None, defaults={"period": recipient.open_period}
        )
        desk = RecipientDesk.objects.select_for_update().get(recipient_id=recipient.pk, filed_at__isnull=True)
    return desk
