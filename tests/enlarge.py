"""Gives a recipient many records in seconds. SQL copies existing records under new numbers and without an
action, until the recipient has the required number of records."""

from __future__ import annotations

from django.db import connection, transaction

from invoices.models import Decision, Record, Taxpayer


def enlarge(recipient: Taxpayer, records: int) -> int:
    """Copy the recipient's records until their number is `records`. Return the number of added records.

    Only originals without an amendment are copied, so no copy is part of a chain. The triggers of the
    database update the counters."""
    mine = Record.objects.filter(recipient=recipient)
    amended = Record.objects.filter(amends_id__isnull=False).values("amends_id")
    sources = mine.filter(amends_id__isnull=True, supplier__isnull=False).exclude(pk__in=amended)
    sources = sources.exclude(number__startswith="M/")
    missing, there = records - mine.count(), sources.count()
    # a second call numbers its copies after the copies of the first call
    before = mine.filter(number__startswith="M/").count()
    if missing <= 0:
        return 0
    copied = [
        field.column
        for field in Record._meta.concrete_fields
        if not field.generated and field.column not in ("id", "number", "number_key")
    ]
    last = Record.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    names, values = ", ".join(copied), ", ".join(f"s.{column}" for column in copied)
    ids = ", ".join(map(str, sources.order_by("pk").values_list("pk", flat=True)))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE round(n) AS (SELECT %s + 1 UNION ALL SELECT n + 1 FROM round WHERE n < %s),
            s AS (SELECT * FROM {Record._meta.db_table} WHERE id IN ({ids}))
            INSERT INTO {Record._meta.db_table} (number, number_key, {names})
            SELECT 'M/' || round.n || '/' || s.id, 'M/' || round.n || '/' || s.id, {values}
            FROM round CROSS JOIN s ORDER BY round.n, s.id LIMIT %s
            """,
            [before, before + missing // there + 1, missing],
        )
        cursor.execute(
            f"""
            INSERT INTO {Decision._meta.db_table} (record_id, recipient_id, action, answer, remarks, version,
                                                   cleared_action)
            SELECT id, recipient_id, 'N', '-', '', 1, '' FROM {Record._meta.db_table}
            WHERE id > %s AND recipient_id = %s
            """,
            [last, recipient.pk],
        )
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {Record._meta.db_table}, {Decision._meta.db_table}")
    return missing
