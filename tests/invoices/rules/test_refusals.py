"""Section 19: every screen and API shows a refusal with the same error code, rule and sentence."""

from __future__ import annotations

import re

import pytest

from ims_portal.kernel.errors import Refused
from invoices.rules.refusals import CODES, refused

# These are the codes of section 19.
SECTION_19 = {
    "NO_ACCESS", "RECORD_CLOSED", "NOT_IN_IMS", "ORIGINAL_NOT_CLOSED", "PENDING_NOT_ALLOWED", "REJECT_NOT_ALLOWED",
    "DECL_NOT_APPLICABLE", "DECL_INVALID", "DECL_EXCEEDS", "REMARKS_REQUIRED", "FINAL_2B", "PREV_3B_PENDING",
    "TOO_EARLY", "NO_2B", "STALE_2B", "DOC_LOCKED", "DUPLICATE_DOC", "BAD_GSTIN", "BAD_DOC_NO", "BAD_DOC",
    "GSTIN_CHANGE_IN_1A", "FORM_CLOSED", "BAD_PERIOD", "REMARKS_TOO_LONG", "GSTR1_PENDING",
}  # fmt: skip
# These error codes are the portal's own. ANSWER_REQUIRED: a program left out the declaration of a
# reduction. NOT_SIGNATORY: a person who is no signatory tried to file.
# OPENING_BALANCE: the opening balance of a ledger is not accepted.
OURS = {"ANSWER_REQUIRED", "NOT_SIGNATORY", "OPENING_BALANCE"}


def test_the_codes_are_those_of_section_19_and_the_portals_own():
    assert set(CODES) == SECTION_19 | OURS


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_names_a_rule_and_says_a_sentence(code):
    known = CODES[code]
    assert re.fullmatch(r"R-\d{3}", known.rule)
    assert known.sentence[0].isupper()
    assert known.sentence.endswith(".")


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("TOO_EARLY", "R-013"),
        ("PENDING_NOT_ALLOWED", "R-053"),
        ("REJECT_NOT_ALLOWED", "R-131"),
        ("ORIGINAL_NOT_CLOSED", "R-081"),
        ("STALE_2B", "R-086"),
        # the clause that refuses an action on a closed record names the same rule
        ("RECORD_CLOSED", "R-102"),
        ("DUPLICATE_DOC", "R-049"),
        ("GSTIN_CHANGE_IN_1A", "R-045"),
        ("REMARKS_TOO_LONG", "R-058"),
    ],
)
def test_a_code_names_the_rule_that_the_law_gives_it(code, rule):
    assert CODES[code].rule == rule


def test_a_refusal_says_its_own_sentence_unless_another_is_given():
    plain = refused("STALE_2B")
    assert isinstance(plain, Refused)
    assert (plain.code, plain.rule, plain.message) == ("STALE_2B", "R-086", CODES["STALE_2B"].sentence)
    assert plain.details == {}
    told = refused("TOO_EARLY", "On the 14th.", rule="R-090", field="period")
    assert (told.rule, told.message, told.details) == ("R-090", "On the 14th.", {"field": "period"})
    assert (told.status, str(told)) == (422, "On the 14th.")


def test_an_unknown_code_is_a_program_error():
    with pytest.raises(KeyError):
        refused("NO_SUCH")
