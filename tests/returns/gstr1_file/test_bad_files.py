"""The portal refuses every faulty file and every faulty document of a supplier, and reports the position of
the fault."""

from __future__ import annotations

import copy
import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ims_portal.kernel.errors import Invalid, PortalError
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Record
from returns.gstr1_file import read
from returns.gstr1_file.report import Mode
from tests.returns.gstr1_file.documents import invoice, item, trace

pytestmark = pytest.mark.once

BAD_FILES = {
    "truncated": (lambda d: d[:-40], "IMP-FORMAT", "line"),
    "UTF-16": (lambda d: d.decode().encode("utf-16"), "IMP-FORMAT", "UTF-16"),
    "gstin missing": (lambda d: d.replace(b'"gstin"', b'"stin"'), "IMP-GSTIN", "does not name its GSTIN"),
    "period missing": (
        lambda d: d.replace(b'"fp"', b'"period"'),
        "IMP-PERIOD",
        "does not name its tax period",
    ),
    "GSTR-2B": (
        lambda d: b'{"chksum": "x", "data": {"gstin": "27AAXCS4821K1ZN", "rtnprd": "102024", "docdata": {}}}',
        "IMP-FORMAT",
        "a GSTR-2B file",
    ),
    "GSTR-2A with invoices alone": (
        lambda d: d.replace(b'"inv":', b'"cfs": "Y", "cfs3b": "Y", "flprdr1": "Oct-24", "inv":', 1),
        "IMP-FORMAT",
        "a GSTR-2A file",
    ),
    "GSTR-2A with its keys after the documents": (
        lambda d: d.replace(b"]}]}]}", b']}], "fldtr1": "11-Nov-24"}]}', 1),
        "IMP-FORMAT",
        "a GSTR-2A file",
    ),
    "IMS upload": (
        lambda d: b'{"rtin": "27AAXCS4821K1ZN", "invdata": {}}',
        "IMP-FORMAT",
        "an IMS upload file",
    ),
    "workbook": (
        lambda d: b"PK\x03\x04" + b"\0" * 26 + b"[Content_Types].xml",
        "IMP-FORMAT",
        "an Excel workbook",
    ),
    "PDF": (lambda d: b"%PDF-1.7", "IMP-FORMAT", "a PDF"),
    "latin-1": (lambda d: d.replace(b"INV-1", b"INV-\xe9"), "IMP-FORMAT", "UTF-8"),
    "nan": (lambda d: d.replace(b"11800", b"NaN"), "IMP-FORMAT", "NaN"),
    "infinity": (lambda d: d.replace(b"11800", b"-Infinity"), "IMP-FORMAT", "Infinity"),
    "key twice": (lambda d: d.replace(b'"pos"', b'"val": 1, "pos"'), "IMP-FORMAT", "'val' appears twice"),
    "deep": (lambda d: b"[" * 100_000 + b"]" * 100_000, "IMP-FORMAT", "levels deep"),
    "empty": (lambda d: b"", "IMP-FORMAT", "line 1"),
    "no object": (lambda d: b"[]", "IMP-FORMAT", "a list"),
    "another's": (lambda d: d.replace(b'"gstin": "27', b'"gstin": "09'), "IMP-GSTIN", "check character"),
    "no period": (lambda d: d.replace(b"102024", b"2024-10"), "IMP-PERIOD", "fp"),
    "month 13": (lambda d: d.replace(b"102024", b"132024"), "IMP-PERIOD", "fp"),
    "nothing": (lambda d: d.replace(b"b2b", b"b2c"), "IMP-EMPTY", "b2c"),
    "a zip file": (lambda d: b"PK\x03\x04" + d, "IMP-FORMAT", "a zip file, not JSON"),
}


@pytest.mark.parametrize("bad", BAD_FILES)
def test_a_file_that_is_no_return_is_refused_with_the_position(world, body, load, bad):
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
def test_a_note_that_is_neither_credit_nor_debit_is_refused(world, body, load, kind):
    note = {**invoice(), "nt_num": "N-1", "nt_dt": "05-10-2024", "ntty": kind}
    report = load(body(cdnr=[{"ctin": world.recipient.gstin, "nt": [note]}]))
    assert [(r.place, r.field) for r in report.refusals] == [("cdnr[0].nt[0] N-1", "kind")]
    assert not Record.objects.exists()


@pytest.mark.parametrize("text", ["", "29AAACT2001A1Z", "99", None, 5, ["x"], "\ud800", "２９AAACT2001A1ZX"])
def test_a_bad_recipient_refuses_its_documents(world, body, load, text):
    report = load(body(b2b=[{"ctin": text, "inv": [invoice()]}]))
    assert [(r.code, r.place) for r in report.refusals] == [("BAD_GSTIN", "b2b[0].inv[0] INV-1")]
    assert not Record.objects.exists()


def test_a_gstin_in_lower_case_with_spaces_is_corrected(world, body, load):
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
    """A random value anywhere in a sound file causes no exception except the portal's own exceptions."""
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


def test_a_byte_order_mark_before_the_file_is_taken(world, body, load):
    """Some programs write this mark at the beginning of a text in UTF-8."""
    report = load(b"\xef\xbb\xbf" + json.dumps(body(invoice("A-1"))).encode())
    assert (report.saved, report.refused) == (1, 0)
