"""Staff register taxpayers, give roles and note annual returns. Each change goes through its event and the journal."""

from __future__ import annotations

import pytest
from django.urls import reverse

from ims_portal.kernel import clock
from invoices.models import (
    AnnualReturn,
    JournalEntry,
    Membership,
    Role,
    Taxpayer,
)
from tests.world import gstin

pytestmark = pytest.mark.once

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
    answer = staff.post(reverse("admin:invoices_annualreturn_add"), {"taxpayer": world.recipient.gstin, "year": "2023"})  # fmt: skip
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


def test_the_taxpayer_of_an_annual_return_is_found_by_gstin_or_name(world, staff):
    address = reverse("admin:invoices_annualreturn_add")
    for n, name in enumerate(("Narmada Pumps", "Narmada Tools", "Godavari Silks")):
        world.taxpayer("27", 800 + n, name)

    def typed(text: str):
        return staff.post(address, {"taxpayer": text, "year": "2023"})

    refused = str(typed("narmada").context["errors"])
    assert gstin("27", 800) in refused
    assert gstin("27", 801) in refused
    assert "Godavari" not in refused
    assert "No taxpayer of this portal" in str(typed("Kaveri").context["errors"])
    assert "The portal does not know" in str(typed(gstin("27", 899)).context["errors"])
    assert typed("godavari").status_code == 302
    assert AnnualReturn.objects.get().taxpayer.gstin == gstin("27", 802)


def submitted(answer) -> dict[str, object]:
    """Return what a browser sends if nobody changes a field of the staff page's form."""
    (members,) = (one.formset for one in answer.context["inline_admin_formsets"])
    forms = [answer.context["adminform"].form, members.management_form, *members.forms]
    return {
        field.html_name: value for form in forms for field in form if (value := field.value()) is not None
    }


def test_a_taxpayer_with_people_is_saved_as_its_page_sends_it(world, staff):
    world.person("anita", Role.VIEWER)
    one = reverse("admin:invoices_taxpayer_change", args=[world.recipient.pk])
    sent = submitted(staff.get(one)) | {"district": "Pune", "_save": "Save"}
    answer = staff.post(one, sent)
    assert answer.status_code == 302, answer.context["errors"]
    world.recipient.refresh_from_db()
    assert world.recipient.district == "Pune"
    assert Membership.objects.get(user__username="anita").role == Role.VIEWER


def test_r062_an_annual_return_of_a_year_that_runs_is_refused(world, staff):
    answer = staff.post(
        reverse("admin:invoices_annualreturn_add"),
        {"taxpayer": world.recipient.gstin, "year": "2024"},
        follow=True,
    )
    assert "can be furnished when the year has ended, from 01-04-2025" in answer.content.decode()
    assert not AnnualReturn.objects.exists()


def test_a_new_taxpayer_has_a_name(world, staff):
    given = {"gstin": gstin("33", 77), "legal_name": "", "registration_type": "normal", "frequency": "M", "first_period": "", **INLINE}  # fmt: skip
    assert staff.post(reverse("admin:invoices_taxpayer_add"), given).status_code == 200
    assert not Taxpayer.objects.filter(gstin=gstin("33", 77)).exists()
