"""Pages of the record list, cut by the values of the sort and the id, never by position: the thousandth page costs
what the first does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet

from ims_portal.kernel.errors import Invalid
from invoices.models import Record
from invoices.queries import suppliers
from invoices.queries.records import SORTS, Sort

ROWS = (25, 50, 100, 200)
SALT_OF_PAGES = "inward.page"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: after or before a record in the order, or at either end. `row` counts rows where known."""

    back: bool = False
    value: Any = None
    pk: int | None = None
    row: int | None = 1


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Record]
    first: str | None
    previous: str | None
    next: str | None
    last: str | None
    start: int | None


def page(
    records: QuerySet[Record],
    *,
    recipient_id: int,
    sort: str,
    size: int,
    token: str,
    asked: str,
    total: int | None,
    few: bool = False,
) -> Page:
    """One page of the recipient's `records` in the order `sort` ("-date": descending). `token` comes from an earlier page;
    `asked` names filters and section, so that a token of another list begins anew. `total`, where known, gives
    the last page its row numbers. `few`: as for `parts`."""
    descending = sort.startswith("-")
    order = SORTS[sort.removeprefix("-")]
    # a page size cuts the last page differently, so it belongs to the list's name
    mine = _owner(asked, sort)
    position = _read(token, mine)
    backwards = descending != position.back
    value = position.value
    if position.pk is not None and order.kind is date:
        value = date.fromisoformat(value)
    with_others = records.select_related("decision", "supplier")
    rows: list[Any] = []
    for part in parts(
        with_others,
        order,
        recipient_id=recipient_id,
        backwards=backwards,
        value=value,
        pk=position.pk,
        few=few,
    ):
        rows += part[: size + 1 - len(rows)]
        if len(rows) > size:
            break
    beyond_page = len(rows) > size
    rows = rows[:size]
    if position.back:
        rows.reverse()
    at_start = not beyond_page if position.back else position.pk is None
    at_end = position.pk is None if position.back else not beyond_page
    start = _start(position, len(rows), at_start=at_start, total=total)

    def token_for(back: bool, record: Any = None, row: int | None = None) -> str:
        value = None
        if record is not None:
            value = record.sort_key.isoformat() if order.kind is date else record.sort_key
        return signing.dumps([mine, back, value, record.pk if record else None, row], salt=SALT_OF_PAGES)

    following = start + len(rows) if start is not None else None
    return Page(
        rows=list[Any](rows),
        first=None if at_start else "",
        previous=token_for(True, rows[0], start) if rows and not at_start else None,
        next=token_for(False, rows[-1], following) if rows and not at_end else None,
        last=token_for(True) if not at_end else None,
        start=start,
    )


def parts(
    records: QuerySet[Record],
    order: Sort,
    *,
    recipient_id: int,
    backwards: bool,
    value: Any,
    pk: int | None,
    few: bool = False,
) -> Iterator[QuerySet[Record]]:
    """`records` in their order beyond (value, pk), with `sort_key` annotated: to be read one after another until
    there are enough. All sorts but one are one part, in the order of an index. A supplier's name stands in another
    table, so that order takes some suppliers at a time, whose documents an index holds together, unless `few` records
    are asked for: they are all sorted."""
    beyond = "lt" if backwards else "gt"
    keyed = records.annotate(sort_key=order.expression)
    if pk is not None:
        keyed = keyed.filter(
            Q(**{f"sort_key__{beyond}": value}) | Q(sort_key=value, **{f"pk__{beyond}": pk}),
            # says nothing new, but lets an index begin at the boundary instead of at the first row
            **{f"sort_key__{beyond}e": value},
        )
    whole = ("-sort_key", "-pk") if backwards else ("sort_key", "pk")
    if few or order.key != "supplier":
        yield keyed.order_by(*whole)
        return
    start = value if pk is not None else None
    for ids in suppliers.by_name(recipient_id, beyond=start, backwards=backwards):
        of_some = Q(supplier_id__in=[one for one in ids if one is not None])
        if None in ids:
            of_some |= Q(supplier_id__isnull=True)
        # one supplier's documents all have one name: the index has their order
        yield keyed.filter(of_some).order_by(*(whole[1:] if len(ids) == 1 else whole))


def _owner(asked: str, sort: str) -> str:
    return hashlib.sha256(f"{asked} {sort}".encode()).hexdigest()[:16]


def after(record: Record, sort: str, asked: str) -> str:
    """The token of the page that begins after this record, read with its `sort_key`."""
    value: Any = record.sort_key  # type: ignore[attr-defined]
    if SORTS[sort.removeprefix("-")].kind is date:
        value = value.isoformat()
    return signing.dumps([_owner(asked, sort), False, value, record.pk, None], salt=SALT_OF_PAGES)


def _start(position: Position, found: int, *, at_start: bool, total: int | None) -> int | None:
    if at_start:
        return 1
    if not position.back:
        return position.row
    if position.pk is None:
        return total - found + 1 if total is not None else None
    return position.row - found if position.row is not None and position.row > found else None


def _read(token: str, mine: str) -> Position:
    if not token:
        return Position()
    try:
        owner, back, value, pk, row = signing.loads(token, salt=SALT_OF_PAGES)
    except (signing.BadSignature, ValueError):
        raise Invalid(
            "BAD_PAGE", "This page address is damaged. Open the list from its first page."
        ) from None
    return Position(bool(back), value, pk, row) if owner == mine else Position()
