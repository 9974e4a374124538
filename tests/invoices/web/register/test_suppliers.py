"""The supplier's page puts both lists side by side, and gives a list of what the supplier did not report."""

from __future__ import annotations

import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from invoices.register import match
from invoices.register.models import Bill
from tests.desk_pages import at, client_for
from tests.invoices.register.registers import BY, bill, taken

pytestmark = pytest.mark.django_db


def show(world, path: str = "", **asked):
    return client_for(world).get(at(world, f"match/suppliers/{world.supplier.gstin}/{path}", **asked))


def three(world):
    """Save A-1 on both sides, A-2 only in the books, A-5 only in IMS."""
    world.saves(number="A-1")
    world.saves(number="A-5", taxable=50)
    taken(
        world.recipient,
        bill("A-1", supplier=world.supplier),
        bill("A-2", supplier=world.supplier, taxable=700),
    )
    match.run(world.recipient, by=BY)


def test_the_list_counts_the_tax_that_stands_on_one_side_only(world):
    three(world)
    world.saves(by=world.taxpayer("27", 1007, "Deccan Bearings"), number="D-1", taxable=1)
    match.run(world.recipient, by=BY)
    response = client_for(world).get(at(world, "match/suppliers/"))
    first, second = response.context["lines"]
    assert (first.gstin, first.bills, first.documents) == (world.supplier.gstin, 2, 2)
    assert (first.only_books, first.only_ims) == (700 * 18, 50 * 18)
    assert (second.bills, second.only_ims) == (0, 18)
    found = client_for(world).get(at(world, "match/suppliers/", q="deccan")).context["lines"]
    assert [one.gstin for one in found] == [second.gstin]


def test_both_lists_stand_side_by_side_by_number_with_gaps(world):
    three(world)
    response = show(world)
    rows = [
        (one["bill"] and one["bill"].number, one["record"] and one["record"].number, one["name"])
        for one in response.context["pairs"]
    ]
    assert rows == [("A-1", "A-1", "Exact"), ("A-2", None, "Not reported"), (None, "A-5", "Not in the books")]
    assert response.context["found"].gaps == [("A", "3", "4")]
    assert "A gap is no proof" in response.content.decode()
    (month,) = response.context["found"].months
    assert (month.bills, month.documents) == (2, 2)
    assert month.difference == (50 - 700) * 18


def test_a_credit_note_lowers_the_sums_and_is_no_gap(world):
    three(world)
    world.saves(number="A-9", kind=match.Kind("CN"), taxable=100)
    (month,) = show(world).context["found"].months
    assert (month.ims, month.ims_notes) == (10_050 * 18, 100 * 18)
    assert month.difference == (50 - 700 - 100) * 18
    assert show(world).context["found"].gaps == [("A", "3", "4")]


def test_the_median_of_days_between_document_and_report(world):
    three(world)
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    assert show(world).context["found"].days == 26


def test_the_bills_to_chase_are_a_text_and_two_files(world):
    taken(world.recipient, bill("=1+1", supplier=world.supplier, taxable=700))
    match.run(world.recipient, by=BY)
    page = show(world).content.decode()
    assert "Invoice =1+1 of 10-10-2024, taxable value 700.00, IGST 126.00" in page
    text = show(world, "missing/csv/").content.decode("utf-8-sig")
    assert "'=1+1,10-10-2024,700.00,126.00" in text
    book = load_workbook(io.BytesIO(show(world, "missing/xlsx/").content))
    cells = [cell.value for row in book.worksheets[0].iter_rows() for cell in row]
    assert "=1+1" in cells
    assert 126 in cells
    assert show(world, "missing/exe/").status_code == 404


def test_a_bill_that_is_not_expected_leaves_the_list_and_comes_back(world):
    three(world)
    lone = Bill.objects.get(number="A-2").identity
    client = client_for(world)
    client.post(at(world, "match/by-hand/"), {"say": "unchase", "bill": lone})
    response = show(world)
    assert (response.context["expected"], [one.number for one in response.context["unchased"]]) == (
        [],
        ["A-2"],
    )
    assert "A-2" not in show(world, "missing/csv/").content.decode()
    client.post(at(world, "match/by-hand/"), {"say": "chase", "bill": lone})
    client.post(at(world, "match/by-hand/"), {"say": "unchase", "supplier": world.supplier.gstin})
    assert show(world).context["expected"] == []
    client.post(at(world, "match/by-hand/"), {"say": "chase", "supplier": world.supplier.gstin})
    assert [one.number for one, *_more in show(world).context["expected"]] == ["A-2"]


def test_a_bill_of_reverse_charge_is_not_asked_of_the_supplier(world):
    """The recipient pays the tax of such a bill, and the page Match does not expect its document either."""
    taken(
        world.recipient,
        bill("A-1", supplier=world.supplier),
        bill("RC-1", supplier=world.supplier, taxable=70, reverse_charge=True),
    )
    match.run(world.recipient, by=BY)
    sent = show(world, "missing/csv/").content.decode()
    assert "A-1" in sent
    assert "RC-1" not in sent


def test_the_pages_run_as_many_queries_for_many_documents_as_for_few(world):
    three(world)
    client = client_for(world)
    paths = [at(world, "match/suppliers/"), at(world, f"match/suppliers/{world.supplier.gstin}/")]

    def queries() -> list[int]:
        told = []
        for path in paths:
            client.get(path)
            with CaptureQueriesContext(connection) as asked:
                client.get(path)
            told.append(len([one for one in asked if "SAVEPOINT" not in one["sql"]]))
        return told

    few = queries()
    for n in range(10, 25):
        world.saves(number=f"A-{n}")
    taken(world.recipient, *(bill(f"A-{n}", supplier=world.supplier) for n in range(1, 60)))
    match.run(world.recipient, by=BY)
    assert queries() == few


def test_a_supplier_of_nobody_is_not_found_and_a_name_is_escaped(world):
    assert client_for(world).get(at(world, "match/suppliers/29XXXXX0000X1ZX/")).status_code == 404
    other = world.taxpayer("27", 1009, "Other")
    taken(world.recipient, bill("<b>1", supplier=other, supplier_name="<script>x</script>"))
    match.run(world.recipient, by=BY)
    for path in ("match/suppliers/", f"match/suppliers/{other.gstin}/"):
        page = client_for(world).get(at(world, path)).content.decode()
        assert "<script>x" not in page
        assert "<b>1" not in page


def test_only_the_rows_that_differ_can_be_shown(world):
    three(world)
    rows = show(world, show="differ").context["pairs"]
    assert [one["name"] for one in rows] == ["Not reported", "Not in the books"]


def test_a_credit_note_that_is_not_reported_is_never_netted_with_a_bill(world):
    taken(
        world.recipient,
        bill("A-2", supplier=world.supplier, taxable=700),
        bill("C-2", supplier=world.supplier, taxable=100, kind="CN"),
    )
    match.run(world.recipient, by=BY)
    response = show(world)
    assert (response.context["expected_tax"], response.context["expected_notes"]) == (700 * 18, 100 * 18)
    assert "Credit note C-2" in response.content.decode()
