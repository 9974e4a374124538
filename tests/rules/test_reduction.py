"""R-120 to R-125: declaring how much an acceptance reduces ITC."""

from __future__ import annotations

import pytest

from ims_portal.kernel.money import TaxAmounts
from invoices.rules.reduction import Declaration, Settled, reduction_base, settle
from invoices.rules.situation import Answer

NOTE = TaxAmounts(cgst=-9000, sgst=-9000)


def test_r121_base_is_what_full_acceptance_would_take_away_head_by_head():
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
def test_r122_answers_and_their_equivalences(declaration, expected):
    assert settle(declaration, effect=NOTE) == expected
