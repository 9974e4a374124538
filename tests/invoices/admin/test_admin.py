"""The administration pages show every table.

Staff cannot bypass the law or the journal on these pages, and the pages stay fast."""

from __future__ import annotations

import re
from datetime import date
from io import StringIO

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from gstr2b.models import Statement
from ims_portal.kernel import clock
from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices.admin import decision_in_words
from invoices.admin.documents import label_in_words
from invoices.models import (
    AnnualReturn,
    DueDateExtension,
    Job,
    JournalEntry,
    JournalLine,
    Membership,
    Record,
    Role,
    Taxpayer,
)
from invoices.queries.calendar import calendar
from invoices.rules.extensions import Seat
from invoices.rules.situation import Kind
from tests.world import gstin

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
def staff(world):
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("operator", password="practice"))
    return client


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


# tests of the actions that staff can take


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


INLINE = {
    "memberships-TOTAL_FORMS": "0",
    "memberships-INITIAL_FORMS": "0",
    "memberships-MIN_NUM_FORMS": "0",
    "memberships-MAX_NUM_FORMS": "1000",
}


def test_a_taxpayer_is_registered_and_renamed_and_the_journal_says_so(world, staff):
    given = {"gstin": gstin("33", 77), "legal_name": "Kaveri Textiles", "registration_type": "normal", "frequency": "Q", "first_period": "", **INLINE}  # fmt: skip
    assert staff.post(reverse("admin:invoices_taxpayer_add"), given).status_code == 302
    made = Taxpayer.objects.get(gstin=gstin("33", 77))
    assert (made.open_period, made.frequency, made.listed) == (202412, "Q", True)
    one = reverse("admin:invoices_taxpayer_change", args=[made.pk])
    changed = {"legal_name": "Kaveri Textiles Ltd", "trade_name": "Kaveri", "listed": "on", "open_period": "202612", "frequency": "Q", "gstin": "X", **INLINE}  # fmt: skip
    assert staff.post(one, changed).status_code == 302
    made.refresh_from_db()
    assert (made.name, made.open_period, made.frequency, made.gstin) == (
        "Kaveri",
        202412,
        "Q",
        gstin("33", 77),
    )
    events = list(JournalEntry.objects.filter(taxpayer=made).order_by("pk").values_list("event", "source"))
    assert events == [("taxpayer registered", "admin"), ("taxpayer changed", "admin")]
    assert (
        staff.post(reverse("admin:invoices_taxpayer_delete", args=[made.pk]), {"post": "yes"}).status_code
        == 403
    )


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"gstin": "33AAACT0077A1Z0"}, "BAD_GSTIN"),
        ({"gstin": "27AAACT1001A1ZC"}, "BAD_GSTIN"),
        ({"first_period": "2024-09"}, "BAD_PERIOD"),
        ({"first_period": "2024-11", "frequency": "Q"}, "BAD_PERIOD"),
    ],
)
def test_a_registration_that_the_law_refuses_is_reported_and_not_saved(world, staff, wrong, code):
    given = {"gstin": gstin("33", 77), "legal_name": "Kaveri", "registration_type": "normal", "frequency": "M", "first_period": "", **INLINE}  # fmt: skip
    count = Taxpayer.objects.count()
    answer = staff.post(reverse("admin:invoices_taxpayer_add"), {**given, **wrong}, follow=True)
    assert code in answer.content.decode()
    assert Taxpayer.objects.count() == count


def test_a_gstin_known_only_from_documents_can_be_registered(world, staff):
    unknown = gstin("33", 78)
    world.saves(recipient=unknown, place_of_supply="33")
    assert not Taxpayer.objects.get(gstin=unknown).listed
    given = {"gstin": unknown, "legal_name": "Kaveri", "registration_type": "normal", "frequency": "M", "first_period": "", **INLINE}  # fmt: skip
    assert staff.post(reverse("admin:invoices_taxpayer_add"), given).status_code == 302
    assert Taxpayer.objects.get(gstin=unknown).listed


