"""The record list grouped by supplier: one line for each supplier, with counts and sums.

One GROUP BY query counts and sums the records of every supplier, and one query names the suppliers. A third
query computes the effect on ITC for the suppliers of one page. The number of queries does not depend on the
number of records or suppliers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.translation import gettext_noop

from invoices.models import Record, Taxpayer
from invoices.models.record import TAX, signed
from invoices.queries import effects, situations, suppliers
from invoices.queries.record_list import paging
from invoices.queries.record_list.filters import CUSTOMS
from invoices.queries.situations import DeskView
from invoices.rules.situation import Action

STATUSES = (Action.NONE, Action.ACCEPTED, Action.REJECTED, Action.PENDING)


@dataclass(frozen=True, slots=True)
class SupplierSum:
    """The matching records of one supplier. `taxable` and `tax` are in paise, and amounts of credit notes are
    subtracted. `by_status` counts the records by action. Bills of entry have no supplier: their
    `supplier_id` is None, and their `gstin` is the word of the filter by supplier for customs."""

    supplier_id: int | None
    gstin: str
    name: str
    count: int
    taxable: int
    tax: int
    by_status: dict[Action, int]

    @property
    def is_customs(self) -> bool:
        return self.supplier_id is None


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the grouped list. `value` returns the value by which a line is sorted."""

    key: str
    label: str
    value: Callable[[SupplierSum], Any]


ORDERS = {
    order.key: order
    for order in (
        Order("supplier", gettext_noop("Supplier"), lambda line: line.name.casefold()),
        Order("records", gettext_noop("Records"), lambda line: line.count),
        Order("undecided", gettext_noop("No action"), lambda line: line.by_status[Action.NONE]),
        Order("taxable", gettext_noop("Taxable ₹"), lambda line: line.taxable),
        Order("tax", gettext_noop("Tax ₹"), lambda line: line.tax),
    )
}
# the suppliers with the most tax come first
DEFAULT_ORDER = "-tax"


def sums(records: QuerySet[Record], recipient: Taxpayer) -> list[SupplierSum]:
    """Return a line for each supplier of the `records`, unsorted. `records` come from `records.matching`. Two
    queries."""
    query = (
        records.order_by()
        .values("supplier_id")
        .annotate(
            n=Count("pk"),
            sum_taxable=Sum(signed(F("taxable"))),
            sum_tax=Sum(signed(TAX)),
            **{f"n_{one.value}": Count("pk", filter=Q(decision__action=one.value)) for one in STATUSES},
        )
        .values_list("supplier_id", "n", "sum_taxable", "sum_tax", *(f"n_{one.value}" for one in STATUSES))
    )
    named = suppliers.named(recipient.pk)
    return [
        SupplierSum(
            pk,
            *(named[pk] if pk is not None else (CUSTOMS, "")),
            count,
            int(taxable),
            int(tax),
            dict(zip(STATUSES, counts, strict=True)),
        )
        for pk, count, taxable, tax, *counts in query
    ]


def effects_of(
    records: QuerySet[Record], view: DeskView, lines: Sequence[SupplierSum]
) -> dict[int | None, int]:
    """Return the total of the effects on ITC that the record list shows for the records of these lines, in
    paise, by supplier id. One query, and a second query for amendments with a declared reduction."""
    ids = [line.supplier_id for line in lines if line.supplier_id is not None]
    of_them = Q(supplier_id__in=ids)
    if any(line.is_customs for line in lines):
        of_them |= Q(supplier_id__isnull=True)
    found = dict.fromkeys((line.supplier_id for line in lines), 0)
    theirs, by = records.filter(of_them), ["supplier_id"]
    groups = situations.tally(theirs, view, by=by, sums=True)
    for group in effects.completed(groups, theirs, view, by=by):
        found[group.keys[0]] += effects.of_group(group).total
    return found


@dataclass(frozen=True, slots=True)
class GroupPage:
    """The lines of one page. The tokens of the neighbouring pages are None where there is no such page."""

    lines: list[SupplierSum]
    first: str | None
    previous: str | None
    next: str | None
    last: str | None
    start: int


def page(lines: Sequence[SupplierSum], *, order: str, size: int, token: str, asked: str) -> GroupPage:
    """Return one page of the lines in this order ("-tax" is descending). `token` comes from an earlier page
    and holds the sort value and the supplier at which the page begins. `asked` identifies the list, and a
    token of another list gives the first page. Raises `Invalid` BAD_PAGE for a damaged token."""
    descending = order.startswith("-")
    value = ORDERS[order.removeprefix("-")].value

    def place(line: SupplierSum) -> tuple[Any, int]:
        return value(line), line.supplier_id or 0

    ordered = sorted(lines, key=place, reverse=descending)
    mine = paging.owner(asked, order)
    position = paging.read_token(token, mine)
    if position.pk is None:
        start = max(len(ordered) - size, 0) if position.back else 0
    else:
        at = (position.value, position.pk)
        before = sum(1 for line in ordered if (place(line) > at if descending else place(line) < at))
        start = (
            max(before - size, 0) if position.back else before + any(place(line) == at for line in ordered)
        )
    shown = ordered[start : start + size]

    def token_for(back: bool, line: SupplierSum | None = None) -> str:
        value, pk = place(line) if line else (None, None)
        return paging.write_token(mine, back, value, pk)

    beyond = start + size < len(ordered)
    return GroupPage(
        shown,
        first="" if start else None,
        previous=token_for(True, shown[0]) if start and shown else None,
        next=token_for(False, shown[-1]) if beyond else None,
        last=token_for(True) if beyond else None,
        start=start + 1,
    )
