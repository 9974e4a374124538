"""The stories of the states "blocked" and "success". A story is a function that brings a screen into a state
and returns the page. The import of this module registers the stories."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile

from ims_portal.kernel.clock import IST
from invoices import jobs
from invoices.models import Job, Role
from invoices.rules.attribution import RegistrationType
from invoices.workbooks.ims import write_ims
from tests.desk_pages import act, at, client_for, credit_note
from tests.pages import text
from tests.templates.state_stories import CELLS, asked_for, cell, of_supplier, page, quoted, stale
from tests.templates.test_screen_messages import SAYS, drafted, page_after

# stories of the state "blocked"


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


@cell("Record list", "blocked", "Credit notes cannot be kept pending before October 2025", "Why\\?", "R-053")
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


@cell("Import", "blocked", "Only preparers and signatories can import files")
def a_viewer_at_the_import(world):
    return page(world, "ims/import/", Role.VIEWER)


@cell("Export / jobs", "blocked", "no longer kept")
def a_file_that_was_put_away(world):
    job = asked_for(world)
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE, result={"name": "x.xlsx"}, file="")
    return page(world, f"jobs/{job.pk}/")


@cell("Clock", "blocked", "You can see the clock, but you cannot move it")
def a_viewer_at_the_clock(world):
    return text(client_for(world, Role.VIEWER).get("/clock/"))


@cell("Audit", "blocked", "Audit")
def a_viewer_at_the_audit(world):
    told = page(world, "audit/", Role.VIEWER)
    assert "Check the journal" not in told
    assert client_for(world, Role.VIEWER).get(at(world, "audit/export/")).status_code in (403, 404)
    return told


# stories of the state "success"


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


@cell("Recompute", "success", "GSTR-2B draft 2 for October 2024 is ready", "Compare with draft 1")
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
    assert "1 record was restored." in undone
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
