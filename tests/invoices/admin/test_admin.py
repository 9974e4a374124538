"""The administration pages show every table.

Staff cannot bypass the law or the journal on these pages, and the pages stay fast."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from gstr2b.models import Statement, StatementTotal
from ims_portal.kernel import clock
from invoices.admin import decision_in_words
from invoices.admin.documents import label_in_words
from invoices.models import (
    Job,
    JournalEntry,
    JournalLine,
    Record,
    Role,
)
from invoices.rules.ruling import Section
from invoices.rules.situation import Kind
from returns.models import Gstr3b

pytestmark = pytest.mark.once

READ_ONLY = {
    "invoices": [
        "record",
        "archivedrecord",
        "journalentry",
        "journalline",
        "job",
        "portalclock",
        "recipientdesk",
    ],
    "gstr2b": ["statement"],
    "returns": ["outwardreturn", "gstr3b", "addback"],
}
PAIRS = [(app, model) for app, models in READ_ONLY.items() for model in models]


@pytest.fixture
def filed(world):
    """Return a world with a filed month. Every table in `READ_ONLY` has at least one row."""
    world.saves(number="INV-1")
    note = world.saves(kind=Kind.CREDIT_NOTE, number="CN-1", taxable=500)
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.acts("reject", note, remarks="no")
    world.goes_to("2024-11-14 10:00")
    world.files_3b("2024-10")
    from invoices.documents import archive

    world.saves(number="INV-2")
    archive.move_departed(world.recipient)
    Job.objects.create(kind="draft", key="spare", created_at=clock.real_now(), taxpayer=world.recipient)
    return world


def model_of(app, name):
    return next(m for m in admin.site._registry if m._meta.app_label == app and m._meta.model_name == name)


@pytest.mark.parametrize(("app", "model"), PAIRS)
def test_rows_that_events_write_can_be_seen_but_not_changed(filed, staff, app, model):
    row = model_of(app, model).objects.first()
    assert row is not None, f"no {model} to look at"
    changelist = staff.get(reverse(f"admin:{app}_{model}_changelist"))
    assert changelist.status_code == 200
    assert "delete_selected" not in changelist.content.decode()
    one = reverse(f"admin:{app}_{model}_change", args=[row.pk])
    page = staff.get(one)
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    before = list(model_of(app, model).objects.order_by("pk").values())
    assert staff.post(one, {"number": "X", "_save": "Save"}).status_code == 403
    assert (
        staff.post(reverse(f"admin:{app}_{model}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    )
    assert staff.get(reverse(f"admin:{app}_{model}_add")).status_code == 403
    assert staff.post(reverse(f"admin:{app}_{model}_add"), {}).status_code == 403
    ticked = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    staff.post(reverse(f"admin:{app}_{model}_changelist"), ticked)
    assert list(model_of(app, model).objects.order_by("pk").values()) == before


def test_every_admin_page_fits_the_content_policy(filed, staff):
    pages = [reverse("admin:index"), reverse("admin:auth_user_add"), reverse("admin:invoices_taxpayer_add")]
    for model in admin.site._registry:
        meta = model._meta
        pages.append(reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"))
        row = model._default_manager.first()
        if row is not None:
            pages.append(reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]))
    for page in pages:
        response = staff.get(page)
        assert response.status_code == 200, page
        assert "'unsafe-inline'" not in response["Content-Security-Policy"]
        text = response.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", text), page
        assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", text), page
        assert "<style" not in text, page


def test_no_admin_page_shows_paise_or_a_period_as_a_number(filed, staff):
    """The documents have 10,000 and 500 rupees, which the database stores as paise."""
    seen = ""
    for app, model in PAIRS:
        row = model_of(app, model).objects.first()
        pages = [
            reverse(f"admin:{app}_{model}_changelist"),
            reverse(f"admin:{app}_{model}_change", args=[row.pk]),
        ]
        if model == "job":
            pages.pop()  # the payload of a job is for programs
        for page in pages:
            text = re.sub(r"<[^>]*>", " ", staff.get(page).content.decode())
            assert not re.search(r"\b20(2[45]\d{2}|99\d{2})\b", text), page
            assert not re.search(r"\b(1000000|180000|50000|9000|-9000)\b", text), page
            assert "paise" not in text, page
            seen += text
    assert "₹10,000.00" in seen
    assert "₹1,800.00" in seen
    assert "October 2024" in seen


def test_a_journal_line_and_a_record_say_their_codes_in_words(filed, staff):
    line = JournalLine.objects.filter(after="R -").get()
    page = staff.get(reverse("admin:invoices_journalline_change", args=[line.pk])).content.decode()
    assert "Rejected" in page
    assert "No action" in page
    assert decision_in_words("A P") == "Accepted, ITC reduced: part"
    listed = staff.get(reverse("admin:invoices_record_changelist")).content.decode()
    assert "Invoice, IMS, Original" in listed


def test_the_rows_of_statements_and_returns_are_in_words(filed, staff):
    statement = Statement.objects.latest("pk")
    page = staff.get(reverse("admin:gstr2b_statement_change", args=[statement.pk])).content.decode()
    assert "All other ITC" in page
    assert "Table 4(A)(5)" in page
    assert not re.search(r"\b(itc|4A5)\b", re.sub(r"<[^>]*>", " ", page))
    assert all(str(StatementTotal(section=section.value)) for section in Section)
    assert str(StatementTotal(section="AV_A2")) == "Input service distributor"
    filed_return = Gstr3b.objects.get()
    filed_return.table4 = {
        "31D": {"igst": 500},
        "4A5": {"igst": 0, "cgst": 700, "sgst": 700},
        "4C": {"igst": 0},
    }
    filed_return.save()
    page = staff.get(reverse("admin:returns_gstr3b_change", args=[filed_return.pk])).content.decode()
    assert (
        "Table 3.1(d), Tax to pay: inward supplies liable to reverse charge: Integrated ₹5.00<br>"
        "Table 4(A)(5), All other ITC: Central ₹7.00, State/UT ₹7.00<"
    ) in page
    assert "4(C)" not in page


def test_a_list_says_that_it_is_cut_only_if_it_is_cut(filed, staff, monkeypatch):
    address = reverse("admin:invoices_journalentry_changelist")
    rows = JournalEntry.objects.count()
    for most, is_cut in ((rows, False), (rows - 1, True)):
        monkeypatch.setattr("ims_portal.support.web.read_only_admin.MOST_LISTED", most)
        page = staff.get(address).content.decode()
        assert (f"Only the first {most} are listed. Search to find others" in page) is is_cut


def test_people_who_are_not_staff_get_no_staff_pages(filed):
    client = Client()
    client.force_login(filed.person("preparer", *Role))
    assert client.get(reverse("admin:invoices_record_changelist")).status_code == 302


def test_records_are_found_by_gstin_and_by_the_beginning_of_a_number(filed, staff):
    other = filed.taxpayer("27", 1009, "Elsewhere")
    filed.saves(by=other, number="INV-9")
    address = reverse("admin:invoices_record_changelist")

    def numbers_found(text):
        return {r.number for r in staff.get(address, {"q": text}).context["cl"].result_list}

    assert numbers_found("inv-") == {"INV-2", "INV-9"}
    assert numbers_found(other.gstin) == {"INV-9"}
    assert numbers_found(f"{other.gstin} INV-2") == set()
    assert numbers_found(f"{filed.supplier.gstin.lower()} inv") == {"INV-2"}
    offered = staff.get(address, {"q": filed.recipient.gstin}).content.decode()
    assert "claim=2024" in offered
    assert "claim=2024" not in staff.get(address).content.decode()
    claim = Record.objects.get(number="INV-2").claim_period
    narrowed = staff.get(address, {"q": filed.recipient.gstin, "claim": claim})
    assert {r.number for r in narrowed.context["cl"].result_list} == {"INV-2", "INV-9"}


def test_lists_cost_the_same_for_few_and_many_rows(filed, staff, django_assert_max_num_queries, monkeypatch):
    for n in range(20):
        filed.saves(number=f"MORE-{n}")
    counted = []
    real = QuerySet.count

    def count(self):
        counted.append(self.query.high_mark)
        return real(self)

    monkeypatch.setattr(QuerySet, "count", count)
    for app, model in PAIRS:
        with django_assert_max_num_queries(9):
            assert staff.get(reverse(f"admin:{app}_{model}_changelist")).status_code == 200
    assert counted
    assert all(limit is not None for limit in counted), "no table is counted to its end"


def test_a_statement_is_generated_and_recomputed_under_the_same_law(world, staff):
    world.saves()
    world.files("2024-10")
    world.acts("accept", Record.objects.get())
    desk = world.recipient.desks.get()
    address = reverse("admin:invoices_recipientdesk_changelist")

    def does(action):
        ticked = {"action": action, "_selected_action": [desk.pk]}
        return staff.post(address, ticked, follow=True).content.decode()

    assert "TOO_EARLY" in does("generate")
    assert "NO_2B" in does("recompute")
    assert not Statement.objects.exists()
    world.goes_to("2024-11-13 23:00")
    with clock.at(clock.now().replace(day=14, hour=12)):
        assert "version 1" in does("generate")
        assert "version 2" in does("recompute")
    entry = JournalEntry.objects.order_by("-pk").first()
    assert (entry.source, entry.actor.username, entry.event) == ("admin", "operator", "GSTR-2B recomputed")
    world.files_3b("2024-10")
    assert "FINAL_2B" in does("recompute")


def test_only_staff_who_can_compute_are_offered_the_computation(world):
    world.saves()
    world.acts("accept", Record.objects.get())
    viewer = get_user_model().objects.create_user("viewer", password="practice", is_staff=True)
    from django.contrib.auth.models import Permission

    viewer.user_permissions.add(Permission.objects.get(codename="view_recipientdesk"))
    client = Client()
    client.force_login(viewer)
    address = reverse("admin:invoices_recipientdesk_changelist")
    assert "Generate GSTR-2B" not in client.get(address).content.decode()
    client.post(address, {"action": "generate", "_selected_action": [world.recipient.desks.get().pk]})
    assert not Statement.objects.exists()


def test_the_label_of_a_record_is_shown_in_words():
    assert label_in_words("2410 INV M F O - -").startswith("Invoice, IMS, ")
    assert label_in_words("2410 INV M F O - X").endswith("Replaced by an amendment")


def test_a_failed_job_can_be_tried_again(world, staff):
    failed = Job.objects.create(
        kind="x", key="1", state="failed", attempts=5, error="no disk", created_at=clock.real_now()
    )
    done = Job.objects.create(kind="x", key="2", state="done", created_at=clock.real_now())
    address = reverse("admin:invoices_job_changelist")
    answer = staff.post(
        address, {"action": "try_again", "_selected_action": [failed.pk, done.pk]}, follow=True
    )
    assert "Jobs back in the queue: 1" in answer.content.decode()
    failed.refresh_from_db()
    done.refresh_from_db()
    assert (failed.state, failed.attempts, done.state) == ("queued", 0, "done")


def test_the_names_of_the_tables_are_words():
    """Django makes a plural by an "s", like "journal entrys"."""
    odd = [
        str(name)
        for model in admin.site._registry
        for name in (model._meta.verbose_name, model._meta.verbose_name_plural)
        if re.search(r"[^aeiou]ys$|ss$|[a-z]\d|\d[a-z]", str(name))
    ]
    assert not odd
