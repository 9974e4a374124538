"""Everybody sees the portal clock.

Only people with permission can move the clock. They see a preview first. The portal runs every midnight
between the old and the new time."""

from __future__ import annotations

import re
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from ims_portal.kernel import clock
from ims_portal.kernel.periods import FinancialYear
from invoices import portal_clock
from invoices.models import DueDateExtension, PortalClock, Role, Taxpayer
from invoices.rules.situation import Kind
from returns.gstr3b import annual_return
from tests.pages import client_of, text
from tests.world import BY

pytestmark = pytest.mark.once

MOVE, CLOCK = "/clock/move/", "/clock/"


@pytest.fixture
def filed(world):
    world.record = world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    return world


def test_a_preview_shows_the_events_and_does_not_move_the_clock(filed):
    page = client_of(filed).get(CLOCK + "?to=2024-11-14T00:30")
    said = text(page)
    assert "Draft GSTR-2B of October 2024" in said
    assert [row["event"].count for row in page.context["events"] if row["event"].kind == "draft"] == [2]
    assert portal_clock.portal_now().date() == date(2024, 11, 10)
    assert filed.statement("2024-10") is None


def test_the_move_to_a_date_comes_first_then_its_preview_and_real_time_last(filed):
    head = Client()
    head.force_login(filed.person("head", is_staff=True))  # only staff may use real time
    page = head.get(CLOCK + "?to=2024-11-14T00:30").content.decode()
    order = [
        "Move to",
        "Or an exact time",
        'id="walk"',
        "Move clock to 14 Nov 2024",
        'id="now"',
        "Use real time",
    ]
    places = [page.index(f">{part}<" if part == "Move to" else part) for part in order]
    assert places == sorted(places)
    # on a phone the preview stands under the form, so each link leads to it
    assert 'href="?to=2024-11-14T00:30#walk"' in page
    assert 'action="#walk"' in page


def test_moving_the_clock_past_the_14th_makes_drafts(filed):
    reply = client_of(filed).post(MOVE, {"to": "2024-11-14T00:30"}, follow=True)
    assert "2 GSTR-2B were drafted" in text(reply)
    assert portal_clock.portal_now().strftime("%Y-%m-%d %H:%M") == "2024-11-14 00:30"
    assert filed.statement("2024-10").line_count == 1
    assert PortalClock.objects.get().moving_to is None


def test_a_preview_of_30_november_says_whose_credit_is_lost(world):
    old = world.saves(document_date="2024-03-10", number="OLD-1")
    world.acts("pending", old)
    page = client_of(world).get(CLOCK + "?to=2024-12-01T00:30")
    assert page.context["lost"] == 1
    assert "loses its credit" in text(page)


def test_a_preview_names_the_day_on_which_one_period_pending_ends_and_no_other(world):
    """R-064: a note of October 2025 can be pending until 20 December 2025. The due dates of other taxpayers'
    GSTR-3B have no effect on this date."""
    world.goes_to("2025-10-20 10:00")
    note = world.saves(kind=Kind.CREDIT_NOTE, document_date="2025-10-05", number="CN-1")
    world.goes_to("2025-11-10 10:00")
    world.files("2025-10")
    world.acts("pending", note)
    client = client_of(world)

    def ends(until: str) -> list[tuple[date, int]]:
        events = client.get(CLOCK + f"?to={until}").context["events"]
        return [(row["event"].at.date(), row["event"].count) for row in events if row["event"].kind == "ends"]

    assert ends("2025-12-10T00:30") == []
    assert ends("2025-12-28T00:30") == [(date(2025, 12, 21), 1)]


def test_r067_a_preview_follows_extended_dates_and_names_the_notification(world):
    world.goes_to("2025-01-05 10:00")
    world.recipient.district = "Thane"
    world.recipient.save()
    world.saves(period="2024-12", document_date="2024-12-20")
    everywhere = {"period": 202412, "source": "N-1"}
    DueDateExtension.objects.create(form="GSTR-1", due_on=date(2025, 1, 13), **everywhere)
    DueDateExtension.objects.create(form="GSTR-1 quarterly", due_on=date(2025, 1, 15), **everywhere)
    DueDateExtension.objects.create(
        form="GSTR-3B",
        period=202411,
        state=world.recipient.state,
        places="Thane",
        due_on=date(2025, 1, 9),
        source="N-2",
    )
    DueDateExtension.objects.create(form="GSTR-5", due_on=date(2025, 1, 30), in_force=False, **everywhere)
    Taxpayer.objects.filter(pk=world.recipient.pk).update(open_period=202411)
    client = client_of(world)
    events = [row["event"] for row in client.get(CLOCK + "?to=2025-01-21T00:30").context["events"]]
    found = {(event.at.date(), event.kind): (event.count, event.source) for event in events}
    assert found[date(2025, 1, 14), "moves"] == (1, "N-1")
    assert found[date(2025, 1, 16), "draft"][1] == "N-1"
    assert found[date(2025, 1, 9), "due"] == (1, "N-2"), "an extension for one district moves its own date"
    assert (date(2025, 1, 12), "moves") not in found
    assert (date(2025, 1, 14), "draft") not in found
    presets = {preset.moment.date(): preset.why for preset in client.get(CLOCK).context["presets"]}
    assert "N-1" in presets[date(2025, 1, 16)]
    assert "N-1" in presets[date(2025, 1, 15)]
    assert "N-2" in presets[date(2025, 1, 9)]


