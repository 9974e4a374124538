"""The two exposures and the bills that nobody reported, each with the link to its list. Home, the IMS dashboard and the
page Match show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from ims_portal.kernel import clock
from invoices.models import Taxpayer
from invoices.people.access import Access
from invoices.queries.record_list import findings
from invoices.queries.situations import DeskView
from invoices.register import expected, overview
from invoices.register.overview import Exposure, Part
from invoices.rules.calendar import Calendar
from invoices.rules.situation import Action

# the filters by which the record list shows the records without an action that lower ITC, or do not
CREDIT, LESS = "notless", "less"
UNSUPPORTED = ",".join(one for one in findings.SUGGESTIONS if one != "accept")


def list_url(taxpayer: Taxpayer, **filters: str) -> str:
    """Return the address of the record list with the records of the open period that match the filters."""
    usual = {"lands": overview.OPEN.lands, "filing": ",".join(overview.OPEN.filing), **filters}
    asked = {name: value for name, value in usual.items() if value}
    return f"{reverse('records', args=[taxpayer.gstin, 'all'])}?{urlencode(asked, safe=',')}"


def undecided_url(taxpayer: Taxpayer, **filters: str) -> str:
    return list_url(taxpayer, status=Action.NONE.value, **filters)


def bills_url(taxpayer: Taxpayer, state: str) -> str:
    return f"{reverse('match_bills', args=[taxpayer.gstin])}?state={state}"


def of_desk(access: Access, dates: Calendar) -> dict[str, Any]:
    """Return the exposures for a page that has no other figures of the matcher, or nothing if the taxpayer has no
    answers of the matcher. Three queries."""
    if not access.books:
        return {}
    view = DeskView.of(access.taxpayer, clock.today(), dates)
    return of(access.taxpayer, overview.parts(access.taxpayer, view, status=[Action.NONE]))


def of(taxpayer: Taxpayer, found: Iterable[Part]) -> dict[str, Any]:
    """Return the exposures in `found`. One query."""
    there = list(found)
    bills = expected.by_state(taxpayer)
    return {
        "exposures": {
            "silence": _linked(taxpayer, overview.silence(there)),
            "unsupported": _linked(taxpayer, overview.unsupported(there), suggests=UNSUPPORTED),
            "expected": bills[expected.EXPECTED],
            "expected_url": bills_url(taxpayer, expected.EXPECTED),
            "not_expected": bills[expected.NOT_EXPECTED],
            "not_expected_url": bills_url(taxpayer, expected.NOT_EXPECTED),
        },
        "bills": bills,
    }


def _linked(taxpayer: Taxpayer, found: Exposure, **filters: str) -> dict[str, Any]:
    return {
        "count": found.count,
        "url": undecided_url(taxpayer, **filters),
        "credit": found.credit,
        "credit_url": undecided_url(taxpayer, effect=CREDIT, **filters),
        "reductions": found.reductions,
        "reductions_url": undecided_url(taxpayer, effect=LESS, **filters),
    }
