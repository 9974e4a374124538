"""Documents reported around 1 October 2024, when IMS started.

An amendment is compared with its original of September 2024 only if the original gave credit."""

from __future__ import annotations

import pytest

from invoices.rules.calendar import Form
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def early(db) -> World:
    """Return a world at 9 October 2024, when GSTR-1 of September can still be filed in time."""
    return World("2024-10-09 10:00")


def labels(world: World, record) -> list[str]:
    return world.now(record).label.split(" ")


def test_a_barred_document_of_september_is_no_baseline(early):
    """R-084: the original document never gave credit, so the amendment has no baseline. The credit of the
    amendment is available, and counts in full."""
    hotel = early.taxpayer("32", 3001, "Malabar Heritage Hotels")
    barred = early.saves(
        by=hotel,
        period="2024-09",
        document_date="2024-09-05",
        place_of_supply="32",
        tax=(0, 900, 900, 0),
    )
    early.files("2024-09", by=hotel)
    assert early.now(barred).route == "P"
    early.goes_to("2024-11-09 10:00")
    amended = early.saves(
        by=hotel, period="2024-10", amends=barred, place_of_supply=early.recipient.state, tax=(1800, 0, 0, 0)
    )
    early.files("2024-10", by=hotel)
    amended = early.now(amended)
    assert (amended.route, amended.standing, amended.baseline_igst) == ("M", "R", None)
    assert amended.effect == 180_000


def test_a_time_barred_document_of_september_is_no_baseline(early):
    old = early.saves(period="2024-09", document_date="2022-12-05")
    early.files("2024-09")
    assert early.now(old).route == "T"
    early.goes_to("2024-11-09 10:00")
    amended = early.now(early.saves(period="2024-10", amends=old, tax=(900, 0, 0, 0), taxable=5_000))
    assert (amended.route, amended.baseline_igst) == ("T", None)


def test_an_eligible_document_of_september_is_a_baseline_and_in_no_list(early):
    taken = early.saves(period="2024-09", document_date="2024-09-05")
    early.files("2024-09")
    assert early.now(taken).route == "B"
    early.goes_to("2024-11-09 10:00")
    amended = early.now(early.saves(period="2024-10", amends=taken, taxable=12_000))
    assert (amended.standing, amended.direction, amended.effect) == ("A", "U", 36_000)


@pytest.mark.parametrize(
    ("form", "registration", "route"), [(Form.GSTR6, "isd", "D"), (Form.GSTR5, "nonresident", "F")]
)
def test_a_late_distributor_or_non_resident_still_goes_past_ims(early, form, registration, route):
    """R-030: GSTR-2B shows the documents of distributors and non-residents directly, without IMS.

    This also holds for a document of September that is filed after the 13th of October, and therefore belongs
    to October."""
    early.goes_to("2024-10-12 10:00")
    sender = early.taxpayer("27", 3002, registration=registration)
    record = early.saves(by=sender, form=form, period="2024-09", document_date="2024-09-30")
    early.goes_to("2024-10-20 10:00")
    early.files("2024-09", by=sender, form=form)
    record = early.now(record)
    assert (record.natural_period, record.route) == (202410, route)


def test_a_barred_document_filed_late_stays_barred(early):
    hotel = early.taxpayer("32", 3001, "Malabar Heritage Hotels")
    record = early.saves(
        by=hotel, period="2024-09", document_date="2024-09-05", place_of_supply="32", tax=(0, 900, 900, 0)
    )
    early.goes_to("2024-10-20 10:00")
    early.files("2024-09", by=hotel)
    assert (early.now(record).natural_period, early.now(record).route) == (202410, "P")
