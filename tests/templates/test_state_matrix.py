"""Section 29 of the screens: each screen has words for the states empty, loading, error, blocked and success.

Each cell of that table has one story here, and no cell is left out."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import datetime
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from gstr2b import generation
from gstr2b.differences import Difference
from ims_portal.kernel import clock
from ims_portal.kernel.clock import IST
from invoices import jobs
from invoices.models import Job, PortalClock, Role
from invoices.rules.attribution import RegistrationType
from invoices.workbooks.ims import write_ims
from returns.files import downloads
from returns.files.downloads import Wanted
from returns.models import Gstr3b
from tests.desk_pages import act, at, client_for, credit_note, some
from tests.pages import client_of, text
from tests.templates.test_screen_messages import SAYS, batch, drafted, page_after
from tests.world import BY, World

pytestmark = pytest.mark.django_db

STATES = ("empty", "loading", "error", "blocked", "success")
# the table of section 29: the states in which each screen must show words
MATRIX = {
    "Home": "empty loading error blocked",
    "IMS overview": "empty loading error blocked",
    "Inward summary": "empty loading error blocked success",
    "Record list": "empty loading error blocked success",
    "Bulk preview": "empty loading error blocked success",
    "Declaration form": "loading error blocked success",
    "Record panel": "empty loading error blocked success",
    "2B draft": "empty loading error blocked success",
    "Recompute": "empty loading error blocked success",
    "Compare": "empty loading error blocked",
    "3B preview / file": "empty loading error blocked success",
    "Outward view": "empty loading error blocked",
    "GSTR-1 / 1A / IFF": "empty loading error blocked success",
    "Import": "empty loading error blocked success",
    "Export / jobs": "empty loading error blocked success",
    "Clock": "empty loading error blocked success",
    "Audit": "empty loading error blocked success",
    "Analytics": "empty loading error",
}
# states that only scripts show: tests/browser/test_states.py
IN_A_BROWSER = {
    ("Declaration form", "loading"), ("3B preview / file", "loading"),
    ("Record panel", "loading"), ("Record panel", "error"),
}  # fmt: skip
# pages that arrive complete: until a script loads a later part, words and a link are in its place
WHOLE = {
    "Home": "", "IMS overview": "ims/", "Inward summary": "ims/inward/", "Record list": "ims/inward/all/",
    "Bulk preview": "", "2B draft": "gstr2b/102024/", "Compare": "gstr2b/102024/compare/?from=1&to=now",
    "Outward view": "ims/outward/", "GSTR-1 / 1A / IFF": "gstr1/102024/", "Audit": "audit/",
    "Analytics": "analytics/",
}  # fmt: skip
# on these pages a failure is shown with a reference, and the person can try again
RETRIED = [name for name in WHOLE if name not in ("Compare", "GSTR-1 / 1A / IFF", "Analytics")]

Story = Callable[[World], tuple[str, ...] | str]
CELLS: dict[tuple[str, str], tuple[Story, tuple[str, ...], int]] = {}


def cell(screen: str, state: str, *says: str, year: int = 2024) -> Callable[[Story], Story]:
    """Register the decorated story, which ends on the page that shows this state of the screen.

    `says` are patterns of its words."""

    def keep(story: Story) -> Story:
        CELLS[screen, state] = (story, says, year)
        return story

    return keep


def quoted(screen: str, state: str, code: str, *says: str) -> None:
    """Register a state that a message of the catalogue describes, with that message's story."""
    CELLS[screen, state] = (SAYS[code], (re.escape(code), *says), 2024)


def page(world: World, path: str, *roles: Role) -> str:
    return text(client_for(world, *roles).get(at(world, path)))


def of_supplier(world: World, path: str) -> str:
    return text(client_of(world, Role.SUPPLIER_CLERK, at=world.supplier).get(at_supplier(world, path)))


def at_supplier(world: World, path: str) -> str:
    return f"/t/{world.supplier.gstin}/{path}"


def stale(world: World) -> None:
    drafted(world)
    world.acts("reject", world.kept)


# stories of empty screens