def test_giving_and_taking_a_role_is_journalled_at_its_gstin(world, staff):
    person = world.person("anita")
    one = reverse("admin:invoices_taxpayer_change", args=[world.recipient.pk])
    given = {
        "legal_name": world.recipient.legal_name,
        "trade_name": world.recipient.trade_name,
        "listed": "on",
        "frequency": "M",
        **INLINE,
        "memberships-TOTAL_FORMS": "1",
        "memberships-0-user": "nobody",
        "memberships-0-role": "preparer",
    }
    refused = staff.post(one, given)
    assert "The portal does not know the username “nobody”." in refused.content.decode()
    given["memberships-0-user"] = "anita"
    assert staff.post(one, given).status_code == 302
    assert Membership.objects.filter(user=person, taxpayer=world.recipient, role="preparer").exists()
    entry = JournalEntry.objects.filter(taxpayer=world.recipient).latest("pk")
    assert (entry.event, entry.after) == ("roles changed", {"roles": [["anita", "preparer"]]})
    membership = Membership.objects.get(user=person)
    page = reverse("admin:auth_user_change", args=[person.pk])
    form = staff.get(page).context["adminform"].form
    fields = {
        name: value for name, value in form.initial.items() if isinstance(value, str) and name != "password"
    }
    taken = {
        **fields,
        "date_joined_0": "2024-10-01",
        "date_joined_1": "10:00:00",
        "is_active": "on",
        **INLINE,
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": membership.pk,
        "memberships-0-user": person.pk,
        "memberships-0-taxpayer": world.recipient.gstin,
        "memberships-0-role": "preparer",
        "memberships-0-DELETE": "on",
    }
    answer = staff.post(page, taken)
    assert answer.status_code == 302, answer.context["errors"]
    assert not Membership.objects.filter(user=person).exists()
    entry = JournalEntry.objects.filter(taxpayer=world.recipient).latest("pk")
    assert entry.before == {"roles": [["anita", "preparer"]]}
    assert staff.post(reverse("admin:auth_user_delete", args=[person.pk]), {"post": "yes"}).status_code == 403


def test_an_annual_return_goes_through_its_event_and_stays(world, staff):
    answer = staff.post(reverse("admin:invoices_annualreturn_add"), {"taxpayer": world.recipient.pk, "year": "2023"})  # fmt: skip
    assert answer.status_code == 302
    noted = AnnualReturn.objects.get()
    assert noted.furnished_on == clock.today()
    assert JournalEntry.objects.filter(event="annual return furnished", source="admin").count() == 1
    assert (
        staff.post(
            reverse("admin:invoices_annualreturn_change", args=[noted.pk]), {"year": "2020"}
        ).status_code
        == 403
    )


def test_an_extension_is_entered_with_a_real_period_and_state(world, staff):
    address = reverse("admin:invoices_duedateextension_add")
    good = {"form": "GSTR-1", "period": "202412", "state": "", "due_on": "2025-01-13", "source": "01/2025-CT"}
    assert staff.post(address, {**good, "period": "202413"}).status_code == 200
    assert staff.post(address, {**good, "state": "77"}).status_code == 200
    assert not DueDateExtension.objects.exists()
    assert staff.post(address, {**good, "due_on": "2025-01-11"}).status_code == 200, (
        "no later than the law's day"
    )
    assert staff.post(address, {**good, "places": "Thane"}).status_code == 200, "a district needs its State"
    assert not DueDateExtension.objects.exists()
    assert staff.post(address, {**good, "in_force": "on"}).status_code == 302
    narrow = {**good, "state": "27", "places": "thane, 400001\nthane", "in_force": "on"}
    assert staff.post(address, narrow).status_code == 302
    assert [(one.due_on.isoformat(), one.places) for one in DueDateExtension.objects.order_by("pk")] == [
        ("2025-01-13", ""),
        ("2025-01-13", "400001\nThane"),
    ]


@pytest.mark.parametrize("typed", ["13-01-2025", "13/01/2025", "2025-01-13"])
def test_staff_type_a_date_as_the_portal_shows_it(world, staff, typed):
    address = reverse("admin:invoices_duedateextension_add")
    page = staff.get(address).content.decode()
    assert "Write the date as 25-11-2024." in page
    assert "DateTimeShortcuts" not in page, "the shortcut Today would enter real time"
    given = {"form": "GSTR-1", "period": "202412", "state": "", "source": "01/2025-CT", "in_force": "on"}
    assert "Write the date as 25-11-2024." in str(
        staff.post(address, {**given, "due_on": "soon"}).context["errors"]
    )
    assert staff.post(address, {**given, "due_on": typed}).status_code == 302
    entered = DueDateExtension.objects.get()
    assert entered.due_on.isoformat() == "2025-01-13"
    shown = staff.get(reverse("admin:invoices_duedateextension_change", args=[entered.pk])).content.decode()
    assert 'value="13-01-2025"' in shown


