"""Finds the suppliers of a recipient through the index of the records.

The search takes one step for each supplier. The number of documents makes no difference."""

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
# each step asks the index for the supplier with the next higher id; the first step finds the lowest id
STEPS = f"""
WITH RECURSIVE found(id) AS (
    SELECT (SELECT MIN(supplier_id) FROM {RECORD} WHERE recipient_id = %s)
    UNION ALL
    SELECT (SELECT MIN(r.supplier_id) FROM {RECORD} r WHERE r.recipient_id = %s AND r.supplier_id > f.id)
    FROM found f WHERE f.id IS NOT NULL
)
"""
# The 2B periods before the open period in which the recipient still has records. The query takes one step for
# each of these periods.
EARLIER = f"""
, earlier(period) AS (
    SELECT (SELECT MIN(claim_period) FROM {RECORD} WHERE recipient_id = %s AND claim_period < %s)
    UNION ALL
    SELECT (SELECT MIN(r.claim_period) FROM {RECORD} r
            WHERE r.recipient_id = %s AND r.claim_period > e.period AND r.claim_period < %s)
    FROM earlier e WHERE e.period IS NOT NULL
)
"""
# In how many of these periods the recipient has a document of the supplier `f.id`. Each lookup ends after one
# index entry. Without LIMIT, the database could read a whole period.
KNOWN_LIVE = f"""
    SELECT COUNT(*) FROM earlier e WHERE e.period IS NOT NULL AND (
        SELECT r.id FROM {RECORD} r
        WHERE r.recipient_id = %s AND r.claim_period = e.period AND r.supplier_id = f.id LIMIT 1) IS NOT NULL
"""
KNOWN_ARCHIVED = f"""
    SELECT a.id FROM {ARCHIVE} a
    WHERE a.recipient_id = %s AND a.supplier_id = f.id AND a.land_period < %s LIMIT 1
"""
# a shorter part of a GSTIN would describe half of the suppliers
LEAST_OF_GSTIN = 3
NAME = "COALESCE(NULLIF(t.trade_name, ''), NULLIF(t.legal_name, ''), t.gstin)"
# `by_name` yields the suppliers in several lists. The first list has the suppliers with one name. Each later
# list has `WIDER` times as many names as the list before. A page that needs only the first names therefore
# reads few documents.
WIDER = 4


def called(recipient: Taxpayer, words: Sequence[str]) -> list[int]:
    """Return the ids of the recipient's suppliers that every word describes. One query.

    A word may be a part of the trade name or of the legal name. A word with at least `LEAST_OF_GSTIN`
    characters may also be a part of the GSTIN, and so of the PAN. Capitals make no difference."""
    named, like = [], []
    for word in words:
        columns = ["UPPER(t.trade_name)", "UPPER(t.legal_name)"]
        if len(word) >= LEAST_OF_GSTIN:
            columns.append("t.gstin")
        named.append(" OR ".join(f"{column} LIKE %s ESCAPE '~'" for column in columns))
        like += [f"%{_plain(word)}%"] * len(columns)
    every = " AND ".join(f"({one})" for one in named) or "TRUE"
    sql = f"{STEPS} SELECT t.id FROM found f JOIN {TAXPAYER} t ON t.id = f.id WHERE {every}"
    return [pk for (pk,) in _rows(sql, [recipient.pk, recipient.pk, *like])]


def of_pan(recipient: Taxpayer, pan: str) -> list[int]:
    """Return the ids of the recipient's suppliers with this PAN, in any State. One query."""
    sql = (
        f"{STEPS} SELECT t.id FROM found f JOIN {TAXPAYER} t ON t.id = f.id WHERE SUBSTR(t.gstin, 3, 10) = %s"
    )
    return [pk for (pk,) in _rows(sql, [recipient.pk, recipient.pk, pan])]


def new_to(recipient: Taxpayer, open_period: int) -> list[int]:
    """Return the ids of the recipient's suppliers that have no document in a GSTR-2B before the open period.

    One query. Archived documents count too."""
    sql = (
        f"{STEPS} {EARLIER} SELECT f.id FROM found f WHERE f.id IS NOT NULL "
        f"AND ({KNOWN_LIVE}) = 0 AND ({KNOWN_ARCHIVED}) IS NULL"
    )
    me, before = recipient.pk, open_period
    given = [me, me, me, before, me, before, me, me, before]
    return [pk for (pk,) in _rows(sql, given)]


def by_name(recipient_id: int, *, beyond: str | None, backwards: bool) -> Iterator[list[int | None]]:
    """Yield the ids of the recipient's suppliers in the order of the names, in lists of growing length. With
    `backwards`, the order is reversed. If `beyond` is given, names that come before this name are left out.

    One query. Suppliers with the same name are in the same list. Customs has the id None and comes before all
    names."""
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


def named(recipient_id: int) -> dict[int, tuple[str, str]]:
    """Return the GSTIN and the name of each supplier of the recipient, by id. One query."""
    sql = f"{STEPS} SELECT t.id, t.gstin, {NAME} FROM found f JOIN {TAXPAYER} t ON t.id = f.id"
    return {pk: (gstin, name) for pk, gstin, name in _rows(sql, [recipient_id, recipient_id])}


def _rows(sql: str, given: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()


def _plain(word: str) -> str:
    """Return the word in capitals, with "~" before each wildcard of LIKE."""
    return re.sub(r"([%_~])", r"~\1", word.upper())
