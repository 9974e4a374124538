"""GSTR-2B and IMS files of other portals can have unusual but readable values.

The portal compares each file with the portal's own records, and writes nothing."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from gstr2b.api import gstn_out
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import JournalEntry, Record
from invoices.rules.situation import Kind
from returns.files import gstr2b_json, offline_tool
from returns.files.other_portals import read
from returns.files.other_portals.compare import compare

pytestmark = pytest.mark.once


def test_an_ims_file_is_compared_field_by_field_and_nothing_is_written(world):
    world.saves(number="SAME")
    world.saves(number="OTHER", taxable=1000)
    world.saves(number="HERE")
    file = json.loads(b"".join(offline_tool.written(world.recipient)))
    rows = file["imsDetails"]["b2b"]
    file["imsDetails"]["b2b"] = [rows[0], {**rows[1], "iamt": 181.5}, {**rows[2], "inum": "THERE"}]
    entries, records = JournalEntry.objects.count(), Record.objects.count()
    told = compare(world.recipient, read.read(json.dumps(file).encode()))
    assert (told.same, [d.number for d in told.only_there]) == (1, ["THERE"])
    assert told.only_here == [f"b2b {world.supplier.gstin} HERE"]
    (differs,) = told.differing
    assert (differs.document.number, differs.fields) == ("OTHER", (("igst", "181.50", "180.00"),))
    assert (JournalEntry.objects.count(), Record.objects.count()) == (entries, records)


def test_the_portals_own_statement_compares_as_equal_with_and_without_its_wrapper(world):
    world.saves(number="A")
    world.acts("reject", world.saves(number="B"))
    world.saves(number="C", kind=Kind.CREDIT_NOTE)
    world.goes_to("2024-11-09 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-14 10:00")
    whole = json.loads(b"".join(gstr2b_json.written(world.recipient, TaxPeriod(2024, 10))))
    for form in (whole, whole["data"], {"status_cd": "1", "data": whole}):
        told = compare(world.recipient, read.read(json.dumps(form).encode()))
        assert (told.same, told.only_there, told.only_here, told.differing) == (3, [], [], [])


def test_a_statement_in_several_files_is_read_as_one_with_its_summary_taken_once(world, tmp_path):
    world.saves(number="A")
    world.acts("reject", world.saves(number="B"))
    world.saves(number="C", kind=Kind.CREDIT_NOTE)
    world.goes_to("2024-11-09 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-14 10:00")
    statement = world.statement("2024-10")
    first = gstn_out.statement_to_wire(statement, most=1)
    parts = [gstn_out.file_to_wire(statement, number, most=1) for number in (1, 2, 3)]
    bare = [gstn_out.file_to_wire(statement, n, most=1, with_summary=False) for n in (1, 2, 3)]
    written = [json.dumps(part, default=float).encode() for part in (first, *parts, *bare)]
    head, files, without = written[0], written[1:4], written[4:]
    for some in ([head, *files], files[::-1], [head, *without], [*without, head], without):
        found = read.read_together(some)
        assert (sorted(d.number for d in found.documents), found.stated) == (["A", "B", "C"], [])
        assert compare(world.recipient, found).same == 3
    other = json.dumps(parts[0] | {"data": parts[0]["data"] | {"rtnprd": "112024"}}, default=float).encode()
    for wrong, code in (
        ([head, *files[:2]], "IMP-FORMAT"),
        ([*files, files[0]], "IMP-FORMAT"),
        ([*files, b'{"imsDetails": {"b2b": []}}'], "IMP-FORMAT"),
        ([files[1], other], "IMP-PERIOD"),
    ):
        with pytest.raises(Invalid) as refused:
            read.read_together(wrong)
        assert refused.value.code == code
    paths = [tmp_path / f"{nth}.json" for nth in range(4)]
    for path, data in zip(paths, [head, *files], strict=True):
        path.write_bytes(data)
    out = StringIO()
    call_command("import_ims", *map(str, paths), stdout=out)
    assert "3 documents" in out.getvalue()
    assert "differs" not in out.getvalue()


def test_wrong_check_characters_and_older_names_are_reported_and_read(world, tmp_path):
    old = {
        "data": {
            "gstin": world.recipient.gstin,
            "rtnprd": "102024",
            "docdata": {
                "b2b": [
                    {
                        "ctin": "27AAACT1001A1ZX",
                        "inv": [
                            {
                                "inum": "OLD-1",
                                "dt": "10-10-2024",
                                "items": [{"txval": 100, "igst": 18}, {"txval": 5}],
                            },
                            {"inum": "OLD-2", "dt": "31-02-2024"},
                        ],
                    }
                ]
            },
        }
    }
    path = tmp_path / "old.json"
    path.write_text(json.dumps(old))
    found = read.read(path.read_bytes())
    assert (found.documents[0].taxable, found.documents[0].igst) == (105_00, 18_00)
    out = StringIO()
    call_command("import_ims", str(path), "--check", stdout=out)
    said = out.getvalue()
    assert "27AAACT1001A1ZX has a wrong check character" in said
    assert "not read: docdata.b2b[0].inv[1]" in said
    out = StringIO()
    call_command("import_ims", str(path), stdout=out)
    assert "only in the file: 1" in out.getvalue()


@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"b2b": 1}', b"nonsense", b'{"a": NaN}'])
def test_a_file_of_another_kind_is_refused(data, tmp_path):
    with pytest.raises(Invalid):
        read.read(data)
    path = tmp_path / "x.json"
    path.write_bytes(data)
    with pytest.raises(CommandError, match="IMP-FORMAT"):
        call_command("import_ims", str(path), "--check")


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ({"gstin": "27AAXCS4821K1ZN", "fp": "102024", "b2b": [{"ctin": "x", "inv": []}]}, "a GSTR-1 file"),
        ({"gstin": "27AAXCS4821K1ZN", "fp": "102024", "b2b": [], "cdn": []}, "a GSTR-2A file"),
        ({"gstin": "x", "fp": "102024", "b2b": [{"ctin": "x", "cfs3b": "Y", "inv": []}]}, "a GSTR-2A file"),
        ({"gstin": "x", "ret_period": "102024", "sup_details": {}}, "a GSTR-3B file"),
        ({"rtin": "x", "invdata": {}}, "an IMS upload file"),
    ],
)
def test_a_wrong_kind_of_file_is_named_for_what_it_is(file, named):
    with pytest.raises(Invalid, match=named):
        read.read(json.dumps(file).encode())
    if "invdata" not in file:
        with pytest.raises(Invalid, match=named):
            offline_tool.read(json.dumps(file).encode())


def test_a_workbook_is_named_where_json_is_expected():
    with pytest.raises(Invalid, match="an Excel workbook, not JSON"):
        read.read(b"PK\x03\x04" + b"\0" * 26 + b"[Content_Types].xml")
