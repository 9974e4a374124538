"""Supplier pages by GET and POST: enter, edit, amend and delete a document.

For another taxpayer's GSTIN, the portal answers 404."""

from __future__ import annotations

import pytest

from ims_portal.kernel.periods import TaxPeriod
from invoices.documents import saving
from invoices.documents.checking import Incoming
from invoices.models import JournalEntry, Record, Role
from invoices.rules.calendar import Form
from returns.models import OutwardReturn
from tests.api_client import api_for
from tests.returns.web.supplier.supplier_pages import form_values, text
from tests.world import BY

pytestmark = pytest.mark.once

ROUTES = [
    "",
    "upload/",
    "file/",
    "filed/",
    "json/",
    "recipient/",
    "b2b/",
    "b2b/new/",
    "b2b/{id}/",
    "b2b/{id}/delete/",
    "b2ba/new/",
    "b2ba/new/?amends={id}",
]


# tests of entering


def test_a_typed_document_is_saved_with_its_computed_tax(world, clerk, url):
    reply = clerk.post(url("b2b/new/"), form_values(world), follow=True)
    assert reply.redirect_chain[0][0] == url("b2b/")
    saved = Record.objects.get()
    assert (saved.number, saved.taxable, saved.igst, saved.cgst, saved.value) == (
        "P-1",
        1_00_000_00,
        18_000_00,
        0,
        1_18_000_00,
    )
    assert saved.rate_lines == [[1800, 1_00_000_00, 18_000_00, 0, 0, 0]]
    assert saved.recipient == world.recipient
    assert saved.decision.action == "N"
    assert "P-1" in text(reply)
    assert JournalEntry.objects.get(event="document saved").actor.username == "clerk"


def test_within_one_state_the_tax_is_halved_and_lines_add_up(world, clerk, url):
    lines = {"rate_1": "500", "taxable_1": "200.50", "cess_1": "3"}
    clerk.post(url("b2b/new/"), form_values(world, place_of_supply="27", **lines))
    saved = Record.objects.get()
    assert (saved.igst, saved.cgst, saved.sgst, saved.cess) == (0, 9_000_00 + 501, 9_000_00 + 501, 300)


def test_given_taxes_are_taken_as_they_are_and_checked_by_the_law(world, clerk, url):
    reply = clerk.post(url("b2b/new/"), form_values(world, igst_0="17,000"))
    assert reply.status_code == 422
    said = "Line 1, Rate: 18 % of 1,00,000.00 is 18,000.00, but the tax is 17,000.00. Correct the tax or the rate."
    assert said in text(reply)
    assert "Line 1: 18 %" not in text(reply), "the line is named once"
    assert '/help/rules/R-145/">Rule R-145</a> · Message code <span class="mono">BAD_DOC<' in text(reply)
    assert 'href="#id_rate_0"' in text(reply)
    assert 'value="17,000"' in text(reply), "what was typed is kept"
    assert not Record.objects.exists()


