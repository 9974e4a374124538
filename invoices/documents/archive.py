"""Event: the rows of records that have left IMS move to the archive table (R-047, R-048).

A record leaves IMS when the open period moves, or when the record is purged or withdrawn. This module moves
the record's row later, in chunks, with one transaction for each chunk. The process can be killed and run
again without harm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from ims_portal.kernel import clock
from ims_portal.support.database import planner
from invoices import counters
from invoices.models import ArchivedRecord, Decision, Record, Taxpayer
from invoices.queries.situations import DeskView, is_closed, land_period
from invoices.rules.situation import Route

CHUNK = 10_000
Why = ArchivedRecord.Why
# The reason why a record left IMS, by the record's route. Records with any other route left because GSTR-3B
# was filed.
WHY = {Route.PURGED.value: Why.PURGED, Route.WITHDRAWN.value: Why.WITHDRAWN}

DECIDED = (
    "action",
    "answer",
    "reduction_igst",
    "reduction_cgst",
    "reduction_sgst",
    "reduction_cess",
    "remarks",
    "acted_at",
)


def columns() -> tuple[list[str], list[str]]:
    """Return the archive's columns and, in the same order, the SQL expressions that fill these columns."""
    own = {f.column for f in Record._meta.concrete_fields}
    targets, sources = [], []
    for field in ArchivedRecord._meta.concrete_fields:
        column = field.column
        if column in DECIDED:
            source = f"d.{column}"
        elif column == "land_period":
            source = "COALESCE(d.moved_to, r.claim_period)"
        elif column in ("why", "left_at"):
            source = "%s"
        elif column in own:
            source = f"r.{column}"
        else:
            raise RuntimeError(f"archive column {column} has no source")
        targets.append(str(column))
        sources.append(source)
    return targets, sources


def move_ids(record_ids: Sequence[int], why: str) -> int:
    """Move these records and their decisions to the archive. Return how many moved.

    The caller must have opened a transaction."""
    if not record_ids:
        return 0
    targets, sources = columns()
    marks = ", ".join(["%s"] * len(record_ids))
    values = {"why": why, "left_at": clock.now()}
    given: list[Any] = [
        values[column] for column, source in zip(targets, sources, strict=True) if source == "%s"
    ]
    table, desk, archive = (
        connection.ops.quote_name(m._meta.db_table) for m in (Record, Decision, ArchivedRecord)
    )
    # ON CONFLICT: if another process has archived a record meanwhile, the archived row remains unchanged
    sql = (
        f"INSERT INTO {archive} ({', '.join(targets)}) SELECT {', '.join(sources)} "
        f"FROM {table} r JOIN {desk} d ON d.record_id = r.id WHERE r.id IN ({marks}) ON CONFLICT DO NOTHING"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*given, *record_ids])
        moved = cursor.rowcount
    # Delete the record before its decision. This delete locks the record, so nobody can change the decision
    # after that, and the counters subtract the latest values.
    Record.objects.filter(pk__in=record_ids)._raw_delete(using="default")
    Decision.objects.filter(record_id__in=record_ids)._raw_delete(using="default")
    return moved


def departed(recipient: Taxpayer) -> QuerySet[Record]:
    """Return the records of this recipient that have left IMS for good. Also return the documents that went
    into a final GSTR-2B directly, without IMS."""
    view = DeskView(recipient.open_period)
    gone = Q(route__in=[Route.WITHDRAWN.value, Route.PURGED.value])
    direct = ~Q(route=Route.IMS.value) & Q(filing="F", land__lt=recipient.open_period)
    return (
        Record.objects.filter(recipient_id=recipient.pk)
        .annotate(land=land_period())
        .filter((Q(route=Route.IMS.value) & is_closed(view)) | gone | direct)
    )


def move_departed(recipient: Taxpayer, *, limit: int = CHUNK) -> int:
    """Move up to `limit` rows of one recipient's departed records. Return how many moved.

    The caller repeats the call until the function returns 0."""
    with transaction.atomic():
        gone = departed(recipient).filter(decision__isnull=False)
        if connection.vendor == "postgresql":
            planner.for_many_rows()
            return _move_at_once(gone, limit)
        rows = list(gone.order_by("pk").values_list("pk", "route")[:limit])
        return sum(
            move_ids([pk for pk, route in rows if WHY.get(route, Why.CLOSED) == why], why)
            for why in (*WHY.values(), Why.CLOSED)
        )


def _move_at_once(gone: QuerySet[Record], limit: int) -> int:
    """Move rows in one statement and return how many moved. The statement reads each row once and updates the
    counters."""
    sql, given = gone.values_list("pk")[:limit].query.sql_with_params()
    targets, sources = columns()
    cases = " ".join(f"WHEN '{route}' THEN '{why.value}'" for route, why in WHY.items())
    values: dict[str, str] = {"why": f"CASE r.route {cases} ELSE '{Why.CLOSED.value}' END", "left_at": "%s"}
    taken = [values.get(column, source) for column, source in zip(targets, sources, strict=True)]
    table, desk, archive = (
        connection.ops.quote_name(m._meta.db_table) for m in (Record, Decision, ArchivedRecord)
    )
    with connection.cursor() as cursor, counters.apart():
        cursor.execute(
            # The ids are passed as arrays, so that PostgreSQL finds the rows by key. Otherwise PostgreSQL
            # would scan both tables for each chunk.
            f"WITH picked (id) AS MATERIALIZED ({sql}), "
            f"r AS (DELETE FROM {table} r WHERE r.id = ANY (ARRAY(SELECT id FROM picked)) RETURNING r.*), "
            f"d AS (DELETE FROM {desk} d WHERE d.record_id = ANY (ARRAY(SELECT id FROM picked)) RETURNING d.*), "
            f"counted AS ({counters.counting('r JOIN d ON d.record_id = r.id', sign='-1')}), "
            f"moved AS (INSERT INTO {archive} ({', '.join(targets)}) "
            f"SELECT {', '.join(taken)} FROM r JOIN d ON d.record_id = r.id RETURNING id) "
            "SELECT (SELECT count(*) FROM r), (SELECT count(*) FROM moved)",
            [*given, clock.now()],
        )
        left, moved = cursor.fetchone()
    if left != moved:
        raise RuntimeError(f"{left} records were taken out and {moved} came into the archive")
    return moved


def move_all(recipient: Taxpayer) -> int:
    """Move the rows of all departed records of one recipient, chunk by chunk. Return how many moved."""
    moved = 0
    while chunk := move_departed(recipient):
        moved += chunk
    return moved


def recipients_with_departed() -> QuerySet[Taxpayer]:
    """Return the taxpayers who may have departed records to move."""
    behind = Record.objects.filter(
        recipient_id=OuterRef("pk"), claim_period__lt=OuterRef("open_period"), filing="F"
    )
    gone = Record.objects.filter(
        recipient_id=OuterRef("pk"), route__in=[Route.WITHDRAWN.value, Route.PURGED.value]
    )
    return Taxpayer.objects.filter(Exists(behind) | Exists(gone))