@pytest.mark.parametrize("to", ["2024-11-01T10:00", "2024-11-10T10:00", "", "soon", "2090-01-01T00:00"])
def test_an_invalid_time_does_not_move_the_clock(filed, to):
    client = client_of(filed)
    reply = client.post(MOVE, {"to": to}, follow=True)
    assert 'role="alert"' in reply.content.decode()
    assert portal_clock.portal_now().date() == date(2024, 11, 10)
    assert PortalClock.objects.get().moving_to is None
    assert client.get(CLOCK, {"to": to}).status_code == 200


def test_a_long_move_is_left_to_the_heartbeat_and_shows_its_progress(filed, monkeypatch):
    monkeypatch.setattr("gstr2b.midnight.SHORT_NIGHTS", 2)
    client = client_of(filed)
    reply = client.post(MOVE, {"to": "2024-11-20T10:00"}, follow=True)
    assert "The clock is moving to 20-11-2024 10:00" in text(reply)
    assert str(PortalClock.objects.get().set_by) == "person-preparer", "the clock's row names who moved it"
    assert (reply.context["progress"]["total"], reply.context["progress"]["left"]) == (10, 10)
    assert portal_clock.portal_now().date() == date(2024, 11, 10)
    again = client.post(MOVE, {"to": "2024-12-20T10:00"}, follow=True)
    assert "CLOCK_MOVING" in text(again)
    asked = re.search(r'id="walk" hx-get="([^"]+)"', reply.content.decode())[1]
    assert "HX-Redirect" not in client.get(asked, headers={"HX-Request": "true"})
    from gstr2b.tasks import heartbeat

    heartbeat()
    assert portal_clock.portal_now().date() == date(2024, 11, 20)
    last = client.get(asked, headers={"HX-Request": "true"})
    assert last["HX-Redirect"] == asked, "the script loads the whole page, not the part with the progress"
    assert not last.content
    page = client.get(asked)
    assert "The clock is moving to" not in text(page)
    assert "It is 20 Nov 2024, 10:00. The portal processed 10 midnights." in text(page)
    assert "Move to" in text(page)
    for other in ("?since=2024-11-20", "?since=soon", ""):
        assert "The portal processed" not in text(client.get(CLOCK + other))


def test_a_person_without_a_role_can_read_but_not_move_the_clock(filed):
    client = Client()
    client.force_login(filed.person("stranger"))
    page = client.get(CLOCK)
    assert page.status_code == 200
    assert "not move it" in text(page)
    for address in (MOVE, "/clock/real/"):
        assert client.post(address, {"to": "2024-11-14T00:30"}).status_code == 403
    assert portal_clock.portal_now().date() == date(2024, 11, 10)


def test_outside_a_sandbox_the_clock_is_read_only(filed, settings):
    settings.PORTAL_SANDBOX = False
    client = client_of(filed)
    assert "runs on real time" in text(client.get(CLOCK))
    for address in (MOVE, "/clock/real/"):
        assert client.post(address, {"to": "2024-11-14T00:30"}).status_code == 403
    assert portal_clock.portal_now().date() == date(2024, 11, 10)


def test_neither_a_stranger_nor_a_get_request_moves_the_clock(filed):
    assert Client().get(CLOCK).status_code == 302
    assert Client().post(MOVE, {"to": "2024-11-14T00:30"}).status_code == 302
    assert client_of(filed).get(MOVE).status_code == 405


