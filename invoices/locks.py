"""Row locks in a fixed order: supplier, desk, records by id, then the GSTR-2B (docs/architecture.md)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet

from invoices.models import RecipientDesk, Record, Taxpayer
from invoices.rules.situation import Filing

# how often `desks_of_amended` looks again for a desk that was closed during the wait
TIMES = 3


def open_desk(recipient: Taxpayer) -> RecipientDesk:
    """Return the recipient's open desk, locked until the transaction ends. Create the desk if there is none.

    The function reads `open_period` and `frequency` of `recipient` again, because GSTR-3B may have been filed
    before the lock. On SQLite the function locks no row, because a write transaction already excludes other
    writers."""
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
    """Lock the open desks of many recipients, in the order of the recipients' ids. Return each recipient,
    read again, with the locked desk. Missing desks are created."""
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
    # read the recipients after the lock, because an open period may have changed before the lock
    fresh = Taxpayer.objects.in_bulk(ids)
    return [(fresh[desk.recipient_id], desk) for desk in locked]


def desks_of_amended(recipient_ids: Collection[int]) -> None:
    """Wait until nobody changes the desks of these recipients: acts, undoes, or files GSTR-3B. The desks then
    stay as they are until this transaction ends.

    A supplier who saves an amendment calls this function before it reads the earlier versions, because the
    amendment is placed by the decisions on them. The locks are shared, so suppliers do not wait for each
    other. The caller must hold no lock on records. PostgreSQL only; on SQLite the function does nothing."""
    _inside()
    if connection.vendor != "postgresql" or not recipient_ids:
        return
    listed = Taxpayer.objects.filter(pk__in=recipient_ids, listed=True)
    opens = dict(listed.values_list("pk", "open_period"))
    missing = set(opens)
    for _attempt in range(TIMES):
        missing = set(opens) - _shared(opens)
        if not missing:
            return
        # The recipient has no desk yet, or its desk was closed during the wait. If another transaction is just
        # creating the desk, this statement waits for that transaction.
        now = Taxpayer.objects.filter(pk__in=missing).values_list("pk", "open_period")
        RecipientDesk.objects.bulk_create(
            [RecipientDesk(recipient_id=pk, period=period) for pk, period in now], ignore_conflicts=True
        )
    if missing := set(opens) - _shared(opens):
        raise RuntimeError(f"the desks of {sorted(missing)} close while they are locked")


def _shared(recipient_ids: Collection[int]) -> set[int]:
    table = RecipientDesk._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT recipient_id FROM {table} WHERE recipient_id = ANY(%s) AND filed_at IS NULL "  # noqa: S608
            "ORDER BY recipient_id FOR SHARE",
            [list(recipient_ids)],
        )
        return {recipient_id for (recipient_id,) in cursor.fetchall()}


def supplier(taxpayer: Taxpayer) -> Taxpayer:
    """Lock the supplier and return the supplier's latest row. Only one writer at a time then saves, edits,
    deletes or files for this supplier.

    The lock does not block transactions that only refer to this GSTIN by a foreign key. A stronger lock would
    block these transactions and could cause a deadlock. Example: transaction A acts on this GSTIN's own desk
    and has locked the end of the GSTIN's journal chain. Transaction B has locked the supplier. At its commit,
    A would wait for B, because the database checks a foreign key to the supplier. B would wait for A, because
    B needs the end of the chain."""
    _inside()
    return Taxpayer.objects.select_for_update(no_key=True).get(pk=taxpayer.pk)


def transaction_id() -> str:
    """Return the id of this transaction. Another process can pass this id to `goes_on`, to learn whether this
    transaction still holds its locks. PostgreSQL only."""
    _inside()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        return cursor.fetchone()[0]


def goes_on(transaction_id: str) -> bool:
    """Return True if the transaction with this id is still open. An open transaction still holds its locks.
    Another transaction that relies on these locks must call this function directly before its commit.
    PostgreSQL only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_xact_status(%s::xid8) = 'in progress'", [transaction_id])
        return cursor.fetchone()[0]


def suppliers(records: QuerySet[Record]) -> None:
    """Lock every supplier of these records, in the order of the suppliers' ids. See `supplier` for the effect
    of the lock."""
    _inside()
    theirs = Taxpayer.objects.filter(pk__in=records.order_by().values("supplier_id"))
    _hold(theirs.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def filers_to(recipient_ids: Sequence[int]) -> None:
    """Wait until no supplier with unfiled documents for these recipients is saving or filing. If a supplier
    was filing, the caller then reads the documents of this supplier as filed.

    The locks end with this function, unless the caller has an open transaction. On SQLite, the function does
    nothing."""
    if connection.vendor != "postgresql" or not recipient_ids:
        return
    unfiled = Record.objects.filter(recipient_id__in=recipient_ids, filing=Filing.SAVED.value).order_by()
    owners, given = unfiled.values("supplier_id").query.sql_with_params()
    table = Taxpayer._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT id FROM {table} WHERE id IN ({owners}) "  # noqa: S608
            "ORDER BY id FOR SHARE) AS waited_for",
            given,
        )


def suppliers_of(recipient: Taxpayer) -> None:
    """Wait until no supplier of this recipient's records is saving, editing or filing. Keep the suppliers
    locked until the transaction ends. The locks are shared, so two transactions can call this function at the
    same time."""
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
    """Lock the records of a selection in the order of their ids, without loading the records. Return how many
    records were locked, or None on SQLite.

    A supplier's edit of one of these records ends before the lock, or waits for the end of this transaction.
    On SQLite the function locks no row, because a write transaction already excludes other writers."""
    _inside()
    return _hold(selection.order_by("pk").select_for_update(of=("self",)).values_list("pk"))


def _hold(rows: QuerySet[Any, Any]) -> int | None:
    if connection.vendor != "postgresql":
        return None
    try:
        sql, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return 0  # the selection contains a condition that no row can meet
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql}) AS locked", params)
        return cursor.fetchone()[0]


def _inside() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("rows are locked inside a transaction")
