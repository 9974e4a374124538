"""Divides the record list into pages. A page begins after the sort value and the id of a record, not after a
number of rows.

Page 1000 therefore costs as much as page 1."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core import signing
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

from ims_portal.kernel import typed_values
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.money import BadAmount, parse_inr
from invoices.models import Record
from invoices.queries import suppliers
from invoices.queries.record_list.filters import unknown
from invoices.queries.record_list.records import SORTS, Sort
from invoices.rules.documents import number_key

ROWS = (25, 50, 100, 200)
SALT_OF_PAGES = "inward.page"
# If a filter has no index, one page reads at most this number of records. That takes about 0.2 s.
LOOKED = 25_000
MOST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Position:
    """The position at which a page begins: after a record, before a record, or at one end of the list.

    `row` is the row number, or None if the row number is unknown."""

    back: bool = False
    value: Any = None
    pk: int | None = None
    row: int | None = 1


@dataclass(frozen=True, slots=True)
class ListPage:
    rows: list[Record]
    first: str | None
    previous: str | None
    next: str | None
    last: str | None
    start: int | None
    # If the page stopped after `LOOKED` records and is not full, `looked` is `LOOKED`. The next or previous
    # page then begins after the last record that this page read. Otherwise, `looked` is None.
    looked: int | None = None


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
    whole: QuerySet[Record] | None = None,
) -> ListPage:
    """Return one page of the recipient's `records`, sorted by `sort` ("-date" is descending).

    `token` comes from an earlier page and says where this page begins. `asked` is a text that identifies the
    list by its section and filters. A token of another list gives the first page. Raises `Invalid` BAD_PAGE
    for a damaged token.

    `total` is the number of records, or None if the number is unknown. The last page has row numbers only if
    `total` is known. `few` is True if the records are so few that the database can sort all of them for each
    page.

    `whole` is a longer list that contains `records` (see `Walk`). With `whole`, the page reads at most
    `LOOKED` records of `whole`, and shows those that are also in `records`. The page may then be empty."""
    descending = sort.startswith("-")
    order = SORTS[sort.removeprefix("-")]
    # the caller must include the page size in `asked`, because the last page depends on the size
    mine = owner(asked, sort)
    position = read_token(token, mine)
    backwards = descending != position.back
    value = position.value
    if position.pk is not None and order.kind is date:
        value = date.fromisoformat(value)
    walk = Walk(
        records.select_related("decision", "supplier"),
        order,
        whole=whole,
        recipient_id=recipient_id,
        backwards=backwards,
        value=value,
        pk=position.pk,
        few=few,
    )
    rows: list[Any] = []
    for part in walk:
        rows += part[: size + 1 - len(rows)]
        if len(rows) > size:
            break
    full = len(rows) > size
    edge = None if full else walk.edge
    rows = rows[:size]
    if position.back:
        rows.reverse()
    at_start = not full and edge is None if position.back else position.pk is None
    at_end = position.pk is None if position.back else not full and edge is None
    start = _start(position, len(rows), at_start=at_start, total=total)

    def token_for(back: bool, place: tuple[Any, int] | None = None, row: int | None = None) -> str:
        value, pk = place or (None, None)
        if isinstance(value, date):
            value = value.isoformat()
        return write_token(mine, back, value, pk, row)

    places = [(row.sort_key, row.pk) for row in rows]
    # The previous page ends before this page's first row, and the next page begins after its last row. There
    # are two exceptions. A page that stopped after `LOOKED` records is continued, in its own direction, from
    # the last record that was read. If such a page found no rows, both directions continue from that record.
    before = edge if edge and (position.back or not rows) else places[0] if places else None
    beyond = edge if edge and (not position.back or not rows) else places[-1] if places else None
    following = start + len(rows) if start is not None else None
    return ListPage(
        rows=list[Any](rows),
        first=None if at_start else "",
        previous=None if at_start else token_for(True, before, start),
        next=None if at_end else token_for(False, beyond, following),
        last=token_for(True) if not at_end else None,
        start=start,
        looked=LOOKED if edge else None,
    )


class _RowsCompared(Func):
    """The SQL condition that compares a record's row (sort_key, id) with the sort value and id at which a
    page begins.

    With this condition, the database begins to read the index on both columns exactly where the page begins.
    With a condition with OR, the database would begin at the first record with the same sort value. In a sort
    by date, the database would then read all records of the day for each page, and a day may have ten
    thousand records."""

    output_field = BooleanField()
    conditional = True
    arity = 4
    template = "(%(sort_key)s, %(pk)s) %(sign)s (%(value)s, %(at)s)"

    def as_sql(
        self, compiler: Any, connection: Any, *_more: Any, **_extra: Any
    ) -> tuple[str, tuple[Any, ...]]:
        words: dict[str, str] = {}
        params: list[Any] = []
        for name, source in zip(("sort_key", "pk", "value", "at"), self.source_expressions, strict=True):
            words[name], given = compiler.compile(source)
            params += given
        return self.template % {**words, "sign": self.extra["sign"]}, tuple(params)


def _beside(sign: str, value: Any, pk: int) -> Q:
    """Return the condition that a record comes before or after the record with this sort value and id. `sign`
    is <, <=, > or >=."""
    rows = Q(_RowsCompared(F("sort_key"), F("pk"), Value(value), Value(pk), sign=sign))
    # The second condition repeats a part of the first and excludes no further record. SQLite needs the second
    # condition, because SQLite uses the index only if a condition names the index's first column alone.
    return rows & Q(**{f"sort_key__{'lte' if sign[0] == '<' else 'gte'}": value})


class Walk:
    """The records of a list, for a loop that reads them part by part. Each part is a query for some of the
    records (see the function `parts`). The caller reads parts until there are enough rows.

    `whole` is a longer list that contains `records` and has an index. With `whole`, the iteration ends after
    `LOOKED` records of `whole`. If the iteration ended there, `edge` is the sort value and id of the last
    record read. At the end of the list, `edge` is None."""

    def __init__(
        self,
        records: QuerySet[Record],
        order: Sort,
        *,
        whole: QuerySet[Record] | None = None,
        **place: Any,
    ):
        self.records, self.order, self.whole, self.place = records, order, whole, place
        self.edge: tuple[Any, int] | None = None

    def __iter__(self) -> Iterator[QuerySet[Record]]:
        found = parts(self.records, self.order, **self.place)
        if self.whole is None:
            yield from found
            return
        # There is one part each, because `whole` is used only with sorts that have an index. For such a sort,
        # `parts` yields a single part.
        (walked,), (part,) = parts(self.whole, self.order, **self.place), found
        places: QuerySet[Any] = walked.values_list("sort_key", "pk")  # type: ignore[misc]  # annotated
        self.edge = places[LOOKED - 1 : LOOKED].first()
        if self.edge is None:
            yield part
            return
        yield part.filter(_beside(">=" if self.place["backwards"] else "<=", *self.edge))


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
    """Yield the `records` in one or more parts, sorted by `order`. Each part is a query, and each record has
    the annotation `sort_key`. With `backwards`, the order is reversed. If `pk` is given, the first part
    begins after the record with the sort value `value` and the id `pk`.

    Most sorts have an index and yield a single part. The sort by supplier has no index, because suppliers'
    names are in another table. For this sort, each part has the documents of a few suppliers, which an index
    finds. The caller reads parts until there are enough rows. If `few` is True, every sort yields a single
    part: the records are so few that the database can sort all of them."""
    keyed = records.annotate(sort_key=order.expression)
    if pk is not None:
        keyed = keyed.filter(_beside("<" if backwards else ">", value, pk))
    whole = ("-sort_key", "-pk") if backwards else ("sort_key", "pk")
    if few or order.key != "supplier":
        yield keyed.order_by(*whole)
        return
    start = value if pk is not None else None
    for ids in suppliers.by_name(recipient_id, beyond=start, backwards=backwards):
        of_some = Q(supplier_id__in=[one for one in ids if one is not None])
        if None in ids:
            of_some |= Q(supplier_id__isnull=True)
        # the documents of one supplier have the same sort value, so the order by id is enough
        yield keyed.filter(of_some).order_by(*(whole[1:] if len(ids) == 1 else whole))


def owner(asked: str, sort: str) -> str:
    """Return a short text that identifies a list and its order. A token holds this text."""
    return hashlib.sha256(f"{asked} {sort}".encode()).hexdigest()[:16]


def after(record: Record, sort: str, asked: str) -> str:
    """Return the token of the page that begins after this record. The record must have the annotation
    `sort_key`."""
    value: Any = record.sort_key  # type: ignore[attr-defined]
    if SORTS[sort.removeprefix("-")].kind is date:
        value = value.isoformat()
    return signing.dumps([owner(asked, sort), False, value, record.pk, None], salt=SALT_OF_PAGES)


def at(sort: str, asked: str, typed: str) -> str:
    """Return the token of the page that begins at a value that a person typed.

    `typed` is a date, the beginning of a number or name, or an amount, as the sort requires. Raises `Invalid`
    BAD_FILTER for a wrong date or amount."""
    order = SORTS[sort.removeprefix("-")]
    value: Any = typed
    try:
        if order.kind is date:
            day = re.sub(r"^(\d\d)[-/](\d\d)[-/](\d{4})$", r"\3-\2-\1", typed)
            value = typed_values.day(day).isoformat()
        elif order.kind is int:
            value = parse_inr(typed)
        elif order.key == "number":
            value = number_key(typed)
    except (ValueError, BadAmount):
        raise unknown("goto", typed) from None
    # A page begins after a sort value and an id. In an ascending sort, this id is 0: it is lower than the id
    # of any record, so the page includes all records with the typed value. In a descending sort, the id
    # MOST_ID has the same effect, because it is higher than the id of any record.
    return signing.dumps(
        [owner(asked, sort), False, value, MOST_ID if sort.startswith("-") else 0, None], salt=SALT_OF_PAGES
    )


def _start(position: Position, found: int, *, at_start: bool, total: int | None) -> int | None:
    if at_start:
        return 1
    if not position.back:
        return position.row
    if position.pk is None:
        return total - found + 1 if total is not None else None
    return position.row - found if position.row is not None and position.row > found else None


def write_token(mine: str, back: bool, value: Any, pk: int | None, row: int | None = None) -> str:
    """Return the token of the page that begins after, or with `back` ends before, this sort value and id."""
    return signing.dumps([mine, back, value, pk, row], salt=SALT_OF_PAGES)


def read_token(token: str, mine: str) -> Position:
    """Return the position that a token holds. A token of another list, or no token, gives the first page.
    Raises `Invalid` BAD_PAGE for a damaged token."""
    if not token:
        return Position()
    try:
        owner, back, value, pk, row = signing.loads(token, salt=SALT_OF_PAGES)
    except (signing.BadSignature, ValueError):
        raise Invalid(
            "BAD_PAGE", "This page address is damaged. Open the list from its first page."
        ) from None
    return Position(bool(back), value, pk, row) if owner == mine else Position()
