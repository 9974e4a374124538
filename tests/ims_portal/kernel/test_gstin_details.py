"""R-140 to R-142 in detail: every position, every State code, look-alike characters, and the GSTINs of the
scenarios."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from ims_portal.kernel.gstin import ALPHABET, BadGstin, Gstin, check_character

FROM_SCENARIOS = [
    "07AAACB2003C1ZO",
    "24AAACB2005E1ZM",
    "24AAACC3003C1ZP",
    "27AAACE4001A1ZL",
    "27AAACN6001A1Z8",
    "27AAACS1001A1ZD",
    "27AAACS1003C1Z7",
    "29AAACB2001A1ZO",
    "29AAACP7001A1Z0",
    "29AAACZ3001A1ZY",
    "33AAACI5001A1ZM",
]


def with_check(first: str) -> str:
    return first + luhn.calc_check_digit(first, ALPHABET)


GSTINS = st.from_regex(
    r"(?:0[1-9]|[12][0-9]|3[0-8]|97|99)[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z", fullmatch=True
).map(with_check)


@pytest.mark.parametrize("text", FROM_SCENARIOS)
def test_every_sound_gstin_of_the_scenarios_is_taken(text):
    found = Gstin.parse(text)
    assert (found, found.state, found.pan) == (text, text[:2], text[2:12])
    assert check_character(text[:14]) == text[14]


def test_the_scenarios_bad_gstin_is_refused():
    with pytest.raises(BadGstin, match="wrong check character"):
        Gstin.parse("29AAACB2001A1ZP")


@pytest.mark.parametrize(("first", "check"), [("27AAPFU0939F1Z", "V"), ("24AAQCA8719H1Z", "C")])
def test_r141_the_examples_have_the_right_check_character(first, check):
    assert check_character(first) == check


@given(GSTINS, st.integers(0, 14), st.integers(1, 35))
def test_r141_any_other_character_in_any_place_changes_the_check(gstin, place, shift):
    wrong = ALPHABET[(ALPHABET.index(gstin[place]) + shift) % 36]
    changed = gstin[:place] + wrong + gstin[place + 1 :]
    assert check_character(changed[:14]) != changed[14]
    assert not Gstin.is_valid(changed)


@given(st.text(ALPHABET, min_size=14, max_size=14))
def test_r141_agrees_with_an_independent_library_over_the_whole_alphabet(first):
    assert check_character(first) == luhn.calc_check_digit(first, ALPHABET)


@pytest.mark.parametrize(
    "first", ["", "27AAPFU0939F1", "27AAPFU0939F1ZV", "27aapfu0939f1z", "27AAPFU0939F1-"]
)
def test_r141_the_check_character_needs_fourteen_letters_and_digits(first):
    with pytest.raises(BadGstin, match="14 characters"):
        check_character(first)


def test_r142_only_these_state_codes_begin_a_gstin():
    taken = {
        code for code in map("{:02d}".format, range(100)) if Gstin.is_valid(with_check(f"{code}AAPFU0939F1Z"))
    }
    assert taken == {f"{code:02d}" for code in range(1, 39)} | {"97", "99"}


@pytest.mark.parametrize(
    "text", [" 27aapfu0939f1zv ", "27 AAPFU 0939F 1ZV", "27AAPFU0939F1ZV\u00a0", "27AAPFU0939F1ZV\n"]
)
def test_spaces_and_lower_case_in_a_gstin_are_corrected(text):
    assert Gstin.parse(text) == "27AAPFU0939F1ZV"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("27\u0410APFU0939F1ZV", "CYRILLIC CAPITAL LETTER A"),
        ("\uff127AAPFU0939F1ZV", "FULLWIDTH DIGIT TWO"),
        ("\u0968\u096dAAPFU0939F1ZV", "DEVANAGARI DIGIT TWO"),
        # in upper case, this letter would be an ordinary S
        ("29AAAC\u017f2001A1ZO", "LATIN SMALL LETTER LONG S"),
        ("27AAPFU\u200b0939F1ZV", "ZERO WIDTH SPACE"),
    ],
)
def test_a_look_alike_is_refused_by_name(text, name):
    with pytest.raises(BadGstin, match=name):
        Gstin.parse(text)


@pytest.mark.parametrize(
    "text", ["27AAPFU0939F0ZV", "27AAPFU0939F1YV", "27AAPF10939F1ZV", "27AAPFU09X9F1ZV", "2AAAPFU0939F1ZV"]
)
def test_r140_a_gstin_of_another_shape_is_refused(text):
    with pytest.raises(BadGstin, match="not of the form"):
        Gstin.parse(text)


def test_a_gstin_is_its_text_everywhere():
    gstin = Gstin.parse("27AAPFU0939F1ZV")
    assert {gstin: 1}["27AAPFU0939F1ZV"] == 1
    assert pickle.loads(pickle.dumps(gstin)) == gstin
    assert (type(gstin.state), type(gstin.pan)) == (str, str)