def test_the_label_of_a_record_is_shown_in_words():
    assert label_in_words("2410 INV M F O - -").startswith("Invoice, IMS, ")
    assert label_in_words("2410 INV M F O - X").endswith("Replaced by an amendment")


def test_r067_one_notification_can_give_two_districts_of_a_state_two_days(world, staff):
    address = reverse("admin:invoices_duedateextension_add")
    given = {"form": "GSTR-3B", "period": "202507", "state": "27", "source": "12/2025-CT", "in_force": "on"}
    for place, day in (("Thane", "2025-08-27"), ("Pune", "2025-08-29")):
        assert staff.post(address, {**given, "places": place, "due_on": day}).status_code == 302
    assert staff.post(address, {**given, "places": "Pune", "due_on": "2025-08-29"}).status_code == 200, (
        "twice"
    )
    due = [
        calendar().gstr3b_due(TaxPeriod(2025, 7), frequency=Frequency.MONTHLY, seat=Seat("27", place))
        for place in ("Thane", "Pune", "Nagpur")
    ]
    assert [day.isoformat() for day in due] == ["2025-08-27", "2025-08-29", "2025-08-20"]


def test_r067_a_known_extension_with_a_changed_day_is_not_loaded_again(world, staff):
    address = reverse("admin:invoices_duedateextension_known")
    staff.post(address)
    # staff corrected the day of one known extension, and entered another day for a district of another one
    DueDateExtension.objects.filter(form="GSTR-3B", period=202509).update(due_on="2025-10-26")
    july = DueDateExtension.objects.get(period=202507)
    july.pk, july.places, july.due_on = None, "Pune", date(2025, 8, 29)
    july.save()
    page = staff.get(address).content.decode()
    assert page.count("here, but different") == 1
    staff.post(address)
    assert DueDateExtension.objects.count() == 13


def test_r067_staff_see_the_known_extensions_before_they_load_them_and_may_load_them_twice(world, staff):
    address = reverse("admin:invoices_duedateextension_known")
    assert "12 of these extensions are missing" in staff.get(address).content.decode()
    assert not DueDateExtension.objects.exists(), "looking loads nothing"
    staff.post(address)
    assert DueDateExtension.objects.count() == 12
    DueDateExtension.objects.filter(period=202410).update(in_force=True)  # staff switched these two on
    DueDateExtension.objects.filter(period=202507).delete()
    page = staff.get(address).content.decode()
    assert page.count("here, but different") == 2
    assert "switched off: the sandbox and its exercises use 20-11-2024" in page
    listed = staff.get(reverse("admin:invoices_duedateextension_changelist")).content.decode()
    assert "October 2024" in listed
    assert "21-11-2024" in listed
    assert "202410" not in listed
    assert "the sandbox and its exercises use 20-11-2024" in listed, "how sure it is, also after loading"
    assert "Load 1 extension" in page
    staff.post(address)
    staff.post(address)
    assert DueDateExtension.objects.count() == 12
    assert DueDateExtension.objects.filter(period=202410, in_force=True).count() == 2


def test_r067_the_command_loads_only_if_asked_and_what_is_switched_off_changes_no_date(world):
    told = StringIO()
    call_command("known_extensions", stdout=told)
    assert "Notification 12/2025-Central Tax" in told.getvalue()
    assert "12 extensions are missing" in told.getvalue()
    assert not DueDateExtension.objects.exists()
    call_command("known_extensions", "--load", stdout=told)
    call_command("known_extensions", "--load", stdout=told)
    assert "0 extensions added" in told.getvalue()
    dates, pune, raigad = calendar(), Seat("27", "Pune"), Seat("27", "Raigad")
    monthly, quarterly = Frequency.MONTHLY, Frequency.QUARTERLY
    assert dates.gstr3b_due(TaxPeriod(2024, 10), frequency=monthly, seat=pune).isoformat() == "2024-11-20"
    assert dates.gstr3b_due(TaxPeriod(2025, 7), frequency=monthly, seat=pune).isoformat() == "2025-08-20"
    assert dates.gstr3b_due(TaxPeriod(2025, 7), frequency=monthly, seat=raigad).isoformat() == "2025-08-27"
    assert dates.gstr3b_due(TaxPeriod(2024, 12), frequency=quarterly, seat=pune).isoformat() == "2025-01-24"
    assert (
        dates.gstr3b_due(TaxPeriod(2024, 12), frequency=quarterly, seat=Seat("07")).isoformat()
        == "2025-01-26"
    )
    assert dates.draft_date(TaxPeriod(2024, 12)).isoformat() == "2025-01-16"


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