def test_a_changed_value_changes_the_tax_that_was_left_and_never_the_tax_that_was_typed(world, clerk, url):
    """R-145, with scripts off: tax that nobody typed follows the taxable value, and the page says so."""
    clerk.post(url("b2b/new/"), form_values(world))
    saved = Record.objects.get()
    shown = form_values(world, igst_0="18,000.00", revision=str(saved.revision))
    # the person typed both, so a tax that does not fit is refused and stays as it was typed
    refused = clerk.post(url(f"b2b/{saved.pk}/"), {**shown, "taxable_0": "50000", "igst_0": "8000"})
    assert refused.status_code == 422
    assert 'value="8000"' in refused.content.decode()
    assert Record.objects.get().igst == 18_000_00
    reply = clerk.post(url(f"b2b/{saved.pk}/"), {**shown, "taxable_0": "50000"}, follow=True)
    assert reply.status_code == 200, reply.context["form"].errors
    assert "The tax of line 1 was computed again from its taxable value and rate." in text(reply)
    saved = Record.objects.get()
    assert (saved.taxable, saved.igst) == (50_000_00, 9_000_00)
    # a tax within one rupee fits the new value and stays
    shown = form_values(world, taxable_0="50001", igst_0="9,000.00", revision=str(saved.revision))
    reply = clerk.post(url(f"b2b/{saved.pk}/"), shown, follow=True)
    assert "computed again" not in text(reply)
    assert Record.objects.get().igst == 9_000_00


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"recipient": "29AAACT2001A1ZZ"}, "recipient", "check character"),
        ({"recipient": "27"}, "recipient", "must have 15"),
        ({"recipient": ""}, "recipient", "required"),
        ({"number": "A B"}, "number", "1 to 16 characters"),
        ({"number": "A" * 17}, "number", "1 to 16 characters"),
        ({"document_date": "31-04-2024"}, "document_date", "DD-MM-YYYY"),
        ({"document_date": "05-10-24"}, "document_date", "DD-MM-YYYY"),
        ({"document_date": "05-11-2024"}, "document_date", "future"),
        ({"place_of_supply": "96"}, "place_of_supply", "valid choice"),
        ({"taxable_0": "-5"}, "taxable_0", "not a valid amount"),
        ({"taxable_0": "1.234"}, "taxable_0", "decimals"),
        ({"taxable_0": ""}, "taxable_0", "rate and the taxable value"),
        ({"rate_0": ""}, "rate_0", "rate and the taxable value"),
        ({"rate_0": "", "taxable_0": ""}, "taxable_0", "at least one line"),
        ({"rate_0": "1700"}, "rate_0", "valid choice"),
        ({"irn": "<script>alert(1)</script>"}, "irn", "64 characters"),
    ],
)
def test_a_mistake_is_shown_in_the_summary_and_at_its_field(world, clerk, url, changed, field, said):
    reply = clerk.post(url("b2b/new/"), form_values(world, **changed))
    page = text(reply)
    assert reply.status_code == 422
    assert f'href="#id_{field}"' in page
    assert f'id="id_{field}_error"' in page
    assert said in page
    assert "<script>alert" not in page
    assert not Record.objects.exists()


def test_a_number_used_before_is_refused_with_rule_and_code(world, clerk, url):
    clerk.post(url("b2b/new/"), form_values(world))
    reply = clerk.post(url("b2b/new/"), form_values(world, number="p-1"))
    assert reply.status_code == 422
    assert '/help/rules/R-049/">Rule R-049</a> · Message code <span class="mono">DUPLICATE_DOC<' in text(
        reply
    )
    assert Record.objects.count() == 1


def test_buttons_other_than_save_save_nothing_and_keep_the_typed_values(world, clerk, url):
    reply = clerk.post(url("b2b/new/"), form_values(world, number="KEEP-1", do="tax"))
    assert 'value="18,000.00"' in text(reply)
    assert "18,000.00" in text(reply), "the running total"
    assert 'value="KEEP-1"' in text(reply)
    reply = clerk.post(url("b2b/new/"), form_values(world, rate_1="", rate_2="", do="line"))
    assert 'name="rate_3"' in text(reply)
    assert "errsum" not in text(reply)
    assert not Record.objects.exists()


def test_save_and_add_another_comes_back_to_an_empty_form(world, clerk, url):
    reply = clerk.post(url("b2b/new/"), form_values(world, do="next"))
    assert reply.url == url("b2b/new/")


def test_a_note_and_an_operators_document_can_be_entered(world, clerk, url):
    clerk.post(
        url("notes/new/"),
        form_values(world, kind="CN", number="CN-1", place_of_supply="27", cgst_0="9000", sgst_0="9000"),
    )
    clerk.post(
        url("eco/new/"), form_values(world, kind="ECO", number="E-1", supplied_by=world.supplier.gstin)
    )
    kinds = dict(Record.objects.values_list("number", "kind"))
    assert kinds == {"CN-1": "CN", "E-1": "ECO"}
    assert Record.objects.get(number="E-1").details == {"supplied_by": world.supplier.gstin}


