"""R-140 to R-142: a GSTIN with one wrong character is never accepted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from ims_portal.kernel.gstin import ALPHABET, BadGstin, Gstin, GstinForm, check_character

GOOD = [
    "27AAPFU0939F1ZV",
    "24AAQCA8719H1ZC",
    "27AAACS1001A1ZD",
    "29AAACB2001A1ZO",
    "07AAACB2003C1ZO",
    "33AAACI5001A1ZM",
]


@pytest.mark.parametrize("text", GOOD)
def test_r141_known_numbers_pass_and_give_state_and_pan(text):
    found = Gstin.parse(f" {text.lower()} ")
    assert found == text
    assert (found.state, found.pan) == (text[:2], text[2:12])


@given(st.sampled_from(GOOD), st.integers(0, 14), st.sampled_from(ALPHABET))
def test_r141_any_single_wrong_character_is_found(text, place, character):
    changed = text[:place] + character + text[place + 1 :]
    assert Gstin.is_valid(changed) is (changed == text)


@given(st.from_regex(r"[0-3][0-9][A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z", fullmatch=True))
def test_r141_check_character_agrees_with_an_independent_library(first):
    assert check_character(first) == luhn.calc_check_digit(first, ALPHABET)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("27AAPFU0939F1Z", "14 characters"),
        ("27AAPFU0939F1ZX", "check character"),
        ("00AAPFU0939F1ZV", "State code"),
        ("27АAPFU0939F1ZV", "not of the form"),  # the first A is the Cyrillic letter
        ("", "0 characters"),
    ],
)
def test_a_refusal_says_what_is_wrong(text, why):
    with pytest.raises(BadGstin, match=why):
        Gstin.parse(text)


SPECIAL = {
    "07AAICX1234J1C": GstinForm.COLLECTOR,
    "29AABCD1234E1D": GstinForm.DEDUCTOR,
    "29BLRA12345E1D": GstinForm.DEDUCTOR,  # a deductor without PAN has a TAN
    "0717UNO00157UN": GstinForm.UIN,
    "2721EMB00012ON": GstinForm.UIN,
    "2917USA00016NR": GstinForm.NON_RESIDENT,
    "9917SGP29005OS": GstinForm.OIDAR,
}


@pytest.mark.parametrize(("first", "form"), SPECIAL.items())
def test_r140_other_registrations_have_forms_of_their_own(first, form):
    found = Gstin.parse(first + check_character(first))
    assert (found.form, found.state) == (form, first[:2])
    wrong = next(last for last in ALPHABET if last != found[-1])
    with pytest.raises(BadGstin, match="check character"):
        Gstin.parse(first + wrong)


@pytest.mark.parametrize("first", ["27AAPFU0939F1Y", "27AAPFU0939F1N", "9817SGP29005OS", "2717USA0016NRX"])
def test_r140_a_text_of_no_form_is_no_gstin(first):
    with pytest.raises(BadGstin, match="not of the form"):
        Gstin.parse(first + check_character(first))
