"""The parts of a number as it is written: what the comparison keeps, and what it drops."""

from __future__ import annotations

from datetime import date

import pytest

from invoices.matching import numbers

DAY = date(2024, 10, 14)


def marked(number: str) -> str:
    """Return the number with its dropped parts in brackets and its serial in angles."""
    return "".join(
        f"<{one.text}>" if one.serial else one.text if one.kept else f"[{one.text}]"
        for one in numbers.pieces(number, DAY)
    )


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        ("1642", "<1642>"),
        ("DB/24-25/01642", "DB[/24-25/0]<1642>"),
        ("db-007", "DB[-00]<7>"),
        ("INV/0000", "INV[/000]<0>"),
        ("FY24/12", "[FY24/]<12>"),
        ("2024", "<2024>"),
        ("19-20/311", "19[-]20[/]<311>"),
        ("12/A/", "<12>[/]A[/]"),
        ("4.52E+15", "[4.52E+15]"),
        ("--", "[--]"),
        ("", ""),
    ],
)
def test_what_is_dropped_and_what_is_kept(number, parts):
    assert marked(number) == parts


@pytest.mark.parametrize(
    "number", ["KA/24-25/0012", "TN2425/118", "7", "0007/FY25", "A-LKO/1000/06-17", "INV 1"]
)
def test_the_kept_parts_are_the_key_that_is_compared(number):
    pieces = numbers.pieces(number, DAY)
    assert "".join(one.text for one in pieces) == numbers.cleaned(number)
    assert "".join(one.text for one in pieces if one.kept) == numbers.keys(number, DAY).join
