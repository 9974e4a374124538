"""A page compares a file of another portal with this portal's records.

A working copy imports the records of the file. A person acts on these records and exports the actions."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from ims_portal.kernel.errors import Refused
from invoices.desk import working_copy
from invoices.documents.customs import bills_of_entry
from invoices.documents.customs.bills_of_entry import BillOfEntry
from invoices.models import JournalEntry, Record, Role, Taxpayer
from invoices.people import registrations
from returns.files import offline_tool
from returns.files.other_portals import read, records
from returns.files.other_portals.compare import compare
from tests.desk_pages import at, client_for
from tests.returns.gstn.july_2026 import July2026
from tests.returns.gstn.shapes import sample
from tests.world import BY

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def take_over_file(world, data: dict):
    items, unread = records.copied(read.read(json.dumps(data).encode()).documents)
    assert unread == []
    return working_copy.take_over(world.recipient, items, by=BY)


def reported(account):
    return [(item.number, problem.code) for item, problem in account.problems]


def test_the_samples_download_is_taken_over_and_exported_again_field_by_field(copy):
    """The sample file has every section, with statuses, remarks, reductions and originals. Its note is accepted
    with a partial reduction and without a remark (R-122)."""
    data = sample("ims_offline_download")
    account = take_over_file(copy, data)
    assert (account.new, account.acted, reported(account)) == (9, 2, [])
    out = json.loads(b"".join(offline_tool.written(copy.recipient)))["imsDetails"]
    # this portal decides which actions are available, so these fields can differ
    ours = {"ispendactblocked", "isRemarksBlocked", "itcRedReqBlocked"}
    for section, rows in data["imsDetails"].items():
        for wanted, got in zip(rows, out[section], strict=True):
            said = {name: value for name, value in wanted.items() if name not in ours}
            assert {name: got[name] for name in said} == said
    call_command("verify")


def test_decisions_on_a_working_copy_make_the_samples_upload_file(copy):
    """After the sample's first invoice is accepted, the export equals the sample's upload file."""
    data = sample("ims_offline_download")
    take_over_file(copy, data)
    assert not any(json.loads(offline_tool.changes(copy.recipient))["invdata"].values())
    copy.acts("accept", Record.objects.get(number="BLR/26-27/0417"))
    assert json.loads(offline_tool.changes(copy.recipient)) == sample("ims_offline_upload")
    # The other portal loads the upload file, and its new download contains the action. Then no action is left
    # to send.
    data["imsDetails"]["b2b"][0]["action"] = "A"
    take_over_file(copy, data)
    assert not any(json.loads(offline_tool.changes(copy.recipient))["invdata"].values())


def test_a_second_take_over_changes_nothing_and_keeps_decisions(copy):
    take_over_file(copy, sample("ims_offline_download"))
    record = Record.objects.get(number="BLR/26-27/0417")
    copy.acts("reject", record, remarks="not ours")
    entries = JournalEntry.objects.count()
    again = take_over_file(copy, sample("ims_offline_download"))
    assert (again.new, again.changed, again.same, reported(again)) == (0, 0, 9, [])
    assert JournalEntry.objects.count() == entries
    assert copy.now(record).decision.action == "R"


def test_an_edit_in_the_other_portal_edits_the_record_and_clears_its_action(copy):
    data = sample("ims_offline_download")
    take_over_file(copy, data)
    record = Record.objects.get(number="BLR/26-27/0417")
    copy.acts("accept", record)
    data["imsDetails"]["b2b"][0] |= {"txval": 40_000, "iamt": 7_200, "val": 47_200}
    again = take_over_file(copy, data)
    assert (again.new, again.changed, again.same) == (0, 1, 8)
    fresh = copy.now(record)
    assert (fresh.taxable, fresh.revision, fresh.decision.action, fresh.decision.cleared_action) == (
        40_000_00,
        2,
        "N",
        "A",
    )
    call_command("verify")


def test_a_wrong_check_character_is_reported_and_the_record_is_taken_over(copy):
    data = sample("ims_offline_download")
    data["imsDetails"] = {"b2b": [data["imsDetails"]["b2b"][0] | {"stin": "29AAFCB7312Q1ZA"}]}
    told = read.read(json.dumps(data).encode()).wrong_gstins
    assert list(told) == ["29AAFCB7312Q1ZA"]
    assert told["29AAFCB7312Q1ZA"].startswith("b2b[0]: GSTIN 29AAFCB7312Q1ZA has a wrong check character")
    assert take_over_file(copy, data).new == 1
    assert Record.objects.get().supplier.gstin == "29AAFCB7312Q1ZA"


def test_a_record_that_cannot_be_taken_over_is_reported_and_no_other_is_lost(copy):
    data = sample("ims_offline_download")
    first, second = data["imsDetails"]["b2b"]
    supplier = Taxpayer.objects.create(gstin=second["stin"], open_period=202607)
    data["imsDetails"] = {
        "b2b": [
            first,
            second,  # the supplier of this document is registered in this portal
            first,  # the same document a second time
            first | {"inum": "BAD", "stin": "nonsense"},
            # the date of this document is past the section 16(4) date
            first | {"inum": "LATE", "idt": "03-07-2019"},
        ],
        "b2bcn": [
            # the declared reduction of this note exceeds the note's tax
            data["imsDetails"]["b2bcn"][0] | {"stin": first["stin"], "declCgst": 900, "declSgst": 900}
        ],
    }
    account = take_over_file(copy, data)
    assert (account.new, account.acted) == (2, 0)
    assert reported(account) == [
        ("SV-1182", "SUPPLIER_HERE"),
        ("BLR/26-27/0417", "TWICE_IN_REQUEST"),
        ("BAD", "BAD_GSTIN"),
        ("LATE", "NOT_IN_IMS"),
        ("CN-221", "DECL_EXCEEDS"),
    ]
    assert not Record.objects.filter(supplier=supplier).exists()


def test_a_value_that_no_record_can_have_is_reported_and_the_other_records_are_taken_over(copy):
    data = sample("ims_offline_download")
    first = data["imsDetails"]["b2b"][0]
    data["imsDetails"] = {
        "b2b": [
            first,
            first | {"inum": "A\x00B"},
            first | {"inum": "N" * 21},
            first | {"inum": "MINUS", "txval": -1},
            first | {"inum": "SAID", "remarks": "a\x00b"},
            first | {"inum": "NAMED", "tradenm": "Bharat\x00 Bearings", "pos": "\x0027"},
        ]
    }
    found = read.read(json.dumps(data).encode())
    assert (found.unread, found.faults) == (1, ["b2b[1]: inum contains a character that cannot be printed"])
    items, unread = records.copied(found.documents)
    assert [(d.place, problem.code) for d, problem in unread] == [
        (f"b2b[{nth}]", "IMP-ROW") for nth in (2, 3, 4)
    ]
    assert working_copy.take_over(copy.recipient, items, by=BY).new == 2
    assert set(Record.objects.values_list("number", "place_of_supply")) == {
        ("BLR/26-27/0417", first["pos"]),
        ("NAMED", "27"),
    }


def test_a_too_long_gstin_is_reported_and_not_cut(copy):
    data = sample("ims_offline_download")
    first = data["imsDetails"]["b2b"][0]
    data["imsDetails"] = {"b2b": [first | {"stin": first["stin"] + "7"}]}
    (told,) = read.read(json.dumps(data).encode()).wrong_gstins.values()
    assert told.startswith(f"b2b[0]: GSTIN '{first['stin']}7' has 16 characters; it must have 15.")


def test_bills_of_one_number_differ_by_port_and_statuses_have_either_name(db):
    july = July2026()
    row = {"boenum": "7000001", "irefdt": "16-07-2026", "txval": 1000, "igst": 180, "cess": 0}
    for port in ("INNSA1", "INMAA1"):
        bill = BillOfEntry("7000001", date(2026, 7, 16), port, False, 1000_00, 180_00)
        bills_of_entry.receive(july.recipient, bill, by=BY)
    theirs = [row | {"portcd": port, "action": "NO_ACTION_TAKEN"} for port in ("INMAA1", "INNSA1")]
    found = read.read(json.dumps({"imsDetails": {"impg": theirs}}).encode())
    told = compare(july.recipient, found)
    assert (told.same, told.only_there, told.differing) == (2, [], [])
    assert not any("7000001" in name for name in told.only_here)


def test_only_a_working_copy_takes_files_over_and_nothing_is_written(copy):
    Taxpayer.objects.update(working_copy=False)
    copy.recipient.refresh_from_db()
    with pytest.raises(Refused) as refusal:
        take_over_file(copy, sample("ims_offline_download"))
    assert refusal.value.code == "NOT_A_COPY"
    assert not Record.objects.exists()


def test_a_supplier_of_a_working_copy_cannot_be_registered_to_report_here(copy):
    take_over_file(copy, sample("ims_offline_download"))
    with pytest.raises(Refused) as refusal:
        registrations.register("29AAFCB7312Q1Z6", legal_name="Bharat Bearings", by=BY)
    assert refusal.value.code == "BAD_GSTIN"


# tests of the page


def upload_file(world, client, data: dict):
    file = SimpleUploadedFile("../../theirs.json", json.dumps(data).encode())
    return client.post(at(world, "ims/other-portal/"), {"file": file}, follow=True)


def test_the_page_compares_writes_nothing_and_then_takes_over_once(copy):
    client = client_for(copy, Role.PREPARER)
    page = upload_file(copy, client, sample("ims_offline_download"))
    text = page.content.decode()
    assert page.status_code == 200
    assert "Other portal&#x27;s file: theirs.json" in text
    assert "Compared. Nothing was saved." in text
    assert (page.context["result"]["read"], page.context["result"]["only_there"]["count"]) == (9, 9)
    assert not Record.objects.exists()
    here = page.request["PATH_INFO"]
    done = client.post(here, follow=True)
    assert "were copied into this portal" in done.content.decode()
    assert Record.objects.count() == 9
    upload = client.get(at(copy, "ims/other-portal/changes/"))
    assert upload.json()["rtin"] == copy.recipient.gstin
    again = client.post(here, follow=True)
    assert again.request["PATH_INFO"] == done.request["PATH_INFO"]
    assert Record.objects.count() == 9


def test_a_file_of_another_gstin_is_refused_and_a_viewer_takes_nothing_over(copy):
    viewer = client_for(copy, Role.VIEWER, name="viewer")
    page = upload_file(copy, viewer, sample("ims_offline_download"))
    assert viewer.post(page.request["PATH_INFO"]).status_code == 403
    assert not Record.objects.exists()
    page = upload_file(copy, viewer, {"gstin": "29AAFCB7312Q1Z6", **sample("ims_offline_download")})
    assert page.context["result"]["error"]["code"] == "IMP-GSTIN"
    page = upload_file(copy, viewer, {"no": "file"})
    assert page.context["result"]["error"]["code"] == "IMP-FORMAT"


def test_a_taxpayer_that_is_no_working_copy_can_only_compare(world):
    client = client_for(world, Role.PREPARER)
    assert client.get(at(world, "ims/other-portal/changes/")).status_code == 404
    world.saves(number="HERE")
    page = upload_file(world, client, sample("ims_offline_download") | {"gstin": world.recipient.gstin})
    assert "Copy into this portal" not in page.content.decode()
    assert client.post(page.request["PATH_INFO"], follow=True).status_code == 200
    assert Record.objects.count() == 1
