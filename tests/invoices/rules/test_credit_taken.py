"""R-084, R-121, R-133, R-134: the credit that the earlier versions of a document brought, computed without a
database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.rules.amendments import Stand, Version, since_it_came
from invoices.rules.credit_taken import (
    ReductionStand,
    TakenBack,
    counted_baseline,
    stand_of_reduction,
    stays_away,
    take_back,
    taken_of,
)
from invoices.rules.situation import Action, Direction, Filing, Kind, Route, Standing

OCT, NOV, DEC = TaxPeriod(2025, 10), TaxPeriod(2025, 11), TaxPeriod(2025, 12)
NOTE = Version(
    route=Route.IMS,
    filing=Filing.FILED,
    claim_period=OCT,
    action=Action.ACCEPTED,
    closed=True,
    superseded=False,
    reverse_charge=False,
    tax=TaxAmounts(igst=1800, cess=100),
)
PART = replace(NOTE, declared=TaxAmounts(igst=600))


@pytest.mark.parametrize(
    ("versions", "taken"),
    [
        ([NOTE], TaxAmounts(igst=1800, cess=100)),
        ([PART], TaxAmounts(igst=600)),
        ([replace(NOTE, declared=TaxAmounts())], TaxAmounts()),
        # The recipient declared a reduction of 600 for the first version. The second version raises the tax
        # by 900, and the recipient declares a further reduction of only 100.
        (
            [PART, replace(NOTE, tax=TaxAmounts(igst=2700, cess=100), declared=TaxAmounts(igst=100))],
            TaxAmounts(igst=700),
        ),
        # the new tax of 450 is below the declared reduction of 600, so 150 of the reduction is given back
        ([PART, replace(NOTE, tax=TaxAmounts(igst=450, cess=100))], TaxAmounts(igst=450)),
        # the new tax of 900 is not below the declared reduction of 600, so nothing is given back
        ([PART, replace(NOTE, tax=TaxAmounts(igst=900, cess=100))], TaxAmounts(igst=600)),
        # a rejected version between two accepted versions changes nothing
        (
            [
                PART,
                replace(NOTE, tax=TaxAmounts(igst=100), action=Action.REJECTED),
                replace(NOTE, tax=TaxAmounts(igst=900, cess=100)),
            ],
            TaxAmounts(igst=600),
        ),
        # the version under reverse charge gives the whole reduction back, so the version after it counts in
        # full
        (
            [PART, replace(NOTE, route=Route.REVERSE_CHARGE, reverse_charge=True), NOTE],
            TaxAmounts(igst=1800, cess=100),
        ),
    ],
)
def test_r084_the_reduction_taken_for_a_note_follows_from_its_versions(versions, taken):
    assert taken_of(versions, len(versions) - 1) == taken


@pytest.mark.parametrize(
    ("tax", "counted"),
    [
        (TaxAmounts(igst=900, cess=100), TaxAmounts(igst=900, cess=100)),
        (TaxAmounts(igst=200, cess=100), TaxAmounts(igst=600, cess=100)),
        (TaxAmounts(igst=2000, cess=40), TaxAmounts(igst=1800, cess=40)),
        # The tax moves from IGST and cess to CGST and SGST, and its total stays the same. CGST and SGST count
        # in full, and the recipient gets back the declared IGST reduction of 600.
        (TaxAmounts(cgst=950, sgst=950), TaxAmounts(igst=600)),
    ],
)
def test_r084_a_head_that_is_lowered_gives_back_no_more_than_was_taken(tax, counted):
    stand = Stand(Standing.BASELINE, Direction.DOWN, 0)
    assert counted_baseline(tax, [PART], stand) == counted


BILL = replace(NOTE, claim_period=OCT, tax=TaxAmounts(igst=1800))
OPEN = replace(BILL, closed=False)
RAISED = replace(OPEN, claim_period=NOV, tax=TaxAmounts(igst=2100))
WAITS = {"action": Action.PENDING}
CREDIT = TaxAmounts(igst=1800)


@pytest.mark.parametrize(
    ("versions", "found"),
    [
        ([BILL], TakenBack((), (), CREDIT, held=False)),
        ([replace(OPEN, **WAITS)], TakenBack((0,), (), None, held=False)),
        ([replace(OPEN, claim_period=DEC)], TakenBack((), (0,), None, held=False)),
        ([OPEN], TakenBack((), (), CREDIT, held=True)),
        # In the next five cases, an amendment changed the bill's value. In this first case, the amendment is
        # pending.
        ([BILL, replace(RAISED, **WAITS)], TakenBack((1,), (), CREDIT, held=False)),
        # the amendment and the move of the bill belong to the same period, December
        ([BILL, replace(RAISED, claim_period=DEC)], TakenBack((), (1,), CREDIT, held=False)),
        # the amendment belongs to November, before the move, and its period is still open
        ([BILL, RAISED], TakenBack((), (), RAISED.tax, held=True)),
        # the amendment waits for the bill, whose period is still open
        ([OPEN, replace(RAISED, claim_period=DEC, held=True)], TakenBack((), (1,), CREDIT, held=True)),
        # the amendment waits for the bill, which is pending
        ([replace(OPEN, **WAITS), replace(RAISED, held=True)], TakenBack((1, 0), (), None, held=False)),
        # in the next three cases, a purged or superseded version brings no credit
        ([BILL, replace(RAISED, route=Route.PURGED)], TakenBack((), (), CREDIT, held=False)),
        ([replace(BILL, route=Route.PURGED)], TakenBack((), (), None, held=False)),
        ([BILL, replace(RAISED, superseded=True)], TakenBack((), (), CREDIT, held=False)),
        # a reduction record already took the credit back, so no credit is left
        ([BILL, replace(BILL, takes_back=True, tax=TaxAmounts())], TakenBack((), (), None, held=False)),
    ],
)
def test_r134_a_move_of_a_bill_takes_back_the_credit_of_its_versions(versions, found):
    assert take_back(versions, moved_in=DEC) == found


@pytest.mark.parametrize(
    ("version", "open_period", "withdrawn"),
    [
        (replace(RAISED, **WAITS), NOV, ()),
        (replace(RAISED, **WAITS), DEC, (1,)),
        (replace(RAISED, land=DEC, **WAITS), DEC, ()),
        (RAISED, DEC, ()),
    ],
)
def test_r134_later_a_pending_version_is_withdrawn_when_its_period_closes(version, open_period, withdrawn):
    found = take_back([BILL, version], open_period=open_period)
    assert (found.withdrawn, found.held) == (withdrawn, not withdrawn)


@pytest.mark.parametrize(
    ("versions", "route", "standing", "credit"),
    [
        ([BILL], Route.IMS, Standing.BASELINE, CREDIT),
        # the version with the credit is open, so the record that takes the credit back waits until this
        # version is closed
        ([OPEN], Route.IMS, Standing.BLOCKED, CREDIT),
        ([BILL, RAISED], Route.IMS, Standing.BLOCKED, RAISED.tax),
        # the bill is pending when its period closes, so the bill is withdrawn and no credit is taken back
        ([replace(OPEN, **WAITS)], Route.WITHDRAWN, Standing.BASELINE, None),
        ([BILL, replace(RAISED, **WAITS)], Route.IMS, Standing.BASELINE, CREDIT),
    ],
)
def test_r134_the_standing_of_the_reduction_record_follows_from_the_bills_versions(
    versions, route, standing, credit
):
    found = stand_of_reduction(versions, route=Route.IMS, open_period=DEC)
    assert found == ReductionStand(route, standing, Direction.DOWN, credit)


def test_r134_only_a_reduction_record_can_return_after_it_was_withdrawn_or_purged():
    away = {(route, kind) for route in Route for kind in Kind if stays_away(route, kind)}
    kinds = set(Kind) - {Kind.BOE_REDUCTION}
    assert away == {(route, kind) for route in (Route.WITHDRAWN, Route.PURGED) for kind in kinds}


def test_r133_a_bill_that_came_back_counts_from_its_return():
    moved = replace(BILL, takes_back=True, tax=TaxAmounts())
    assert since_it_came([BILL, moved]) == []
    assert since_it_came([BILL, replace(moved, route=Route.WITHDRAWN)]) != []
    assert take_back([BILL, moved, RAISED], moved_in=DEC).credit == RAISED.tax