for _screen, _path, _says in (
    ("Home", "", "All clear for October 2024"),
    ("IMS overview", "ims/", "Records you leave at No action count as accepted"),
    ("Inward summary", "ims/inward/", "No records for October 2024 yet"),
    ("Record list", "ims/inward/b2b/", "Records appear when a supplier saves them in GSTR-1"),
    ("2B draft", "gstr2b/112024/", "is not drafted"),
    ("3B preview / file", "gstr3b/102024/", "There is no GSTR-2B to fill it from yet"),
    ("Outward view", "ims/outward/", "Recipients have not acted|No document|0"),
    ("Import", "ims/import/", "Choose a file"),
    ("Export / jobs", "jobs/", "No jobs yet|Nothing"),
    ("Audit", "audit/", "Whatever is done at this GSTIN will stand here"),
    ("Analytics", "analytics/", "No records for October 2024 yet"),
):
    cell(_screen, "empty", _says)(lambda world, path=_path: page(world, path, Role.PREPARER))


@cell("Clock", "empty", "Choose a date and time for the portal clock")
def a_clock_nobody_moves_yet(world):
    return text(client_for(world).get("/clock/"))


@cell("Bulk preview", "empty", "Nothing would change", "These records already have this status")
def a_batch_of_what_stands_so(world):
    records, client = some(world, 2), client_for(world)
    world.acts("accept", *records)
    return text(client.get(batch(world, client, *records)))


quoted("Record panel", "empty", "SUP-DELETED")
quoted("Recompute", "empty", "2B-NOCHANGE")


@cell("Compare", "empty", "Nothing changed between draft 1 and draft 2")
def two_equal_drafts(world):
    drafted(world)
    world.recomputes("2024-10")
    return page(world, "gstr2b/102024/compare/?from=1&to=2")


@cell("GSTR-1 / 1A / IFF", "empty", "No documents yet", "Add a document")
def a_table_without_documents(world):
    return of_supplier(world, "gstr1/102024/b2b/")


# stories of waiting


quoted("Recompute", "loading", "2B-RUNNING", "You may leave this page")


def asked_for(world: World) -> Job:
    some(world, 2)
    return downloads.ask(world.recipient, Wanted("ims"), by=BY)


@cell("Export / jobs", "loading", "[Qq]ueue|[Ww]ait", "Refresh", "You may leave this page")
def a_job_that_waits(world):
    return page(world, f"jobs/{asked_for(world).pk}/")


@cell("Import", "loading", "The file is being read", "Refresh")
def a_file_that_is_checked(world):
    job = Job.objects.create(
        kind="import", key="x", taxpayer=world.recipient, payload={"step": "check", "title": "a.xlsx"},
        created_at=clock.now(),
    )  # fmt: skip
    return page(world, f"ims/import/{job.pk}/")


@cell("Clock", "loading", "On the way to", "Nights run")
def a_clock_on_its_way(world):
    PortalClock.objects.update(moving_to=datetime(2024, 11, 14, 10, tzinfo=IST))
    return text(client_for(world).get("/clock/"))


# stories of errors


@cell("Declaration form", "error", "RED-MAX", "Integrated", year=2025)
def a_wrong_reduction(world):
    note, client = credit_note(world, number="CN-1"), client_for(world)
    answer = {"reduce": "part", "igst": "99,999", "remarks": "too much"}
    return text(act(client, world, note, "A", whole_page="1", answered="1", **answer))


@cell("Recompute", "error", "Draft 1")
def a_computation_that_fails(world):
    stale(world)
    client = Client(raise_request_exception=False)
    client.force_login(world.person("asha", Role.PREPARER))

    def fails(*_given, **_named):
        raise KeyError("x")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(generation, "recompute", fails)
        told = text(client.post(at(world, "gstr2b/102024/compute/")))
    assert re.search("Nothing was saved. Reference [0-9a-f]{12}", told)
    assert world.statement("2024-10").version == 1
    return page(world, "gstr2b/102024/")


@cell("Compare", "error", "The check failed", "Do not rely on this comparison", "Effects do not sum")
def effects_that_do_not_add_up(world):
    stale(world)
    world.recomputes("2024-10")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Difference, "adds_up", False)
        return page(world, "gstr2b/102024/compare/?from=1&to=2")


