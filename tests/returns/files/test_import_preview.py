"""The preview of an IMS file: what is refused and what changes, before anything is saved. The preview and the undo
keep the promises of a batch (R-051, R-151)."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict
from ims_portal.kernel.money import HEADS, TaxAmounts, paise
from invoices import jobs
from invoices.desk.foreseen import foresee
from invoices.models import Job, JournalEntry, Record, Role
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.rules.reduction import Declaration
from invoices.rules.situation import Action, Kind
from invoices.web.desk import typed_count
from returns.files import ims_import_effect, ims_import_rows, ims_import_undo
from tests.desk_pages import at, client_for
from tests.returns.files.ims_workbooks import edited, exported, given_back
from tests.world import BY

pytestmark = pytest.mark.once


def sent(client, world, data: bytes, name: str = "fill.xlsx") -> str:
    """Upload a workbook, and return the address of its preview."""
    return client.post(at(world, "ims/import/"), {"file": SimpleUploadedFile(name, data)})["Location"]


def job_of(address: str) -> Job:
    return Job.objects.get(pk=int(address.rstrip("/").rsplit("/", 1)[1]))


def actions_of(*records: Record) -> list[str]:
    return [Record.objects.select_related("decision").get(pk=r.pk).decision.action for r in records]


def view_of(world) -> DeskView:
    return DeskView.of(world.recipient, clock.today(), calendar())


def heads(said: dict[str, str]) -> TaxAmounts:
    return TaxAmounts(*(paise(said[head]) for head in HEADS))


def three_invoices_rejected(world) -> tuple[list[Record], bytes]:
    records = [world.saves(number=f"X-{n}") for n in range(3)]
    changes = (("B2B", f"X-{n}", {"Status": "Rejected", "Remarks": "not received"}) for n in range(3))
    return records, edited(exported(world), *changes)


@pytest.mark.parametrize("word", ["Accepted", "Rejected", "Pending"])
def test_the_effect_on_itc_is_the_effect_that_the_preview_of_a_batch_shows(busy, word):
    """One definition: a file and a batch that do the same to the same records show the same change of ITC."""
    action = next(a for a in Action if a.name == word.upper())
    mine = Record.objects.filter(recipient=busy.recipient, section="b2b")
    numbers = list(mine.exclude(decision__action=action.value).values_list("number", flat=True))
    data = edited(exported(busy), *(("B2B", n, {"Status": word}) for n in numbers if _in_workbook(busy, n)))
    account = given_back(busy, data, save=False)
    changing = [line.record.pk for line in account.changing]
    assert changing
    batch = foresee(Record.objects.filter(pk__in=changing), view_of(busy), action)
    assert (account.effect.before, account.effect.after) == (batch.change.before, batch.change.after)
    assert account.effect.unfiled == batch.change.unfiled
    assert sum((row for row in account.effect.rows), TaxAmounts()) == batch.change.difference


def _in_workbook(world, number: str) -> bool:
    return Record.objects.filter(recipient=world.recipient, number=number, route="M").exists()


def test_the_effect_after_the_file_is_the_itc_that_the_file_leaves(world_2025):
    """The declared reductions of a file count. The sum by status and the sum of the rows agree with the total."""
    world = world_2025
    notes = [world.saves(kind=Kind.CREDIT_NOTE, number=f"CN-{n}", taxable=1_000) for n in range(3)]
    world.acts("accept", notes[2], declaration=Declaration(False), remarks="never taken")
    invoice = world.saves(number="INV")
    part = {
        "Status": "Accepted",
        "ITC reduction required": "Yes",
        "Declared integrated tax (₹)": 50,
        "Remarks": "half",
    }
    data = edited(
        exported(world),
        ("B2B-CN", "CN-0", part),
        ("B2B-CN", "CN-1", {"Status": "Rejected"}),
        (
            "B2B-CN",
            "CN-2",
            {"Status": "Accepted", "ITC reduction required": "Yes", "Declared integrated tax (₹)": 180},
        ),
        ("B2B", "INV", {"Status": "Rejected"}),
    )
    checked = given_back(world, data, save=False)
    assert checked.refused == []
    told = ims_import_effect.as_json(checked.effect)
    assert heads(told["before"]).total == sum(
        ims_import_effect.now(r, view_of(world)).total for r in fresh(notes, invoice)
    )
    given_back(world, data, save=True)
    assert heads(told["after"]).total == sum(
        ims_import_effect.now(r, view_of(world)).total for r in fresh(notes, invoice)
    )
    difference = checked.effect.after - checked.effect.before
    assert not difference.is_zero
    assert sum(paise(group["effect"]) for group in told["groups"]) == difference.total
    assert {(g["before"], g["after"]): g["rows"] for g in told["groups"]} == {
        ("N", "A"): 1, ("A", "A"): 1, ("N", "R"): 2,
    }  # fmt: skip


def fresh(notes: list[Record], invoice: Record) -> list[Record]:
    keys = [record.pk for record in (*notes, invoice)]
    return list(Record.objects.filter(pk__in=keys).select_related("decision"))


def test_refused_rows_come_first_with_place_reason_and_remedy(world):
    world.saves(number="GOOD")
    world.saves(number="CN", kind=Kind.CREDIT_NOTE)
    data = edited(
        exported(world), ("B2B", "GOOD", {"Status": "Accepted"}), ("B2B-CN", "CN", {"Status": "Pending"})
    )
    client = client_for(world, Role.PREPARER)
    page = client.get(sent(client, world, data))
    (refused,), (change,) = page.context["refused"]["rows"], page.context["changes"]["rows"]
    assert (refused["place"], refused["number"], refused["code"]) == ("B2B-CN!6", "CN", "PENDING_NOT_ALLOWED")
    assert refused["reason"] == "Credit notes cannot be kept pending before October 2025."
    assert "Accept or reject" in refused["instead"]
    assert "Accept or reject" not in refused["reason"]
    assert (change["place"], change["was"], change["becomes"]) == ("B2B!6", "N", "A")
    text = page.content.decode()
    assert text.index('id="rf"') < text.index('id="ch"')
    assert "/help/rules/R-053/" in text


@pytest.mark.parametrize("typed", ["", "2", "30"])
def test_a_file_that_rejects_needs_the_number_of_records_as_a_batch_does(world, typed):
    records, data = three_invoices_rejected(world)
    client = client_for(world, Role.PREPARER)
    address = sent(client, world, data)
    assert "Type 3 to confirm" in client.get(address).content.decode()
    answer = client.post(address, {"mode": "good", "count": typed})
    assert answer.status_code == 422
    assert "Type the number of records that will change: 3." in answer.content.decode()
    assert actions_of(*records) == ["N", "N", "N"]
    client.post(address, {"mode": "good", "count": "3"})
    assert actions_of(*records) == ["R", "R", "R"]


def test_a_file_that_accepts_few_records_needs_no_number_and_one_that_accepts_many_does(world, monkeypatch):
    records = [world.saves(number=f"X-{n}") for n in range(3)]
    data = edited(exported(world), *(("B2B", f"X-{n}", {"Status": "Accepted"}) for n in range(3)))
    client = client_for(world, Role.PREPARER)
    address = sent(client, world, data)
    assert "to confirm" not in client.get(address).content.decode()
    monkeypatch.setattr(typed_count, "TYPED_FROM", 2)
    assert client.post(address, {"mode": "good"}).status_code == 422
    client.post(address, {"mode": "good", "count": "3"})
    assert actions_of(*records) == ["A", "A", "A"]


@pytest.mark.parametrize("at_once", [1000, 1])
def test_r051_a_file_is_undone_as_one_event_and_only_once(world, monkeypatch, at_once):
    monkeypatch.setattr(ims_import_undo, "AT_ONCE", at_once)
    records, data = three_invoices_rejected(world)
    client = client_for(world, Role.PREPARER)
    address = sent(client, world, data)
    done = client.post(address, {"mode": "good", "count": "3"})["Location"]
    entries = JournalEntry.objects.count()
    client.post(done, {"mode": "undo"})
    for job in Job.objects.filter(kind=ims_import_undo.KIND):
        assert client.get(done).context["waiting"]
        jobs.run(job.pk)
        assert jobs.run(job.pk) is None
    assert actions_of(*records) == ["N", "N", "N"]
    assert JournalEntry.objects.count() == entries + 1
    page = client.get(done).content.decode()
    assert "3 records were restored." in page
    assert "not undone" in page
    assert "After this file" not in page
    assert "Undo this file" not in page
    client.post(done, {"mode": "undo"})
    with pytest.raises(Conflict):
        ims_import_undo.take_back(world.recipient, job_of(done), by=BY)
    assert JournalEntry.objects.count() == entries + 1


def test_an_undo_leaves_a_record_that_was_changed_later_and_names_the_record(world):
    records, data = three_invoices_rejected(world)
    client = client_for(world, Role.PREPARER)
    done = client.post(sent(client, world, data), {"mode": "good", "count": "3"})["Location"]
    world.acts("accept", records[1])
    client.post(done, {"mode": "undo"})
    assert actions_of(*records) == ["N", "A", "N"]
    assert ">X-1</a>" in client.get(done).content.decode()


def test_many_rows_are_paged_and_a_page_costs_the_same_for_few_and_many_rows(world, monkeypatch):
    monkeypatch.setattr(ims_import_rows, "PAGE", 2)
    client = client_for(world, Role.PREPARER)
    costs, pages = [], []
    for count in (3, 12):
        for n in range(count):
            world.saves(number=f"X-{count}-{n}")
        numbers = [f"X-{count}-{n}" for n in range(count)]
        data = edited(exported(world), *(("B2B", n, {"Status": "Accepted"}) for n in numbers))
        with CaptureQueriesContext(connection) as checking:
            given_back(world, data, save=False)
        # count now: the next request begins a new list of queries
        cost = len(checking)
        address = sent(client, world, data)
        client.get(address)  # fills caches
        with CaptureQueriesContext(connection) as showing:
            pages.append(client.get(address, {"changes": "2"}))
        costs.append((cost, len(showing)))
    assert costs[0] == costs[1]
    assert [len(page.context["changes"]["rows"]) for page in pages] == [1, 2]
    shown = [
        row["number"]
        for number in range(1, 7)
        for row in client.get(address, {"changes": str(number)}).context["changes"]["rows"]
    ]
    assert sorted(shown) == sorted(numbers)
    for odd in ("0", "-1", "x", "9" * 30):
        assert client.get(address, {"changes": odd, "refused": odd}).status_code == 200


def test_rows_whose_file_is_deleted_are_shown_from_the_result(world):
    _records, data = three_invoices_rejected(world)
    client = client_for(world, Role.PREPARER)
    address = sent(client, world, data)
    (ims_import_rows_file(job_of(address))).unlink()
    assert len(client.get(address).context["changes"]["rows"]) == 3


def ims_import_rows_file(job: Job):
    from invoices.kept_files import folder

    return folder() / job.result["pages"]["file"]


def test_a_workbook_given_back_as_it_was_downloaded_changes_nothing(busy):
    """For every section, status and kind of the desk."""
    entries = JournalEntry.objects.count()
    account = given_back(busy, exported(busy))
    assert account.read > 5
    assert (account.changing, account.refused, account.locked, account.stated) == ([], [], [], [])
    assert account.same == account.read
    assert JournalEntry.objects.count() == entries
    client = client_for(busy, Role.PREPARER)
    page = client.get(sent(client, busy, exported(busy)))
    assert "Nothing would change." in page.content.decode()
    assert page.context["result"]["changed"] == 0


def test_a_reader_sees_the_preview_without_the_form(world):
    _records, data = three_invoices_rejected(world)
    address = sent(client_for(world, Role.PREPARER), world, data)
    page = client_for(world, Role.VIEWER, name="viewer").get(address).content.decode()
    assert "X-1" in page
    assert "to confirm" not in page


def test_the_file_of_a_list_is_refused_with_its_name_and_the_way_to_the_right_file(world):
    """Download stands beside Import on the list, so people give the list's file to Import."""
    record = world.saves(number="X-1")
    client = client_for(world)
    menu = client.get(at(world, "ims/inward/all/")).content.decode().split('<details class="drop">')[1]
    assert "Import takes only the IMS workbook" in menu
    assert f'<a href="{at(world, "ims/download/")}">IMS workbook</a>' in menu
    listed = client.get(at(world, "ims/download/", of="all"))
    page = client.get(sent(client, world, b"".join(listed.streaming_content))).content.decode()
    assert "This is the file of a record list" in page
    assert f'<a href="{at(world, "ims/download/")}">Download the IMS workbook</a>' in page
    # the workbook behind both links is one that Import reads
    right = b"".join(client.get(at(world, "ims/download/")).streaming_content)
    assert "Download the IMS workbook" not in client.get(sent(client, world, right)).content.decode()
    assert actions_of(record) == ["N"]


def test_the_preview_of_a_saved_file_says_so_and_leads_to_the_result(world):
    """The page of the check stays in the browser's history. It must not offer to save the file again."""
    _records, data = three_invoices_rejected(world)
    client = client_for(world)
    preview = sent(client, world, data)
    assert "Nothing is saved yet." in client.get(preview).content.decode()
    result = client.post(preview, {"mode": "good", "count": "3"})["Location"]
    again = client.get(preview).content.decode()
    assert "This file was saved." in again
    assert f'href="{result}"' in again
    assert "Nothing is saved yet." not in again
    assert "Save 3 changes" not in again
    client.post(result, {"mode": "undo"})
    assert "This file was saved, and then undone." in client.get(preview).content.decode()
