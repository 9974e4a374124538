"""The administration speaks to staff in words: the tasks of the start page, and the names of fields."""

from __future__ import annotations

import pytest
from django.urls import reverse

from ims_portal.kernel import clock
from ims_portal.kernel.periods import FinancialYear
from invoices.models import Job
from returns.gstr3b import annual_return
from tests.pages import text
from tests.world import BY

pytestmark = pytest.mark.once


def test_the_start_page_lists_the_tasks_of_staff_with_the_number_of_failed_jobs(world, staff):
    Job.objects.create(kind="x", key="1", state="failed", attempts=5, error="no", created_at=clock.real_now())
    page = staff.get(reverse("admin:index"))
    said = text(page)
    for task in (
        "Add a taxpayer",
        "Give a person a role",
        "Extend a due date",
        "portal clock",
        "1 failed job",
    ):
        assert task in said
    assert "/livez" in said
    assert "/readyz" in said
    for name in ("admin:invoices_taxpayer_add", "admin:invoices_duedateextension_changelist", "clock"):
        assert f'href="{reverse(name)}"' in page.content.decode()


def test_a_record_and_an_annual_return_are_described_in_words(world, staff):
    record = world.saves()
    said = text(staff.get(reverse("admin:invoices_record_change", args=[record.pk])))
    for column in ("Number key", "Natural period", "Root id", "Standing:", "Direction:", "Book:"):
        assert column not in said
    assert "GSTR-2B month of the form" in said
    annual_return.furnish(world.recipient, FinancialYear(2023), by=BY)
    listed = text(staff.get(reverse("admin:invoices_annualreturn_changelist")))
    assert "2023-24" in listed
    about = text(staff.get(reverse("admin:invoices_taxpayer_change", args=[world.recipient.pk])))
    assert "the portal drafts its GSTR-2B" in about