@cell("3B preview / file", "error", "Tick the declaration")
def a_filing_that_lacks_its_declaration(world):
    drafted(world)
    client = client_of(world, Role.SIGNATORY)
    told = client.post(at(world, "gstr3b/102024/file/"), {"step": "file", "draft": "1", "reason": ""})
    assert not Gstr3b.objects.exists()
    return text(told)


@cell("GSTR-1 / 1A / IFF", "error", "Please check|Check", "Recipient")
def a_document_with_mistakes(world):
    client = client_of(world, Role.SUPPLIER_CLERK, at=world.supplier)
    reply = client.post(at_supplier(world, "gstr1/102024/b2b/new/"), {"recipient": "29"})
    source = reply.content.decode()
    # the summary links to the field, and the field is linked to its error
    assert 'class="errsum"' in source
    assert re.search(r'href="#id_(\w+)"', source)
    assert 'aria-invalid="true"' in source
    return text(reply)


quoted("Import", "error", "IMP-FORMAT", "Expected")


@cell("Export / jobs", "error", "disk full", "Try again")
def a_job_that_failed(world):
    job = asked_for(world)
    Job.objects.filter(pk=job.pk).update(state=Job.State.FAILED, error="disk full", attempts=5)
    return page(world, f"jobs/{job.pk}/")


@cell("Clock", "error", "It stands still: go on")
def a_clock_that_stopped(world):
    return a_clock_on_its_way(world)


@cell("Analytics", "error", "Credit by status")
def figures_without_their_picture(world):
    world.saves()
    source = client_for(world).get(at(world, "analytics/")).content.decode()
    # each chart is drawn from a table on the page, which a person can read without scripts
    tables = re.findall(r'<canvas[^>]*data-table="([\w-]+)"', source)
    assert tables
    assert all(f'id="{table}"' in source for table in tables)
    return html.unescape(re.sub("<[^>]+>", " ", source))


# stories of blocked actions


@cell("Home", "blocked", "not drafted", "comes on 14 Nov")
def home_before_the_fourteenth(world):
    world.saves()
    return page(world, "")


@cell("IMS overview", "blocked", "This registration has no IMS", "Rule R-010")
def a_registration_without_ims(world):
    without = next(kind for kind in RegistrationType if not kind.has_ims)
    world.recipient.registration_type = without.value
    world.recipient.save()
    return page(world, "ims/")


@cell("Inward summary", "blocked", "2B-PREV3B", "GSTR-2B for November 2024 is not drafted", "GSTR-3B")
def inward_behind_the_previous_return(world):
    world.goes_to("2024-12-16 10:00")
    world.saves(period="2024-12")
    return page(world, "ims/inward/")


def test_inward_of_a_quarterly_filer_says_when_its_statement_comes(world):
    world.recipient.frequency, world.recipient.open_period = "Q", 202412
    world.recipient.save()
    assert "2B-QRMP" in page(world, "ims/inward/")


@cell("Record list", "blocked", "Pending is not available", "Why\\?", "Rule R-053")
def a_row_with_a_shut_action(world):
    credit_note(world)
    return page(world, "ims/inward/all/")


@cell("Bulk preview", "blocked", "Nothing would change", "cannot change", "Rule R-053|R-053")
def a_batch_of_which_nothing_may_change(world):
    notes, client = [credit_note(world, number=f"CN-{n}") for n in range(2)], client_for(world)
    sent = {
        "action": "P", "scope": "match", "next": at(world, "ims/inward/all/"),
        "as_of": datetime(2024, 10, 28, 10, 1, tzinfo=IST).isoformat(),
    }  # fmt: skip
    assert notes
    return text(client.get(client.post(at(world, "ims/batches/"), sent)["Location"]))


quoted("Declaration form", "blocked", "RED-REMARK")
CELLS["Declaration form", "blocked"] = (SAYS["RED-REMARK"], ("RED-REMARK",), 2025)
quoted("Record panel", "blocked", "PEND-OLD")
quoted("2B draft", "blocked", "2B-PREV3B", "GSTR-3B for October 2024")


@cell("Recompute", "blocked", "FINAL_2B")
def a_final_statement(world):
    drafted(world)
    world.files_3b("2024-10")
    client = client_for(world)
    return page_after(client, client.post(at(world, "gstr2b/102024/compute/")))


