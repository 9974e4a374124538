"""Reads dates and the rulebook setting from the portal, in the form that the rules need."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Concat, Left
from django.db.models.lookups import In

from ims_portal.kernel.periods import TaxPeriod
from ims_portal.support.database import prepared
from invoices.models import AnnualReturn, DueDateExtension
from invoices.rules import rulebooks
from invoices.rules.calendar import Calendar
from invoices.rules.extensions import Extension, Seat, column_of
from invoices.rules.situation import Book


def _extensions() -> QuerySet:
    rows = DueDateExtension.objects.filter(in_force=True)
    return rows.values_list("form", "period", "due_on", "state", "places", "source")


def calendar() -> Calendar:
    """Return the statutory dates, with the extensions that staff entered (R-067). One query."""
    return Calendar.of(
        Extension(form, period, due_on, state, frozenset(filter(None, places.split("\n"))), source)
        for form, period, due_on, state, places, source in prepared.rows(_extensions, (), ())
    )


def seat_columns(taxpayer: str, dates: Calendar) -> dict[str, Any]:
    """Return annotations with the reduced seat of a taxpayer: `seat_state`, `seat_district`, `seat_pin_code`
    and `seat_gstin`. `taxpayer` is the name of the relation, like "supplier", or "" for the taxpayers themselves.
    Rows with equal values have equal dates in the calendar `dates`."""
    named: dict[str, list[str]] = {}
    for place in sorted(dates.places):
        named.setdefault(column_of(place), []).append(place)
    before = f"{taxpayer}__" if taxpayer else ""

    def only_named(name: str) -> Any:
        column = f"{before}{name}"
        text = CharField()
        return (
            Case(When(**{f"{column}__in": named[name]}, then=F(column)), default=Value(""), output_field=text)
            if name in named
            else Value("", output_field=text)
        )

    return {
        "seat_state": Left(f"{before}gstin", 2),
        **{f"seat_{name}": only_named(name) for name in ("district", "pin_code", "gstin")},
    }


def in_seats(seats: Collection[Seat]) -> Q:
    """Return the condition for rows with one of these reduced seats. The query must have the annotations of
    `seat_columns`. The condition is one list, however many seats there are."""
    parts = [part for name in SEAT_COLUMNS for part in (F(name), Value("|"))]
    seat = Concat(*parts, output_field=CharField())
    keys = sorted(f"{one.state}|{one.district}|{one.pin_code}|{one.gstin}|" for one in seats)
    return Q(In(seat, keys))


SEAT_COLUMNS = ("seat_state", "seat_district", "seat_pin_code", "seat_gstin")


def annual_returns(taxpayer_ids: Collection[int]) -> dict[tuple[int, int], date]:
    """Return the filing days of annual returns, by taxpayer id and first year of the financial year."""
    found = AnnualReturn.objects.filter(taxpayer_id__in=taxpayer_ids)
    return {(t, year): day for t, year, day in found.values_list("taxpayer_id", "year", "furnished_on")}


def book_for(natural_month: TaxPeriod) -> Book:
    """Return the rulebook for a natural 2B month. If the setting IMS_RULEBOOK names a rulebook, return that
    rulebook for every month. The setting is for teaching."""
    pinned = getattr(settings, "IMS_RULEBOOK", "") or ""
    return rulebooks.book_for(natural_month, Book(pinned.replace("-", "")[2:]) if pinned else None)