def test_a_distributors_credit_note_names_the_invoice_that_it_changes(world, clerk, url):
    office = world.taxpayer("27", 3001, "Head office", registration="isd")
    clerk.force_login(world.person("isd", Role.SUPPLIER_CLERK, at=office))
    at = url("notes/new/", slug="gstr6", at=office)
    assert "changed_number" in text(clerk.get(at))
    assert "changed_number" not in text(clerk.get(url("b2b/new/", slug="gstr6", at=office)))
    typed = form_values(world, kind="CN", number="CN-1", changed_number="ISD/7", changed_date="03-09-2024")
    half = {**typed, "changed_date": ""}
    assert "number and the date of the invoice, or neither" in text(clerk.post(at, half))
    assert "A document number has" in text(clerk.post(at, {**typed, "changed_number": "a b"}))
    assert clerk.post(at, typed).status_code == 302
    record = Record.objects.get()
    assert record.details == {"original_number": "ISD/7", "original_date": "2024-09-03"}
    assert 'value="03-09-2024"' in text(clerk.get(url(f"notes/{record.pk}/", slug="gstr6", at=office)))


def test_the_form_shows_the_name_of_a_typed_gstin(world, clerk, url):
    assert world.recipient.name in text(
        clerk.get(url("recipient/"), {"recipient": world.recipient.gstin.lower()})
    )
    assert "check character" in text(clerk.get(url("recipient/"), {"recipient": "29AAACT2001A1ZZ"}))
    assert clerk.get(url("recipient/"), {"recipient": "\x00" * 15}).status_code == 200


# tests of editing and deleting


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


# tests of roles


@pytest.mark.parametrize("route", ROUTES)
def test_another_taxpayers_form_is_not_found(world, client, url, route):
    record = world.saves(number="A-1")
    client.force_login(world.person("stranger", Role.SIGNATORY, at=world.recipient))
    where = url(route.format(id=record.pk))
    before = list(Record.objects.values())
    for method in (client.get, client.post):
        assert method(where).status_code == 404
    assert client.get(f"/t/{world.supplier.gstin}/returns/").status_code == 404
    assert list(Record.objects.values()) == before
    assert not OutwardReturn.objects.exists()


@pytest.mark.parametrize("route", ROUTES)
def test_a_signed_out_person_sees_no_form(world, client, url, route):
    reply = client.get(url(route.format(id=1)))
    assert reply.status_code == 302
    assert "/accounts/login/" in reply.url


@pytest.mark.parametrize("role", [Role.VIEWER, Role.PREPARER, Role.AUDITOR])
def test_other_roles_read_and_do_not_write(world, client, url, role):
    record = world.saves(number="A-1")
    client.force_login(world.person("reader", role, at=world.supplier))
    for route in ("", "file/", "json/", "b2b/"):
        assert client.get(url(route)).status_code == 200, route
    for route in ("upload/", "b2b/new/", f"b2b/{record.pk}/", f"b2b/{record.pk}/delete/"):
        assert client.get(url(route)).status_code == 403, route
        assert client.post(url(route), form_values(world)).status_code == 403, route
    assert client.post(url("file/"), {"declare": "yes"}).status_code == 403
    assert "/b2b/new/" not in text(client.get(url()))
    assert Record.objects.count() == 1


def test_a_get_never_changes_anything(world, signatory, url):
    record = world.saves(number="A-1")
    trace = JournalEntry.objects.count()
    for route in ROUTES:
        signatory.get(url(route.format(id=record.pk)))
    assert JournalEntry.objects.count() == trace
    for route in ("", "json/", "b2b/"):
        assert signatory.post(url(route)).status_code == 405


def test_a_post_without_the_token_is_refused(world, url):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.person("sign", Role.SIGNATORY, at=world.supplier))
    assert strict.post(url("file/"), {"declare": "yes"}).status_code == 403
    assert not OutwardReturn.objects.exists()