@cell("Compare", "blocked", "There is only one draft")
def a_single_draft(world):
    drafted(world)
    return page(world, "gstr2b/102024/compare/")


@cell("3B preview / file", "blocked", "NOPERM")
def a_preparer_at_the_return(world):
    assert "3B-GATE" in SAYS["3B-GATE"](world)
    assert "3B-LOCKED" in SAYS["3B-LOCKED"](world)
    return page(world, "gstr3b/102024/")


@cell("Outward view", "blocked", "closed|is filed")
def an_outward_document_after_its_window(world):
    drafted(world)
    world.files_3b("2024-10", by=world.supplier)
    return of_supplier(world, "gstr1a/102024/") + of_supplier(world, "ims/outward/?fy=2024-25&period=102024")


quoted("GSTR-1 / 1A / IFF", "blocked", "R1A-CLOSED")


@cell("Import", "blocked", "Preparers and signatories import files")
def a_viewer_at_the_import(world):
    return page(world, "ims/import/", Role.VIEWER)


@cell("Export / jobs", "blocked", "no longer kept")
def a_file_that_was_put_away(world):
    job = asked_for(world)
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE, result={"name": "x.xlsx"}, file="")
    return page(world, f"jobs/{job.pk}/")


@cell("Clock", "blocked", "You can read the clock, not move it")
def a_viewer_at_the_clock(world):
    return text(client_for(world, Role.VIEWER).get("/clock/"))


@cell("Audit", "blocked", "Audit")
def a_viewer_at_the_audit(world):
    told = page(world, "audit/", Role.VIEWER)
    assert "Check the journal" not in told
    assert client_for(world, Role.VIEWER).get(at(world, "audit/export/")).status_code in (403, 404)
    return told


# stories of success


@cell("Inward summary", "success", "1 of|100 % acted on|Every record has an action")
def counters_after_an_action(world):
    record, client = world.saves(), client_for(world)
    assert "0 % acted on" in page(world, "ims/inward/")
    act(client, world, record, "A")
    return page(world, "ims/inward/")


@cell("Record list", "success", "Every record here has an action", r"Next section: B2B.* \(1\)")
def a_section_that_is_done(world):
    record, client = world.saves(), client_for(world)
    credit_note(world, number="CN-1")
    world.acts("accept", record)
    return text(client.get(at(world, "ims/inward/b2b/", status="N")))


quoted("Bulk preview", "success", "BATCH-DONE", "Undo")


@cell("Declaration form", "success", "SAVED-ONE", "CN-1", year=2025)
def a_reduction_that_is_declared(world):
    note, client = credit_note(world, number="CN-1"), client_for(world)
    return page_after(client, act(client, world, note, "A", answered="1", reduce="full"))


@cell("Record panel", "success", "SAVED-ONE")
def an_action_in_the_panel(world):
    client = client_for(world)
    return page_after(client, act(client, world, world.saves(), "A"))


@cell("2B draft", "success", "[Dd]raft 1")
def a_draft(world):
    drafted(world)
    return page(world, "gstr2b/102024/")


@cell("Recompute", "success", "GSTR-2B draft 2 for October 2024 is ready", "Compare it with draft 1")
def computed_again(world):
    stale(world)
    client = client_for(world)
    return page_after(client, client.post(at(world, "gstr2b/102024/compute/")))


@cell("3B preview / file", "success", "[Pp]ractice", "GSTR-3B")
def a_receipt(world):
    drafted(world)
    world.files_3b("2024-10")
    return page(world, "gstr3b/102024/filed/", Role.SIGNATORY)


@cell("GSTR-1 / 1A / IFF", "success", "Filed|filed")
def a_filed_form(world):
    drafted(world)
    return of_supplier(world, "gstr1/102024/filed/")


