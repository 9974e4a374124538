"""Section 22 of the screen specification: every message code has a text and a situation. In this situation, a
page shows the code and the text."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from gstr2b import midnight
from ims_portal.kernel import clock
from ims_portal.kernel.clock import IST
from ims_portal.support.web.screen_messages import COUNTED, MESSAGES
from invoices import portal_clock
from invoices.documents import saving
from invoices.models import JournalEntry, Role
from invoices.rules.refusals import CODES, QUOTED
from tests.codes_in_the_open import codes_in_the_open
from tests.desk_pages import act, at, client_for, credit_note, moved_bill, pick, seen_version, some
from tests.pages import client_of, text
from tests.templates.message_wordings import OF_GATES, SECTION_22, wordings
from tests.world import BY, World

pytestmark = [pytest.mark.django_db, pytest.mark.once]

Told = Callable[[World], str]
SAYS: dict[str, Told] = {}
IN_2025: set[str] = set()


def says(*codes: str, year: int = 2024) -> Callable[[Told], Told]:
    """Register the decorated function as the story of these message codes. A story brings the portal into a
    situation and returns the text of a page. The page must show the codes."""

    def keep(told: Told) -> Told:
        SAYS.update(dict.fromkeys(codes, told))
        if year == 2025:
            IN_2025.update(codes)
        return told

    return keep


def record_page(world: World, record) -> str:
    return text(client_for(world).get(at(world, f"ims/records/{record.pk}/")))


def page_after(client: Client, reply) -> str:
    """Return the text of the page that follows a POST, with the notices on the page."""
    return text(client.get(reply["Location"]))


def drafted(world: World) -> None:
    world.kept = world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-15 10:00")


@says("NOACT-INFO", "EXPIRED")
def inward_summary(world):
    world.saves()
    return text(client_for(world).get(at(world, "ims/inward/")))


@says("REJ-BOE")
def imports_tab(world):
    return text(client_for(world).get(at(world, "ims/inward/", tab="imports")))


@says("PEND-LIMIT", "NOT-FILED")
def a_saved_invoice(world):
    return record_page(world, world.saves())


@says("PEND-BACK", year=2025)
def a_moved_bills_reduction_record(world):
    return record_page(world, moved_bill(world))


@says("PEND-OLD")
def a_credit_note_of_2024(world):
    return record_page(world, credit_note(world))


@says("PEND-WINDOW", year=2025)
def a_credit_note_after_its_window(world):
    note = credit_note(world)
    world.goes_to("2025-11-10 10:00")
    world.files("2025-10")
    world.goes_to("2025-12-22 10:00")
    return record_page(world, note)


@says("ORIG-FIRST")
def an_amendment_before_its_original_is_closed(world):
    original = world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    return record_page(world, world.saves(period="2024-11", amends=original, taxable=9_000))


@says("AMEND-WINS")
def an_original_replaced_in_its_own_statement(world):
    original = world.saves()
    world.goes_to("2024-11-16 10:00")
    # this filing is too late for GSTR-2B of October, so the original and its amendment are in GSTR-2B of
    # November
    world.files("2024-10")
    world.goes_to("2024-12-05 10:00")
    world.saves(period="2024-11", amends=original, taxable=9_000)
    world.files("2024-11")
    return record_page(world, original)


@says("3B-FILED")
def a_record_of_a_filed_period(world):
    drafted(world)
    world.files_3b("2024-10")
    return record_page(world, world.kept)


@says("RESET-EDIT")
def an_edited_record(world):
    record = world.saves()
    world.acts("accept", record)
    world.edits(record, taxable=9_000)
    return record_page(world, record)


@says("SUP-DELETED")
def a_removed_record(world):
    record = world.saves()
    saving.delete(record.pk, world.supplier, by=BY)
    return record_page(world, record)


def declared(world: World, **answer: str) -> str:
    note, client = credit_note(world), client_for(world)
    return text(act(client, world, note, "A", whole_page="1", answered="1", **answer))


@says("RED-REMARK", year=2025)
def no_reduction_without_a_remark(world):
    return declared(world, reduce="no")


@says("RED-MAX", year=2025)
def a_reduction_above_the_note(world):
    return declared(world, reduce="part", igst="99,999", remarks="too much")


@says("PAIR-REJECT")
def an_invoice_and_its_note_rejected(world):
    invoice, note = world.saves(taxable=50_000), credit_note(world, number="CN-1", taxable=50_000)
    world.acts("reject", note)
    client = client_for(world)
    return page_after(client, act(client, world, invoice, "R"))


@says("2B-STALE")
def an_action_after_the_draft(world):
    drafted(world)
    world.acts("reject", world.kept)
    return text(client_for(world).get(at(world, "ims/inward/")))


def draft_page(world: World, period: str) -> str:
    return text(client_for(world).get(at(world, f"gstr2b/{period}/")))


@says("2B-BEFORE-14")
def before_the_fourteenth(world):
    return draft_page(world, "102024")


@says("2B-PREV3B")
def before_the_previous_return(world):
    world.goes_to("2024-12-16 10:00")
    return draft_page(world, "112024")


@says("2B-QRMP")
def a_month_of_a_quarter(world):
    world.recipient.frequency, world.recipient.open_period = "Q", 202412
    world.recipient.save()
    return draft_page(world, "102024")


@says("2B-RUNNING")
def while_the_night_drafts(world):
    world.saves()
    portal_clock.set_to(datetime(2024, 11, 14, 0, 5, tzinfo=IST), frozen=True)
    midnight.run_night(date(2024, 11, 14), here=False)
    return draft_page(world, "102024")


@says("2B-NOCHANGE")
def computed_again_without_a_change(world):
    drafted(world)
    return text(client_for(world).post(at(world, "gstr2b/102024/compute/"), follow=True))


@says("3B-LOCKED")
def a_figure_that_is_read_only(world):
    drafted(world)
    return text(client_of(world, Role.SIGNATORY).get(at(world, "gstr3b/102024/file/")))


@says("3B-GATE")
def filing_without_a_draft(world):
    return text(client_of(world, Role.SIGNATORY).get(at(world, "gstr3b/102024/")))


def supplier_page(world: World, path: str) -> str:
    client = client_of(world, Role.SUPPLIER_CLERK, at=world.supplier)
    return text(client.get(f"/t/{world.supplier.gstin}/{path}"))


@says("R1A-CLOSED")
def gstr1a_after_gstr3b(world):
    drafted(world)
    world.files_3b("2024-10", by=world.supplier)
    return supplier_page(world, "gstr1a/102024/")


@says("R1A-GSTIN")
def an_amendment_in_gstr1a(world):
    original = world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-12 10:00")
    return supplier_page(world, f"gstr1a/102024/b2ba/new/?amends={original.pk}")


@says("IFF-NA")
def iff_of_a_monthly_filer(world):
    return supplier_page(world, "iff/102024/")


@says("ROW-CHANGED")
def acting_on_what_changed(world):
    record, client = world.saves(), client_for(world)
    was = seen_version(world, record)
    world.edits(record, taxable=9_000)
    return page_after(client, act(client, world, record, "A", was=was))


@says("ROW-MINE")
def acting_on_what_the_person_changed(world):
    record, client = world.saves(), client_for(world)
    was = seen_version(world, record)
    act(client, world, record, "R")
    return page_after(client, act(client, world, record, "A", was=was))


def batch(world: World, client: Client, *records) -> str:
    """Preview the action Accept on these records, and return the address of the preview."""
    sent = {
        "action": "A",
        "scope": "ticked",
        "pick": pick(world, *records),
        "next": at(world, "ims/inward/all/"),
        "as_of": clock.now().isoformat(),
    }
    return client.post(at(world, "ims/batches/"), sent)["Location"]


@says("BATCH-DRIFT")
def a_batch_whose_records_changed(world):
    records, client = some(world, 2), client_for(world)
    preview = batch(world, client, *records)
    world.edits(records[0], taxable=9_000)
    return text(client.post(f"{preview}run/"))


@says("BATCH-DONE")
def a_batch_that_ran(world):
    client = client_for(world)
    return text(client.post(f"{batch(world, client, *some(world, 2))}run/", follow=True))


@says("SAVED-ONE")
def one_action(world):
    client = client_for(world)
    return page_after(client, act(client, world, world.saves(), "A"))


def undone(world: World, client: Client, record) -> str:
    act(client, world, record, "A")
    return text(client.post(at(world, "ims/undo/"), {"next": at(world, "ims/inward/all/")}, follow=True))


@says("UNDONE")
def one_undo(world):
    return undone(world, client_for(world), world.saves())


@says("UNDO-LATE")
def an_undo_too_late(world):
    record, client = world.saves(), client_for(world)
    act(client, world, record, "A")
    mine = JournalEntry.objects.filter(event="accepted").latest("pk")
    world.edits(record, taxable=9_000)
    sent = {"entry": str(mine.pk), "next": at(world, "ims/inward/all/")}
    return text(client.post(at(world, "ims/undo/"), sent, follow=True))


def imported(world: World, path: str, name: str, content: bytes) -> str:
    sent = {"file": SimpleUploadedFile(name, content)}
    return text(client_for(world).post(at(world, path), sent, follow=True))


@says("IMP-FORMAT")
def a_file_of_another_kind(world):
    return imported(world, "ims/other-portal/", "a.json", b'{"something": 1}')


@says("IMP-GSTIN")
def a_file_of_another_taxpayer(world):
    body = {"rtin": world.supplier.gstin, "reqtyp": "SAVE", "invdata": {"b2b": [{}]}}
    return imported(world, "ims/import/", "a.json", json.dumps(body).encode())


@says("IMP-EMPTY")
def a_file_without_changes(world):
    body = {"rtin": world.recipient.gstin, "reqtyp": "SAVE", "invdata": {"b2b": []}}
    return imported(world, "ims/import/", "a.json", json.dumps(body).encode())


@says("IMP-PERIOD")
def a_return_of_another_period(world):
    body = {"gstin": world.supplier.gstin, "fp": "092024", "b2b": []}
    client = client_of(world, Role.SUPPLIER_CLERK, at=world.supplier)
    sent = {"file": SimpleUploadedFile("a.json", json.dumps(body).encode()), "mode": "good"}
    return text(client.post(f"/t/{world.supplier.gstin}/gstr1/102024/upload/", sent))


@says("CSRF")
def a_form_without_its_token(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.person("asha", Role.PREPARER))
    return text(client.post(at(world, "ims/undo/")))


@says("ERR")
def something_fails(world):
    def fails(*_given, **_named):
        raise KeyError("x")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("invoices.web.public.render", fails)
        return text(Client(raise_request_exception=False).get("/"))


@says("NOPERM")
def a_viewer_acts(world):
    return text(act(client_for(world, Role.VIEWER, name="vik"), world, world.saves(), "A"))


def test_the_catalogue_has_every_code_once_and_no_other_code():
    assert not set(MESSAGES) & set(COUNTED)
    assert len(set(QUOTED.values())) == len(QUOTED), "one code for one refusal"
    assert all(code in CODES for code, _rule in QUOTED)
    assert {*MESSAGES, *COUNTED, *QUOTED.values(), *OF_GATES} == set(SECTION_22)
    assert set(SAYS) == set(SECTION_22)


def hides_codes(request):
    """Return the method of the test client, which then also checks that no page has a code in the open."""

    def checked(client, **environ):
        reply = request(client, **environ)
        if "html" in reply.get("Content-Type", ""):
            assert not codes_in_the_open(reply.content.decode()), environ["PATH_INFO"]
        return reply

    return checked


@pytest.mark.parametrize("code", SECTION_22)
def test_a_page_shows_the_text_of_a_code_in_its_situation_and_the_code_only_in_details(
    code, request, monkeypatch
):
    world = request.getfixturevalue("world_2025" if code in IN_2025 else "world")
    monkeypatch.setattr(Client, "request", hides_codes(Client.request))
    page = html.unescape(SAYS[code](world))
    assert re.search(rf"(?<![\w-]){code}(?![\w-])", page), page[-3000:]
    assert any(re.search(one, page) for one in wordings(code)), (wordings(code), page[-3000:])
