"""A row of the IMS workbook acts on the document that the row shows, or on no document (R-151).

A hidden key in the row names the record. If a person sorts only some columns, a row can show one document
while its hidden key names another document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ims_portal.kernel.errors import Invalid
from invoices.documents.customs import bills_of_entry
from invoices.documents.customs.bills_of_entry import BillOfEntry
from invoices.models import Record, Role
from invoices.rules.situation import Kind
from invoices.workbooks.ims_by_cell import write_ims
from returns.api.file_bodies import XLSX
from returns.files import ims_import
from tests.api_client import api_for
from tests.desk_pages import at, client_for
from tests.world import BY, World

pytestmark = pytest.mark.once


class Book:
    """The recipient's IMS workbook, open in a spreadsheet program."""

    def __init__(self, world: World):
        target = BytesIO()
        write_ims(world.recipient, target)
        self.world, self.book = world, openpyxl.load_workbook(BytesIO(target.getvalue()))

    def headings(self, sheet: str) -> dict[str, int]:
        return {cell.value: cell.column for cell in self.book[sheet][5] if cell.value}

    def put(self, sheet: str, row: int, cells: dict[str, Any]) -> None:
        for heading, value in cells.items():
            self.book[sheet].cell(row, self.headings(sheet)[heading]).value = value

    def swap(self, sheet: str, moves: Callable[[str], bool]) -> None:
        """Swap the cells of rows 6 and 7 in some columns. `moves` gets the heading of a column, and returns
        True if the cells of this column are swapped."""
        for heading, column in self.headings(sheet).items():
            if moves(heading):
                first, second = (self.book[sheet].cell(row, column) for row in (6, 7))
                first.value, second.value = second.value, first.value

    @property
    def data(self) -> bytes:
        target = BytesIO()
        self.book.save(target)
        return target.getvalue()

    def given_back(self) -> ims_import.Account:
        return ims_import.load(self.world.recipient, self.data, by=BY, form="xlsx", save=True)


def actions_of(*records: Record) -> list[str]:
    return [Record.objects.select_related("decision").get(pk=r.pk).decision.action for r in records]


def is_visible(heading: str) -> bool:
    return heading != "Row key"


def two_suppliers(world: World) -> tuple[Record, Record]:
    """Return two records from two suppliers, with the same number and the same date. The taxable values are
    10,000 and 90,000."""
    deccan = world.taxpayer("27", 1002, "Deccan Bearings")
    given = {"number": "101", "document_date": "2024-10-05"}
    return world.saves(**given), world.saves(by=deccan, taxable=90_000, **given)


def two_years(world: World) -> tuple[Record, Record]:
    """Return two records of one supplier that have the same number in two financial years: number 101 of
    February 2024 and of October 2024."""
    return (
        world.saves(number="101", document_date="2024-02-10"),
        world.saves(number="101", document_date="2024-10-10"),
    )


PAIRS = {"two suppliers": two_suppliers, "two years": two_years}


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("order", [(6, 7), (7, 6)])
def test_rows_sorted_without_their_key_act_on_no_document(world, pair, order):
    one, other = PAIRS[pair](world)
    book = Book(world)
    book.swap("B2B", is_visible)
    book.put("B2B", order[0], {"Status": "Rejected"})
    account = book.given_back()
    assert actions_of(one, other) == ["N", "N"]
    assert (account.changing, [line.place for line in account.refused]) == ([], ["B2B!6", "B2B!7"])
    assert all("Rows were mixed" in line.problem.message for line in account.refused)


@pytest.mark.parametrize(
    "moved",
    [
        ("GSTIN of supplier",),
        ("Trade/Legal name",),
        ("Taxable value (₹)",),
        ("Invoice value (₹)", "Integrated tax (₹)"),
        ("GSTIN of supplier", "Trade/Legal name", "Invoice number", "Invoice date"),
    ],
)
def test_a_changed_row_is_refused_whatever_part_of_the_row_was_sorted(world, moved):
    records = two_suppliers(world)
    book = Book(world)
    book.swap("B2B", lambda heading: heading in moved)
    book.put("B2B", 6, {"Status": "Accepted"})
    account = book.given_back()
    assert actions_of(*records) == ["N", "N"]
    assert account.refused[0].place == "B2B!6"
    assert "Rows were mixed" in account.refused[0].problem.message


