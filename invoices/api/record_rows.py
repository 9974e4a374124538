"""Rows of records for the API's answers, with the columns of `RecordOut` as plain values. A page begins after
a certain record, not after a number of rows.

The rows go from the database to the encoder without model instances. This makes a page of fifty rows several
times cheaper (`tools/benchmarks/api_list.py`)."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from django.core import signing
from django.db.models import QuerySet

from ims_portal.kernel.errors import Invalid
from ims_portal.support.database import prepared
from invoices.api.common.paging import Page
from invoices.api.record_shapes import COLUMNS
from invoices.models import Record, Taxpayer
from invoices.queries.record_list import records as query
from invoices.queries.record_list.paging import Walk, parts
from invoices.queries.record_list.records import SORTS
from invoices.queries.situations import DeskView, with_clock_facets

SALT = "api.records"


def page(
    records: QuerySet[Record] | None,
    view: DeskView,
    *,
    recipient_id: int,
    few: bool,
    sort: str,
    size: int,
    token: str,
    asked: str,
    whole: QuerySet[Record] | None = None,
) -> Page:
    """Return one page of the recipient's `records`, in the order `sort` ("-date" is descending). If `records`
    is None, the page is from the list of all records on the desk.

    `asked` is a text that identifies the list. `token` says where the page begins. A token of another list is
    refused (`Invalid`, BAD_PAGE). `few` is True if the records are so few that the database can sort all of
    them for each page. `whole` is a longer list that contains `records` (see `paging.Walk`). With `whole`, a
    page may have fewer than `size` rows."""
    order, descending = SORTS[sort.removeprefix("-")], sort.startswith("-")
    mine = _name(asked, sort)
    value, pk = _position(token, mine, order.kind) if token else (None, None)
    edge = None
    if records is None and order.key != "supplier":
        place: tuple[Any, ...] = (recipient_id,) if pk is None else (recipient_id, value, pk)
        rows = prepared.rows(_on_desk, (view, sort, size + 1), place)
    else:
        if records is None:
            records = query.on_desk(Taxpayer(pk=recipient_id), view)
        rows = []
        walk = Walk(
            with_clock_facets(records, view),
            order,
            whole=whole,
            recipient_id=recipient_id,
            backwards=descending,
            value=value,
            pk=pk,
            few=few,
        )
        for part in walk:
            rows += part.values_list(*COLUMNS, "sort_key")[: size + 1 - len(rows)]
            if len(rows) > size:
                break
        edge = walk.edge
    more, rows = len(rows) > size, rows[:size]
    last = (rows[-1][-1], rows[-1][0]) if more else edge
    following = _token(mine, *last) if last else None
    return Page(rows, following)


def _on_desk(
    view: DeskView, sort: str, most: int, recipient_id: int, value: Any = None, pk: int | None = None
) -> QuerySet:
    """Return at most `most` rows of the recipient's desk that follow the record with this sort value and id
    (`value`, `pk`). Without `pk`, return the first rows. `sort` must not be the order by supplier, because
    for this order `paging.parts` yields several queries."""
    (found,) = parts(
        with_clock_facets(query.on_desk(Taxpayer(pk=recipient_id), view), view),
        SORTS[sort.removeprefix("-")],
        recipient_id=recipient_id,
        backwards=sort.startswith("-"),
        value=value,
        pk=pk,
    )
    return found.values_list(*COLUMNS, "sort_key")[:most]


def token_of(asked: str, sort: str, value: Any, pk: int) -> str:
    """Return the token of the page that begins after the record with this sort value and id."""
    return _token(_name(asked, sort), value, pk)


def _name(asked: str, sort: str) -> str:
    return hashlib.sha256(f"{asked} {sort}".encode()).hexdigest()[:16]


def one(record_id: int, recipient_id: int, view: DeskView) -> tuple[Any, ...] | None:
    """Return the row of one of the recipient's records, or None. An archived record has no row."""
    mine = Record.objects.filter(pk=record_id, recipient_id=recipient_id)
    return with_clock_facets(mine, view).values_list(*COLUMNS).first()


def many(ids: list[int], recipient_id: int, view: DeskView) -> dict[int, tuple[Any, ...]]:
    """Return the rows of the recipient's records with these ids, by id. Archived records have no row."""
    mine = Record.objects.filter(pk__in=ids, recipient_id=recipient_id).order_by("pk")
    return {values[0]: values for values in with_clock_facets(mine, view).values_list(*COLUMNS)}


def _token(mine: str, value: Any, pk: int) -> str:
    return signing.dumps([mine, value.isoformat() if isinstance(value, date) else value, pk], salt=SALT)


def _position(token: str, mine: str, kind: type) -> tuple[Any, int]:
    try:
        owner, value, pk = signing.loads(token, salt=SALT)
        if owner == mine:
            return (date.fromisoformat(value) if kind is date else value), pk
    except (signing.BadSignature, ValueError, TypeError):
        pass
    raise Invalid(
        "BAD_PAGE", "The value of “after” is damaged or belongs to another list. Start at the first page."
    )
