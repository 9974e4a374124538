"""A supplier's file: sound documents are saved, and loading the file a second time changes nothing."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ims_portal.kernel.errors import Refused
from ims_portal.kernel.gstin import check_character
from invoices.models import ArchivedRecord, Record
from invoices.rules.attribution import RegistrationType
from invoices.rules.calendar import Form
from invoices.rules.situation import Route
from returns.gstr1_file import load as upload
from returns.gstr1_file.report import Mode
from returns.gstr1_file.write import to_gstr1_json
from tests.returns.gstr1_file.documents import PERIOD, invoice, item, note, stored, trace
from tests.world import gstin


def test_every_section_reaches_the_recipient(world, body, load):
    world.saves(number="OLD-1", period="2024-09", document_date="2024-09-05")
    world.files("2024-09")
    to = world.recipient.gstin
    report = load(
        body(
            invoice("A-1"),
            b2ba=[
                {"ctin": to, "inv": [invoice("OLD-1", oinum="OLD-1", oidt="05-09-2024", idt="05-09-2024")]}
            ],
            cdnr=[{"ctin": to, "nt": [note("C-1"), note("D-1", "D")]}],
            ecom={
                "b2b": [{"stin": gstin("27", 77), "rtin": to, "inv": [invoice("E-1")]}],
                "urp2b": [{"rtin": to, "inv": [invoice("E-2")]}],
            },
            b2cl=[{"pos": "07", "inv": [{"inum": "x"}, {"inum": "y"}]}],
            hsn={"data": [1, 2, 3]},
        )
    )
    assert (report.saved, report.refused, report.refusals) == (6, 0, [])
    assert report.outside == {"b2cl": 2, "hsn": 3}
    kinds = dict(Record.objects.filter(tax_period=202410).values_list("number", "section"))
    assert kinds == {
        "A-1": "b2b",
        "OLD-1": "b2ba",
        "C-1": "b2bcn",
        "D-1": "b2bdn",
        "E-1": "ecom",
        "E-2": "ecom",
    }
    saved = Record.objects.get(number="A-1")
    assert (saved.taxable, saved.igst, saved.value) == (10_000_00, 1_800_00, 11_800_00)
    assert saved.decision.action == "N"


def test_loading_the_same_file_again_changes_nothing_and_leaves_no_trace(world, body, load):
    world.saves(number="OLD-1", period="2024-09", document_date="2024-09-05")
    world.files("2024-09")
    to = world.recipient.gstin
    whole = body(
        invoice(
            "A-1", irn="a" * 64, irngendate="05-10-2024", diff_percent=0.65, itms=[item(18, 10000, iamt=1170)]
        ),
        invoice("A-2", itms=[item(5, 99.99, iamt=5.0), item(12, 100, iamt=12)], etin=gstin("29", 78)),
        b2ba=[{"ctin": to, "inv": [invoice("OLD-1A", oinum="OLD-1", oidt="05-09-2024", idt="05-09-2024")]}],
        cdnr=[{"ctin": to, "nt": [note("C-1")]}],
    )
    assert load(whole).saved == 4
    record = Record.objects.get(number="A-1")
    world.acts("accept", record)
    before, entries = stored(), trace()
    report = load(whole)
    assert (report.same, report.changes, report.refused, report.written) == (4, 0, 0, False)
    assert (stored(), trace()) == (before, entries)
    assert world.now(record).decision.action == "A"


def test_a_changed_line_edits_that_document_alone_and_resets_its_action(world, body, load):
    load(body(invoice("A-1"), invoice("A-2")))
    records = {r.number: r for r in Record.objects.all()}
    world.acts("accept", *records.values())
    report = load(body(invoice("A-1"), invoice("A-2", itms=[item(18, 20000)])))
    assert (report.same, report.changed) == (1, 1)
    assert world.now(records["A-1"]).decision.action == "A"
    assert world.now(records["A-2"]).decision.action == "N"
    assert world.now(records["A-2"]).taxable == 20_000_00


def test_good_documents_are_saved_and_each_faulty_document_is_named(world, body, load):
    report = load(body(invoice("A-1"), invoice("BAD 2"), invoice("A-3", pos="88"), invoice("A-1"), 7))
    assert (report.saved, report.refused, report.read) == (1, 4, 5)
    assert [(r.place, r.code) for r in report.refusals] == [
        ("b2b[0].inv[1]", "BAD_DOC_NO"),
        ("b2b[0].inv[2] A-3", "BAD_DOC"),
        ("b2b[0].inv[3] A-1", "DUPLICATE_DOC"),
        ("b2b[0].inv[4]", "BAD_DOC"),
    ]
    assert all(r.rule and r.message for r in report.refusals)


def test_all_or_nothing_saves_nothing_across_chunks(world, body, load, monkeypatch):
    monkeypatch.setattr(upload, "CHUNK", 2)
    whole = body(*(invoice(f"A-{n}") for n in range(6)), invoice("A-9", pos="88"))
    entries = trace()
    report = load(whole, mode=Mode.ALL_OR_NOTHING)
    assert (report.saved, report.refused, report.written) == (6, 1, False)
    assert not Record.objects.exists()
    assert trace() == entries
    assert load(whole).saved == 6


def test_a_check_saves_nothing(world, body, load):
    entries = trace()
    report = load(body(invoice("A-1")), mode=Mode.CHECK)
    assert (report.saved, report.written) == (1, False)
    assert not Record.objects.exists()
    assert trace() == entries


def test_a_number_twice_in_one_file_is_found_across_chunks(world, body, load, monkeypatch):
    monkeypatch.setattr(upload, "CHUNK", 1)
    report = load(body(invoice("A-1"), invoice("a-1", itms=[item(18, 500)])))
    assert (report.saved, report.refused) == (1, 1)
    assert Record.objects.get().taxable == 10_000_00


def test_flag_d_removes_a_saved_document_once(world, body, load):
    load(body(invoice("A-1"), invoice("A-2")))
    remove = body({"inum": "A-1", "idt": "05-10-2024", "flag": "D"})
    assert load(remove).deleted == 1
    assert list(Record.objects.values_list("number", flat=True)) == ["A-2"]
    assert ArchivedRecord.objects.get().why == ArchivedRecord.Why.DELETED
    entries = trace()
    again = load(remove)
    assert (again.same, again.deleted, trace()) == (1, 0, entries)
    unknown = load(body({"inum": "NEVER", "idt": "05-10-2024", "flag": "D"}))
    assert [r.code for r in unknown.refusals] == ["BAD_DOC"]


def test_flag_d_never_touches_a_filed_document(world, body, load):
    world.saves(number="OLD-1", period="2024-09", document_date="2024-09-05")
    world.files("2024-09")
    report = load(body({"inum": "OLD-1", "idt": "05-09-2024", "flag": "D"}))
    assert [r.code for r in report.refusals] == ["DOC_LOCKED"]
    assert Record.objects.filter(number="OLD-1").exists()


def test_a_filed_form_takes_no_file(world, body, load):
    world.files("2024-10")
    with pytest.raises(Refused) as caught:
        load(body(invoice()))
    assert caught.value.code == "FORM_CLOSED"


def test_a_written_file_loads_as_the_same_documents(world, body, load):
    world.saves(number="OLD-1", period="2024-09", document_date="2024-09-05")
    world.files("2024-09")
    to = world.recipient.gstin
    whole = body(
        invoice("A-1", val=11800.5, irn="a" * 64, irngendate="05-10-2024"),
        invoice(
            "A-2",
            pos="27",
            rchrg="Y",
            itms=[
                item(0.25, 1000.1, camt=1.25, samt=1.25),
                item(28, 9999999999.99, camt=1399999999.99, samt=1399999999.99),
            ],
        ),
        b2ba=[{"ctin": to, "inv": [invoice("OLD-1", oinum="OLD-1", oidt="05-09-2024", idt="05-09-2024")]}],
        cdnr=[{"ctin": to, "nt": [note("C-1"), note("D-1", "D", inv_typ="DE")]}],
        ecom={
            "b2b": [{"stin": gstin("27", 77), "rtin": to, "inv": [invoice("E-1")]}],
            "urp2b": [{"rtin": to, "inv": [invoice("E-2")]}],
        },
    )
    assert load(whole).refusals == []
    written = to_gstr1_json(world.supplier, Form.GSTR1, PERIOD)
    entries = trace()
    report = load(written.encode())
    assert (report.same, report.read, trace()) == (7, 7, entries)
    again = json.loads(written)
    assert again["b2b"][0]["inv"][1]["itms"][1]["itm_det"]["txval"] == 9999999999.99
    assert "9999999999.99" in written
    assert "e+" not in written.lower().replace("e-", "")


def test_a_note_keeps_the_invoice_that_it_changes(world, body, load):
    """GSTR-6 names the distributor's invoice (`inum`, `idt`), and a written file has it again."""
    to = world.recipient.gstin
    notes = [
        note("C-1") | {"inum": "ISD/7", "idt": "03-09-2024"},
        note("C-2"),
        note("C-3") | {"inum": "", "idt": ""},
        note("C-4") | {"inum": "ISD/8", "idt": "2024"},
    ]
    report = load(body(cdnr=[{"ctin": to, "nt": notes}]))
    assert (report.saved, report.refused) == (3, 1)
    details = dict(Record.objects.values_list("number", "details"))
    assert details == {
        "C-1": {"original_number": "ISD/7", "original_date": "2024-09-03"},
        "C-2": None,
        "C-3": None,
    }
    written = json.loads(to_gstr1_json(world.supplier, Form.GSTR1, PERIOD))
    (first, *_) = written["cdnr"][0]["nt"]
    assert (first["inum"], first["idt"]) == ("ISD/7", "03-09-2024")
    assert load(written).same == 3


