"""The pages of GSTR-3B. Every figure links to its documents. Only a signatory files, only once, and only
after the figures were shown."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from ims_portal.kernel.errors import Refused
from ims_portal.kernel.money import format_inr
from invoices.models import JournalEntry, Role, Taxpayer
from invoices.rules.situation import Kind
from returns.models import AddBack, Gstr3b
from tests.api_client import api_for
from tests.pages import FOREIGN, client_of, text, url

pytestmark = pytest.mark.once

OCTOBER = "102024"


@pytest.fixture
def drafted(world):
    """Return a world with a draft of October. One invoice is accepted, one untouched, one pending and one
    under reverse charge; one note is rejected."""
    world.accepted, world.left = world.saves(), world.saves(taxable=20_000)
    world.note = world.saves(kind=Kind.CREDIT_NOTE, taxable=2_000)
    world.pending = world.saves(taxable=7_000)
    world.saves(reverse_charge=True, taxable=1_000)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.acts("accept", world.accepted)
    world.acts("reject", world.note, remarks="goods were kept")
    world.acts("pending", world.pending)
    world.goes_to("2024-11-18 10:00")
    return world


def hidden(reply) -> dict[str, str]:
    """Return the hidden fields of the main form on the page."""
    page = reply.content.decode()
    return dict(re.findall(r'<input type="hidden" name="(?!csrf)([^"]+)" value="([^"]*)"', page))


def filled(world, client) -> dict[str, str]:
    """Return the fields of step 1, with the figures that the page proposes."""
    page = client.get(url(world, "gstr3b_file", OCTOBER)).content.decode()
    fields = dict(re.findall(r'name="(4[A-D]\d_\w+)"[^>]*value="([^"]*)"', page))
    return {**fields, "draft": "1", "reason": ""}


def confirm(world, client, **given):
    data = {
        **filled(world, client),
        "step": "file",
        "declared": "yes",
        "last_four": world.recipient.gstin[-4:],
        **given,
    }
    return client.post(url(world, "gstr3b_file", OCTOBER), data, follow=True)


def test_every_row_shows_its_figures_and_leads_to_its_documents(drafted):
    client = client_of(drafted, Role.SIGNATORY)
    page = client.get(url(drafted, "gstr3b", OCTOBER))
    by_key = {row.key: row for row in page.context["rows"]}
    assert by_key["4A5"].tax.igst == 540_000
    assert by_key["4A3"].tax.igst == 18_000
    assert by_key["4C"].tax.igst == 558_000
    for key in ("4A3", "4A5"):
        behind = client.get(url(drafted, "gstr2b_row", OCTOBER, key.lower()))
        assert len(behind.context["rows"]) == by_key[key].documents
        assert sum(row["tax"].igst for row in behind.context["rows"]) == by_key[key].tax.igst


def test_the_page_shows_the_effects_of_filing_as_counts_before_filing(drafted):
    client = client_of(drafted, Role.SIGNATORY)
    reply = client.post(url(drafted, "gstr3b_file", OCTOBER), {**filled(drafted, client), "step": "2"})
    said = text(reply)
    assert "3 records leave IMS" in said
    assert "accepted 1 · deemed accepted 1 · rejected 1" in said
    assert "1 pending record stays" in said
    assert "Rejections add ₹360.00 to the next return of 1 supplier." in said
    assert not Gstr3b.objects.exists()
    confirm(drafted, client)
    assert AddBack.objects.get().igst == 36_000


def test_r110_the_check_of_added_tax_leads_to_exactly_these_documents(drafted):
    """A rejected invoice adds nothing to its supplier, so it is not in the list."""
    drafted.acts("reject", drafted.left)
    client = client_of(drafted, Role.SIGNATORY)
    page = client.get(url(drafted, "gstr3b", OCTOBER))
    (check,) = [one for one in page.context["checks"] if "adds tax" in one.title]
    listed = client.get(check.url)
    assert [row.row.record.pk for row in listed.context["rows"]] == [drafted.note.pk]
    assert listed.context["counted"].count == 1


def test_r083_an_original_replaced_by_its_amendment_is_counted_among_the_leaving_records(world):
    """The number of leaving records that the page announces equals the number of records that leave IMS."""
    late = world.saves(period="2024-09", document_date="2024-09-10")
    world.files("2024-09")
    world.saves(amends=late, taxable=12_000)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-18 10:00")
    client = client_of(world, Role.SIGNATORY)
    reply = client.post(url(world, "gstr3b_file", OCTOBER), {**filled(world, client), "step": "2"})
    does, in_ims = reply.context["does"], len(client.get(url(world, "records", "all")).context["rows"])
    assert does.replaced.count == 1
    assert "replaced by its amendment 1" in text(reply)
    confirm(world, client)
    assert Gstr3b.objects.count() == 1
    assert in_ims - len(client.get(url(world, "records", "all")).context["rows"]) == does.leaving == 2


def test_a_signatory_files_once_and_the_receipt_is_marked_practice(drafted):
    client = client_of(drafted, Role.SIGNATORY)
    reply = confirm(drafted, client)
    said = text(reply)
    filed = Gstr3b.objects.get()
    assert filed.reference in said
    assert "Practice reference" in said
    assert Taxpayer.objects.get(pk=drafted.recipient.pk).open_period == 202411
    again = client.post(
        url(drafted, "gstr3b_file", OCTOBER),
        {"step": "file", "draft": "1", "declared": "yes", "last_four": drafted.recipient.gstin[-4:]},
        follow=True,
    )
    assert "already filed" in text(again)
    assert Gstr3b.objects.count() == 1
    assert AddBack.objects.count() == 1
    receipt = client.get(url(drafted, "gstr3b_filed", OCTOBER))
    assert "1 document · ₹360.00" in text(receipt)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"declared": ""}, "Tick the declaration"),
        ({"last_four": "ZZZZ"}, "last four characters"),
        ({"last_four": ""}, "last four characters"),
    ],
)
def test_without_declaration_and_gstin_nothing_is_filed(drafted, given, said):
    client = client_of(drafted, Role.SIGNATORY)
    reply = confirm(drafted, client, **given)
    assert reply.status_code == 422
    assert said in text(reply)
    # the page keeps the tick, so that the person corrects only the wrong field
    assert ('name="declared" value="yes" checked' in reply.content.decode()) == ("declared" not in given)
    assert not Gstr3b.objects.exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.PREPARER, Role.AUDITOR, Role.SUPPLIER_CLERK])
def test_only_a_signatory_files(drafted, role):
    client = client_of(drafted, role)
    reply = client.post(
        url(drafted, "gstr3b_file", OCTOBER),
        {"step": "file", "draft": "1", "declared": "yes", "last_four": drafted.recipient.gstin[-4:]},
    )
    assert reply.status_code == 403
    assert not Gstr3b.objects.exists()
    assert "cannot do this. Ask Signatory." in text(client.get(url(drafted, "gstr3b", OCTOBER)))


def test_a_stale_draft_stops_filing_and_names_the_remedy(drafted):
    client = client_of(drafted, Role.SIGNATORY)
    drafted.acts("reject", drafted.left)
    page = client.get(url(drafted, "gstr3b", OCTOBER))
    assert "STALE_2B" in text(page)
    assert "Table 4 has the figures of draft 1. The numbers below and the checks are of now." in text(page)
    assert url(drafted, "compute", OCTOBER) in page.content.decode()
    reply = confirm(drafted, client)
    assert not Gstr3b.objects.exists()
    assert "STALE_2B" in text(reply)


@pytest.mark.parametrize(
    ("moment", "period", "code", "mended_by"),
    [
        ("2024-11-12 10:00", "102024", "NO_2B", "gstr2b"),
        ("2024-12-16 10:00", "112024", "PREV_3B_PENDING", "gstr3b"),
    ],
)
def test_a_refusal_carries_its_rule_and_a_link_to_the_remedy(world, moment, period, code, mended_by):
    world.goes_to(moment)
    page = client_of(world, Role.SIGNATORY).get(url(world, "gstr3b", period))
    stop = page.context["stops"][0]
    assert (stop.code, bool(stop.rule)) == (code, True)
    assert stop.url == url(world, mended_by, OCTOBER)


def test_r104_a_figure_changed_by_hand_is_filed_with_its_reason(drafted):
    client = client_of(drafted, Role.SIGNATORY)
    without = confirm(drafted, client, **{"4A5_igst": "5,000.00"})
    assert without.status_code == 422
    assert not Gstr3b.objects.exists()
    confirm(drafted, client, **{"4A5_igst": "5,000.00", "4A2_igst": "10", "reason": "partly exempt"})
    table = Gstr3b.objects.get().table4
    assert table["4A5"]["igst"] == 500_000
    assert table["4A2"]["igst"] == 1_000
    assert table["4A3"]["igst"] == 18_000
    noted = JournalEntry.objects.get(event="GSTR-3B filed").after
    assert noted["reason"] == "partly exempt"
    assert noted["typed_over"] == ["4A2", "4A5"]
    receipt = text(client.get(url(drafted, "gstr3b_filed", OCTOBER)))
    assert "Typed by hand 4(A)(2), 4(A)(5) Reason: partly exempt" in receipt
    assert "this credit must be in 4(A)(5) too" in receipt


def test_a_figure_typed_above_gstr2b_is_warned_of_at_its_row_and_in_the_checks(drafted):
    client = client_of(drafted, Role.SIGNATORY)
    address, reason = url(drafted, "gstr3b_file", OCTOBER), "typed"
    had = client.get(address).context["filled"]["4A5"]
    given = {"step": "2", "draft": "1", "reason": reason, "4A5_cgst": "5,000.00", "4A5_igst": "1.00"}
    page = client.post(address, given)
    more = format_inr(500_000 - had.cgst)
    sentence = f"Central tax 5,000.00 is more than GSTR-2B by ₹{more}"
    assert text(page).count(sentence) == 2
    assert "Integrated tax 1.00" not in text(page)
    assert "Central tax and State/UT tax were changed by different amounts" in text(page)
    assert "All other ITC typed by hand" in text(page)
    assert f"2B {format_inr(had.igst)}" in text(page)
    # credit reclaimed in 4(D)(1) belongs in 4(A)(5) too, so it is no excess
    reclaimed = {"4A5_igst": format_inr(had.igst + 1_000), "4D1_igst": "10", "step": "2", "draft": "1"}
    assert "more than GSTR-2B" not in text(client.post(address, {**reclaimed, "reason": reason}))


def test_a_row_that_gstr2b_does_not_have_needs_no_reason(drafted):
    client = client_of(drafted, Role.SIGNATORY)
    assert "Reason for figures typed by hand" in text(client.get(url(drafted, "gstr3b_file", OCTOBER)))
    confirm(drafted, client, **{"4D1_igst": "10"})
    receipt = text(client.get(url(drafted, "gstr3b_filed", OCTOBER)))
    assert "Typed by hand 4(D)(1)" in receipt
    assert "Reason:" not in receipt


def test_a_text_that_is_no_figure_is_reported_and_nothing_is_filed(drafted):
    reply = confirm(drafted, client_of(drafted, Role.SIGNATORY), **{"4B1_igst": "-5", "4A5_igst": "abc"})
    assert reply.status_code == 422
    assert set(reply.context["typed"].errors) == {"4B1_igst", "4A5_igst"}
    assert not Gstr3b.objects.exists()


def test_figures_reviewed_on_an_earlier_draft_are_never_filed(drafted):
    client = client_of(drafted, Role.SIGNATORY)
    reviewed = filled(drafted, client)
    drafted.acts("reject", drafted.left)
    drafted.recomputes("2024-10")
    reply = client.post(
        url(drafted, "gstr3b_file", OCTOBER),
        {**reviewed, "step": "file", "declared": "yes", "last_four": drafted.recipient.gstin[-4:]},
        follow=True,
    )
    assert "computed again after your review" in text(reply)
    assert not Gstr3b.objects.exists()


def test_the_steps_carry_figures_without_a_session(drafted):
    client = client_of(drafted, Role.SIGNATORY)
    data = {**filled(drafted, client), "4A2_igst": "12.50"}
    second = client.post(url(drafted, "gstr3b_file", OCTOBER), {**data, "step": "2"})
    third = client.post(url(drafted, "gstr3b_file", OCTOBER), {**hidden(second), "step": "3"})
    assert hidden(third)["4A2_igst"] == "12.50"
    assert third.context["step"] == 3


@pytest.mark.parametrize(
    ("name", "more"), [("gstr3b_now", ()), ("gstr3b", (OCTOBER,)), ("gstr3b_file", (OCTOBER,))]
)
def test_another_taxpayers_gstin_is_not_found(drafted, name, more):
    client = client_of(drafted, Role.SIGNATORY)
    for gstin in (drafted.supplier.gstin, FOREIGN):
        assert client.get(reverse(name, args=[gstin, *more])).status_code == 404
    assert client.get(url(drafted, name, *more)).status_code in (200, 302)
    assert Client().get(url(drafted, name, *more)).status_code == 302


def test_another_taxpayers_receipt_and_filing_are_not_found(drafted):
    drafted.files_3b("2024-10")
    client = client_of(drafted, Role.SIGNATORY, at=drafted.supplier)
    assert client.get(url(drafted, "gstr3b_filed", OCTOBER)).status_code == 404
    assert client.post(url(drafted, "gstr3b_file", OCTOBER)).status_code == 404
    assert client.get(url(drafted, "gstr3b_filed", OCTOBER, at=drafted.supplier)).status_code == 404


@pytest.mark.parametrize("period", ["132024", "x", "2024-10"])
def test_a_malformed_period_is_not_found(drafted, period):
    for name in ("gstr3b", "gstr3b_file", "gstr3b_filed"):
        assert client_of(drafted).get(url(drafted, name, period)).status_code == 404


def test_the_number_of_queries_does_not_grow(drafted, django_assert_max_num_queries):
    client = client_of(drafted, Role.SIGNATORY)
    for number in range(25):
        drafted.saves(number=f"MORE-{number}", period="2024-11", document_date="2024-11-05")
    client.get(url(drafted, "gstr3b", OCTOBER))
    with django_assert_max_num_queries(30):
        client.get(url(drafted, "gstr3b", OCTOBER))


def test_r101_filing_after_the_section_16_4_date_warns_of_the_lines_of_that_year(world):
    """The return is still accepted, but an officer may refuse the credit (R-032)."""
    old = world.saves(number="OLD", document_date="2024-03-10", taxable=50_000)
    world.saves(number="NEW", document_date="2024-10-10")
    world.saves(number="OLD-CN", document_date="2024-03-11", kind=Kind.CREDIT_NOTE)
    world.files("2024-10")
    world.goes_to("2024-11-30 10:00")
    client, page = client_of(world, Role.SIGNATORY), url(world, "gstr3b", OCTOBER)
    assert "older than the section 16(4) limit" not in client.get(page).content.decode()
    world.goes_to("2024-12-02 10:00")
    told = client.get(page).content.decode()
    assert "1 document is older than the section 16(4) limit" in told
    assert "ITC ₹9,000.00 may be refused" in told
    assert "/help/rules/R-032/" in told
    world.acts("reject", old)
    assert "older than the section 16(4) limit" not in client.get(page).content.decode()


def test_r066_the_checklist_names_the_credit_that_pending_records_lose_with_this_return(world):
    """A record of FY 2023-24 can give credit in GSTR-2B of October 2024 at the latest."""
    old = world.saves(number="OLD", document_date="2024-03-10", taxable=50_000)
    world.acts("pending", old, world.saves(number="NEW", document_date="2024-10-10", taxable=7_000))
    # neither a record that is not pending nor a document that is not filed is among them
    world.saves(number="DONE", document_date="2024-03-10", taxable=30_000)
    other = world.taxpayer("24", 1002, "Narmada Fasteners LLP")
    world.acts("pending", world.saves(by=other, number="SAVED", document_date="2024-03-12"))
    world.files("2024-10")
    world.goes_to("2024-11-15 10:00")
    client, page = client_of(world, Role.SIGNATORY), url(world, "gstr3b", OCTOBER)
    response = client.get(page)
    told = text(response)
    assert "1 pending record loses its credit" in told
    assert "the last that can give ITC ₹9,000.00 (section 16(4)); accept before you file" in told
    (check,) = [check for check in response.context["checks"] if "loses its credit" in check.title]
    listed = client.get(check.url)
    assert {row.record.number for row in listed.context["rows"]} == {"OLD"}
    assert listed.context["counted"].count == 1
    step_two = client.post(url(world, "gstr3b_file", OCTOBER), {**filled(world, client), "step": "2"})
    assert "1 of them loses its credit of ₹9,000.00 with this return" in text(step_two)
    world.acts("accept", old)
    assert "loses its credit" not in text(client.get(page))


def test_r032_the_warning_of_late_credit_counts_documents_under_reverse_charge(world):
    """Such a document is not in IMS, but its credit is claimed by the same return."""
    world.saves(number="RCM", document_date="2024-03-10", taxable=50_000, reverse_charge=True)
    world.saves(number="RCM-CN", document_date="2024-03-10", kind=Kind.CREDIT_NOTE, reverse_charge=True)
    world.saves(number="RCM-NEW", document_date="2024-10-10", reverse_charge=True)
    world.files("2024-10")
    world.goes_to("2024-12-02 10:00")
    told = text(client_of(world, Role.SIGNATORY).get(url(world, "gstr3b", OCTOBER)))
    assert "1 document is older than the section 16(4) limit" in told
    assert "after the limit of its financial year; ITC ₹9,000.00 may be refused" in told


def test_r101_the_checklist_has_no_obstacles_only_after_the_own_gstr1(world):
    world.goes_to("2024-11-15 10:00")
    client, page = client_of(world, Role.SIGNATORY), url(world, "gstr3b", OCTOBER)
    told = text(client.get(page))
    assert "GSTR-1 for October 2024 is not filed" in told
    assert "no obstacles" not in told
    card = text(client.get(url(world, "returns") + f"?period={OCTOBER}"))
    assert "GSTR-1 is not filed" in card
    world.files("2024-10", by=world.recipient)
    assert "no obstacles" in text(client.get(page))
    assert "GSTR-1 is not filed" not in text(client.get(url(world, "returns") + f"?period={OCTOBER}"))


def test_r101_with_the_setting_block_gstr3b_waits_for_the_own_gstr1(drafted, settings):
    settings.GSTR1_PENDING = "block"
    client = client_of(drafted, Role.SIGNATORY)
    reply = confirm(drafted, client)
    assert not Gstr3b.objects.exists()
    assert "GSTR1_PENDING" in text(reply)
    [stop] = client.get(url(drafted, "gstr3b", OCTOBER)).context["stops"]
    assert (stop.code, stop.rule, stop.url) == ("GSTR1_PENDING", "R-101", url(drafted, "gstr1", OCTOBER))
    with pytest.raises(Refused, match="own GSTR-1"):
        drafted.files_3b("2024-10")
    api = api_for(drafted, name="program")
    refused = api.post("gstr3b/102024/", {"version": 1, "declared": "yes"})
    assert (refused.status_code, refused.json()["code"]) == (422, "GSTR1_PENDING")
    drafted.files("2024-10", by=drafted.recipient)
    confirm(drafted, client)
    assert Gstr3b.objects.get().period == 202410


def test_r101_a_program_that_files_gets_the_warnings_of_the_page(drafted):
    api = api_for(drafted, name="program")
    before = {w["rule"]: w["title"] for w in api.get("gstr3b/102024/").json()["warnings"]}
    assert before["R-101"] == "GSTR-1 for October 2024 is not filed"
    done = api.post("gstr3b/102024/", {"version": 1, "declared": "yes"}).json()
    assert {w["rule"]: w["title"] for w in done["warnings"]} == before
    assert api.get("gstr3b/102024/").json()["warnings"] == []


@pytest.mark.parametrize("more", ["", "file/"])
def test_r010_a_registration_without_ims_gets_no_form_of_gstr3b(world, more):
    composition = world.taxpayer("27", 3003, "Shivneri Canteen", registration="composition")
    client = Client()
    client.force_login(world.person("asha", Role.SIGNATORY, at=composition))
    page = client.get(f"/t/{composition.gstin}/gstr3b/102024/{more}").content.decode()
    assert "This registration has no IMS, so it files no GSTR-3B here." in page
    assert "Table 4" not in page
    assert "due 20 Nov" not in page


@pytest.mark.parametrize("role", [Role.SUPPLIER_CLERK, Role.PREPARER])
def test_step_1_says_that_the_role_cannot_file_and_does_not_offer_step_2(drafted, role):
    filing = url(drafted, "gstr3b_file", OCTOBER)
    page = client_of(drafted, role).get(filing).content.decode()
    assert 'id="cannot"' in page
    assert 'form="figures"' not in page
    page = client_of(drafted, Role.SIGNATORY).get(filing).content.decode()
    assert 'id="cannot"' not in page
    assert 'form="figures"' in page


def test_without_a_draft_step_1_names_no_draft(world):
    page = client_of(world, Role.SIGNATORY).get(url(world, "gstr3b_file", OCTOBER)).content.decode()
    assert "The figures come from GSTR-2B draft" not in page
    assert "There is no GSTR-2B yet, so Table 4 is empty." in page
