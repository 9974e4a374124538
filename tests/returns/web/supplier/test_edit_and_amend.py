"""Supplier pages by GET and POST: edit, amend and delete a document, and name another original for an amendment."""

from __future__ import annotations

import pytest

from ims_portal.kernel.periods import TaxPeriod
from invoices.documents import saving
from invoices.documents.checking import Incoming
from invoices.models import JournalEntry, Record
from invoices.rules.calendar import Form
from tests.api_client import api_for
from tests.returns.web.supplier.supplier_pages import form_values, text
from tests.world import BY

pytestmark = pytest.mark.once


def test_an_edit_warns_resets_the_action_and_keeps_the_rest(world, clerk, url):
    clerk.post(url("b2b/new/"), form_values(world))
    record = Record.objects.get()
    world.acts("reject", record, remarks="wrong amount")
    page = text(clerk.get(url(f"b2b/{record.pk}/")))
    assert "rejected this" in page
    assert "back to No action" in page
    assert "wrong amount" in page
    form = form_values(world, taxable_0="50000", revision=str(record.revision))
    assert clerk.post(url(f"b2b/{record.pk}/"), form).status_code == 302
    now = world.now(record)
    assert (now.taxable, now.igst, now.revision, now.decision.action) == (50_000_00, 9_000_00, 2, "N")


def test_saving_without_a_change_leaves_the_recipients_action(world, clerk, url):
    clerk.post(url("b2b/new/"), form_values(world))
    record = Record.objects.get()
    world.acts("accept", record)
    page = clerk.get(url(f"b2b/{record.pk}/"))
    form = page.context["form"]
    same = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    same["document_date"] = "05-10-2024"
    trace = JournalEntry.objects.count()
    assert clerk.post(url(f"b2b/{record.pk}/"), {**same, "do": "save"}).status_code == 302
    assert world.now(record).decision.action == "A"
    assert JournalEntry.objects.count() == trace


def test_an_edit_of_an_outdated_version_is_refused(world, clerk, url):
    clerk.post(url("b2b/new/"), form_values(world))
    record = Record.objects.get()
    clerk.post(url(f"b2b/{record.pk}/"), form_values(world, taxable_0="1", revision="1"))
    reply = clerk.post(url(f"b2b/{record.pk}/"), form_values(world, taxable_0="2", revision="1"))
    assert reply.status_code == 409
    assert world.now(record).taxable == 100


def test_deleting_asks_once_and_removes_the_document(world, clerk, url):
    clerk.post(url("b2b/new/"), form_values(world))
    record = Record.objects.get()
    world.acts("accept", record)
    page = text(clerk.get(url(f"b2b/{record.pk}/delete/")))
    assert "accepted this" in page
    assert Record.objects.exists()
    assert clerk.post(url(f"b2b/{record.pk}/delete/")).status_code == 302
    assert not Record.objects.exists()


def test_a_filed_document_has_a_link_to_amend_instead_of_an_edit_page(world, clerk, url):
    record = world.saves(number="F-1", document_date="2024-10-05")
    world.files("2024-10")
    world.goes_to("2024-11-12 10:00")
    assert clerk.get(url(f"b2b/{record.pk}/")).status_code == 404
    assert clerk.post(url(f"b2b/{record.pk}/delete/")).status_code == 404
    assert f"/gstr1a/102024/b2ba/new/?amends={record.pk}" in text(clerk.get(url("b2b/"))), "GSTR-1A is open"
    world.supplier.open_period = 202411
    world.supplier.save()
    page = text(clerk.get(url("b2b/")))
    assert f"/gstr1/112024/b2ba/new/?amends={record.pk}" in page, "after GSTR-3B only the next GSTR-1 is left"
    world.saves(number="F-1", document_date="2024-10-05", amends=record, period="2024-11", taxable=1)
    page = text(clerk.get(url("b2b/")))
    assert "Amended in GSTR-1 Nov 2024" in page
    assert "?amends=" not in page


def test_an_amendment_is_chosen_by_number_compared_and_saved(world, clerk, url):
    record = world.saves(number="F-1", document_date="2024-09-05", period="2024-09", taxable=10_000)
    world.files("2024-09")
    page = text(clerk.get(url("b2ba/new/"), {"number": "f-1"}))
    assert f"?amends={record.pk}" in page
    assert "No filed document" in text(clerk.get(url("b2ba/new/"), {"number": "NONE"}))
    where = url(f"b2ba/new/?amends={record.pk}")
    assert "As filed" in text(clerk.get(where))
    form = form_values(world, number="F-1", document_date="05-09-2024", taxable_0="9,000")
    assert clerk.post(where, form).status_code == 302
    amended = Record.objects.get(amends_id=record.pk)
    assert (amended.section, amended.taxable, amended.tax_period) == ("b2ba", 9_000_00, 202410)
    again = clerk.post(where, form)
    assert again.status_code == 422
    assert Record.objects.filter(amends_id=record.pk).count() == 1


