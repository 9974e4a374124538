"""The page that compares the rulebooks shows the changes of October 2025 in the words of the IMS screens."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.once


@pytest.mark.django_db
def test_the_page_says_that_a_credit_note_may_wait_one_period(client):
    page = client.get("/help/rules/compare/").content.decode()
    assert "Credit note" in page
    assert "Accept, Reject, Pending (Pending for one period)" in page
    assert "Does ITC need to be reduced?" in page
    assert b"/help/rules/compare/" in client.get("/help/rules/").content
