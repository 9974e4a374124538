"""The records in the list of a recipient's desk, with the list's sorts and counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_noop

from invoices.models import Record, Taxpayer
from invoices.models.record import TAX, signed
from invoices.queries.record_list.conditions import narrowed
from invoices.queries.record_list.filters import Filters
from invoices.queries.situations import DeskView, is_closed, land_period
from invoices.rules.situation import Route

# A page counts exactly up to this number. Above this number, the page shows "more than 10,000".
MOST_COUNTED = 10_000

GONE = (Route.NO_ACCESS, Route.BEFORE_IMS, Route.WITHDRAWN, Route.PURGED)


@dataclass(frozen=True, slots=True)
class Sort:
    key: str
    label: str
    expression: Any
    kind: type


SORTS = {
    sort.key: sort
    for sort in (
        Sort("number", "Document", F("number_key"), str),
        Sort(
            "supplier",
            "Supplier",
            Coalesce(
                NullIf(F("supplier__trade_name"), Value("")),
                NullIf(F("supplier__legal_name"), Value("")),
                F("supplier__gstin"),
                Value(""),
            ),
            str,
        ),
        Sort("date", "Date", F("document_date"), date),
        Sort("value", "Value ₹", signed(F("value")), int),
        Sort("taxable", "Taxable ₹", signed(F("taxable")), int),
        Sort("tax", "Tax ₹", signed(TAX), int),
        Sort("effect", "Effect on ITC ₹", F("effect"), int),
    )
}


# selection of records


def on_desk(recipient: Taxpayer, view: DeskView) -> QuerySet[Record]:
    """Return the records on the desk: their route is IMS, and they are not closed."""
    return (
        Record.objects.filter(recipient_id=recipient.pk, route=Route.IMS.value)
        .annotate(land=land_period())
        .exclude(is_closed(view))
    )


def past_ims(recipient: Taxpayer, view: DeskView, routes: list[str]) -> QuerySet[Record]:
    """Return the documents on these routes, which lead to GSTR-2B without IMS. Documents in a final GSTR-2B
    are left out."""
    return (
        Record.objects.filter(recipient_id=recipient.pk, route__in=routes)
        .annotate(land=land_period())
        .exclude(filing="F", land__lt=view.open_period)
    )


def base(recipient: Taxpayer, view: DeskView, filters: Filters) -> QuerySet[Record]:
    """Return all records of the section or route, without any other filter."""
    if filters.past:
        return past_ims(recipient, view, [filters.past])
    if filters.straight:
        return past_ims(recipient, view, [Route.ISD.value]).filter(section=filters.section)
    records = on_desk(recipient, view)
    return records if filters.section == "all" else records.filter(section=filters.section)


def matching(recipient: Taxpayer, view: DeskView, filters: Filters) -> QuerySet[Record]:
    """Return every record that matches the filters, unsorted."""
    return narrowed(base(recipient, view, filters), recipient, view, filters)


# counts


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records match, with their signed tax in paise.

    A count is exact up to `MOST_COUNTED`. `more` is True if the number of matching records is higher. `known`
    is False if nothing was counted, because a count would read the whole desk."""

    count: int
    tax: int
    more: bool
    known: bool = True


def count(records: QuerySet[Record]) -> tuple[Counted, list[int]]:
    """Return the count of these records, and the ids of the counted records. One query."""
    some = records.order_by().annotate(signed=SORTS["tax"].expression).values_list("pk", "signed")
    found = list(some[: MOST_COUNTED + 1])
    counted = Counted(
        min(len(found), MOST_COUNTED), sum(tax for _pk, tax in found), len(found) > MOST_COUNTED
    )
    return counted, [pk for pk, _tax in found]


# the names of the ready-made views; `counts.SHOWN` has the test for the records of each view
VIEWS: dict[str, str] = {
    "needs": gettext_noop("Needs action"),
    "edited": gettext_noop("Supplier edited"),
    "saved": gettext_noop("Supplier not filed"),
    "notes": gettext_noop("Credit notes"),
    "declare": gettext_noop("ITC reduction to declare"),
    "large": gettext_noop("₹1 lakh or more"),
}