def test_gstr1a_keeps_the_recipient_and_its_window(world, clerk, url):
    other = world.taxpayer("29", 2002, "Other")
    record = world.saves(number="F-1", document_date="2024-10-05", period="2024-10", taxable=10_000)
    form = form_values(world, number="F-1", taxable_0="9000", recipient=other.gstin)
    where = url(f"b2ba/new/?amends={record.pk}", slug="gstr1a")
    assert clerk.get(where).status_code == 404, "not filed yet"
    world.files("2024-10")
    reply = clerk.post(where, form)
    assert reply.status_code == 422
    assert "opens on" in text(reply), "not before the due date of GSTR-1"
    world.goes_to("2024-11-12 10:00")
    assert clerk.post(where, form).status_code == 302
    amended = Record.objects.get(amends_id=record.pk)
    assert (amended.recipient, amended.form) == (world.recipient, "GSTR-1A")


def test_r080_the_page_of_a_saved_amendment_links_it_to_another_original(world, clerk, url):
    """The person corrects number and date of the document that is amended, without scripts."""
    first = world.saves(number="O-1", document_date="2024-10-05")
    second = world.saves(number="O-2", document_date="2024-10-06", taxable=40_000)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-25 10:00")
    saved = world.saves(amends=first, number="A-1", period="2024-11", taxable=9_000)
    where = f"/t/{world.supplier.gstin}/gstr1/112024/b2ba/{saved.pk}/"
    page = clerk.get(where)
    assert page.context["form"]["original_number"].value() == "O-1"
    assert 'name="original_date" value="05-10-2024"' in text(page)
    typed = form_values(world, number="A-1", taxable_0="9,000", revision="1")
    refused = clerk.post(where, typed | {"original_number": "O-2", "original_date": "07-10-2024"})
    assert refused.status_code == 422
    assert "no filed original O-2 of 07-10-2024" in text(refused)
    assert "R-080" in text(refused)
    assert list(refused.context["form"].errors) == ["original_number"]
    blank = clerk.post(where, typed | {"original_number": "", "original_date": "06-10-2024"})
    assert (blank.status_code, list(blank.context["form"].errors)) == (422, ["original_number"])
    assert world.now(saved).amends_id == first.pk
    answer = clerk.post(where, typed | {"original_number": "O-2", "original_date": "06-10-2024"})
    assert answer.status_code == 302
    assert Record.objects.get(number="A-1").amends_id == second.pk
    assert world.saves(amends=first, number="A-2", period="2024-11").amends_id == first.pk


ORIGINAL_1 = {"original_number": "O-1", "original_date": "05-10-2024"}


@pytest.fixture
def relinking(world):
    """Return a world with a saved amendment of O-1, and with the filed invoice O-2 of a recipient in another
    State."""
    world.other = world.taxpayer("24", 1750, "Other recipient")
    world.first = world.saves(number="O-1", document_date="2024-10-05")
    world.second = world.saves(
        number="O-2",
        document_date="2024-10-06",
        taxable=40_000,
        recipient=world.other.gstin,
        place_of_supply="24",
    )
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-25 10:00")
    world.saved = world.saves(amends=world.first, number="A-1", period="2024-11", taxable=9_000)
    world.table = f"/t/{world.supplier.gstin}/gstr1/112024/b2ba/"
    world.page = f"{world.table}{world.saved.pk}/"
    world.typed = form_values(world, number="A-1", taxable_0="9,000", revision="1") | {
        "original_number": "O-2",
        "original_date": "06-10-2024",
    }
    return world


def test_r080_the_page_compares_with_the_original_that_the_person_typed(relinking, clerk):
    page = clerk.post(relinking.page, relinking.typed | {"do": "tax"})
    assert page.context["changes"][0]["old"] == 40_000_00
    here, there = relinking.recipient.gstin, relinking.other.gstin
    assert f"amendment of O-2 changes the recipient from {there} to {here}" in text(page)
    assert "changes the place of supply from 24 Gujarat to" in text(page)
    unknown = clerk.post(relinking.page, relinking.typed | {"do": "tax", "original_number": "O-9"})
    assert unknown.context["changes"] == []
    for odd in ({"original_number": "O\x002"}, {"original_date": "soon"}, {"original_number": ""}):
        assert clerk.post(relinking.page, relinking.typed | {"do": "tax"} | odd).context["changes"] == []
    assert "You can amend no filed document with this number and this date" in text(unknown)
    same = clerk.post(relinking.page, relinking.typed | {"do": "tax", **ORIGINAL_1, "original_number": "o-1"})
    assert same.context["changes"][0]["old"] == relinking.first.taxable