def test_an_iff_is_for_quarterly_filers_and_its_months(world, body, load):
    with pytest.raises(Refused):
        load(body(invoice()), form=Form.IFF)
    quarterly = world.taxpayer("27", 1500, "Nilgiri", frequency="Q")
    report = load(body(invoice()) | {"gstin": quarterly.gstin}, form=Form.IFF, by=quarterly)
    assert report.saved == 1
    assert Record.objects.get().form == "IFF"


def test_the_command_prints_positions_and_sets_its_exit_code(world, body, tmp_path):
    path, out = tmp_path / "r1.json", StringIO()
    path.write_text(json.dumps(body(invoice("A-1"), invoice("A-2", pos="88"))))
    with pytest.raises(SystemExit) as ended:
        call_command("import_gstr1", str(path), "--all-or-nothing", stdout=out)
    assert ended.value.code == 1
    assert not Record.objects.exists()
    assert "b2b[0].inv[1] A-2: BAD_DOC" in out.getvalue()
    with pytest.raises(SystemExit):
        call_command("import_gstr1", str(path), stdout=out)
    assert Record.objects.count() == 1
    path.write_text(json.dumps(body(invoice("A-1"))))
    call_command("import_gstr1", str(path), "--gstin", world.supplier.gstin, "--form", "GSTR-1", stdout=out)
    assert "0 saved, 0 changed, 1 same" in out.getvalue()
    for arguments in ([str(tmp_path / "none.json")], [str(path), "--gstin", world.recipient.gstin]):
        with pytest.raises(CommandError):
            call_command("import_gstr1", *arguments, stdout=out)


