"""IMS files of other portals. A record of unknown shape is reported and not taken over."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.periods import TaxPeriod
from invoices.desk import working_copy
from invoices.models import Record, Taxpayer
from returns.files.other_portals import read, records
from tests.returns.files.other_portals.foreign_files import CTIN, INVOICE, ims, party, statement
from tests.returns.gstn.shapes import sample
from tests.world import BY, World

pytestmark = pytest.mark.once

IMS: dict[str, tuple[Callable[[], Any], str, int]] = {
    **{f"no {name}": (lambda name=name: ims(**{name: None}), f"has no {said}", 1) for name, said in
       (("txval", "txval"), ("iamt", "igst"), ("cess", "cess"))},
    "an unknown action": (lambda: ims(action="X"), "action 'X' is not one of", 1),
    "no supplier": (lambda: ims(stin=None), "has no supplier's GSTIN (stin)", 1),
    "grouped as GSTR-2A": (
        lambda: {"imsDetails": {"b2b": [{"ctin": CTIN, "inv": [INVOICE, INVOICE]}]}},
        "b2b[0]: groups its documents by supplier",
        2,
    ),
    "an unknown section": (lambda: ims() | {"imsDetails": {"b2b": [], "cdn": [{"a": 1}]}}, "cdn: is not a known", 1),
}  # fmt: skip


@pytest.mark.once
@pytest.mark.parametrize("name", IMS)
def test_ims_records_of_unknown_shape_are_reported_and_not_read(name):
    made, said, count = IMS[name]
    found = read.read(json.dumps(made()).encode())
    assert (found.documents, found.unread) == ([], count)
    assert said in found.faults[0]


@pytest.mark.once
@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"gstin": CTIN, "b2b": []}, "found neither"),
        ({"gstin": CTIN, "b2b": [{"ctin": CTIN, "inv": [INVOICE]}]}, "found a GSTR-1 file"),
        ({"b2b": [{"ctin": CTIN, "cfs3b": "Y", "inv": [INVOICE]}]}, "found a GSTR-2A file"),
    ],
)
def test_a_return_without_its_period_is_no_empty_ims_file(given, found):
    with pytest.raises(Invalid, match=found):
        read.read(json.dumps(given).encode())


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"val": None}, "(val)"), ({"srcfilstatus": "maybe"}, "(srcfilstatus) is not known")],
)
def test_an_uncertain_record_is_not_taken_over(db, changes, said):
    World("2026-07-28 10:00", filed_through="2026-06")
    recipient = Taxpayer.objects.create(gstin="27AAKCN4821M1Z1", open_period=202607, working_copy=True)
    items, unread = records.copied(read.read(json.dumps(ims(**changes)).encode()).documents)
    assert (items, [said in problem.message for _document, problem in unread]) == ([], [True])
    assert working_copy.take_over(recipient, items, by=BY).new == 0


@pytest.mark.parametrize(
    ("month", "day", "expected"),
    [
        ("08", "03-08-2026", TaxPeriod(2026, 8)),
        ("8", "31-07-2026", TaxPeriod(2026, 8)),
        (8, "31-07-2026", TaxPeriod(2026, 8)),
        ("01", "30-12-2026", TaxPeriod(2027, 1)),  # a period is never before its document
        ("12", "01-12-2026", TaxPeriod(2026, 12)),
        (72026, "03-07-2026", TaxPeriod(2026, 7)),
    ],
)
def test_a_month_without_a_year_gets_the_year_of_its_document(month, day, expected):
    found = read.read(json.dumps(ims(rtnprd=month, sRtnPrd=None, idt=day)).encode())
    ((copied,), problems) = records.copied(found.documents)
    assert (copied.tax_period, problems) == (expected, [])


@pytest.mark.parametrize("month", ["00", "13", "", "0x", True, "2026"])
def test_a_wrong_month_is_a_refusal(month):
    found = read.read(json.dumps(ims(rtnprd=month, sRtnPrd=None)).encode())
    taken, ((_document, problem),) = records.copied(found.documents)
    assert (taken, problem.code) == ([], "IMP-ROW")


def test_a_statement_with_a_month_alone_takes_the_year_of_its_documents():
    file = json.loads(statement(b2b=[party("inv", INVOICE)]))
    file["data"]["rtnprd"] = "11"
    assert read.read(json.dumps(file).encode()).period == TaxPeriod(2024, 11)
    file["data"] |= {"docdata": {}, "gendt": "14-01-2025", "rtnprd": "12"}
    assert read.read(json.dumps(file).encode()).period == TaxPeriod(2024, 12)


def test_flags_of_the_portals_own_pages_are_true_or_false(copy):
    """The portal's own pages write flags as true or false where the API writes Y or N."""
    row = sample("ims_offline_download")["imsDetails"]["b2bcn"][0]
    flags = {"isRemarksBlocked": False, "ispendactblocked": True, "srcfilstatus": True, "itcRedReq": True}
    declared = {"declIgst": 0, "declCgst": 100, "declSgst": 100, "declCess": 0}
    reply = {
        "status": 1,
        "data": {"gstin": copy.recipient.gstin, "b2bcn": [row | flags | declared | {"action": "A"}]},
    }
    found = read.read(json.dumps(reply).encode())
    assert (found.gstin, found.faults) == (copy.recipient.gstin, [])
    (item,), problems = records.copied(found.documents)
    assert problems == []
    assert (item.filed, item.asked.declaration.required) == (True, True)
    assert working_copy.take_over(copy.recipient, [item], by=BY).new == 1


@pytest.mark.parametrize("gstin", ["24MAYAS0100J1JD", "24 aabce 2207 r1z5", "29AAFCB7312Q1ZA"])
def test_a_wrong_gstin_form_is_told_with_its_place_and_the_record_is_copied(copy, gstin):
    found = read.read(json.dumps(ims(stin=gstin)).encode())
    plain = gstin.replace(" ", "").upper()
    assert found.wrong_gstins[plain].startswith("b2b[0]: GSTIN ")
    items, problems = records.copied(found.documents)
    assert (problems, working_copy.take_over(copy.recipient, items, by=BY).new) == ([], 1)
    assert Record.objects.get().supplier.gstin == plain
