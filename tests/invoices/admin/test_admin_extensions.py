"""Staff enter extensions of due dates and load the known extensions (R-067)."""

from __future__ import annotations

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices.models import (
    DueDateExtension,
)
from invoices.queries.calendar import calendar
from invoices.rules.extensions import Seat
from tests.world import gstin

pytestmark = pytest.mark.once


def test_an_extension_is_entered_with_a_real_period_and_state(world, staff):
    address = reverse("admin:invoices_duedateextension_add")
    good = {"form": "GSTR-1", "period": "202412", "state": "", "due_on": "2025-01-13", "source": "01/2025-CT"}
    assert staff.post(address, {**good, "period": "202413"}).status_code == 200
    assert staff.post(address, {**good, "state": "77"}).status_code == 200
    assert not DueDateExtension.objects.exists()
    assert staff.post(address, {**good, "due_on": "2025-01-11"}).status_code == 200, (
        "no later than the law's day"
    )
    assert staff.post(address, {**good, "places": "Thane"}).status_code == 200, "a district needs its State"
    assert not DueDateExtension.objects.exists()
    assert "like December 2024" in staff.get(address).content.decode()
    assert staff.post(address, {**good, "period": "Dec 2024", "in_force": "on"}).status_code == 302
    entered = DueDateExtension.objects.get()
    assert entered.period == 202412
    shown = staff.get(reverse("admin:invoices_duedateextension_change", args=[entered.pk])).content.decode()
    assert 'value="December 2024"' in shown
    narrow = {**good, "state": "27", "places": "thane, 400001\nthane", "in_force": "on"}
    assert staff.post(address, narrow).status_code == 302
    assert [(one.due_on.isoformat(), one.places) for one in DueDateExtension.objects.order_by("pk")] == [
        ("2025-01-13", ""),
        ("2025-01-13", "400001\nThane"),
    ]


@pytest.mark.parametrize("typed", ["13-01-2025", "13/01/2025", "2025-01-13"])
def test_staff_type_a_date_as_the_portal_shows_it(world, staff, typed):
    address = reverse("admin:invoices_duedateextension_add")
    page = staff.get(address).content.decode()
    assert "Write the date as 25-11-2024." in page
    assert "DateTimeShortcuts" not in page, "the shortcut Today would enter real time"
    given = {"form": "GSTR-1", "period": "202412", "state": "", "source": "01/2025-CT", "in_force": "on"}
    assert "Write the date as 25-11-2024." in str(
        staff.post(address, {**given, "due_on": "soon"}).context["errors"]
    )
    assert staff.post(address, {**given, "due_on": typed}).status_code == 302
    entered = DueDateExtension.objects.get()
    assert entered.due_on.isoformat() == "2025-01-13"
    shown = staff.get(reverse("admin:invoices_duedateextension_change", args=[entered.pk])).content.decode()
    assert 'value="13-01-2025"' in shown


def test_r067_one_notification_can_give_two_districts_of_a_state_two_days(world, staff):
    address = reverse("admin:invoices_duedateextension_add")
    given = {"form": "GSTR-3B", "period": "202507", "state": "27", "source": "12/2025-CT", "in_force": "on"}
    for place, day in (("Thane", "2025-08-27"), ("Pune", "2025-08-29")):
        assert staff.post(address, {**given, "places": place, "due_on": day}).status_code == 302
    assert staff.post(address, {**given, "places": "Pune", "due_on": "2025-08-29"}).status_code == 200, (
        "twice"
    )
    due = [
        calendar().gstr3b_due(TaxPeriod(2025, 7), frequency=Frequency.MONTHLY, seat=Seat("27", place))
        for place in ("Thane", "Pune", "Nagpur")
    ]
    assert [day.isoformat() for day in due] == ["2025-08-27", "2025-08-29", "2025-08-20"]