def test_the_command_checks_a_file_and_prints_its_tax_by_section(world, body, tmp_path):
    path, out = tmp_path / "r1.json", StringIO()
    path.write_text(json.dumps(body(invoice("A-1"), invoice("A-2"))))
    call_command("import_gstr1", str(path), "--check", stdout=out)
    assert not Record.objects.exists()
    rows = [line.split() for line in out.getvalue().splitlines()]
    table = next(row for row in rows if row[0] == "b2b")
    assert table[1] == "2"
    assert len(table) == 7
    assert "Only checked: nothing was saved." in out.getvalue()


def test_r140_other_registrations_are_recipients_without_ims_and_operators(world, body, load):
    """A document can be addressed to a UIN and sold through an operator that collects tax. The UIN has no
    IMS, so its record is on no desk (R-010)."""
    uin, operator = (first + check_character(first) for first in ("0717UNO00157UN", "07AAICX1234J1C"))
    mine = [invoice("A-1", etin=operator), invoice("A-2", etin="07AAICX1234J1CX")]
    theirs = [invoice("U-1", pos="07")]
    report = load(body(b2b=[{"ctin": world.recipient.gstin, "inv": mine}, {"ctin": uin, "inv": theirs}]))
    assert [(refusal.code, refusal.number) for refusal in report.refusals] == [("BAD_GSTIN", "A-2")]
    assert Record.objects.get(number="A-1").details["sold_through"] == operator
    saved = Record.objects.get(number="U-1")
    assert saved.route == Route.NO_ACCESS
    assert saved.recipient.registration is RegistrationType.UIN
    assert not saved.recipient.listed


def test_r144_a_supply_from_a_bonded_warehouse_within_a_state_carries_igst(world, body, load):
    home = {"pos": world.supplier.state}
    report = load(body(invoice("B-1", inv_typ="CBW", **home), invoice("B-2", inv_typ="DE", **home)))
    assert [(refusal.code, refusal.number) for refusal in report.refusals] == [("BAD_DOC", "B-2")]
    assert Record.objects.get(number="B-1").igst == 1_800_00
