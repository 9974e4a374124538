"""The list of bills tells each bill's class and its document in IMS, and its filters hide nothing else. The rows back as
Excel and CSV tell the same, and a spreadsheet runs none of their texts."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoices.models import Role
from invoices.register import match
from tests.desk_pages import at, client_for
from tests.invoices.register.registers import BY, bill, taken

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(world):
    return client_for(world, Role.VIEWER)


@pytest.fixture
def matched(world):
    """A register with a bill of each state: matched, only in the books, and booked twice."""
    record = world.saves(number="A/001", document_date="2024-10-10", taxable=10_000)
    taken(
        world.recipient,
        bill("A-1", supplier=world.supplier, source_ref="erp-1", own_number="V-1"),
        bill("A-1", supplier=world.supplier, source_ref="erp-2", own_number="V-1"),
        bill("B-77", supplier=world.supplier, day="2024-09-05", taxable=123, source_ref="erp-3"),
    )
    match.run(world.recipient, by=BY)
    return record


def numbers(client, world, **query: str) -> list[str]:
    shown = client.get(at(world, "register/bills/", **query)).context["shown"]
    return [one["bill"].source_ref for one in shown]


def test_filters_narrow_the_list_to_what_they_say(client, world, matched):
    assert len(numbers(client, world)) == 3
    assert len(numbers(client, world, state="matched")) == 1
    assert len(numbers(client, world, **{"class": "EXACT"})) == 1
    assert numbers(client, world, **{"class": "DATE"}) == []
    assert numbers(client, world, state="books") == ["erp-3"]
    assert len(numbers(client, world, state="repeated")) == 1
    assert numbers(client, world, state="neither") == []
    assert numbers(client, world, month="2024-09") == ["erp-3"]
    assert numbers(client, world, supplier="b-77") == ["erp-3"]
    assert len(numbers(client, world, supplier=world.supplier.gstin)) == 3
    assert numbers(client, world, supplier="nobody") == []


def test_each_bill_has_the_words_of_its_class_and_its_document(client, world, matched):
    text = client.get(at(world, "register/bills/")).content.decode()
    assert f'/ims/records/{matched.pk}/">A/001</a>' in text
    for words in ("Exact", "Not reported", "Booked twice", "Suggested"):
        assert words in text


@pytest.mark.parametrize(
    "query", ["state=x", "class=x", "month=x", "month=2024-13", "after=x", "supplier=%00"]
)
def test_a_damaged_address_is_no_server_error(client, world, matched, query):
    assert client.get(at(world, f"register/bills/?{query}")).status_code in (200, 400, 422)


def test_the_number_of_queries_does_not_grow_with_the_bills(client, world, matched):
    def count(path: str) -> int:
        client.get(at(world, path))
        with CaptureQueriesContext(connection) as queries:
            reply = client.get(at(world, path))
            b"".join(reply.streaming_content) if reply.streaming else reply.content  # noqa: B018
        return len(queries)

    paths = ("register/", "register/bills/", "register/download/csv/")
    before = [count(path) for path in paths]
    taken(world.recipient, *(bill(f"C-{n}", supplier=world.supplier, taxable=n) for n in range(1, 31)))
    for n in range(1, 11):
        world.saves(number=f"C/{n}", document_date="2024-10-10", taxable=n)
    match.run(world.recipient, by=BY)
    assert [count(path) for path in paths] == before


def test_a_bill_of_another_gstin_is_in_no_list_and_no_file(client, world, matched):
    other = world.taxpayer("07", 4001, "Somebody else")
    taken(other, bill("SECRET-1", supplier=world.supplier))
    for path in ("register/bills/", "register/download/csv/"):
        reply = client.get(at(world, path))
        data = b"".join(reply.streaming_content) if reply.streaming else reply.content
        assert b"SECRET-1" not in data


def test_rows_come_back_as_csv_with_the_answer_of_the_matcher(client, world, matched):
    world.acts("accept", matched)
    reply = client.get(at(world, "register/download/csv/"))
    rows = list(csv.DictReader(io.StringIO(b"".join(reply.streaming_content).decode("utf-8-sig"))))
    by_ref = {row["Source reference"]: row for row in rows}
    lone = by_ref["erp-3"]
    assert (lone["Class"], lone["IMS document number"], lone["Taxable value"]) == ("ALONE", "", "123.00")
    found = next(row for row in rows if row["Class"] == "EXACT")
    assert found["IMS document number"] == "A/001"
    assert found["IMS action"] == "Accepted"
    assert found["Reasons"]
    assert sorted(row["Class"] for row in rows) == ["ALONE", "EXACT", "REPEATED"]


def test_a_text_that_begins_like_a_formula_is_not_run(client, world):
    taken(world.recipient, bill("=1+1", supplier=world.supplier, supplier_name='=HYPERLINK("http://x")'))
    reply = client.get(at(world, "register/download/csv/"))
    row = list(csv.reader(io.StringIO(b"".join(reply.streaming_content).decode("utf-8-sig"))))[1]
    assert "'=1+1" in row
    assert not [cell for cell in row if cell.startswith("=")]
    book = openpyxl.load_workbook(
        io.BytesIO(b"".join(client.get(at(world, "register/download/xlsx/")).streaming_content))
    )
    cells = [cell for line in book.active.iter_rows() for cell in line if cell.value == "=1+1"]
    assert [cell.data_type for cell in cells] == ["s"]


def test_the_excel_file_has_a_row_for_each_bill(client, world, matched):
    reply = client.get(at(world, "register/download/xlsx/"))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(reply.streaming_content)))
    values = [[cell.value for cell in line] for line in book.active.iter_rows()]
    heading = next(n for n, line in enumerate(values) if "Supplier GSTIN" in line)
    assert len(values) - heading - 1 == 3
    assert client.get(at(world, "register/download/pdf/")).status_code == 404
