"""Where a page shows a due date, an extended date is shown with the notification that extended it (R-067)."""

from __future__ import annotations

from datetime import date

import pytest

from invoices.models import DueDateExtension, Role
from tests.api_client import api_for
from tests.pages import client_of, text, url

pytestmark = pytest.mark.once


@pytest.fixture
def extended(world):
    """Return a world of 15 November 2024, in which GSTR-1 and GSTR-3B of October are extended for the district
    of the recipient."""
    world.recipient.district = "Thane"
    world.recipient.save()
    world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    own = {"period": 202410, "state": world.recipient.state, "places": "Thane"}
    DueDateExtension.objects.create(form="GSTR-1", due_on=date(2024, 11, 17), source="N-10", **own)
    DueDateExtension.objects.create(form="GSTR-3B", due_on=date(2024, 11, 29), source="N-30", **own)
    world.goes_to("2024-11-15 10:00")
    return world


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("home", ("29 Nov", "17 Nov")),
        ("gstr3b", ("29 Nov",)),
        ("returns", ("29 Nov", "17 Nov")),
        ("gstr1", ("17 Nov",)),
    ],
)
def test_r067_pages_show_the_extended_day_with_its_notification(extended, name, days):
    more = ("102024",) if name in ("gstr3b", "gstr1") else ()
    client = client_of(extended, Role.SIGNATORY)
    page = text(client.get(url(extended, name, *more) + ("?period=102024" if name == "returns" else "")))
    for day, source in zip(("29 Nov", "17 Nov"), ("N-30", "N-10"), strict=True):
        if day in days:
            assert day in page
            assert f"xtended by {source}" in page
    assert "GSTR-3B due, extended" in page, "the band above every page follows the extension"


def test_r067_programs_get_the_extended_day_and_its_notification(extended):
    form = api_for(extended).get("forms/gstr1/102024/").json()
    assert (form["due"], form["extended_by"]) == ("2024-11-17", "N-10")


def test_r067_a_postponed_draft_is_explained(extended):
    DueDateExtension.objects.create(form="GSTR-6", period=202411, due_on=date(2024, 12, 18), source="N-6")
    extended.files_3b("2024-10")
    extended.goes_to("2024-12-14 10:00")
    page = text(client_of(extended).get(url(extended, "gstr2b", "112024")))
    assert "19-12-2024 (extended by N-6)" in page