def test_the_refusal_names_the_cell_its_value_and_the_document_of_the_key(world):
    one, _other = two_suppliers(world)
    book = Book(world)
    book.put("B2B", 6, {"Status": "Rejected", "Taxable value (₹)": 90_000})
    (line,) = book.given_back().refused
    assert f"belongs to 101 of {one.supplier.gstin}, dated 05-10-2024" in line.problem.message
    assert "in cell B2B!I6, Taxable value (₹) is “90000”, not “10000.00”" in line.problem.message
    assert "Nothing was changed for this row." in line.problem.message


def test_a_changed_locked_cell_is_told_with_its_place_and_changes_nothing(world):
    """A row whose status nobody changed is not refused. The cell is told with both values."""
    one, other = two_suppliers(world)
    book = Book(world)
    book.put("B2B", 6, {"Taxable value (₹)": 90_000, "Source": "GSTR-5"})
    book.put("B2B", 7, {"Status": "Rejected", "Source Return Period": "Nov'24", "Place of supply": None})
    account = book.given_back()
    assert [line.place for line in account.refused] == ["B2B!7"]  # its row asks for an action
    told = [(cell.place, cell.heading, cell.was, cell.now) for cell in account.locked]
    assert told == [
        ("B2B!I6", "Taxable value (₹)", "10000.00", "90000"),
        ("B2B!O6", "Source", "GSTR-1/IFF", "GSTR-5"),
    ]
    assert actions_of(one, other) == ["N", "N"]
    assert Record.objects.get(pk=one.pk).taxable == 10_000_00


def test_a_changed_source_cell_is_told_and_the_action_of_the_row_is_saved(world):
    one, _other = two_suppliers(world)
    book = Book(world)
    book.put("B2B", 6, {"Status": "Rejected", "Source": "GSTR-5"})
    account = book.given_back()
    assert ([cell.place for cell in account.locked], account.refused) == (["B2B!O6"], [])
    assert actions_of(one) == ["R"]
    client = client_for(world, Role.PREPARER)
    book.put("B2B", 7, {"Status": "Pending"})
    sent = client.post(at(world, "ims/import/"), {"file": SimpleUploadedFile("fill.xlsx", book.data)})
    text = client.get(sent["Location"]).content.decode()
    assert "Cells of the document that were changed" in text
    assert "B2B!O6" in text


def test_the_rows_that_the_first_sheet_states_are_compared_with_the_rows_read(world):
    two_suppliers(world)
    world.saves(number="7", document_date="2024-10-07", taxable=5)
    book = Book(world)
    assert book.given_back().stated == []
    book.book["B2B"].delete_rows(7)
    told = {(one.place, one.figure): (one.stated, one.read) for one in book.given_back().stated}
    assert told["Home, B2B", "documents"] == ("3", "2")
    assert told["Home, B2B", "taxable value"][0] == "1,00,005.00"


def test_one_bill_number_at_two_ports_is_two_bills(world_2025):
    world = world_2025
    bills = [
        bills_of_entry.receive(
            world.recipient,
            BillOfEntry("7510901", date(2025, 10, 16), port, False, 1000_00, 180_00),
            by=BY,
        )
        for port in ("INNSA1", "INMAA1")
    ]
    book = Book(world)
    book.swap("IMPG", lambda heading: heading == "Port Code")
    book.put("IMPG", 6, {"Status": "Pending"})
    account = book.given_back()
    assert actions_of(*bills) == ["N", "N"]
    assert len(account.refused) == 2


def test_the_reference_date_tells_bills_apart_as_the_bills_date_does(world_2025):
    bill = BillOfEntry("7510901", date(2025, 10, 16), "INNSA1", False, 1000_00, 180_00)
    record = bills_of_entry.receive(world_2025.recipient, bill, by=BY)
    book = Book(world_2025)
    book.put("IMPG", 6, {"Icegate Reference Date": "17/10/2025", "Status": "Pending"})
    assert len(book.given_back().refused) == 1
    assert actions_of(record) == ["N"]


def test_an_invoice_and_a_note_of_one_number_are_distinguished_by_their_sheet(world):
    world.saves(number="9", document_date="2024-10-05")
    note = world.saves(number="9", document_date="2024-10-05", kind=Kind.DEBIT_NOTE)
    book = Book(world)
    key = book.book["B2B-DN"].cell(6, book.headings("B2B-DN")["Row key"]).value
    book.put("B2B", 6, {"Row key": key, "Status": "Rejected"})
    assert len(book.given_back().refused) == 1
    assert actions_of(note) == ["N"]


