"""Row locks, in one order: supplier, desk, records by id, then the statement (docs/architecture.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet

from invoices.models import RecipientDesk, Record, Taxpayer
from invoices.rules.situation import Filing, Route


def open_desk(recipient: Taxpayer) -> RecipientDesk:
    """The recipient's open desk, locked until the transaction ends; made if it is not there yet. `recipient` is
    brought up to date: what it said before the lock may be a period ago. On SQLite a write transaction already
    excludes other writers."""
    _inside()
    desk = _locked(recipient)
    if desk is None:
        recipient.refresh_from_db(fields=["open_period", "frequency"])
        RecipientDesk.objects.get_or_create(
            recipient_id=recipient.pk, filed_at=None, defaults={"period": recipient.open_period}
        )
        desk = _locked(recipient)
        assert desk is not None
    recipient.refresh_from_db(fields=["open_period", "frequency"])
    return desk


def _locked(recipient: Taxpayer) -> RecipientDesk | None:
    return (
        RecipientDesk.objects.select_for_update()
        .filter(recipient_id=recipient.pk, filed_at__isnull=True)
        .first()
    )


def open_desks(recipients: Sequence[Taxpayer]) -> list[tuple[Taxpayer, RecipientDesk]]:
    """The open desks of many recipients, locked in one order, as `open_desk` does for one; the recipients are read
    anew."""
    _inside()
    ids = [recipient.pk for recipient in recipients]
    mine = RecipientDesk.objects.filter(recipient_id__in=ids, filed_at__isnull=True)
    missing = set(ids) - set(mine.values_list("recipient_id", flat=True))
    if missing:
        opens = Taxpayer.objects.filter(pk__in=missing).values_list("pk", "open_period")
        RecipientDesk.objects.bulk_create(
            [RecipientDesk(recipient_id=pk, period=period) for pk, period in opens], ignore_conflicts=True
        )
    locked = list(mine.select_for_update().order_by("recipient_id"))
    # what they said before the lock may be a period ago
    fresh = Taxpayer.objects.in_bulk(ids)
    return [(fresh[desk.recipient_id], desk) for desk in locked]


def supplier(taxpayer: Taxpayer) -> Taxpayer:
    """One writer at a time among a supplier's saves, edits, deletions and filings; the row as it is now. What only
    refers to the GSTIN is not kept waiting: whoever acts at this desk checks that reference as it commits, with the
    head of the journal's chain in hand, for which this writer waits."""
    _inside()
    return Taxpayer.objects.select_for_update(no_key=True).get(pk=taxpayer.pk)


def transaction_id() -> str:
    """What others can ask `goes_on` about: this transaction, which holds a lock for them."""
    _inside()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        return cursor.fetchone()[0]


def goes_on(transaction_id: str) -> bool:
    """Does that transaction still hold its locks? Asked last before a commit that relies on them. PostgreSQL only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_xact_status(%s::xid8) = 'in progress'", [transaction_id])
        return cursor.fetchone()[0]


def suppliers(records: QuerySet[Record]) -> None:
    """The same for every supplier of these records, in one order."""
    _inside()
    theirs = Taxpayer.objects.filter(pk__in=records.order_by().values("supplier_id"))
    _hold(theirs.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def filers_to(recipient_ids: Sequence[int]) -> None:
    """Wait until no supplier with unfiled documents for these recipients is in the middle of a save or filing: what is
    filed by then is seen as filed. Locks nothing when it returns, unless the caller's transaction goes on."""
    if connection.vendor != "postgresql" or not recipient_ids:
        return
    unfiled = Record.objects.filter(recipient_id__in=recipient_ids, filing=Filing.SAVED.value).order_by()
    table = Taxpayer._meta.db_table
    owners: list[str] = []
    given: list[Any] = []
    # those in IMS and those past it are in an index each
    for part in (unfiled.filter(route=Route.IMS.value), unfiled.exclude(route=Route.IMS.value)):
        sql, params = part.values("supplier_id").query.sql_with_params()
        owners.append(sql)
        given += params
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT id FROM {table} WHERE id IN ({' UNION ALL '.join(owners)}) "  # noqa: S608
            "ORDER BY id FOR SHARE) AS waited_for",
            given,
        )


def suppliers_of(recipient: Taxpayer) -> None:
    """Wait until no supplier of this recipient's records is in the middle of a save, edit or filing. They are locked
    together with others who only wait."""
    _inside()
    if connection.vendor != "postgresql":
        return
    table, records = Taxpayer._meta.db_table, Record._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT id FROM {table} WHERE id IN "  # noqa: S608
            f"(SELECT supplier_id FROM {records} WHERE recipient_id = %s) ORDER BY id FOR SHARE) AS waited_for",
            [recipient.pk],
        )


def records(selection: QuerySet[Record]) -> int | None:
    """Lock the rows of a selection by id, without reading them: a supplier's edit is before or after. Returns how many
    there are; None on SQLite, where a write transaction holds everything."""
    _inside()
    return _hold(selection.order_by("pk").select_for_update(of=("self",)).values_list("pk"))


def _hold(rows: QuerySet[Any, Any]) -> int | None:
    if connection.vendor != "postgresql":
        return None
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return 0  # a selection that can match nothing
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql}) AS locked", params)
        return cursor.fetchone()[0]


def _inside() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("rows are locked inside a transaction")
