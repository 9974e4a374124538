"""Supplier pages by GET and POST: enter a document, and who may read and write.

For another taxpayer's GSTIN, the portal answers 404."""

from __future__ import annotations

import pytest

from invoices.models import JournalEntry, Record, Role
from returns.models import OutwardReturn
from tests.returns.web.supplier.supplier_pages import form_values, text

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
        ({"document_date": "31-04-2024"}, "document_date", "This day does not exist"),
        ({"document_date": "05-10-24"}, "document_date", "DD-MM-YYYY"),
        ({"document_date": "05-11-2024"}, "document_date", "future"),
        ({"place_of_supply": "96"}, "place_of_supply", "valid choice"),
        ({"taxable_0": "-5"}, "taxable_0", "no minus sign"),
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


@pytest.mark.parametrize(
    ("kind_of_supply", "asks"),
    [({}, True), ({"invoice_type": "SEWP"}, False), ({"invoice_type": "SEWOP"}, False)],
)
def test_the_tax_waits_for_the_place_of_supply_that_decides_its_heads(
    world, clerk, url, kind_of_supply, asks
):
    """Without a place, the portal must not charge IGST as if the place were in another State."""
    blank = form_values(world, place_of_supply="", do="tax", **kind_of_supply)
    page = clerk.post(url("b2b/new/"), blank)
    assert (page.status_code == 422) is asks
    assert ("Choose the place of supply" in str(page.context["form"]["place_of_supply"].errors)) is asks
    assert ('<a href="#id_place_of_supply">' in text(page)) is asks
    if asks:
        assert not page.context["form"]["igst_0"].value()
        assert page.context["totals"]["tax"].total == 0
        line = clerk.post(url("b2b/new/"), blank | {"do": "line"})
        assert line.context["totals"]["tax"].total == 0
        # a tax that the person typed stays while the portal asks
        typed = clerk.post(url("b2b/new/"), blank | {"cgst_0": "9000", "sgst_0": "9000"})
        assert typed.context["form"]["cgst_0"].value() == "9000"
    home = clerk.post(
        url("b2b/new/"), blank | {"place_of_supply": world.supplier.gstin[:2], "invoice_type": "R"}
    )
    assert home.status_code == 200
    assert [home.context["form"][f"{head}_0"].value() for head in ("igst", "cgst", "sgst")] == [
        "0.00",
        "9,000.00",
        "9,000.00",
    ]


def test_one_answer_tells_every_fault_of_a_document(world, clerk, url):
    """Guards that a bad GSTIN and a bad number do not wait until the other faults are mended."""
    gstin = world.recipient.gstin
    wrong = gstin[:-1] + ("A" if gstin[-1] != "A" else "B")
    given = {"recipient": wrong, "number": "P_1", "document_date": "31-11-2024", "taxable_0": "-5000"}
    answer = clerk.post(url("b2b/new/"), form_values(world, **given, rate_1="1800"))
    assert set(answer.context["form"].errors) == {*given, "taxable_1"}