def test_a_mixed_row_is_refused_even_if_its_status_equals_the_status_of_its_key(world):
    """Without this refusal, a person could wrongly think that the first supplier's invoice is rejected."""
    one, other = two_suppliers(world)
    world.acts("reject", other)
    book = Book(world)
    # Swap the visible cells of the two rows, except the status. One row then shows the first supplier's
    # invoice as Rejected. The hidden key of this row still names the second supplier's invoice, which is
    # rejected.
    book.swap("B2B", lambda heading: is_visible(heading) and heading != "Status")
    account = book.given_back()
    assert [line.place for line in account.refused] == ["B2B!6", "B2B!7"]
    assert actions_of(one, other) == ["N", "R"]


def test_unchanged_rows_change_nothing_even_if_their_records_changed(world):
    edited = world.saves(number="E-1", document_date="2024-10-05")
    world.saves(number="E-2", document_date="2024-10-05")
    book = Book(world)
    world.edits(edited, taxable=77, document_date=date(2024, 10, 7))
    world.supplier.trade_name = "Konkan Steel and Sons"
    world.supplier.save()
    account = book.given_back()
    assert (account.read, account.refused, account.same) == (2, [], 2)


@pytest.mark.parametrize("day", [date(2024, 10, 5), "05/10/2024", "05-10-2024", "5.10.2024", 45_570], ids=str)
def test_a_date_in_any_form_and_a_number_without_format_show_the_same_document(world, day):
    """Earlier downloads and the GST portal's files have dates as text. A cell that lost its format has the number of
    the day."""
    one, _other = two_suppliers(world)
    book = Book(world)
    book.put(
        "B2B",
        6,
        {
            "Invoice number": 101,
            "Invoice date": day,
            "Taxable value (₹)": "10000.00",
            "GSTIN of supplier": f" {one.supplier.gstin.lower()} ",
            "Status": "Rejected",
        },
    )
    account = book.given_back()
    assert (account.refused, actions_of(one)) == ([], ["R"])


def test_dates_sorted_alone_are_refused_with_the_cell_and_both_dates(world):
    one, other = two_years(world)
    book = Book(world)
    book.swap("B2B", lambda heading: heading == "Invoice date")
    book.put("B2B", 6, {"Status": "Accepted"})
    refused = book.given_back().refused
    assert "in cell B2B!E6, Invoice date is “10-10-2024”, not “10-02-2024”" in refused[0].problem.message
    assert actions_of(one, other) == ["N", "N"]


def test_a_sheet_without_the_columns_that_name_a_document_is_not_read(world):
    two_suppliers(world)
    book = Book(world)
    book.book["B2B"].delete_cols(book.headings("B2B")["GSTIN of supplier"])
    with pytest.raises(Invalid) as refusal:
        book.given_back()
    assert refusal.value.code == "IMP-FORMAT"
    assert "GSTIN of supplier" in refusal.value.message


def test_the_preview_names_supplier_number_date_and_amount_on_the_page_and_through_the_api(world):
    two_suppliers(world)
    book = Book(world)
    book.put("B2B", 6, {"Status": "Rejected"})
    book.put("B2B", 7, {"Status": "Rejected", "Invoice number": "102"})
    client = client_for(world, Role.PREPARER)
    sent = client.post(at(world, "ims/import/"), {"file": SimpleUploadedFile("fill.xlsx", book.data)})
    text = client.get(sent["Location"]).content.decode()
    change, refusal = text.index("10,000.00"), text.index("Rows were mixed")
    for said in (world.supplier.gstin, "Konkan Steel Traders", "05-10-2024", "1,800.00"):
        assert said in text[change - 600 : change + 600]
    assert "Deccan Bearings" in text[refusal - 600 : refusal]
    program = api_for(world, Role.PREPARER)
    answer = program.client.generic(
        "POST",
        f"/api/v1/taxpayers/{world.recipient.gstin}/imports/",
        book.data,
        content_type=XLSX,
        headers={"Authorization": f"Bearer {program.secret}"},
    )
    (changed,) = answer.json()["result"]["changes"]
    assert {name: changed[name] for name in ("supplier", "number", "date", "taxable", "tax")} == {
        "supplier": world.supplier.gstin,
        "number": "101",
        "date": "05-10-2024",
        "taxable": "10000.00",
        "tax": "1800.00",
    }
