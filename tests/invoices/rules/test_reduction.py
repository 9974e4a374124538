"""R-120 to R-125: with an acceptance, the recipient declares the amount by which ITC is reduced."""

from __future__ import annotations

import pytest

from ims_portal.kernel.money import TaxAmounts
from invoices.rules.reduction import (
    REMARKS_LIMIT,
    Declaration,
    Settled,
    credit_held,
    reduction_base,
    remarks_kept,
    remarks_needed,
    settle,
)
from invoices.rules.situation import Action, Answer

NOTE = TaxAmounts(cgst=-9000, sgst=-9000)


def test_r121_the_base_is_the_reduction_of_a_full_acceptance_head_by_head():
    assert reduction_base(NOTE) == TaxAmounts(cgst=9000, sgst=9000)
    shifted = TaxAmounts(igst=-500, cgst=100, sgst=100)
    assert reduction_base(shifted) == TaxAmounts(igst=500)


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        (None, Settled(Answer.NONE, None)),
        (Declaration(True), Settled(Answer.FULL, None)),
        (Declaration(False), Settled(Answer.NO, TaxAmounts())),
        (Declaration(False, TaxAmounts(cgst=1, sgst=1)), "DECL_INVALID"),
        (Declaration(True, TaxAmounts(cgst=1, sgst=2)), "DECL_INVALID"),
        (Declaration(True, TaxAmounts(igst=-1)), "DECL_INVALID"),
        (Declaration(True, TaxAmounts(cgst=9001, sgst=9001)), "DECL_EXCEEDS"),
        (Declaration(True, TaxAmounts(igst=1)), "DECL_EXCEEDS"),
        (Declaration(True, TaxAmounts(cgst=9000, sgst=9000)), Settled(Answer.FULL, None)),
        (Declaration(True, TaxAmounts()), Settled(Answer.NO, TaxAmounts())),
        (Declaration(True, TaxAmounts(cgst=1, sgst=1)), Settled(Answer.PART, TaxAmounts(cgst=1, sgst=1))),
    ],
)
def test_r122_equivalent_declarations_settle_to_the_same_answer(declaration, expected):
    assert settle(declaration, effect=NOTE) == expected


def test_r123_the_limit_holds_head_by_head_up_to_the_last_paisa():
    effect = TaxAmounts(igst=-500, cess=-70)
    assert settle(Declaration(True, TaxAmounts(igst=500)), effect=effect) == Settled(
        Answer.PART, TaxAmounts(igst=500)
    )
    assert settle(Declaration(True, TaxAmounts(igst=501)), effect=effect) == "DECL_EXCEEDS"
    assert settle(Declaration(True, TaxAmounts(cess=71)), effect=effect) == "DECL_EXCEEDS"
    assert settle(Declaration(True, TaxAmounts(cess=-1)), effect=effect) == "DECL_INVALID"


def test_r122_a_partial_or_no_reduction_needs_remarks():
    assert [answer for answer in Answer if remarks_needed(answer)] == [Answer.PART, Answer.NO]
    # clients of GSTN's interface and the offline tool send no remarks with an acceptance
    assert not any(remarks_needed(answer, in_gstns_shape=True) for answer in Answer)


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("answer", list(Answer))
def test_r058_remarks_are_kept_unless_the_acceptance_is_ordinary(action, answer):
    kept = action in (Action.REJECTED, Action.PENDING) or (
        action is Action.ACCEPTED and answer in (Answer.PART, Answer.NO)
    )
    assert remarks_kept(action, answer) is kept
    assert REMARKS_LIMIT == 250


def test_r098_only_credit_that_later_versions_left_is_still_held():
    none, full = TaxAmounts(), TaxAmounts(igst=1800, cess=50)
    assert credit_held(full, none, []) == full
    assert credit_held(full, TaxAmounts(igst=1000), []) == TaxAmounts(igst=800, cess=50)
    assert credit_held(full, none, [TaxAmounts(igst=1200)]) == TaxAmounts(igst=1200)
    assert credit_held(full, none, [TaxAmounts(igst=1200), full]) == TaxAmounts(igst=1200)
    assert credit_held(full, TaxAmounts(igst=1000), [TaxAmounts(igst=900)]) == TaxAmounts()
    shifted = credit_held(TaxAmounts(cgst=9, sgst=8), none, [TaxAmounts(cgst=5, sgst=9)])
    assert shifted == TaxAmounts(cgst=5, sgst=8)
