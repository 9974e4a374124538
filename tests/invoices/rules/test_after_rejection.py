"""The ways in which a supplier answers a rejection, and the effect on the supplier's tax."""

from __future__ import annotations

from dataclasses import replace

import pytest

from invoices.rules.after_rejection import STILL_OPEN, RejectedDocument, effect, ways
from invoices.rules.situation import Filing, Kind

FINAL = RejectedDocument("INV-1", Filing.FILED, final=True)


def test_r087_a_final_rejection_leaves_both_ways_open():
    assert (ways(FINAL).amend, ways(FINAL).again) == ("", "")


def test_r087_a_rejection_that_can_still_change_is_not_reported_again():
    """The recipient can still accept the same values, so the supplier only amends wrong values."""
    found = ways(replace(FINAL, final=False))
    assert (found.amend, found.again) == ("", STILL_OPEN)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"filing": Filing.SAVED, "final": False}, "Edit the document"),
        ({"later": "INV-1A"}, "amend its latest version"),
        (
            {"later": "INV-1A", "later_filing": Filing.SAVED},
            "INV-1A amends INV-1. Edit or delete the saved document",
        ),
        (
            {"later": "INV-1A", "later_filing": Filing.LAPSED},
            "INV-1A amends INV-1, and its form can no longer be filed. Delete",
        ),
        ({"closed": "The form is closed."}, "The form is closed."),
    ],
)
def test_r080_a_closed_way_says_why(given, said):
    found = ways(replace(FINAL, **given))
    assert said in found.amend
    assert found.again == found.amend


def test_r113_reporting_a_note_again_lowers_the_tax_by_what_the_rejection_added():
    note = effect(Kind.CREDIT_NOTE, 36_000, baseline=False)
    assert "falls by ₹360.00. One note" in note.again
    assert "whole tax of the amended note" in note.amended
    assert "added to your tax again" in note.rejected_again
    assert "difference" in effect(Kind.CREDIT_NOTE, 36_000, baseline=True).amended
    assert effect(Kind.INVOICE, 0, baseline=False).again == "Your tax does not change."