@cell("Import", "success", "Saved", "Undo this file")
def an_import(world):
    record, client = world.saves(number="X-1"), client_for(world)
    target = BytesIO()
    write_ims(world.recipient, target)
    book = openpyxl.load_workbook(target)
    sheet = book["B2B"]
    columns = {cell.value: cell.column for cell in sheet[5]}
    sheet.cell(6, columns["Status"]).value = "Accepted"
    filled = BytesIO()
    book.save(filled)
    checked = client.post(at(world, "ims/import/"), {"file": SimpleUploadedFile("a.xlsx", filled.getvalue())})
    applied = client.post(checked["Location"], {"mode": "good"})
    shown = text(client.get(applied["Location"]))
    assert world.now(record).decision.action == "A"
    undone = text(client.post(applied["Location"], {"mode": "undo"}, follow=True))
    assert "1 record is as it was before." in undone
    assert world.now(record).decision.action == "N"
    again = text(client.post(applied["Location"], {"mode": "undo"}, follow=True))
    assert "UNDO" in again
    return shown


@cell("Export / jobs", "success", "Download the file", "[0-9a-f]{64}")
def a_finished_job(world):
    job = asked_for(world)
    jobs.run(job.pk)
    return page(world, f"jobs/{job.pk}/")


@cell("Clock", "success", "GSTR-2B were drafted")
def a_clock_that_arrived(world):
    world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    return text(client_for(world).post("/clock/move/", {"to": "2024-11-14T00:30"}, follow=True))


@cell("Audit", "success", "Last check", "The last seal is")
def a_checked_journal(world):
    world.acts("accept", world.saves())
    client = client_for(world, Role.AUDITOR)
    return text(client.post(at(world, "audit/"), {"check": "1"}, follow=True))


# tests that the table is complete


def cells(state: str) -> set[tuple[str, str]]:
    return {(screen, state) for screen, states in MATRIX.items() if state in states.split()}


def test_every_cell_of_the_table_has_a_story_here_or_in_a_browser():
    every = set().union(*(cells(state) for state in STATES))
    told = set(CELLS) | IN_A_BROWSER
    told |= {(name, "loading") for name in WHOLE} | {(name, "error") for name in RETRIED}
    assert told == every


@pytest.mark.parametrize(("screen", "state"), sorted(CELLS), ids=lambda part: part.replace(" ", "-"))
def test_a_screen_shows_the_words_of_its_state(screen, state, request, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.EXPORT_ROWS_AT_ONCE = 1
    story, says, year = CELLS[screen, state]
    shown = html.unescape(story(request.getfixturevalue("world_2025" if year == 2025 else "world")))
    missing = [words for words in says if not re.search(words, shown)]
    assert missing == [], shown[-2500:]


def addresses(world: World, client: Client) -> dict[str, str]:
    stale(world)
    preview = batch(world, client, world.saves(period="2024-11", number="BATCH-1"))
    return {name: at(world, path) for name, path in WHOLE.items()} | {
        "Bulk preview": preview,
        "GSTR-1 / 1A / IFF": at_supplier(world, WHOLE["GSTR-1 / 1A / IFF"]),
    }


def test_a_page_arrives_complete_with_words_and_a_link_for_each_later_part(world):
    person = world.person("asha", Role.PREPARER, Role.AUDITOR)
    world.person("asha", Role.SUPPLIER_CLERK, at=world.supplier)
    client = Client()
    client.force_login(person)
    later = 0
    for name, address in addresses(world, client).items():
        reply = client.get(address)
        assert reply.status_code == 200, name
        source = reply.content.decode()
        assert "<h1" in source, name
        for part in re.findall(r'<(\w+)[^>]*hx-trigger="[^"]*load[^"]*"[^>]*>(.*?)</\1>', source, re.S):
            later += 1
            assert re.search(r"<span[^>]*>[^<]{10,}</span>.*<a ", part[1], re.S), name
    assert later, "the list's effect on GSTR-2B is asked for later"


def test_a_failure_of_any_screen_is_shown_with_a_reference_and_can_be_tried_again(world, monkeypatch):
    client = Client(raise_request_exception=False)
    client.force_login(world.person("asha", Role.PREPARER, Role.AUDITOR))
    there = addresses(world, client)

    def fails(*_given, **_named):
        raise KeyError("x")

    monkeypatch.setattr("invoices.web.page.frame.build", fails)
    for name in RETRIED:
        reply = client.get(there[name])
        assert reply.status_code == 500, name
        told = text(reply)
        assert f"Reference {reply['X-Reference']}" in told, name
        assert '<a class="btn btn-primary" href="">' in reply.content.decode(), name
