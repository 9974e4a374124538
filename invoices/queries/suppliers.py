"""The suppliers of a recipient, found in the index of its records: a step a supplier, however many documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection

from invoices.models import ArchivedRecord, Record, Taxpayer

RECORD, TAXPAYER = Record._meta.db_table, Taxpayer._meta.db_table
ARCHIVE = ArchivedRecord._meta.db_table
# each step asks the index for the next supplier; the first finds the least
STEPS = f"""
WITH RECURSIVE found(id) AS (
    SELECT (SELECT MIN(supplier_id) FROM {RECORD} WHERE recipient_id = %s)
    UNION ALL
    SELECT (SELECT MIN(r.supplier_id) FROM {RECORD} r WHERE r.recipient_id = %s AND r.supplier_id > f.id)
    FROM found f WHERE f.id IS NOT NULL
)
"""
# the GSTR-2B periods before the open one that live documents still belong to: some months, found a step each
EARLIER = f"""
, earlier(period) AS (
    SELECT (SELECT MIN(claim_period) FROM {RECORD} WHERE recipient_id = %s AND claim_period < %s)
    UNION ALL
    SELECT (SELECT MIN(r.claim_period) FROM {RECORD} r
            WHERE r.recipient_id = %s AND r.claim_period > e.period AND r.claim_period < %s)
    FROM earlier e WHERE e.period IS NOT NULL
)
"""
# each document asked for is one place of an index; LIMIT keeps the database from reading a period whole instead
KNOWN_LIVE = f"""
    SELECT COUNT(*) FROM earlier e WHERE e.period IS NOT NULL AND (
        SELECT r.id FROM {RECORD} r
        WHERE r.recipient_id = %s AND r.claim_period = e.period AND r.supplier_id = f.id LIMIT 1) IS NOT NULL
"""
KNOWN_ARCHIVED = f"""
    SELECT a.id FROM {ARCHIVE} a
    WHERE a.recipient_id = %s AND a.supplier_id = f.id AND a.land_period < %s LIMIT 1
"""
NAME = "COALESCE(NULLIF(t.trade_name, ''), NULLIF(t.legal_name, ''), t.gstin)"
# (narrow, wide): the first suppliers alone, then ever more, so that a page reads few documents too many
WIDER = 4


def called(recipient: Taxpayer, words: Sequence[str]) -> list[int]:
    """Ids of the recipient's suppliers in one of whose names each word stands. One query."""
    named = " AND ".join(
        ["(UPPER(t.trade_name) LIKE %s ESCAPE '~' OR UPPER(t.legal_name) LIKE %s ESCAPE '~')"] * len(words)
    )
    like = [pattern for word in words for pattern in [f"%{_plain(word)}%"] * 2]
    sql = f"{STEPS} SELECT t.id FROM found f JOIN {TAXPAYER} t ON t.id = f.id WHERE {named or 'TRUE'}"
    return [pk for (pk,) in _rows(sql, [recipient.pk, recipient.pk, *like])]


def of_pan(recipient: Taxpayer, pan: str) -> list[int]:
    """Ids of the recipient's suppliers registered under the PAN, in whichever State. One query."""
    sql = (
        f"{STEPS} SELECT t.id FROM found f JOIN {TAXPAYER} t ON t.id = f.id WHERE SUBSTR(t.gstin, 3, 10) = %s"
    )
    return [pk for (pk,) in _rows(sql, [recipient.pk, recipient.pk, pan])]


def new_to(recipient: Taxpayer, open_period: int) -> list[int]:
    """Ids of the recipient's suppliers of whom no document, still here or in the archive, belongs to a GSTR-2B
    before the open one. One query."""
    sql = (
        f"{STEPS} {EARLIER} SELECT f.id FROM found f WHERE f.id IS NOT NULL "
        f"AND ({KNOWN_LIVE}) = 0 AND ({KNOWN_ARCHIVED}) IS NULL"
    )
    me, before = recipient.pk, open_period
    given = [me, me, me, before, me, before, me, me, before]
    return [pk for (pk,) in _rows(sql, given)]


def by_name(recipient_id: int, *, beyond: str | None, backwards: bool) -> Iterator[list[int | None]]:
    """Supplier ids in the order of names, from the name `beyond` on, in ever larger parts; those of one name stand
    together, and customs (None) before all names. One query."""
    sign, order = ("<=", "DESC") if backwards else (">=", "ASC")
    sql = (
        f"{STEPS} SELECT n.id, n.name FROM (SELECT NULL AS id, '' AS name UNION ALL SELECT t.id, {NAME} "
        f"FROM found f JOIN {TAXPAYER} t ON t.id = f.id) n "
        f"{'' if beyond is None else f'WHERE n.name {sign} %s '}ORDER BY n.name {order}, n.id {order}"
    )
    given = [recipient_id, recipient_id, *([] if beyond is None else [beyond])]
    bands = [[pk for pk, _name in band] for _name, band in groupby(_rows(sql, given), itemgetter(1))]
    width = 1
    while bands:
        part, bands = bands[:width], bands[width:]
        yield [pk for band in part for pk in band]
        width *= WIDER


def _rows(sql: str, given: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()


def _plain(word: str) -> str:
    """As it stands, for LIKE with an escape."""
    return re.sub(r"([%_~])", r"~\1", word.upper())
