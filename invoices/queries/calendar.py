"""Reads dates and the rulebook setting from the portal, in the form that the rules need."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.conf import settings
from django.db.models import QuerySet

from ims_portal.kernel.periods import TaxPeriod
from ims_portal.support.database import prepared
from invoices.models import AnnualReturn, DueDateExtension
from invoices.rules import rulebooks
from invoices.rules.calendar import Calendar
from invoices.rules.situation import Book


def _extensions() -> QuerySet:
    return DueDateExtension.objects.values_list("form", "period", "state", "due_on")


def calendar() -> Calendar:
    """Return the statutory dates, with the extensions that staff entered (R-067). One query."""
    return Calendar(
        {(form, period, state): due_on for form, period, state, due_on in prepared.rows(_extensions, (), ())}
    )


def annual_returns(taxpayer_ids: Collection[int]) -> dict[tuple[int, int], date]:
    """Return the filing days of annual returns, by taxpayer id and first year of the financial year."""
    found = AnnualReturn.objects.filter(taxpayer_id__in=taxpayer_ids)
    return {(t, year): day for t, year, day in found.values_list("taxpayer_id", "year", "furnished_on")}


def book_for(natural_month: TaxPeriod) -> Book:
    """Return the rulebook for a natural 2B month. If the setting IMS_RULEBOOK names a rulebook, return that
    rulebook for every month. The setting is for teaching."""
    pinned = getattr(settings, "IMS_RULEBOOK", "") or ""
    return rulebooks.book_for(natural_month, Book(pinned.replace("-", "")[2:]) if pinned else None)