def test_r067_a_known_extension_with_a_changed_day_is_not_loaded_again(world, staff):
    address = reverse("admin:invoices_duedateextension_known")
    staff.post(address)
    # staff corrected the day of one known extension, and entered another day for a district of another one
    DueDateExtension.objects.filter(form="GSTR-3B", period=202509).update(due_on="2025-10-26")
    july = DueDateExtension.objects.get(period=202507)
    july.pk, july.places, july.due_on = None, "Pune", date(2025, 8, 29)
    july.save()
    page = staff.get(address).content.decode()
    assert page.count("here, but different") == 1
    staff.post(address)
    assert DueDateExtension.objects.count() == 13


def test_r067_staff_see_the_known_extensions_before_they_load_them_and_may_load_them_twice(world, staff):
    address = reverse("admin:invoices_duedateextension_known")
    assert "12 of these extensions are missing" in staff.get(address).content.decode()
    assert not DueDateExtension.objects.exists(), "looking loads nothing"
    staff.post(address)
    assert DueDateExtension.objects.count() == 12
    DueDateExtension.objects.filter(period=202410).update(in_force=True)  # staff switched these two on
    DueDateExtension.objects.filter(period=202507).delete()
    page = staff.get(address).content.decode()
    assert page.count("here, but different") == 2
    assert "switched off: the sandbox and its exercises use 20-11-2024" in page
    listed = staff.get(reverse("admin:invoices_duedateextension_changelist")).content.decode()
    assert "October 2024" in listed
    assert "21-11-2024" in listed
    assert "202410" not in listed
    assert "the sandbox and its exercises use 20-11-2024" in listed, "how sure it is, also after loading"
    assert "Load 1 extension" in page
    staff.post(address)
    staff.post(address)
    assert DueDateExtension.objects.count() == 12
    assert DueDateExtension.objects.filter(period=202410, in_force=True).count() == 2


def test_r067_the_command_loads_only_if_asked_and_what_is_switched_off_changes_no_date(world):
    told = StringIO()
    call_command("known_extensions", stdout=told)
    assert "Notification 12/2025-Central Tax" in told.getvalue()
    assert "12 extensions are missing" in told.getvalue()
    assert not DueDateExtension.objects.exists()
    call_command("known_extensions", "--load", stdout=told)
    call_command("known_extensions", "--load", stdout=told)
    assert "0 extensions added" in told.getvalue()
    dates, pune, raigad = calendar(), Seat("27", "Pune"), Seat("27", "Raigad")
    monthly, quarterly = Frequency.MONTHLY, Frequency.QUARTERLY
    assert dates.gstr3b_due(TaxPeriod(2024, 10), frequency=monthly, seat=pune).isoformat() == "2024-11-20"
    assert dates.gstr3b_due(TaxPeriod(2025, 7), frequency=monthly, seat=pune).isoformat() == "2025-08-20"
    assert dates.gstr3b_due(TaxPeriod(2025, 7), frequency=monthly, seat=raigad).isoformat() == "2025-08-27"
    assert dates.gstr3b_due(TaxPeriod(2024, 12), frequency=quarterly, seat=pune).isoformat() == "2025-01-24"
    assert (
        dates.gstr3b_due(TaxPeriod(2024, 12), frequency=quarterly, seat=Seat("07")).isoformat()
        == "2025-01-26"
    )
    assert dates.draft_date(TaxPeriod(2024, 12)).isoformat() == "2025-01-16"


def test_r067_staff_are_warned_of_a_district_in_which_no_taxpayer_is(world, staff):
    world.recipient.district = "Pune"
    world.recipient.gstin = gstin("27", 700)
    world.recipient.save()
    given = {
        "form": "GSTR-1",
        "period": "202412",
        "state": "27",
        "due_on": "2025-01-13",
        "source": "01/2025-CT",
    }

    def said(places: str) -> str:
        answer = staff.post(
            reverse("admin:invoices_duedateextension_add"), {**given, "places": places}, follow=True
        )
        return " ".join(str(message) for message in answer.context["messages"])

    warned = said("pune, mumbay, 400001")
    assert "No taxpayer of this portal has its place of business in Mumbay." in warned
    assert "No taxpayer" not in said("pune, 400001")
