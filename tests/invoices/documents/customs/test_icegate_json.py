"""Sound customs data is loaded, each fault is reported with its position, and loading the same data again
changes nothing."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from ims_portal.kernel.errors import Invalid
from invoices.documents.customs import load as icegate
from invoices.journal.writing import By
from invoices.models import JournalEntry, Record, Taxpayer
from tests.world import gstin

pytestmark = pytest.mark.once

BY = By(source="test")
KEY = {"boe_number": "4512345", "port_code": "INNSA1", "reference_date": "06-10-2025"}


def bill(gstin, **changed):
    return {
        "gstin": gstin,
        **KEY,
        "sez": False,
        "taxable_value": 250000,
        "igst": 45000.5,
        "cess": 0,
        **changed,
    }


def amendment(kind="value", **changed):
    return {"amends": KEY, "type": kind, "date": "20-10-2025", **changed}


def load(*entries, **options):
    return icegate.load(json.dumps(list(entries)).encode(), by=BY, **options)


@pytest.fixture
def importer(world_2025):
    return world_2025.recipient


def test_a_bill_reaches_its_importer(importer):
    behind = gstin("29", 900)
    other = bill(importer.gstin, boe_number="77", sez=True, sez_supplier_gstin=behind)
    assert load(bill(importer.gstin), other).counts == {"saved": 2}
    first, second = Record.objects.order_by("pk")
    assert (first.section, first.taxable, first.igst) == ("impg", 250_000_00, 45_000_50)
    assert (second.section, second.details["sez_supplier"]) == ("impgsez", behind)
    assert first.decision.action == "N"


@pytest.mark.parametrize(
    "later",
    [
        [],
        [amendment(igst=40000, taxable_value=230000)],
        [amendment("gstin", to_gstin=gstin("27", 2002))],
        [
            amendment(igst=40000),
            amendment(igst=39000, date="21-10-2025"),
            amendment("gstin", date="22-10-2025", to_gstin=gstin("27", 2002)),
        ],
    ],
)
def test_the_same_file_again_changes_nothing(importer, later):
    entries = [bill(importer.gstin), *later]
    assert load(*entries).counts == {"saved": len(entries)}
    before = list(Record.objects.order_by("pk").values())
    trace = JournalEntry.objects.count()
    assert load(*entries).counts == {"same": len(entries)}
    assert load(*later).counts == ({"same": len(later)} if later else {})
    assert list(Record.objects.order_by("pk").values()) == before
    assert JournalEntry.objects.count() == trace


def test_a_gstin_amendment_moves_the_bill(importer):
    new = gstin("27", 2002)
    load(bill(importer.gstin), amendment("gstin", to_gstin=new))
    moved = Record.objects.get(recipient__gstin=new)
    assert (moved.section, moved.igst) == ("impga", 45_000_50)
    assert not Taxpayer.objects.get(gstin=new).listed
    refused = load(amendment("gstin", to_gstin=new, date="25-10-2025")).refusals
    assert [r.field for r in refused] == ["to_gstin"]


def test_a_known_bill_with_other_amounts_needs_an_amendment(importer):
    load(bill(importer.gstin))
    report = load(bill(importer.gstin, igst=1), bill(gstin("27", 2002)))
    assert [r.code for r in report.refusals] == ["DUPLICATE_DOC", "DUPLICATE_DOC"]
    assert Record.objects.count() == 1


def test_a_bill_number_with_and_without_leading_zeros_is_one_number(importer):
    """Customs, portals and workbooks write the same number with zeros and without."""
    load(bill(importer.gstin, boe_number="0012345"))
    record = Record.objects.get()
    assert (record.number, record.number_key) == ("0012345", "12345")
    assert load(bill(importer.gstin, boe_number="12345")).counts == {"same": 1}
    other = {"boe_number": "00012345"}
    report = load(bill(importer.gstin, **other, igst=1))
    assert [r.code for r in report.refusals] == ["DUPLICATE_DOC"]
    assert load(amendment(igst=40000, amends=KEY | other)).counts == {"saved": 1}
    assert load(amendment(igst=40000, amends=KEY | {"boe_number": "012345"})).counts == {"same": 1}
    assert load(bill(importer.gstin, boe_number="000")).counts == {"saved": 1}
    assert Record.objects.get(number="000").number_key == "0"


def test_a_known_bill_with_another_date_is_refused_and_not_called_the_same(importer):
    load(bill(importer.gstin))
    (refusal,) = load(bill(importer.gstin, reference_date="07-10-2025")).refusals
    assert (refusal.code, refusal.field) == ("DUPLICATE_DOC", "reference_date")
    assert load(bill(importer.gstin, reference_date="31-03-2025")).counts == {"saved": 1}  # another year


BAD = {
    "gstin": ({"gstin": "29AAACT2001A1ZZ"}, "gstin"),
    "no gstin": ({"gstin": None}, "gstin"),
    "letters": ({"boe_number": "45A"}, "boe_number"),
    "number as number": ({"boe_number": 45}, "boe_number"),
    "port": ({"port_code": "IN NSA"}, "port_code"),
    "port of five": ({"port_code": "INNSA"}, "port_code"),
    "port of seven": ({"port_code": "INNSA12"}, "port_code"),
    "port NUL": ({"port_code": "IN\x00"}, "port_code"),
    "surrogate": ({"port_code": "\ud800"}, "port_code"),
    "31 September": ({"reference_date": "31-09-2025"}, "reference_date"),
    "ISO": ({"reference_date": "2025-10-06"}, "reference_date"),
    "future": ({"reference_date": "29-10-2025"}, "reference_date"),
    "negative": ({"igst": -1}, "igst"),
    "minus zero": ({"igst": -0.0}, "igst"),
    "three decimals": ({"taxable_value": 1.005}, "taxable_value"),
    "text": ({"igst": "5"}, "igst"),
    "huge": ({"igst": 1e300}, "igst"),
    "digits": ({"cess": int("9" * 4000)}, "cess"),
    "missing": ({"igst": None}, "igst"),
    "sez": ({"sez": "Y"}, "sez"),
    "sez supplier without sez": ({"sez_supplier_gstin": gstin("29", 900)}, "sez"),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_bill_is_named_and_the_rest_is_loaded(importer, bad):
    changed, field = BAD[bad]
    report = load(bill(importer.gstin, boe_number="1"), bill(importer.gstin) | changed)
    assert report.counts == {"saved": 1, "refused": 1}
    refusal = report.refusals[0]
    assert (refusal.place.startswith("[1]"), refusal.field) == (True, field)
    refusal.message.encode("utf-8")
    assert list(Record.objects.values_list("number", flat=True)) == ["1"]


BAD_AMENDMENTS = {
    "unknown bill": ({"amends": {**KEY, "boe_number": "999"}}, "amends"),
    "no object": ({"amends": "4512345"}, "amends"),
    "type": ({"type": "port"}, "type"),
    "no igst": ({"igst": None}, "igst"),
    "negative": ({"igst": -5}, "igst"),
    "future": ({"date": "30-10-2025"}, "reference_date"),
    "before the bill": ({"date": "01-10-2025"}, "date"),
}


@pytest.mark.parametrize("bad", BAD_AMENDMENTS)
def test_a_bad_amendment_is_named_and_changes_nothing(importer, bad):
    changed, field = BAD_AMENDMENTS[bad]
    load(bill(importer.gstin))
    report = load(amendment(igst=40000) | changed)
    assert [r.field for r in report.refusals] == [field]
    assert Record.objects.count() == 1


def test_a_strict_load_saves_nothing_if_one_entry_is_refused(importer):
    trace = JournalEntry.objects.count()
    report = load(bill(importer.gstin), 7, amendment(igst=1), all_or_nothing=True)
    assert (report.counts["saved"], report.counts["refused"], report.written) == (2, 1, False)
    assert not Record.objects.exists()
    assert JournalEntry.objects.count() == trace


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[", b"\xef\xbb\xbf{}", b'[{"igst": NaN}]', b'[{"a": 1, "a": 2}]', b"[\xff]", b"[" * 99999],
)
def test_a_file_that_is_no_list_is_refused(importer, data):
    with pytest.raises(Invalid) as caught:
        icegate.load(data, by=BY)
    assert caught.value.code == "IMP-FORMAT"


def test_the_number_of_queries_does_not_grow_with_known_bills(importer, django_assert_max_num_queries):
    entries = [bill(importer.gstin, boe_number=str(n)) for n in range(40)]
    load(*entries)
    # two queries for each entry (a savepoint and its release), and four queries for all entries together
    with django_assert_max_num_queries(4 + 2 * len(entries)):
        assert load(*entries).counts == {"same": 40}


def test_the_command_prints_positions_and_counts_and_sets_its_exit_code(importer, tmp_path):
    path, out = tmp_path / "boe.json", StringIO()
    path.write_text(json.dumps([bill(importer.gstin), bill(importer.gstin, boe_number="x")]))
    with pytest.raises(SystemExit) as ended:
        call_command("import_icegate", str(path), stdout=out)
    assert ended.value.code == 1
    assert "[1]: BAD_DOC_NO" in out.getvalue()
    assert "1 saved, 0 same, 1 refused" in out.getvalue()
    path.write_text(json.dumps([bill(importer.gstin)]))
    call_command("import_icegate", str(path), stdout=out)
    assert "0 saved, 1 same, 0 refused" in out.getvalue()
    path.write_text("{")
    for name in (path, tmp_path / "none"):
        with pytest.raises(CommandError):
            call_command("import_icegate", str(name), stdout=out)
