"""The fast reader reads simple sheets, and the careful reader reads every other sheet. Both readers give the
same result for a simple sheet."""

from __future__ import annotations

import zipfile
from datetime import date, time, timedelta
from io import BytesIO

import openpyxl
import pytest
import xlsxwriter

from ims_portal.kernel.errors import Invalid
from ims_portal.support.workbook import child, parse, parts, read
from ims_portal.support.workbook.parse import Formula, ParsedWorkbook
from invoices.workbooks import read_back
from invoices.workbooks.ims_by_cell import write_ims

pytestmark = pytest.mark.once

TITLE = "B2B"


def written(fill) -> bytes:
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    fill(book, book.add_worksheet(TITLE))
    book.close()
    return target.getvalue()


def sheet_xml(data: bytes, change, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """Return the workbook `data`, in which `change` has changed the text of one file. `part` is the path of
    this file inside the workbook."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, change(text) if name == part else text)
    return target.getvalue()


def one_of_each(book, sheet):
    sheet.write(1, 1, "Sahyadri & Co. <Tools>")
    sheet.write(2, 0, 5)
    sheet.write(2, 2, 5.25)
    sheet.write(2, 3, -1180.1)
    sheet.write_boolean(3, 0, True)
    sheet.write(3, 1, "  kept  ")
    sheet.write(4, 5, "")
    sheet.write(4, 6, "रद्द")


def rows(data: bytes) -> list[list]:
    """Return the rows of the sheet as lists of values, without empty cells at the end of a row."""
    found = []
    for _number, values in ParsedWorkbook(data).rows(TITLE):
        while values and values[-1] is None:
            values.pop()
        found.append(values)
    return found


def is_plain(data: bytes) -> bool:
    return parts.look_through(data)[TITLE].plain


def test_both_readers_say_the_same_of_every_kind_of_cell(monkeypatch):
    data = written(one_of_each)
    assert is_plain(data)
    quick = rows(data)
    monkeypatch.setattr(parts, "MOST_ROWS", 0)
    assert not is_plain(data)
    assert quick == rows(data)
    assert quick[2] == [5, None, 5.25, -1180.1]


def test_the_portals_own_workbook_is_read_by_the_fast_reader_with_the_same_result(world, monkeypatch):
    for number in range(3):
        world.saves(number=f"X-{number}")
    target = BytesIO()
    write_ims(world.recipient, target)
    data = target.getvalue()
    sheets = parts.look_through(data)
    assert all(sheet.plain for sheet in sheets.values()), sheets
    first = openpyxl.load_workbook(BytesIO(data))[TITLE]
    column = next(cell.column for cell in first[5] if cell.value == "Status")
    first.cell(7, column).value = "Accepted"
    target = BytesIO()
    first.parent.save(target)
    quick = read_back.read(target.getvalue())
    assert (quick.total, [row.number for row in quick.rows]) == (3, ["X-1"])
    monkeypatch.setattr(parts, "MOST_ROWS", 0)
    monkeypatch.setattr(read_back, "Workbook", ParsedWorkbook)
    assert read_back.read(target.getvalue()) == quick


@pytest.mark.parametrize(
    "fill",
    [
        lambda book, sheet: sheet.write_formula(3, 1, "=1+1"),
        lambda book, sheet: sheet.write_array_formula(3, 1, 3, 1, "{=1+1}"),
        lambda book, sheet: sheet.write_dynamic_array_formula(3, 1, 3, 1, "=1+1"),
    ],
    ids=["formula", "array", "spilling"],
)
def test_a_formula_is_never_taken_for_its_value(fill):
    data = written(fill)
    assert not is_plain(data)
    assert any(isinstance(value, Formula) for row in rows(data) for value in row)


@pytest.mark.parametrize("cell", [b'"XFD1048576"', b'"A1048576"', b"'B4'", b'"AO2"', b'"a2"'])
def test_a_cell_far_from_the_others_takes_no_memory(cell):
    data = sheet_xml(written(one_of_each), lambda text: text.replace(b'"B4"', cell))
    assert cell in zipfile.ZipFile(BytesIO(data)).read("xl/worksheets/sheet1.xml")
    assert not is_plain(data)


def test_a_row_of_thousands_of_cells_without_positions_takes_no_memory():
    many = b"<row>" + b"<c><v>1</v></c>" * 10_000 + b"</row>"
    data = sheet_xml(written(one_of_each), lambda text: text.replace(b"</sheetData>", many + b"</sheetData>"))
    assert not is_plain(data)
    assert max(len(row) for row in rows(data)) <= parse.MOST_COLUMNS


def test_cells_without_positions_follow_one_another():
    more = b'<row><c t="inlineStr"><is><t>x</t></is></c><c><v>7</v></c></row>'
    data = sheet_xml(written(one_of_each), lambda text: text.replace(b"</sheetData>", more + b"</sheetData>"))
    assert is_plain(data)
    assert rows(data)[-1] == ["x", 7]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b"UTF-8", b"UTF-7"),
        lambda text: text.replace(b"<worksheet", b"<!DOCTYPE x []><worksheet", 1),
        lambda text: text.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        lambda text: text.replace(b"<sheetData", b"<!-- x --><sheetData", 1),
        lambda text: text.replace(b"<sheetData", b"<x" + b" " * (5 << 20) + b"/><sheetData", 1),
    ],
    ids=["encoding", "document type", "two bytes a letter", "comment", "endless element"],
)
def test_the_fast_reader_does_not_read_sheets_with_escaped_text(change):
    assert not is_plain(sheet_xml(written(one_of_each), change))


def test_a_part_larger_than_the_file_says_is_refused():
    data = bytearray(written(one_of_each))
    part = zipfile.ZipFile(BytesIO(bytes(data))).getinfo("xl/worksheets/sheet1.xml")
    said = part.file_size.to_bytes(4, "little")
    assert data.count(said) >= 2, "the size stands in both headers"
    small = bytes(data).replace(said, (100).to_bytes(4, "little"))
    with pytest.raises(Invalid) as refusal:
        ParsedWorkbook(small)
    assert refusal.value.code == "IMP-SIZE"


def test_merged_cells_are_found_anywhere_in_the_file(monkeypatch):
    def fill(book, sheet):
        one_of_each(book, sheet)
        sheet.merge_range(6, 2, 6, 3, "both")

    monkeypatch.setattr(parts, "CHUNK", 64)
    assert ParsedWorkbook(written(fill)).merged(TITLE) == ["C7:D7"]


def test_a_sheet_of_more_rows_than_are_read_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(parse, "MOST_ROWS", 5)
    data = written(lambda book, sheet: [sheet.write(row, 0, row) for row in range(30)])
    with pytest.raises(Invalid) as refusal:
        rows(data)
    assert refusal.value.details == {"sheet": TITLE}


PADDING = {
    "workbook.xml": (
        "xl/workbook.xml",
        lambda text: text.replace(b"</workbook>", b"<a/>" * 2_400_000 + b"</workbook>"),
    ),
    "styles": (
        "xl/styles.xml",
        lambda text: text.replace(b"</cellXfs>", b'<xf numFmtId="0" fontId="0"/>' * 330_000 + b"</cellXfs>"),
    ),
    "relations": (
        "xl/_rels/workbook.xml.rels",
        lambda text: text.replace(b"</Relationships>", b"<a/>" * 2_400_000 + b"</Relationships>"),
    ),
    "cells of a row": (
        "xl/worksheets/sheet1.xml",
        lambda text: text.replace(b"</sheetData>", b"<row>" + b"<c/>" * 2_000_000 + b"</row></sheetData>"),
    ),
}


@pytest.mark.parametrize("where", PADDING)
def test_a_small_workbook_of_millions_of_elements_is_refused_before_they_exist(where):
    """In an earlier version, a file of 300 kB used gigabytes of memory and minutes of time in a web
    process."""
    part, change = PADDING[where]
    data = sheet_xml(written(one_of_each), change, part)
    assert len(data) < 300_000
    with pytest.raises(Invalid) as refusal:
        read.Workbook(data)
    assert refusal.value.code == "IMP-SIZE"
    assert "into a new workbook" in refusal.value.message


def child_of(monkeypatch, **limits):
    """Set the limits of the child processes in which the reader reads a workbook."""
    program = (
        "import sys; from ims_portal.support import workbook_child as child; "
        f"child.limit(**{limits}); child.main(sys.stdin.buffer, sys.stdout.buffer)"
    )
    monkeypatch.setattr(read, "COMMAND", [read.COMMAND[0], "-c", program])


@pytest.mark.parametrize(
    "limits", [{"memory": 150 * 1024 * 1024}, {"seconds": 1}], ids=["memory", "processor time"]
)
def test_a_workbook_that_needs_too_much_ends_its_own_process_only(monkeypatch, limits):
    child_of(monkeypatch, **limits)
    # The check that counts cells does not recognize these cells, because their tags have an XML prefix. The
    # reader reads them, so only the limits of its process stop the reader.
    cells = (b"<x:c><x:v>%d</x:v></x:c>" % (n * 7919 % 1_000_003) for n in range(500_000))
    row = b"<x:row>" + b"".join(cells) + b"</x:row>"

    def other_prefix(text):
        head, _, tail = text.partition(b"</sheetData>")
        space = b' xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        return head.replace(b"<worksheet", b"<worksheet" + space, 1) + row + b"</sheetData>" + tail

    with pytest.raises(Invalid) as refusal:
        list(read.Workbook(sheet_xml(written(one_of_each), other_prefix)).rows(TITLE))
    assert (refusal.value.code, refusal.value.message) == ("IMP-SIZE", read.TOO_MUCH)


def test_every_kind_of_cell_comes_back_from_the_other_process():
    def fill(book, sheet):
        one_of_each(book, sheet)
        day = book.add_format({"num_format": "dd-mm-yyyy"})
        sheet.write_datetime(7, 0, date(2024, 11, 5), day)
        sheet.write_formula(8, 0, "=1+1")
        sheet.write(9, 0, 1e300)
        sheet.merge_range(10, 2, 10, 3, "both")

    data = written(fill)
    here, there = ParsedWorkbook(data), read.Workbook(data)
    assert there.titles == here.titles
    assert there.merged(TITLE) == here.merged(TITLE) == ["C11:D11"]
    assert list(there.rows(TITLE)) == list(here.rows(TITLE))
    assert any(isinstance(value, Formula) for _number, row in there.rows(TITLE) for value in row)


def test_reading_a_sheet_can_stop_before_its_end(world):
    data = written(lambda book, sheet: [sheet.write(row, 0, row) for row in range(3000)])
    book = read.Workbook(data)
    assert next(iter(book.rows(TITLE))) == (1, [0])
    assert len(list(book.rows(TITLE))) == 3000


def test_every_value_comes_back_unchanged_from_a_frame():
    for value in (None, True, 5, -(2**70), 1.5, "रद्द", date(2024, 4, 1), time(13, 5), timedelta(hours=30)):
        assert child.cell_value(child.frame_value(value)) == value


def test_the_reader_process_has_no_secrets(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "s" * 50)
    monkeypatch.setattr(read, "COMMAND", ["/bin/sh", "-c", "env >&2; exit 1"])
    started = {}
    real = read.subprocess.Popen
    monkeypatch.setattr(
        read.subprocess, "Popen", lambda *a, **named: started.update(named) or real(*a, **named)
    )
    with pytest.raises(Invalid):
        read.Workbook(written(one_of_each))
    assert set(started["env"]) == {"PATH", "LANG"}


def test_a_directory_of_many_parts_is_refused_before_it_is_read(monkeypatch):
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as book:
        for number in range(2 * parse.MOST_PARTS + 1):
            book.writestr(str(number), b"")
    monkeypatch.setattr(parse.zipfile, "ZipFile", lambda data: pytest.fail("the directory was read"))
    with pytest.raises(Invalid) as refusal:
        read.look_at(target.getvalue())
    assert refusal.value.code == "IMP-SIZE"
