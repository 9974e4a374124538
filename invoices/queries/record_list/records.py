"""The records on a recipient's desk, as its list asks for them: filters, sorts and counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_noop

from invoices.models import Record, Taxpayer
from invoices.models.record import TAX, signed
from invoices.queries.record_list.conditions import narrowed
from invoices.queries.record_list.filters import Filters
from invoices.queries.situations import DeskView, is_closed, land_period
from invoices.rules.situation import Route

# Counts beyond this are not made for a page: "more than 10,000" tells a person the same.
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


# which records


def on_desk(recipient: Taxpayer, view: DeskView) -> QuerySet[Record]:
    """Live records in IMS: routed there and not closed with a filed GSTR-3B."""
    return (
        Record.objects.filter(recipient_id=recipient.pk, route=Route.IMS.value)
        .annotate(land=land_period())
        .exclude(is_closed(view))
    )


def past_ims(recipient: Taxpayer, view: DeskView, routes: list[str]) -> QuerySet[Record]:
    """Documents on their way straight to GSTR-2B, of statements not yet final."""
    return (
        Record.objects.filter(recipient_id=recipient.pk, route__in=routes)
        .annotate(land=land_period())
        .exclude(filing="F", land__lt=view.open_period)
    )


def base(recipient: Taxpayer, view: DeskView, filters: Filters) -> QuerySet[Record]:
    """The section, before any filter."""
    if filters.past:
        return past_ims(recipient, view, [filters.past])
    if filters.straight:
        return past_ims(recipient, view, [Route.ISD.value]).filter(section=filters.section)
    records = on_desk(recipient, view)
    return records if filters.section == "all" else records.filter(section=filters.section)


def matching(recipient: Taxpayer, view: DeskView, filters: Filters) -> QuerySet[Record]:
    """Every record that matches, in no order."""
    return narrowed(base(recipient, view, filters), recipient, view, filters)


# counts


@dataclass(frozen=True, slots=True)
class Counted:
    """How many match, exact up to `MOST_COUNTED`, with their signed tax; `more` where there are more. Not `known`:
    nobody counted, as that would read the whole desk."""

    count: int
    tax: int
    more: bool
    known: bool = True


def count(records: QuerySet[Record]) -> Counted:
    some = records.order_by().annotate(signed=SORTS["tax"].expression).values("pk", "signed")
    found = some[: MOST_COUNTED + 1].aggregate(n=Count("pk"), tax=Sum("signed", default=0))
    more = found["n"] > MOST_COUNTED
    return Counted(min(found["n"], MOST_COUNTED), int(found["tax"]), more)


# what the ready-made views are called; `counted` says how many records each holds
VIEWS: dict[str, str] = {
    "needs": gettext_noop("Needs action"),
    "edited": gettext_noop("Supplier edited"),
    "saved": gettext_noop("Supplier not filed"),
    "notes": gettext_noop("Credit notes"),
    "declare": gettext_noop("ITC reduction to declare"),
    "large": gettext_noop("₹1 lakh or more"),
}
