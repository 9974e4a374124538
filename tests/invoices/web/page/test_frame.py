"""The parts that every page has: dates, menu, and the bar that reports a stale draft. A test limits the
number of queries that these parts run."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from invoices import portal_clock
from invoices.models import Job, Role
from invoices.people.access import access_to
from invoices.web.page.frame import build, frame

pytestmark = pytest.mark.once


def request_of(world, path: str = "", *, role: Role = Role.PREPARER):
    """Return a request as views below /t/<gstin>/ receive it."""
    request = RequestFactory().get(f"/t/{world.recipient.gstin}/{path}")
    request.user = world.person("asha", role)
    request.access = access_to(request.user, world.recipient.gstin)
    return request


def cells(shown) -> dict[str, tuple[str, str]]:
    return {cell.label: (cell.value, cell.tone) for cell in shown.cells}


def current(shown) -> list[str]:
    return [item.label for item in shown.menu if item.current] + [
        child.label for item in shown.menu for child in item.children if child.current
    ]


def test_frame_costs_three_queries(world, django_assert_num_queries):
    request = request_of(world)
    portal_clock.reading()
    with django_assert_num_queries(3):
        build(request)


def test_a_fragment_without_the_frame_costs_no_queries_of_the_frame(world, django_assert_num_queries):
    request = request_of(world)
    with django_assert_num_queries(0):
        frame(request)


def test_the_frame_shows_the_dates_before_the_draft(world):
    assert cells(build(request_of(world))) == {
        "Filing": ("Monthly", ""),
        "Return period": ("October 2024", ""),
        "GSTR-2B draft": ("Comes 14 Nov", ""),
        "GSTR-3B due": ("20 Nov · 23 days", ""),
        "16(4), FY 2023-24": ("30 Nov · 33 days", ""),
        "Simulated time": ("28 Oct 2024, 10:00", "L"),
    }


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2024-11-12 10:00", ("20 Nov · 8 days", "")),
        ("2024-11-13 10:00", ("20 Nov · 7 days", "P")),
        ("2024-11-18 10:00", ("20 Nov · 2 days", "R")),
        ("2024-11-19 10:00", ("20 Nov · 1 day", "R")),
        ("2024-11-20 23:00", ("20 Nov · today", "R")),
        ("2024-11-21 00:00", ("was on 20 Nov", "R")),
    ],
)
def test_a_near_date_has_a_colour(world, moment, due):
    world.goes_to(moment)
    assert cells(build(request_of(world)))["GSTR-3B due"] == due


def test_after_30_november_the_frame_shows_the_limit_of_the_next_year(world):
    world.goes_to("2024-12-01 09:00")
    assert cells(build(request_of(world)))["16(4), FY 2024-25"] == ("30 Nov · 364 days", "")


def test_quarterly_taxpayer_sees_its_quarter(world):
    world.recipient.frequency = "Q"
    world.recipient.open_period = 202412
    world.recipient.save()
    shown = build(request_of(world))
    assert cells(shown)["Return period"] == ("Oct-Dec 2024", "")
    assert [child.label for item in shown.menu for child in item.children if item.label == "GSTR-1"] == [
        "Returns dashboard",
        "GSTR-1",
        "IFF",
        "GSTR-1A",
    ]


def test_an_action_after_the_draft_raises_the_stale_bar(world):
    record = world.saves()
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-15 10:00")
    assert build(request_of(world)).stale is None

    world.acts("reject", record)
    shown = build(request_of(world)).stale
    assert (shown.period_label, shown.changes, shown.draft_text) == (
        "October 2024",
        1,
        "1, made on 14-11-2024 00:00",
    )
    assert shown.recompute_url == f"/t/{world.recipient.gstin}/gstr2b/102024/compute/"


def test_a_person_who_cannot_recompute_sees_the_stale_bar_without_a_button(world):
    record = world.saves()
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-15 10:00")
    world.acts("reject", record)
    request = request_of(world, role=Role.VIEWER)
    page = render_to_string("base.html", request=request)
    assert "draft is out of date" in page
    assert "Recompute</button>" not in page


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("", ["Home"]),
        ("ims/", ["IMS", "IMS dashboard"]),
        ("ims/inward/b2b/", ["IMS", "Inward supplies"]),
        ("ims/outward/liability/", ["IMS", "Outward supplies"]),
        ("gstr2b/092024/compare/", ["GSTR-2B", "GSTR-2B"]),
        ("gstr1a/102024/", ["GSTR-1", "GSTR-1A"]),
        ("jobs/7/", ["Downloads"]),
        ("elsewhere/", []),
    ],
)
def test_the_menu_marks_the_current_page(world, path, marked):
    assert current(build(request_of(world, path))) == marked


def test_the_menu_counts_jobs_under_way(world):
    for number, state in enumerate([Job.State.QUEUED, Job.State.RUNNING, Job.State.DONE]):
        Job.objects.create(
            kind="export",
            key=str(number),
            taxpayer=world.recipient,
            state=state,
            created_at=portal_clock.portal_now(),
        )
    assert [item.count for item in build(request_of(world)).menu if item.label == "Downloads"] == [2]


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_audit_in_the_menu_because_every_role_may_read_the_journal(world, role):
    request = request_of(world, role=role)
    [audit] = [item for item in build(request).menu if item.label == "Audit"]
    client = Client()
    client.force_login(request.user)
    assert client.get(audit.url).status_code == 200


def test_a_registration_without_ims_has_no_dates_and_no_menu_of_gstr2b_and_gstr3b(world):
    composition = world.taxpayer("27", 3003, "Shivneri Canteen", registration="composition")
    request = RequestFactory().get(f"/t/{composition.gstin}/")
    request.user = world.person("asha", Role.SIGNATORY, at=composition)
    request.access = access_to(request.user, composition.gstin)
    shown = build(request)
    assert list(cells(shown)) == ["IMS", "Simulated time"]
    assert cells(shown)["IMS"][0] == "no IMS, no GSTR-2B, no GSTR-3B"
    urls = [leaf.url for item in shown.menu for leaf in (item, *item.children)]
    assert not [url for url in urls if "/gstr2b/" in url or "/gstr3b/" in url]
    assert [url for url in urls if "/gstr2a/" in url]


def test_the_title_of_a_window_has_the_taxpayers_name_before_the_gstin(world):
    client = Client()
    client.force_login(world.person("vik", Role.VIEWER))
    page = client.get(f"/t/{world.recipient.gstin}/").content.decode()
    (title,) = re.findall(r"<title>([^<]+)</title>", page)
    assert title == f"Home – {world.recipient.name} {world.recipient.gstin} – IMS Portal"


def test_public_page_has_no_taxpayer_but_shows_the_simulated_clock(world):
    request = RequestFactory().get("/accounts/login/")
    request.user = AnonymousUser()
    shown = build(request)
    assert (shown.taxpayer, shown.menu, shown.user) == (None, (), None)
    assert list(cells(shown)) == ["Simulated time"]


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ("", ""), ('"><script>', "")]
)
def test_a_theme_cookie_counts_only_with_a_value_that_a_reader_can_choose(world, cookie, theme):
    request = request_of(world)
    request.COOKIES["ims_theme"] = cookie
    assert build(request).theme == theme


def test_the_search_of_the_frame_opens_the_record_list(world):
    record = world.saves()
    client = Client()
    client.force_login(world.person("vik", Role.VIEWER))
    page = client.get(f"/t/{world.recipient.gstin}/audit/").content.decode()
    (action,) = re.findall(r'role="search" action="([^"]+)"', page)
    found = client.get(action, {"q": record.number}).context["rows"]
    assert [row.record.number for row in found] == [record.number]


def test_a_page_says_how_long_the_sign_in_lasts_and_more_time_is_one_request(world, settings):
    world.person("vik", Role.VIEWER)
    client = Client()
    client.post("/accounts/login/", {"username": "vik", "password": "practice"})
    page = f"/t/{world.recipient.gstin}/audit/"
    settings.SESSION_IDLE_SECONDS = 1800

    def seconds_left() -> int:
        (said,) = re.findall(r'data-left="(\d+)"', client.get(page).content.decode())
        return int(said)

    assert 1740 < seconds_left() <= 1800
    again = client.post("/accounts/stay/", headers={"X-Requested-With": "fetch"})
    assert 1790 < int(again.content) <= 1800
    # a minute before the session must end, a request to stay signed in cannot extend the session
    session = client.session
    session["began"] -= settings.SESSION_COOKIE_AGE - 60
    session.save()
    assert 0 < seconds_left() <= 60
    assert int(client.post("/accounts/stay/", headers={"X-Requested-With": "fetch"}).content) <= 60
    assert client.get("/accounts/stay/").status_code == 405


def test_a_page_without_a_gstin_links_back_to_the_last_gstin_of_the_same_person(world):
    world.person("vik", Role.VIEWER)
    client = Client()
    client.post("/accounts/login/", {"username": "vik", "password": "practice"})
    back = f'href="/t/{world.recipient.gstin}/"'
    menu = re.compile(r'<nav id="menu".*?</nav>', re.DOTALL)

    def menu_of(address: str) -> str:
        (found,) = menu.findall(client.get(address).content.decode())
        return found

    assert back not in menu_of("/clock/")
    client.get(f"/t/{world.recipient.gstin}/")
    assert back in menu_of("/clock/")
    assert back in menu_of("/help/")
    assert back not in menu_of("/t/"), "the list of taxpayers names it"
    # another person signs in with the same browser
    client.force_login(world.person("uma"))
    assert back not in menu_of("/clock/")
