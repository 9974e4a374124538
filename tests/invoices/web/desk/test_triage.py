"""Triage walks the list from which it was started, and asks only about records that somebody has to decide."""

from __future__ import annotations

import re
from html import unescape

import pytest

from invoices.queries.record_list import paging, rare_matches
from tests.desk_pages import at, client_for, credit_note
from tests.pages import text

pytestmark = pytest.mark.once


def started_from(client, address: str):
    """Return the first page of the triage that the list at this address offers."""
    page = client.get(address).content.decode()
    return client.get(unescape(re.search(r'id="start-triage" href="([^"]*)"', page)[1]))


def walked(client, page) -> list[str]:
    """Return the numbers of the records that triage shows, one after the other, and leave the last page."""
    shown = []
    while "record" in page.context:
        shown.append(page.context["record"].number)
        page = client.get(page.context["next_url"])
    return shown


def test_triage_walks_the_records_of_the_list_as_filtered_in_the_order_of_the_list(world):
    for number, taxable in (("INV-1", 10_000), ("INV-2", 30_000), ("OTHER-3", 20_000), ("INV-4", 20_000)):
        world.saves(number=number, taxable=taxable)
    credit_note(world, number="INV-5")
    client = client_for(world)
    address = at(world, "ims/inward/b2b/", q="INV", sort="-taxable", rows="25")
    page = started_from(client, address)
    assert page.context["total"] == 3
    assert walked(client, page) == ["INV-2", "INV-4", "INV-1"]
    # a list of one status keeps the status, and a list of all asks about the undecided records
    client.get(address)
    world.acts("accept", page.context["record"])
    assert walked(client, started_from(client, at(world, "ims/inward/all/", status="A"))) == ["INV-2"]
    assert set(walked(client, started_from(client, at(world, "ims/inward/all/")))) == {
        *("INV-1", "OTHER-3", "INV-4", "INV-5")
    }


def test_the_last_page_begins_the_same_list_again(world):
    for number in ("INV-1", "OTHER-2"):
        world.saves(number=number)
    client = client_for(world)
    page = started_from(client, at(world, "ims/inward/all/", q="INV"))
    last = client.get(page.context["next_url"])
    assert "That was the last record" in text(last)
    assert walked(client, client.get(last.context["again_url"])) == ["INV-1"]


@pytest.mark.parametrize("filters", [{}, {"min": "1"}])
def test_r083_r082_records_that_nobody_has_to_decide_are_not_asked(world, filters):
    """An amendment that replaced its original is asked, the original is not. An amendment that waits for the
    GSTR-3B of the earlier version has no action. `min` is a filter that the counters do not know."""
    replaced = world.saves(number="O-1", period="2024-09", document_date="2024-09-10")
    world.files("2024-09")
    world.saves(amends=replaced, number="A-1", taxable=12_000)
    held = world.saves(number="O-2", taxable=20_000)
    world.saves(number="O-3")
    world.acts("accept", held)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-12 10:00")
    world.saves(amends=world.now(held), number="A-2", period="2024-11", taxable=5_000)
    client = client_for(world)
    address = at(world, "ims/inward/all/", **filters)
    assert {"O-1", "A-2"} <= {row.record.number for row in client.get(address).context["rows"]}
    page = started_from(client, address)
    assert page.context["total"] == 2
    assert set(walked(client, page)) == {"A-1", "O-3"}


def test_a_rare_filter_in_a_large_list_does_not_end_triage_early(world, monkeypatch):
    """A page reads only a part of a large list, so it may be empty although a record follows."""
    monkeypatch.setattr(paging, "LOOKED", 3)
    monkeypatch.setattr(rare_matches, "FEW", 1)
    monkeypatch.setattr(rare_matches, "PAGE", 0)
    for n in range(1, 9):
        world.saves(number=f"INV-{n}")
    world.saves(number="Z-1", period="2024-09", document_date="2024-09-10")
    client = client_for(world)
    address = at(world, "ims/inward/all/", periods="092024", sort="number")
    assert not client.get(address).context["rows"]
    assert walked(client, started_from(client, address)) == ["Z-1"]
