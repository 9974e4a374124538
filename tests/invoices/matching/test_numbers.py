"""Numbers of documents: a difference in writing joins two numbers, and a difference in content never does."""

from __future__ import annotations

from datetime import date

import pytest

from invoices.matching.numbers import Relation, cleaned, date_cell_keys, keys, relation
from invoices.rules.documents import number_key

pytestmark = pytest.mark.once  # no database

DAY = date(2024, 10, 7)


@pytest.mark.parametrize(
    ("books", "portal", "expected"),
    [
        # writing: signs, zeros, capital letters, a boundary between a letter and a digit
        ("INV-2024-891", "INV/2024/0891", Relation.FORMAT),
        ("A1003", "A/1003", Relation.FORMAT),
        ("1-10010", "1/10010", Relation.FORMAT),
        ("ss/2410/118", "SS/2410/118", Relation.SAME),
        ("SS–118", "SS-118", Relation.SAME),
        ("'00118", "118", Relation.FORMAT),
        ("2364.0", "2364", Relation.SAME),
        ("१२३", "123", Relation.SAME),
        # the year of the document's own date says nothing
        ("KA/12", "KA/24-25/0012", Relation.YEAR),
        ("TN2425/118", "TN/118", Relation.YEAR),
        ("7", "0007/FY25", Relation.YEAR),
        ("KA/2024-2025/9", "KA/9", Relation.YEAR),
        ("FY24-25/77", "77", Relation.YEAR),
        # another year does, and so do two different years
        ("SF/19-20/311", "SF/311", Relation.PREFIX),
        ("INV/2024/7", "INV/2025/7", Relation.DIFFERENT),
        # a part is missing on one side
        ("123", "KA/24-25/00123", Relation.PREFIX),
        ("ADS247105761553", "ADS247-105761553", Relation.PREFIX),
        ("MTS/03/20224/277", "MTS/03/2024/277", Relation.PREFIX),
        ("11005", "1/1005", Relation.PREFIX),
        ("12", "KA/12", Relation.SHORT_PREFIX),
        ("INV/12", "12", Relation.PREFIX),
        # slips of an eye or a hand
        ("CR/O1/556", "CR/01/556", Relation.LOOK_ALIKE),
        ("1243", "1234", Relation.LOOK_ALIKE),
        ("SAP/10055", "SAP/1005", Relation.LOOK_ALIKE),
        # neighbours, parts of a number, and other branches are other documents
        ("BILL-24-00045", "BILL-24-00040", Relation.DIFFERENT),
        ("QKI/053612", "QKI/055190", Relation.DIFFERENT),
        ("2512", "12", Relation.DIFFERENT),
        ("KA/12", "MH/12", Relation.DIFFERENT),
        ("A-LKO/1000/06-17", "A-KNP/1000/06-17", Relation.DIFFERENT),
        # nothing to compare
        ("", "S/1", Relation.MISSING),
        ("4.52E+15", "4520000000000000", Relation.MISSING),
    ],
)
def test_two_numbers_relate_as_a_person_would_say(books, portal, expected):
    assert relation(keys(books, DAY), keys(portal, DAY)) is expected
    assert relation(keys(portal, DAY), keys(books, DAY)) is expected


def test_a_number_that_is_only_a_year_stays_a_number():
    assert keys("INV/24-25", DAY).serial == "25"
    assert relation(keys("2024", DAY), keys("2025", DAY)) is Relation.DIFFERENT


def test_a_number_turned_into_a_date_is_damaged_and_looks_like_its_possible_texts():
    cell = date_cell_keys(date(2025, 4, 1))
    assert cell.damaged
    assert relation(cell, keys("4/25", DAY)) is Relation.LOOK_ALIKE
    assert relation(cell, keys("77", DAY)) is Relation.MISSING


@pytest.mark.parametrize("number", ["SS/2410/118", "inv-001", "KA/24-25/0012"])
def test_r143_the_portals_own_key_is_the_first_key(number):
    assert keys(number, DAY).same == number_key(number)


def test_invisible_signs_and_line_breaks_of_exports_go():
    assert cleaned("\u200bAB\u00a012_x000D_\n") == "AB 12"
