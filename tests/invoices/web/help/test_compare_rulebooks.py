"""The page that compares the rulebooks shows the changes of October 2025 in the words of the IMS screens."""

from __future__ import annotations

import pytest

from invoices.rules.differences import differences, situations
from invoices.rules.situation import Book

pytestmark = pytest.mark.once


@pytest.mark.django_db
def test_the_page_has_one_part_for_each_kind_and_folds_what_did_not_change(client):
    response = client.get("/help/rules/compare/")
    page = response.content.decode()
    changed, same = response.context["changed"], response.context["same"]
    found = differences(Book.B2410, Book.B2510)
    assert sum(subject.count for subject in changed) == len(found)
    for subject in changed:
        assert f'href="#{subject.slug}"' in page
        assert f'id="{subject.slug}"' in page
    # rows with the same answers stand as one row
    notes = next(subject for subject in changed if subject.slug == "cn")
    assert len(notes.rows) < notes.count
    # changed rules come first; what did not change is folded
    assert page.index('id="cn"') < page.index('id="same"') < page.index("Actions in both rulebooks")
    assert page.count("<details", page.index('id="same"'), page.index("Actions in both rulebooks")) == 1
    every = {s for s in situations(Book.B2410) if not s.kind.is_import}
    assert sum(subject.count for subject in same) == len(every - {one.situation for one in found})


@pytest.mark.django_db
def test_the_page_says_that_a_credit_note_may_wait_one_period(client):
    page = client.get("/help/rules/compare/").content.decode()
    assert "Credit note" in page
    assert "Accept, Reject, Pending (Pending for one period)" in page
    assert "Does ITC need to be reduced?" in page
    assert b"/help/rules/compare/" in client.get("/help/rules/").content
