"""Template tags and partial templates show the right words, also without scripts."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string

from ims_portal.kernel.periods import TaxPeriod

pytestmark = pytest.mark.once


def rendered(source: str, **context: object) -> str:
    return Template("{% load portal %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("source", "value", "text"),
    [
        ("{{ value|inr }}", 1_23_456_00, "1,23,456.00"),
        ("{{ value|inr }}", -1_23_45_678_90, "−1,23,45,678.90"),
        ("{{ value|inr }}", 0, "0.00"),
        ("{{ value|inr }}", None, "—"),
        ("{{ nowhere|inr }}", None, "—"),
        ("{{ value|inr_signed }}", 18_000_00, "+18,000.00"),
        ("{{ value|inr_signed }}", -18_000_00, "−18,000.00"),
        ("{{ value|inr_signed }}", 0, "0.00"),
        ("{{ value|inr_short }}", 1_23_00_000_00, "₹1.23 Cr"),
        ("{{ value|inr_short }}", -4_50_000_00, "−₹4.50 L"),
        ("{% money value %}", -100, '<span class="neg">−1.00</span>'),
        ("{% money value signed=True %}", 100, "+1.00"),
        ("{{ value|ddmmyyyy }}", date(2024, 10, 3), "03-10-2024"),
        ("{{ value|daymonth }}", date(2024, 11, 14), "14\u00a0Nov\u00a02024"),
        ("{{ value|daymonth }}", None, "—"),
        ("{{ value|moment }}", datetime(2024, 11, 13, 18, 40, tzinfo=UTC), "14-11-2024 00:10"),
        ("{{ value|period_label }}", 202410, "October\u00a02024"),
        ("{{ value|period_label }}", TaxPeriod(2024, 10), "October\u00a02024"),
        ('{{ value|period_label:"short" }}', 202410, "Oct\u00a02024"),
        ("{{ value|period_code }}", 202410, "102024"),
        ("{{ value|state_name }}", "27", "Maharashtra"),
    ],
)
def test_values_read_as_people_write_them(source, value, text):
    assert rendered(source, value=value) == text


def test_a_status_has_a_letter_and_a_word():
    badge = rendered('{% status_badge "P" %}')
    assert badge == '<span class="st" data-s="P"><b aria-hidden="true">P</b><span>Pending</span></span>'


@pytest.mark.parametrize(("tone", "sign"), [("A", "✓"), ("R", "✕"), ("P", "!"), ("N", "–"), ("I", "i")])
def test_a_state_has_a_sign_instead_of_the_letter_of_a_decision(tone, sign):
    badge = rendered("{% state_badge tone word %}", tone=tone, word="Not filed")
    assert badge == (
        f'<span class="st" data-s="{tone}"><b aria-hidden="true">{sign}</b><span>Not filed</span></span>'
    )


def test_the_letters_of_decisions_stand_for_nothing_else():
    """P means Pending and N means No action on every page, so a state like "Not filed" is a `state_badge`."""
    pages = (Path(__file__).resolve().parents[2] / "templates").rglob("*.html")
    lettered = re.compile(r"""{% (?:status_badge "[ARPN]" word=[^%]*|mark "[ARPN]" )%}""")
    found = {badge for page in pages for badge in lettered.findall(page.read_text())}
    # what recipients decided on a supplier's documents
    assert found == {
        """{% status_badge "R" word=_("Rejected by recipients") %}""",
        """{% status_badge "P" word=_("Kept pending") %}""",
    }


def test_compact_status_keeps_its_word_for_screen_readers():
    assert '<span class="visually-hidden">Rejected</span>' in rendered('{% status_badge "R" compact=True %}')


def test_markup_in_a_users_text_is_escaped():
    page = rendered(
        '{% card title %}<p>{{ title }}</p>{% endcard %}{% status_badge "L" word=title %}', title="<b>x</b>"
    )
    assert "<b>x</b>" not in page
    assert page.count("&lt;b&gt;x&lt;/b&gt;") == 3


def test_open_actions_submit_the_form_and_blocked_actions_point_at_the_reason():
    page = render_to_string(
        "components/actions.html",
        {"number": "CN/88", "current": "A", "allowed": "AR", "url": "/act/", "target": "#r8", "why": "why-8"},
    )
    assert page.count('type="submit" form="act" formaction="/act/"') == 2
    assert 'value="A" data-s="A" aria-pressed="true" aria-label="Accept CN/88"' in page
    assert (
        'aria-disabled="true" aria-describedby="why-8" aria-label="Pending is not available for CN/88"'
        in page
    )
    assert 'value="P"' not in page


def test_a_bill_of_entry_is_never_offered_reject():
    page = render_to_string(
        "components/actions.html", {"number": "BE/1", "allowed": "AP", "offered": "AP", "url": "/act/"}
    )
    assert "Reject" not in page


class Sample(forms.Form):
    gstin = forms.CharField(label="GSTIN", help_text="15 characters")


def test_a_field_is_tied_to_its_hint_and_its_error():
    form = Sample(data={})
    page = render_to_string("components/field.html", {"field": form["gstin"]})
    assert 'id="id_gstin_helptext"' in page
    assert 'id="id_gstin_error"' in page
    assert 'aria-describedby="id_gstin_helptext id_gstin_error"' in page
    assert 'aria-invalid="true"' in page


def test_the_error_summary_leads_to_the_field():
    page = render_to_string("components/errors.html", {"form": Sample(data={})})
    assert '<a href="#id_gstin">GSTIN: This field is required.</a>' in page


def test_the_end_of_a_list_is_no_link():
    page = render_to_string("components/pager.html", {"first": "/a", "previous": "/b", "next": ""})
    assert 'href="/b"' in page
    assert page.count('aria-disabled="true"') == 1