def test_the_clock_can_return_to_real_time(filed):
    client_of(filed, Role.VIEWER).post("/clock/real/", {"sure": "yes"})
    assert portal_clock.is_simulated(), "who only looks moves no clock"
    worker = client_of(filed, Role.PREPARER)
    assert "Use real time" not in text(worker.get(CLOCK))
    assert worker.post("/clock/real/", {"sure": "yes"}).status_code == 403
    assert portal_clock.is_simulated(), "the simulated time of everybody needs staff to end"
    filed.person("head", is_staff=True)
    worker = Client()
    worker.force_login(filed.person("head"))
    worker.post("/clock/real/")
    assert portal_clock.is_simulated(), "nobody leaves the simulated time by one click"
    worker.post("/clock/real/", {"sure": "yes"})
    assert not portal_clock.is_simulated()
    assert abs((portal_clock.portal_now() - clock.real_now()).total_seconds()) < 5


def test_presets_are_ahead_and_in_order(filed):
    presets = client_of(filed).get(CLOCK).context["presets"]
    moments = [p.moment for p in presets[2:]]
    assert moments == sorted(moments)
    assert min(p.moment for p in presets) > portal_clock.portal_now()
    days = {(m.day, m.hour) for m in moments}
    assert {(11, 10), (12, 0), (13, 10), (14, 0), (20, 23), (22, 10), (24, 10), (30, 23)} <= days


def test_a_setting_leaves_the_clock_to_staff(filed, settings):
    settings.PORTAL_CLOCK = "staff"
    client = client_of(filed)
    assert "Only staff may move the clock of this portal." in text(client.get(CLOCK))
    assert client.post(MOVE, {"to": "2024-11-14T00:30"}).status_code == 403
    assert portal_clock.portal_now().date() == date(2024, 11, 10)
    head = Client()
    head.force_login(filed.person("head", is_staff=True))
    assert head.post(MOVE, {"to": "2024-11-14T00:30"}).status_code == 302
    assert portal_clock.portal_now().date() == date(2024, 11, 14)


def test_a_preview_counts_in_units_and_leaves_out_what_concerns_nobody(filed):
    page = client_of(filed).get(CLOCK + "?to=2024-12-01T00:30")
    events = page.context["events"]
    assert {row["number"] for row in events if row["event"].kind == "draft"} == {"2 taxpayers"}
    assert [row for row in events if not row["event"].count and row["event"].kind != "draft"] == []


def test_a_preview_of_a_past_time_says_that_it_is_past(filed):
    page = client_of(filed).get(CLOCK + "?to=2024-11-01T00:30").content.decode()
    shown = page[page.index('id="walk"') :]
    assert "This time is in the past." in shown


# tests of the command


def run(*given: str) -> str:
    out = StringIO()
    call_command("portal_clock", *given, stdout=out)
    return out.getvalue()


def test_the_command_shows_previews_and_moves_the_clock_night_by_night(filed):
    assert "simulated" in run()
    assert "Draft GSTR-2B of October 2024" in run("--preview", "2024-11-14 00:30")
    assert filed.statement("2024-10") is None
    said = run("--to", "2024-11-14 00:30")
    assert "14-11-2024  2 drafts" in said
    assert "12-11-2024  nothing due" in said
    assert filed.statement("2024-10") is not None


def test_the_command_can_leave_the_move_to_the_workers(filed):
    assert "Moving to 20-11-2024 10:00" in run("--to", "2024-11-20 10:00", "--leave-to-workers")
    assert PortalClock.objects.get().moving_to is not None
    assert filed.statement("2024-10") is None


def test_the_command_sets_and_releases_the_clock_and_refuses_nonsense(filed):
    run("--set", "2025-01-05 09:00")
    assert portal_clock.portal_now().date() == date(2025, 1, 5)
    assert "real)" in run("--real")
    with pytest.raises(CommandError):
        run("--to", "yesterday")
    run("--set", "2025-01-05 09:00")
    with pytest.raises(CommandError, match="CLOCK_BACKWARDS"):
        run("--to", "2024-01-01 00:00")


def test_quarterly_due_dates_are_offered_only_for_the_end_of_a_quarter(filed):
    page = client_of(filed).get("/clock/")
    offered = [one.moment.month for one in page.context["presets"] if "quarterly GSTR-3B" in one.why]
    assert set(offered) == {1}


def test_r033_records_that_an_annual_return_bars_are_in_the_preview_and_in_the_message(world):
    late = {"document_date": "2024-03-10", "period": "2024-10"}
    for n in range(3):
        world.saves(number=f"OLD-{n}", **late)
    annual_return.furnish(world.recipient, FinancialYear(2023), by=BY)
    tomorrow = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT00:30")
    client = client_of(world)
    events = [row["event"] for row in client.get(f"/clock/?to={tomorrow}").context["events"]]
    assert [event.count for event in events if "too late for credit" in event.what] == [3]
    told = client.post("/clock/move/", {"to": tomorrow}, follow=True).content.decode()
    assert "3 records are now too late for credit" in told
