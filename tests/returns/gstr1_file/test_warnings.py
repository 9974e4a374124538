"""Some documents are accepted with a warning: of amounts since 1 February 2026 (R-145), and amendments that are
too late (R-046). The command, the REST API and the pages show the warning. GSTN's format has no place for it."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from invoices.models import AnnualReturn, Record, Role
from invoices.rules.calendar import Form
from returns.gstr1_file import load as upload
from returns.gstr1_file.report import Mode
from tests.api_client import api_for
from tests.pages import client_of
from tests.returns.gstr1_file.documents import BY, invoice
from tests.returns.web.supplier.supplier_pages import form_values
from tests.world import World

pytestmark = pytest.mark.once

CESS = "Compensation cess ended on 31 January 2026. Check the cess 5.00."
RETAIL = "is more than 40 % of the taxable value 1,000.00"


@pytest.fixture
def world(db) -> World:
    return World("2026-02-20 10:00", filed_through="2026-01")


@pytest.fixture
def file(world) -> dict:
    def dated(number, **line):
        return invoice(number, idt="05-02-2026", itms=[{"num": 1, "itm_det": line}])

    documents = [
        dated("A-1", rt=18, txval=1000, iamt=180),
        dated("A-2", rt=18, txval=1000, iamt=180, csamt=5),
        dated("A-3", rt=40, txval=1000, iamt=700),
    ]
    return {
        "gstin": world.supplier.gstin,
        "fp": "022026",
        "b2b": [{"ctin": world.recipient.gstin, "inv": documents}],
    }


def test_a_file_reports_its_warnings_and_saves_the_documents(world, file, load, tmp_path):
    report = load(file)
    assert (report.saved, report.refused) == (3, 0)
    told = {(w.number, w.field, w.rule): w.message for w in report.warnings}
    assert set(told) == {("A-2", "cess", "R-145"), ("A-3", "rate", "R-145")}
    assert told["A-2", "cess", "R-145"] == CESS
    assert RETAIL in told["A-3", "rate", "R-145"]
    path = tmp_path / "file.json"
    path.write_text(json.dumps(file))
    said = StringIO()
    call_command("import_gstr1", str(path), stdout=said)
    assert f"b2b[0].inv[1] A-2: warning (R-145) cess: {CESS}" in said.getvalue()


def test_the_api_names_the_warnings_of_a_file_and_of_a_document(world, file):
    seller = api_for(world, at=world.supplier)
    told = seller.post("forms/gstr1/022026/upload/", json.dumps(file).encode()).json()
    assert [(w["number"], w["field"]) for w in told["warnings"]] == [("A-2", "cess"), ("A-3", "rate")]
    shown = {d["number"]: d["warnings"] for d in seller.get("forms/gstr1/022026/documents/").json()["items"]}
    assert (shown["A-1"], shown["A-2"]) == ([], [CESS])
    assert RETAIL in shown["A-3"][0]


def test_the_page_of_a_file_lists_its_warnings(world, file):
    client = client_of(world, Role.SUPPLIER_CLERK, at=world.supplier)
    sent = {"file": SimpleUploadedFile("f.json", json.dumps(file).encode()), "mode": "good"}
    page = client.post(f"/t/{world.supplier.gstin}/gstr1/022026/upload/", sent, follow=True).content.decode()
    assert ">Warnings</h2>" in page
    assert CESS in page


def test_a_document_typed_on_the_page_is_saved_with_its_warning(world):
    client = client_of(world, Role.SUPPLIER_CLERK, at=world.supplier)
    typed = form_values(world, document_date="2026-02-05", cess_0="5")
    reply = client.post(f"/t/{world.supplier.gstin}/gstr1/022026/b2b/new/", typed, follow=True)
    assert Record.objects.get().cess == 500
    assert CESS in reply.content.decode()


def test_warnings_that_are_not_listed_are_counted(world, file, monkeypatch, tmp_path):
    monkeypatch.setattr("returns.gstr1_file.report.MOST_LISTED", 1)
    seller = api_for(world, at=world.supplier)
    told = seller.post("forms/gstr1/022026/upload/?mode=check", json.dumps(file).encode()).json()
    assert (told["warned"], len(told["warnings"])) == (2, 1)
    client = client_of(world, Role.SUPPLIER_CLERK, at=world.supplier)
    sent = {"file": SimpleUploadedFile("f.json", json.dumps(file).encode()), "mode": "check"}
    page = client.post(f"/t/{world.supplier.gstin}/gstr1/022026/upload/", sent, follow=True).content.decode()
    assert "2 warnings, 1 of them not listed" in page
    path, said = tmp_path / "file.json", StringIO()
    path.write_text(json.dumps(file))
    call_command("import_gstr1", str(path), stdout=said)
    assert "... and 1 more warnings" in said.getvalue()


SUMMARY = [
    {"sec_nm": "B2B", "ttl_rec": 4, "ttl_tax": 3000, "ttl_igst": 1060, "ttl_cess": "5.00"},
    {"sec_nm": "CDNR", "ttl_rec": 0},
    {"sec_nm": "B2CS", "ttl_rec": 9},  # not read by the portal
]


def test_a_count_that_the_file_states_of_itself_is_compared_with_what_was_read(world, file, load, tmp_path):
    """The documents are saved, and the difference is told with both figures, at every door."""
    stated = file | {"gt": 1, "ttl_igst": 1061, "sec_sum": SUMMARY}
    told = {(w.place, w.field): w.message for w in load(stated).warnings if not w.rule}
    assert told == {
        (
            "file",
            "IGST",
        ): "The file states IGST 1,061.00, the documents read have 1,060.00. Check whether the "
        "file is complete.",
        (
            "sec_sum[0] b2b",
            "documents",
        ): "The file states documents 4, the documents read have 3. Check whether the file is complete.",
    }
    path = tmp_path / "file.json"
    path.write_text(json.dumps(stated))
    said = StringIO()
    call_command("import_gstr1", str(path), stdout=said)
    assert "sec_sum[0] b2b: warning documents: The file states documents 4" in said.getvalue()
    seller = api_for(world, at=world.supplier)
    reply = seller.post("forms/gstr1/022026/upload/", path.read_bytes()).json()
    assert [w["place"] for w in reply["warnings"] if not w["rule"]] == ["file", "sec_sum[0] b2b"]


@pytest.mark.parametrize("sign", [1, -1])
def test_credit_notes_in_a_stated_sum_may_have_either_sign(world, file, load, sign):
    line = [{"num": 1, "itm_det": {"rt": 18, "txval": 1000, "iamt": 180}}]
    notes = [
        invoice("-", itms=line) | {"nt_num": f"N-{nth}", "nt_dt": "05-02-2026", "ntty": kind}
        for nth, kind in enumerate("CCD")
    ]
    row = {
        "sec_nm": "CDNR",
        "ttl_rec": 3,
        "ttl_tax": 3000 if sign > 0 else -1000,
        "ttl_igst": 540 if sign > 0 else -180,
    }
    stated = {**file, "b2b": [], "cdnr": [{"ctin": world.recipient.gstin, "nt": notes}], "sec_sum": [row]}
    report = load(stated)
    assert (report.saved, report.warnings) == (3, [])
    row["ttl_igst"] += 1
    (told,) = load(stated).warnings
    assert told.place == "sec_sum[0] cdnr"


LATE = "The time for amending documents of financial year 2023-24 ended on "


def amendment(world: World) -> dict:
    """Return a file of November 2024 with an amendment of an invoice of March 2024 and with a new invoice of
    March 2024."""
    changed = invoice("M-1", idt="05-03-2024", oinum="M-1", oidt="05-03-2024")
    return {
        "gstin": world.supplier.gstin,
        "fp": "112024",
        "b2b": [{"ctin": world.recipient.gstin, "inv": [invoice("M-2", idt="06-03-2024")]}],
        "b2ba": [{"ctin": world.recipient.gstin, "inv": [changed]}],
    }


@pytest.mark.parametrize(
    ("furnished", "now", "told"),
    [
        (None, "2024-11-30 10:00", ""),
        (None, "2024-12-01 10:00", "30-11-2024"),
        ("2024-11-20", "2024-11-20 10:00", ""),
        ("2024-11-20", "2024-11-21 10:00", "20-11-2024"),
    ],
)
def test_r046_a_late_amendment_is_taken_with_a_warning_at_every_door(db, furnished, now, told):
    """The annual return of the supplier counts, not of the recipient. A new document is never a late amendment."""
    world = World("2024-11-05 10:00", filed_through="2024-09")
    first = world.saves(number="M-1", document_date="2024-03-05", period="2024-10")
    world.files("2024-10")
    AnnualReturn.objects.create(taxpayer=world.recipient, year=2023, furnished_on="2024-10-31")
    if furnished:
        AnnualReturn.objects.create(taxpayer=world.supplier, year=2023, furnished_on=furnished)
    world.goes_to(now)
    expected = [LATE + told] if told else []

    client = client_of(world, Role.SUPPLIER_CLERK, at=world.supplier)
    page = client.get(f"/t/{world.supplier.gstin}/gstr1/112024/b2ba/new/?amends={first.pk}")
    assert (LATE + told in page.content.decode()) is bool(told)

    for _again in (1, 2):  # the same file twice tells the same
        body = json.dumps(amendment(world)).encode()
        report = upload.load(world.supplier, Form.GSTR1, body, by=BY, mode=Mode.GOOD_ONES)
        assert (report.refused, report.counts["saved"] + report.counts["same"]) == (0, 2)
        assert [w.message.split(" (section")[0] for w in report.warnings if w.rule == "R-046"] == expected

    seller = api_for(world, at=world.supplier)
    for table, wanted in (("b2ba", expected), ("b2b", [])):
        (shown,) = seller.get(f"forms/gstr1/112024/documents/?table={table}").json()["items"]
        assert [text.split(" (section")[0] for text in shown["warnings"]] == wanted


def test_r080_a_file_that_amends_the_invoice_of_another_recipient_gets_a_warning(db):
    """The amendment may correct the recipient and the place of supply (R-080, R-089). A second upload of the same
    file tells the same."""
    world = World("2024-11-05 10:00", filed_through="2024-09")
    other = world.taxpayer("24", 1750)
    world.saves(
        number="M-1",
        document_date="2024-10-05",
        period="2024-10",
        recipient=other.gstin,
        place_of_supply="24",
    )
    world.saves(number="M-3", document_date="2024-10-05", period="2024-10")
    world.files("2024-10")
    named = {"oidt": "05-10-2024", "idt": "05-10-2024"}
    changed = [invoice("M-1", oinum="M-1", **named), invoice("M-3", oinum="M-3", **named)]
    file = {
        "gstin": world.supplier.gstin,
        "fp": "112024",
        "b2ba": [{"ctin": world.recipient.gstin, "inv": changed}],
    }
    for _again in (1, 2):
        report = upload.load(
            world.supplier, Form.GSTR1, json.dumps(file).encode(), by=BY, mode=Mode.GOOD_ONES
        )
        assert report.refused == 0
        told = [(warning.rule, warning.message) for warning in report.warnings]
        assert [rule for rule, _ in told] == ["R-080", "R-089"]
        assert "M-1" in told[0][1]
        assert f"from {other.gstin} to {world.recipient.gstin}" in told[0][1]
