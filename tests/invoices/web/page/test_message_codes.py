"""A page shows the words of a message, and its codes and rules behind "Details"."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from django.utils.safestring import mark_safe

from invoices.web.page.message_codes import apart
from tests.codes_in_the_open import codes_in_the_open, visible

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("text", "plain", "codes", "rules"),
    [
        ("Accepted INV-1 · +9.00. (SAVED-ONE)", "Accepted INV-1 · +9.00.", ("SAVED-ONE",), ()),
        (
            "Not possible. Wait. (Rule R-053, PENDING_NOT_ALLOWED · PEND-OLD)",
            "Not possible. Wait.",
            ("PENDING_NOT_ALLOWED", "PEND-OLD"),
            ("R-053",),
        ),
        (
            "2 left: why. (Rule R-102, RECORD_CLOSED) INV-1",
            "2 left: why. INV-1",
            ("RECORD_CLOSED",),
            ("R-102",),
        ),
        ("A. (UNDONE) B (RED-MAX)", "A. B", ("UNDONE", "RED-MAX"), ()),
        ("The file is too large. (IMP-SIZE)", "The file is too large.", ("IMP-SIZE",), ()),
        # parentheses without a code, and parentheses with more than codes, are part of the sentence
        ("The tax is added back (R-110).", "The tax is added back (R-110).", (), ()),
        ("Rejected INV-1 (GSTR-1, October)", "Rejected INV-1 (GSTR-1, October)", (), ()),
        ("A remark (see RED-MAX in the file)", "A remark (see RED-MAX in the file)", (), ()),
    ],
)
def test_codes_and_rules_come_apart_from_the_words(text, plain, codes, rules):
    found = apart(text)
    assert (found.text, found.codes, found.rules) == (plain, codes, rules)


def shown(text: str) -> str:
    template = Template("{% load portal %}<div>{{ text|told }} {% codes text %}</div>")
    return template.render(Context({"text": text}))


def test_a_page_has_the_words_in_the_open_and_code_and_rule_link_in_closed_details():
    page = shown("Not possible. (Rule R-053, PENDING_NOT_ALLOWED · PEND-OLD)")
    assert visible(page) == "Not possible."
    assert '<details class="codes"><summary>' in page
    assert '<a href="/help/rules/R-053/">' in page
    assert "PENDING_NOT_ALLOWED · PEND-OLD" in page


def test_a_stranger_s_text_is_escaped_and_html_of_the_portal_stays_html():
    assert "<b>" not in shown("<b>INV</b> (SAVED-ONE)")
    assert "<b>INV</b>" in shown(mark_safe("<b>INV</b> (SAVED-ONE)"))  # noqa: S308  the case under test


def test_the_check_for_codes_in_the_open_sees_one():
    assert codes_in_the_open("<p>Saved (SAVED-ONE)</p>") == {"SAVED-ONE"}
    assert codes_in_the_open("<p>Saved</p><details><summary>D</summary>SAVED-ONE</details><p>x</p>") == set()
