"""The figures around the rows follow each action without a reload, and every view of a list can be reached."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel import clock
from invoices.models import Record
from invoices.queries import effects, situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.web.record_list.saved_views import IN_ROW, row_and_more
from tests.desk_pages import act, at, client_for
from tests.invoices.web.record_list.list_pages import numbers


def figures(client, page) -> str:
    """Return the text that the page asks for after an action."""
    address = re.search(r'hx-get="([^"]*figures=1[^"]*)"', page.content.decode())
    assert address, "the page does not ask for its figures"
    reply = client.get(address[1].replace("&amp;", "&"), headers={"HX-Request": "true"})
    assert reply.status_code == 200
    return reply.content.decode()


def words(part: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", part).split())


def part(answer: str, name: str) -> str:
    """Return the text of one part of the answer, up to the next part."""
    return words(re.split(r"hx-swap-oob", answer.partition(f'id="{name}"')[2])[1].partition(">")[2])


@pytest.mark.parametrize("query", [{}, {"status": "N"}, {"kind": "INV"}])
def test_the_figures_after_an_action_and_its_undo_are_those_of_a_page_read_again(desk, query):
    client = client_for(desk)
    page = client.get(at(desk, "ims/inward/all/", **query))
    before = figures(client, page)
    act(client, desk, Record.objects.get(number="INV-1"), "A")
    after = figures(client, page)
    again = client.get(at(desk, "ims/inward/all/", **query))
    assert words(after) == words(figures(client, again))
    needs = {tab["label"]: tab["count"] for tab in again.context["tabs"]}["Needs action"]
    assert f"Needs action {needs}" in part(after, "list-tabs")
    assert needs == Record.objects.filter(decision__action="N").count() == 3
    assert f"{len(numbers(again))} record" in part(after, "list-sum")
    assert f"{len(numbers(again))} record" in part(after, "list-match")
    assert words(before) != words(after)
    client.post(at(desk, "ims/undo/"))
    # the undo itself can now be repeated, so the button differs
    undone = figures(client, page)
    assert words(undone.partition('id="list-tabs"')[2]) == words(before.partition('id="list-tabs"')[2])


def test_the_bar_of_a_stale_draft_appears_with_the_figures(desk):
    client = client_for(desk)
    desk.files("2024-10")
    desk.goes_to("2024-11-14 10:00")
    page = client.get(at(desk, "ims/inward/all/"))
    assert part(figures(client, page), "stale") == ""
    act(client, desk, Record.objects.get(number="INV-2"), "A")
    assert "1 change since draft" in part(figures(client, page), "stale")


def test_the_figures_cost_no_more_queries_than_the_page_and_the_same_for_many_records(desk):
    client = client_for(desk)
    page = client.get(at(desk, "ims/inward/all/"))
    figures(client, page)
    with CaptureQueriesContext(connection) as few:
        figures(client, page)
    with CaptureQueriesContext(connection) as whole:
        client.get(at(desk, "ims/inward/all/"))
    for n in range(30):
        desk.saves(number=f"M-{n}", taxable=1_000)
    with CaptureQueriesContext(connection) as many:
        figures(client, page)
    assert len(few) == len(many) <= len(whole)


@pytest.mark.parametrize("current", range(12))
def test_every_view_is_in_the_row_or_in_the_menu_at_every_width_and_the_current_one_in_the_row(current):
    tabs = [{"label": str(n), "url": f"/{n}", "current": n == current} for n in range(12)]
    shown = row_and_more(tabs)
    row, more = shown["tab_row"], shown["more_tabs"]
    wide = [tab["label"] for tab in [*row, *(tab for tab in more if not tab["late"])]]
    narrow = [tab["label"] for tab in [*(tab for tab in row if not tab["late"]), *more]]
    assert sorted(wide) == sorted(narrow) == sorted(tab["label"] for tab in tabs)
    assert str(current) in [tab["label"] for tab in row if not tab["late"]]
    assert len(row) <= IN_ROW + 1


def test_a_saved_view_beyond_the_row_is_in_the_menu_of_the_page(desk):
    client = client_for(desk)
    for n in range(4):
        back = at(desk, "ims/inward/all/", min=str(1_000 + n))
        client.post(at(desk, "ims/views/"), {"name": f"My view {n}", "next": back})
    page = client.get(at(desk, "ims/inward/all/")).content.decode()
    menu = page.partition('class="drop more-tabs"')[2].partition("</details>")[0]
    assert all(f"My view {n}" in menu for n in range(4))
    assert all(word in menu for word in ("Possible duplicate", "All saved views"))


@pytest.mark.parametrize(
    "query", [{"q": "INV"}, {"min": "15000"}, {"q": "CN-1"}, {"taxmin": "1"}, {"q": "none"}]
)
def test_a_searched_list_has_the_effect_on_itc_of_its_own_records(desk, query):
    """Guards the sum of a list that the counters cannot count: it is the sum of the effects of its records."""
    client = client_for(desk)
    page = client.get(at(desk, "ims/inward/all/", **query))
    view = DeskView.of(desk.recipient, clock.today(), calendar())
    expected = sum(
        effects.as_it_stands(record, situations.situation_of(record, view)).total
        for record in Record.objects.filter(number__in=numbers(page)).select_related("decision")
    )
    assert page.context["itc"] == expected
    if numbers(page):
        assert "effect on ITC" in words(page.content.decode())


def test_the_effect_of_a_searched_list_follows_an_action(desk):
    client = client_for(desk)
    page = client.get(at(desk, "ims/inward/all/", q="INV"))
    before = part(figures(client, page), "list-sum")
    act(client, desk, Record.objects.get(number="INV-1"), "R")
    after = part(figures(client, page), "list-sum")
    assert "effect on ITC" in after
    assert before != after


def test_the_queries_of_a_searched_list_do_not_grow(desk):
    client = client_for(desk)

    def queries() -> int:
        address = at(desk, "ims/inward/all/", q="INV")
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            client.get(address)
        return len(found)

    few = queries()
    for n in range(10):
        desk.saves(number=f"INV-9{n}", taxable=10_000)
    assert queries() == few
