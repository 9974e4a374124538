"""A supplier's file: sound documents are saved, faults are named with their position, and a second load
changes nothing."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ims_portal.kernel.errors import Invalid, PortalError, Refused
from ims_portal.kernel.periods import TaxPeriod
from invoices.journal.writing import By
from invoices.models import ArchivedRecord, JournalEntry, Record
from invoices.rules.calendar import Form
from returns.gstr1_file import load as upload
from returns.gstr1_file import read
from returns.gstr1_file.report import Mode
from returns.gstr1_file.write import to_gstr1_json
from tests.world import gstin

BY = By(source="test")
PERIOD = TaxPeriod(2024, 10)


def item(rate=18, taxable=10000, **tax):
    tax = tax or {"iamt": taxable * rate / 100}
    return {"num": 1, "itm_det": {"rt": rate, "txval": taxable, **tax, "csamt": 0}}


def invoice(number="INV-1", **changed):
    return {
        "inum": number,
        "idt": "05-10-2024",
        "val": 11800,
        "pos": "29",
        "rchrg": "N",
        "inv_typ": "R",
        "itms": [item()],
        **changed,
    }


def note(number="CN-1", letter="C", **changed):
    found = invoice(**changed)
    return {
        "ntty": letter,
        "nt_num": number,
        "nt_dt": found.pop("idt"),
        **{k: v for k, v in found.items() if k != "inum"},
    }


@pytest.fixture
def body(world):
    def make(*invoices, **sections):
        found = {"gstin": world.supplier.gstin, "fp": "102024"}
        if invoices:
            found["b2b"] = [{"ctin": world.recipient.gstin, "inv": list(invoices)}]
        return found | sections

    return make


@pytest.fixture
def load(world):
    def run(body, *, mode=Mode.GOOD_ONES, form=Form.GSTR1, by=None, period=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return upload.load(by or world.supplier, form, data, by=BY, mode=mode, period=period)

    return run


def stored():
    return sorted(
        Record.objects.values_list("number", "kind", "revision", "taxable", "igst", "details", "rate_lines"),
        key=str,
    )


def trace():
    return JournalEntry.objects.count()


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


BAD_FILES = {
    "truncated": (lambda d: d[:-40], "IMP-FORMAT", "line"),
    "bom": (lambda d: b"\xef\xbb\xbf" + d, "IMP-FORMAT", "byte order mark"),
    "latin-1": (lambda d: d.replace(b"INV-1", b"INV-\xe9"), "IMP-FORMAT", "UTF-8"),
    "nan": (lambda d: d.replace(b"11800", b"NaN"), "IMP-FORMAT", "NaN"),
    "infinity": (lambda d: d.replace(b"11800", b"-Infinity"), "IMP-FORMAT", "Infinity"),
    "key twice": (lambda d: d.replace(b'"pos"', b'"val": 1, "pos"'), "IMP-FORMAT", "'val' stands twice"),
    "deep": (lambda d: b"[" * 100_000 + b"]" * 100_000, "IMP-FORMAT", "levels deep"),
    "empty": (lambda d: b"", "IMP-FORMAT", "line 1"),
    "no object": (lambda d: b"[]", "IMP-FORMAT", "a list"),
    "another's": (lambda d: d.replace(b'"gstin": "27', b'"gstin": "09'), "IMP-GSTIN", "check character"),
    "no period": (lambda d: d.replace(b"102024", b"2024-10"), "IMP-PERIOD", "fp"),
    "month 13": (lambda d: d.replace(b"102024", b"132024"), "IMP-PERIOD", "fp"),
    "nothing": (lambda d: d.replace(b"b2b", b"b2c"), "IMP-EMPTY", "b2c"),
    "not a zip either": (lambda d: b"PK\x03\x04" + d, "IMP-FORMAT", "line 1"),
}


@pytest.mark.parametrize("bad", BAD_FILES)
def test_a_file_that_is_no_return_is_refused_with_its_place(world, body, load, bad):
    spoil, code, said = BAD_FILES[bad]
    entries = trace()
    with pytest.raises(Invalid) as caught:
        load(spoil(json.dumps(body(invoice())).encode()))
    assert caught.value.code == code
    assert said in caught.value.message
    caught.value.message.encode("utf-8")
    assert not Record.objects.exists()
    assert trace() == entries


BAD_DOCUMENTS = {
    "three decimals": ({"val": 11800.123}, "value"),
    "negative": ({"itms": [item(18, -100, iamt=-18)]}, "taxable"),
    "minus zero": ({"val": -0.0}, "value"),
    "huge": ({"val": 1e300}, "value"),
    "5,000 digits": ({"val": int("9" * 4000)}, "value"),
    "text for a number": ({"itms": [item(18, 100, iamt="18")]}, "igst"),
    "true for a number": ({"val": True}, "value"),
    "null for a value": ({"val": None}, "value"),
    "null for a tax": ({"itms": [{"itm_det": {"rt": 18, "txval": 100, "iamt": 18, "csamt": None}}]}, "cess"),
    "no GST rate": ({"itms": [item(17, 100, iamt=17)]}, "rate"),
    "wrong tax": ({"itms": [item(18, 100, iamt=90)]}, "rate"),
    "both heads": ({"itms": [item(18, 100, camt=9, samt=9)]}, "cgst"),
    "no lines": ({"itms": []}, "rate"),
    "lines no list": ({"itms": {"rt": 5}}, "rate"),
    "line no object": ({"itms": [5]}, "rate"),
    "NUL": ({"inum": "A\x00B"}, "number"),
    "lone surrogate": ({"inum": "A\ud800"}, "number"),
    "right-to-left mark": ({"inum": "A\u202eB"}, "number"),
    "look-alike digits": ({"inum": "A-１２"}, "number"),
    "long number": ({"inum": "A" * 17}, "number"),
    "formula": ({"inum": "=1+1"}, "number"),
    "number of a number": ({"inum": 12}, "number"),
    "no number": ({"inum": None}, "number"),
    "31 April": ({"idt": "31-04-2024"}, "date"),
    "29 February": ({"idt": "29-02-2023"}, "date"),
    "two-digit year": ({"idt": "05-10-24"}, "date"),
    "ISO date": ({"idt": "2024-10-05"}, "date"),
    "Excel serial": ({"idt": 45570}, "date"),
    "future": ({"idt": "30-10-2024"}, "date"),
    "before GST": ({"idt": "30-06-2017"}, "date"),
    "pos as number": ({"pos": 29}, "place_of_supply"),
    "pos abroad": ({"pos": "96"}, "place_of_supply"),
    "rchrg": ({"rchrg": "y"}, "reverse_charge"),
    "type": ({"inv_typ": "X"}, "invoice_type"),
    "diff": ({"diff_percent": 0.5}, "rate"),
    "irn": ({"irn": "<script>"}, "irn"),
    "etin": ({"etin": "29AAACT0078A1CZ"}, "etin"),
}


@pytest.mark.parametrize("bad", BAD_DOCUMENTS)
def test_a_faulty_document_is_refused_with_its_position_and_the_others_are_saved(world, body, load, bad):
    changed, field = BAD_DOCUMENTS[bad]
    report = load(body(invoice("GOOD-1"), {**invoice("BAD-1"), **changed}))
    assert (report.saved, report.refused) == (1, 1)
    refusal = report.refusals[0]
    assert refusal.place.startswith("b2b[0].inv[1]")
    assert refusal.field == field
    assert refusal.code in ("BAD_DOC", "BAD_DOC_NO") or refusal.field == "etin"
    refusal.message.encode("utf-8")
    assert list(Record.objects.values_list("number", flat=True)) == ["GOOD-1"]


@pytest.mark.parametrize("kind", ["c", "d", "Credit", "", " C", None, 1, ["C"]])
def test_a_note_that_is_not_exactly_credit_or_debit_is_neither(world, body, load, kind):
    note = {**invoice(), "nt_num": "N-1", "nt_dt": "05-10-2024", "ntty": kind}
    report = load(body(cdnr=[{"ctin": world.recipient.gstin, "nt": [note]}]))
    assert [(r.place, r.field) for r in report.refusals] == [("cdnr[0].nt[0] N-1", "kind")]
    assert not Record.objects.exists()


@pytest.mark.parametrize("text", ["", "29AAACT2001A1Z", "99", None, 5, ["x"], "\ud800", "２９AAACT2001A1ZX"])
def test_a_bad_recipient_refuses_its_documents(world, body, load, text):
    report = load(body(b2b=[{"ctin": text, "inv": [invoice()]}]))
    assert [(r.code, r.place) for r in report.refusals] == [("BAD_GSTIN", "b2b[0].inv[0] INV-1")]
    assert not Record.objects.exists()


def test_a_gstin_in_lower_case_with_spaces_is_mended(world, body, load):
    report = load(body(b2b=[{"ctin": f" {world.recipient.gstin.lower()} ", "inv": [invoice()]}]))
    assert report.saved == 1
    assert Record.objects.get().recipient == world.recipient


@pytest.mark.parametrize(
    "sections",
    [
        {"b2b": {}},
        {"b2b": [5]},
        {"b2b": [{"ctin": "x"}]},
        {"ecom": []},
        {"ecom": {"b2b": "x"}},
        {"cdnr": [{"nt": [None]}]},
    ],
)
def test_a_section_of_another_shape_is_named(world, body, load, sections):
    report = load(body(**sections))
    assert report.refused == 1
    assert report.refusals[0].place.split("[")[0].split(".")[0] in sections


def test_a_file_for_somebody_else_or_another_period_is_refused_whole(world, body, load):
    with pytest.raises(Invalid) as caught:
        load(body(invoice()) | {"gstin": world.recipient.gstin})
    assert caught.value.code == "IMP-GSTIN"
    with pytest.raises(Invalid) as caught:
        load(body(invoice()), period=TaxPeriod(2024, 9))
    assert caught.value.code == "IMP-PERIOD"
    assert not Record.objects.exists()


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


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=8)
    | st.sampled_from(["D", "C", "Y", "05-10-2024", "29", "A-1", 18]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "inum",
                    "idt",
                    "pos",
                    "itms",
                    "itm_det",
                    "rt",
                    "txval",
                    "flag",
                    "ntty",
                    "irn",
                    "ctin",
                    "inv",
                    "nt",
                    "x",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
PATHS = [
    ("b2b",),
    ("b2b", 0),
    ("b2b", 0, "ctin"),
    ("b2b", 0, "inv"),
    ("b2b", 0, "inv", 0),
    ("ecom",),
    ("cdnr",),
    ("gstin",),
    ("fp",),
] + [("b2b", 0, "inv", 0, key) for key in invoice()]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), value=JSON)
def test_any_value_in_a_file_gives_a_refusal_or_a_report(world, body, load, path, value):
    """A random value anywhere in a sound file causes no exception other than the portal's own."""
    whole = copy.deepcopy(body(invoice("F-1")))
    holder = whole
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    try:
        report = load(json.dumps(whole).encode(), mode=Mode.CHECK)
    except PortalError as error:
        error.message.encode("utf-8")
    else:
        assert report.read == report.saved + report.changed + report.same + report.deleted + report.refused
        for refusal in report.refusals:
            assert refusal.place
            assert refusal.message
            f"{refusal.place}{refusal.number}{refusal.message}".encode()


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(max_size=60)
    | st.text(alphabet='{}[]",:0-9eE.+truefalsnNI\\u', max_size=60).map(str.encode)
)
def test_no_bytes_break_the_reader(data):
    with suppress(Invalid):
        read.open_file(data)
