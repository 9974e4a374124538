"""Pages, files and explanations name the party from which a document comes: customs, a distributor, an
operator or a supplier."""

from __future__ import annotations

import html
import re
from datetime import date

import pytest

from ims_portal.kernel import clock
from invoices.documents import archive, saving
from invoices.documents.customs import bills_of_entry
from invoices.models import Record
from invoices.queries.calendar import calendar
from invoices.queries.explain import explain
from invoices.queries.situations import DeskView
from invoices.rules.attribution import RegistrationType
from invoices.rules.calendar import Form
from invoices.rules.rulebooks import rule
from invoices.rules.situation import Book, Kind
from tests.desk_pages import act, at, client_for, notices_after
from tests.invoices.rules.domain import situation
from tests.world import BY

pytestmark = pytest.mark.once


def bill_of_entry(world) -> Record:
    bill = bills_of_entry.BillOfEntry("7510901", date(2025, 10, 17), "INNSA1", False, 10_000_00, 1_800_00)
    record = bills_of_entry.receive(world.recipient, bill, by=BY)
    assert record is not None
    return record


def isd_document(world) -> Record:
    """Return an ISD invoice that its distributor has filed."""
    distributor = world.taxpayer("27", 1007, "Head Office ISD", registration=RegistrationType.ISD.value)
    record = world.saves(by=distributor, form=Form.GSTR6, number="ISD/007")
    world.goes_to("2024-11-12 10:00")
    world.files("2024-10", by=distributor, form=Form.GSTR6)
    return world.now(record)


def told(record: Record) -> str:
    view = DeskView.of(record.recipient, clock.today(), calendar())
    return " ".join(explain(record, view, calendar()).lines())


def test_pages_of_a_bill_of_entry_speak_of_customs_and_not_of_a_supplier(world):
    """R-136: a bill of entry has no supplier."""
    world.goes_to("2025-10-28")
    bill = bill_of_entry(world)
    client = client_for(world)

    def said(path: str) -> str:
        page = client.get(at(world, path)).content.decode()
        whole = re.sub(r"<[^>]+>", " ", page.split("<main", 1)[1].split("</main>")[0])
        return " ".join(html.unescape(whole).split())

    one = said(f"ims/records/{bill.pk}/")
    assert "Received from customs (ICEGATE)" in one
    assert "ICEGATE reference date 17-10-2025" in one
    assert "Customs data Received on 28-10-2025" in one
    assert "Customs does not see the remarks." in one
    for path in (f"ims/records/{bill.pk}/", "ims/inward/impg/", "ims/triage/impg/"):
        assert not re.search(r"supplier|GSTR-1\b", said(path), re.IGNORECASE), path
    assert "supplier" not in told(world.now(bill)).lower()
    assert "R-074  The ICEGATE reference date of this bill of entry is 17-10-2025." in told(world.now(bill))
    found = client.get(at(world, "find/", q="7510901")).content.decode()
    assert "Customs (ICEGATE)" in found


def test_pages_of_an_isd_document_name_the_distributor(world):
    """R-030: an ISD document goes directly to GSTR-2B."""
    document = isd_document(world)
    client = client_for(world)
    assert "The input service distributor filed this document in GSTR-6" in told(document)
    page = html.unescape(client.get(at(world, f"ims/records/{document.pk}/")).content.decode())
    assert "Reported by an input service distributor in GSTR-6." in page
    assert "Distributor's filing" in page
    assert "All records of this distributor" in page
    assert "Supplier filing" not in page
    listed = html.unescape(client.get(at(world, "ims/inward/isd/")).content.decode())
    assert "Input service distributor" in listed
    assert "Supplier" not in listed.split("<main", 1)[1].split("</main>")[0]


def test_r102_a_closed_bill_of_entry_sends_the_reader_to_customs_and_not_to_a_supplier():
    bill = situation(book=Book.B2510, kind=Kind.BILL_OF_ENTRY, closed=True)
    advice = {refusal.instead for refusal in rule(bill).refusals.values()}
    assert advice == {"If the bill of entry is wrong, ask customs to amend it."}


def test_a_closed_isd_document_is_not_said_to_have_an_action(world):
    document = isd_document(world)
    world.goes_to("2024-11-20 10:00")
    world.files_3b("2024-10")
    archive.move_all(world.recipient)
    page = html.unescape(client_for(world).get(at(world, f"ims/records/{document.pk}/")).content.decode())
    assert "This document was never in IMS, so no action was needed." in page
    assert "the action can no longer be changed" not in page
    assert "Reported by an input service distributor in GSTR-6." in page


def test_messages_about_a_document_of_an_operator_name_the_operator(world):
    """R-040: an edit clears the action."""
    document = world.saves(kind=Kind.ECO, number="ECO/1")
    client = client_for(world)
    page = html.unescape(client.get(at(world, f"ims/records/{document.pk}/")).content.decode())
    assert "The e-commerce operator has saved but not filed this document." in page
    assert "The e-commerce operator sees the rejection and your remarks." in page
    explained = told(world.now(document))
    assert "The e-commerce operator saved this document in GSTR-1 but has not filed it." in explained
    assert "if the e-commerce operator files in time" in explained
    toast = notices_after(client, act(client, world, document, "A"))
    assert "only after the e-commerce operator has filed it" in toast
    twin = world.saves(kind=Kind.ECO, number="ECO-1")
    page = html.unescape(client.get(at(world, f"ims/records/{twin.pk}/")).content.decode())
    assert "also comes from the e-commerce operator, with the same amounts" in page
    saving.delete(twin.pk, world.supplier, by=BY)
    page = html.unescape(client.get(at(world, "ims/inward/ecom/?more=filters")).content.decode())
    assert "Edited by the e-commerce operator after my action" in page
    world.acts("accept", document)
    world.edits(document, taxable=9_000)
    page = html.unescape(client.get(at(world, f"ims/records/{document.pk}/")).content.decode())
    assert "The e-commerce operator changed this document on" in page
    assert "supplier" not in page.split('id="act-here"')[1].split("</section>")[0].lower()