def test_r080_a_new_original_is_named_and_a_change_of_the_recipient_is_a_warning(relinking, clerk):
    before = text(clerk.get(relinking.page))
    assert "changes the recipient" not in before
    answer = clerk.post(relinking.page, relinking.typed, follow=True)
    said = text(answer)
    assert "It now amends O-2 of 06-10-2024. Before, it amended O-1 of 05-10-2024." in said
    gstins = f"from {relinking.other.gstin} to {relinking.recipient.gstin}"
    assert f"This amendment of O-2 changes the recipient {gstins}. (R-080)" in said
    assert "changes the place of supply from 24 Gujarat to" in said
    program = api_for(relinking, at=relinking.supplier)
    (shown,) = program.get("forms/gstr1/112024/documents/?table=b2ba").json()["items"]
    assert [warning for warning in shown["warnings"] if gstins in warning]
    again = program.get(f"forms/gstr1/112024/documents/{shown['id']}/").json()
    assert again["warnings"] == shown["warnings"]


def test_r042_r080_the_old_address_of_an_edited_document_leads_to_its_successor(relinking, clerk):
    """An old tab shows the page of the first record. Two edits have given the document new records."""
    clerk.post(relinking.page, relinking.typed)
    second = Record.objects.get(number="A-1")
    typed = relinking.typed | {"number": "A-2", "revision": str(second.revision)} | ORIGINAL_1
    assert clerk.post(f"{relinking.table}{second.pk}/", typed).status_code == 302
    last = Record.objects.get(number="A-2")
    assert len({relinking.saved.pk, second.pk, last.pk}) == 3
    for old in (relinking.saved.pk, second.pk):
        assert clerk.get(f"{relinking.table}{old}/")["Location"] == f"{relinking.table}{last.pk}/"
        for ask in (clerk.get, clerk.post):
            reply = ask(f"{relinking.table}{old}/delete/")
            assert reply["Location"] == f"{relinking.table}{last.pk}/delete/", "the page asks again"
        late = clerk.post(f"{relinking.table}{old}/", relinking.typed)
        assert late.status_code == 409, "an old tab saves nothing over the newer content"
    assert Record.objects.get(pk=last.pk).revision == last.revision
    clerk.post(f"{relinking.table}{last.pk}/delete/")
    assert clerk.get(relinking.page).status_code == 404


def test_r042_a_file_that_moves_documents_keeps_their_old_addresses(world, clerk, url):
    """Both documents move to another recipient in one edit. Each old address leads to its own document."""
    other = world.taxpayer("24", 1750, "Other recipient")
    olds = {number: world.saves(number=number, document_date="2024-10-05") for number in ("M-1", "M-2")}
    moved = [Incoming(world.draft(number=n, document_date="2024-10-05", recipient=other.gstin)) for n in olds]
    saving.save_many(world.supplier, Form.GSTR1, TaxPeriod(2024, 10), moved, by=BY)
    for number, old in olds.items():
        new = Record.objects.get(number=number)
        assert (new.recipient, new.pk == old.pk) == (other, False)
        assert clerk.get(url(f"b2b/{old.pk}/"))["Location"] == url(f"b2b/{new.pk}/")
        assert clerk.get(url(f"notes/{old.pk}/")).status_code == 404


def test_r080_an_edit_without_a_new_original_keeps_the_original(world, clerk, url):
    first = world.saves(number="O-1", document_date="2024-10-05")
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    saved = world.saves(amends=first, number="A-1", period="2024-11", taxable=9_000)
    where = f"/t/{world.supplier.gstin}/gstr1/112024/b2ba/{saved.pk}/"
    typed = form_values(world, number="A-1", taxable_0="8,000", revision="1")
    clerk.post(where, typed | {"original_number": "O-1", "original_date": "2024-10-05"})
    kept = world.now(saved)
    assert (kept.amends_id, kept.taxable, kept.revision) == (first.pk, 8_000_00, 2)


def test_a_document_of_another_supplier_cannot_be_edited_deleted_or_amended(world, clerk, url):
    other = world.taxpayer("27", 1600, "Other supplier")
    foreign = world.saves(by=other, number="X-1")
    filed = world.saves(by=other, number="X-2", period="2024-09", document_date="2024-09-05")
    world.files("2024-09", by=other)
    for part in (f"b2b/{foreign.pk}/", f"b2b/{foreign.pk}/delete/", f"b2ba/new/?amends={filed.pk}"):
        assert clerk.get(url(part)).status_code == 404, part
        assert clerk.post(url(part), form_values(world)).status_code == 404, part
    assert Record.objects.filter(pk=foreign.pk).exists()
    assert "X-1" not in text(clerk.get(url("b2b/")))
    assert "X-2" not in text(clerk.get(url("b2ba/new/"), {"number": "X-2"})).replace('value="X-2"', "")


def test_a_document_is_found_only_at_its_own_form_period_and_table(world, clerk, url):
    record = world.saves(number="A-1")
    for where in (
        url(f"notes/{record.pk}/"),
        url(f"b2ba/{record.pk}/"),
        url(f"b2b/{record.pk}/", period="092024"),
    ):
        assert clerk.get(where).status_code == 404
    assert clerk.get(url(f"b2b/{10**30}/")).status_code == 404
    assert clerk.get(url(f"b2ba/new/?amends={10**17}")).status_code == 404
