"""R-007, R-080 to R-089: the standing of an amended version (its relation to the earlier versions), computed
without a database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.rules.amendments import (
    Stand,
    Version,
    baseline_of,
    direction_of,
    stand,
    takes_place_of,
    withdraws_pending,
)
from invoices.rules.situation import Action, Direction, Filing, Route, Standing

OCT, NOV = TaxPeriod(2024, 10), TaxPeriod(2024, 11)
FULL, MORE, LESS = TaxAmounts(igst=1800), TaxAmounts(igst=1900), TaxAmounts(igst=1700)
TAKEN = Version(
    route=Route.IMS,
    filing=Filing.FILED,
    claim_period=OCT,
    action=Action.ACCEPTED,
    closed=True,
    superseded=False,
    reverse_charge=False,
    tax=FULL,
)
REJECTED = replace(TAKEN, action=Action.REJECTED)
OPEN = replace(TAKEN, closed=False)


@pytest.mark.parametrize(
    ("change", "gave"),
    [
        ({}, True),
        ({"action": Action.NONE}, True),
        ({"action": Action.REJECTED}, False),
        ({"action": Action.PENDING}, False),
        ({"closed": False}, False),
        ({"superseded": True}, False),
        ({"filing": Filing.SAVED}, False),
        ({"too_late": True}, False),
        ({"route": Route.REVERSE_CHARGE}, True),
        ({"route": Route.ISD}, True),
        ({"route": Route.NON_RESIDENT}, True),
        ({"route": Route.ISD, "action": Action.REJECTED}, True),
        ({"route": Route.ICEGATE}, True),
        ({"route": Route.BEFORE_IMS}, True),
        ({"route": Route.REVERSE_CHARGE, "action": Action.REJECTED}, True),
        ({"route": Route.PLACE_OF_SUPPLY}, False),
        ({"route": Route.TIME_BAR}, False),
        ({"route": Route.WITHDRAWN}, False),
        ({"route": Route.PURGED}, False),
        ({"route": Route.NO_ACCESS}, False),
    ],
)
def test_r084_credit_was_given_by_a_closed_accepted_version_or_one_straight_to_gstr2b(change, gave):
    assert replace(TAKEN, **change).gave_credit is gave


@pytest.mark.parametrize(
    ("change", "used"),
    [
        ({"route": Route.REVERSE_CHARGE}, True),
        ({"route": Route.PLACE_OF_SUPPLY}, True),
        ({"route": Route.IMS}, False),
        ({"route": Route.TIME_BAR}, False),
        ({"route": Route.REVERSE_CHARGE, "filing": Filing.SAVED}, False),
        ({"route": Route.PLACE_OF_SUPPLY, "superseded": True}, False),
    ],
)
def test_r088_a_filed_version_past_ims_uses_the_baseline_up(change, used):
    assert replace(TAKEN, **change).uses_up_baseline is used


@pytest.mark.parametrize(
    ("tax", "direction"), [(MORE, Direction.UP), (LESS, Direction.DOWN), (FULL, Direction.LEVEL)]
)
def test_r007_the_direction_depends_on_the_total_tax(tax, direction):
    assert direction_of(tax, FULL) is direction
    # if tax moves from one tax head to another and the total stays equal, the direction is level
    assert direction_of(TaxAmounts(cgst=900, sgst=900), FULL) is Direction.LEVEL


BARRED = replace(TAKEN, route=Route.PLACE_OF_SUPPLY)
TO_REVERSE = replace(TAKEN, route=Route.REVERSE_CHARGE, reverse_charge=True)
REVERSE_TOO_LATE = replace(TO_REVERSE, route=Route.TIME_BAR)


@pytest.mark.parametrize(
    ("earlier", "reverse_charge", "index"),
    [
        ([], False, None),
        ([TAKEN], False, 0),
        ([TAKEN, TAKEN], False, 1),
        ([TAKEN, REJECTED], False, 0),
        ([TAKEN, REJECTED, REJECTED], False, 0),
        ([REJECTED], False, None),
        ([TAKEN, BARRED], False, None),
        ([TAKEN, replace(BARRED, closed=False)], False, 0),
        ([TAKEN, BARRED, TAKEN], False, 2),
        # the baseline of a version under forward charge must also be under forward charge
        ([TO_REVERSE], False, None),
        ([TO_REVERSE], True, 0),
        ([TAKEN], True, 0),
        ([TAKEN, TO_REVERSE], False, None),
        # a version under reverse charge takes back the credit of earlier versions under forward
        # charge, even if the version came after its time limit. Earlier versions under reverse charge keep
        # their credit.
        ([TAKEN, REVERSE_TOO_LATE], False, None),
        ([TAKEN, REVERSE_TOO_LATE], True, None),
        ([TAKEN, replace(REVERSE_TOO_LATE, closed=False)], True, 0),
        ([TAKEN, replace(REVERSE_TOO_LATE, superseded=True)], True, 0),
        ([TAKEN, replace(REVERSE_TOO_LATE, filing=Filing.SAVED)], True, 0),
        ([TAKEN, replace(REVERSE_TOO_LATE, reverse_charge=False)], True, 0),
        ([TAKEN, REVERSE_TOO_LATE, TAKEN], False, 2),
        ([TO_REVERSE, REVERSE_TOO_LATE], True, 0),
        ([TO_REVERSE, REVERSE_TOO_LATE], False, None),
    ],
)
def test_r084_the_baseline_is_the_last_version_whose_credit_was_taken_and_kept(
    earlier, reverse_charge, index
):
    assert baseline_of(earlier, reverse_charge=reverse_charge) == index


def stands(*earlier: Version, tax: TaxAmounts = MORE, period: TaxPeriod = NOV, **more) -> Stand:
    given = {"route": Route.IMS, "reverse_charge": False} | more
    return stand(claim_period=period, tax=tax, earlier=earlier, **given)


def test_an_amendment_whose_original_went_elsewhere_counts_in_full():
    assert stands() == Stand(Standing.NO_BASELINE, Direction.LEVEL, None)


@pytest.mark.parametrize(
    ("tax", "direction"), [(MORE, Direction.UP), (LESS, Direction.DOWN), (FULL, Direction.LEVEL)]
)
def test_r084_after_a_closed_acceptance_the_difference_counts(tax, direction):
    assert stands(TAKEN, tax=tax) == Stand(Standing.BASELINE, direction, 0)
    # The difference is the amendment's tax less the tax of the baseline, which is the last accepted version.
    # A rejected version between the baseline and the amendment changes nothing.
    between = replace(REJECTED, tax=TaxAmounts(igst=5000))
    assert stands(TAKEN, between, tax=tax) == Stand(Standing.BASELINE, direction, 0)


def test_r084_after_a_closed_rejection_the_whole_counts():
    assert stands(REJECTED, tax=LESS) == Stand(Standing.NO_BASELINE, Direction.DOWN, None)


def test_r082_an_amendment_of_another_period_waits_until_the_open_original_closes():
    assert stands(OPEN, tax=LESS) == Stand(Standing.BLOCKED, Direction.DOWN, None)
    # An amendment with less tax than the baseline lowers ITC. The open version `waiting` comes
    # between the baseline and the amendment. Its tax is lower, but does not count.
    waiting = replace(OPEN, tax=TaxAmounts(igst=100))
    assert stands(TAKEN, waiting, tax=LESS) == Stand(Standing.BLOCKED, Direction.DOWN, None)
    assert stands(TAKEN, waiting, tax=TAKEN.tax + LESS) == Stand(Standing.BLOCKED, Direction.UP, None)
    # a document that is not in IMS never waits for its original
    assert stands(OPEN, route=Route.REVERSE_CHARGE, reverse_charge=True).standing is Standing.NO_BASELINE


def test_r083_an_amendment_of_the_same_period_prevails_over_the_open_original():
    assert stands(OPEN, period=OCT) == Stand(Standing.PREVAILS, Direction.UP, None)
    refused = replace(OPEN, action=Action.REJECTED)
    assert stands(refused, period=OCT) == Stand(Standing.PREVAILS_REJECTED, Direction.UP, None)
    # An amendment with a baseline never prevails, even over an open version of the same period.
    assert stands(TAKEN, OPEN, period=OCT) == Stand(Standing.BASELINE, Direction.UP, 0)


def test_r083_an_amendment_does_not_prevail_over_a_closed_original():
    assert stands(REJECTED, period=OCT).standing is Standing.NO_BASELINE


def test_r088_a_change_to_reverse_charge_takes_the_forward_credit_back():
    at = {"route": Route.REVERSE_CHARGE, "reverse_charge": True, "tax": FULL}
    assert stands(TAKEN, **at) == Stand(Standing.CHARGE_CHANGED, Direction.LEVEL, 0)
    assert stands(TO_REVERSE, **at) == Stand(Standing.BASELINE, Direction.LEVEL, 0)


@pytest.mark.parametrize(
    ("filing", "previous", "period", "taken"),
    [
        (Filing.FILED, OPEN, OCT, True),
        (Filing.SAVED, OPEN, OCT, False),
        (Filing.FILED, TAKEN, OCT, False),
        (Filing.FILED, OPEN, NOV, False),
    ],
)
def test_r083_only_a_filed_amendment_supersedes_an_open_version_of_its_own_period(
    filing, previous, period, taken
):
    assert takes_place_of(claim_period=period, filing=filing, previous=previous) is taken


PENDING = replace(OPEN, action=Action.PENDING)


@pytest.mark.parametrize(
    ("route", "filing", "previous", "period", "gone"),
    [
        (Route.REVERSE_CHARGE, Filing.FILED, PENDING, None, True),
        (Route.PLACE_OF_SUPPLY, Filing.FILED, PENDING, None, True),
        (Route.IMS, Filing.FILED, PENDING, None, False),
        (Route.TIME_BAR, Filing.FILED, PENDING, None, False),
        (Route.REVERSE_CHARGE, Filing.SAVED, PENDING, None, False),
        (Route.REVERSE_CHARGE, Filing.FILED, replace(PENDING, closed=True), None, False),
        (Route.REVERSE_CHARGE, Filing.FILED, replace(PENDING, route=Route.ISD), None, False),
        (Route.REVERSE_CHARGE, Filing.FILED, OPEN, None, False),
        (Route.REVERSE_CHARGE, Filing.FILED, replace(OPEN, action=Action.REJECTED), None, False),
        (Route.REVERSE_CHARGE, Filing.FILED, OPEN, NOV, False),
        (Route.REVERSE_CHARGE, Filing.FILED, replace(OPEN, land=NOV), NOV, True),
        (Route.REVERSE_CHARGE, Filing.FILED, replace(OPEN, land=OCT), NOV, False),
        (Route.REVERSE_CHARGE, Filing.FILED, replace(OPEN, land=None), None, False),
    ],
)
def test_r088_r089_a_filed_amendment_past_ims_takes_a_pending_original_out(
    route, filing, previous, period, gone
):
    assert withdraws_pending(route=route, filing=filing, previous=previous, claim_period=period) is gone
