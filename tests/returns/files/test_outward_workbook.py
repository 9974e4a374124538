"""The workbook of outward supplies shows a supplier the recipients' actions and the added liability."""

from __future__ import annotations

from io import BytesIO

from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from returns.outward.workbook import Span, write_outward
from tests.returns.files.workbooks import opened


def test_the_outward_workbook_shows_recipients_actions_and_the_added_liability(busy):
    """R-107: the sheet of each category shows the action and the remarks on each record. A separate sheet
    lists the rejected records."""
    target = BytesIO()
    write_outward(busy.supplier, Span.of(TaxPeriod(2024, 10)), target)
    book = opened(target.getvalue())
    assert book.sheetnames == ["Home", "4A, 4B, 6B, 6C", "9A", "9B", "9C", "15", "15A", "Added to liability"]
    notes = {r[3].value: r for r in book["9B"].iter_rows(min_row=7) if r[3].value}
    assert set(notes) == {"CN-1", "CN-2", "DN-1"}
    values = [c.value for c in notes["CN-2"]]
    assert {"Rejected", "never agreed", "Forecast", busy.recipient.gstin} <= set(values)
    assert values[-4] == 54
    (row,) = [r for r in book["Added to liability"].iter_rows(min_row=7, values_only=True) if r[0]]
    assert row[3] == "CN-2"
    home = {r[1]: r for r in book["Home"].iter_rows(values_only=True) if r[1]}
    # the columns are: documents, no action, accepted, rejected, pending, not actionable
    assert home["All tables"][2:8] == (8, 2, 1, 2, 1, 2)


def test_a_posted_rejection_stays_in_the_outward_workbook_with_its_period(busy):
    busy.files_3b("2024-10")
    from invoices.documents import archive

    archive.move_departed(busy.recipient)
    target = BytesIO()
    write_outward(busy.supplier, Span.of(FinancialYear(2024)), target)
    book = opened(target.getvalue())
    (row,) = [r for r in book["Added to liability"].iter_rows(min_row=7, values_only=True) if r[0]]
    assert "Added" in row
    assert "Nov'24" in row
    statuses = {r[3]: r for r in book["9B"].iter_rows(min_row=7, values_only=True) if r[3]}
    assert "Deemed accepted" in statuses["CN-1"]
    first = {r[3] for r in book["4A, 4B, 6B, 6C"].iter_rows(min_row=7, values_only=True) if r[3]}
    assert first == {"-1/1", "INV/REJ", "INV-WAIT", "INV-RCM", "INV-POS"}


def test_credit_notes_deduct_in_the_workbook_and_the_heading_says_so(busy):
    """Guards the sign: the columns of table 9B add up to what the supplier reported. The tax that a rejected
    note adds to liability stays positive."""
    target = BytesIO()
    write_outward(busy.supplier, Span.of(TaxPeriod(2024, 10)), target)
    book = opened(target.getvalue())
    rows = {r[3]: r for r in book["9B"].iter_rows(min_row=7, values_only=True) if r[3]}
    amounts = {number: (row[6], row[8], row[9]) for number, row in rows.items()}
    assert amounts == {"CN-1": (-2_360, -2_000, -360), "CN-2": (-354, -300, -54), "DN-1": (472, 400, 72)}
    listed = list(book["Added to liability"].iter_rows(min_row=7, values_only=True))
    (added,) = [r for r in listed if r[0]]
    # a forecast is no part of the net tax
    assert (added[9], added[-6], added[-2], added[-1]) == (-54, 54, None, None)
    (total,) = [r for r in listed if r[1] == "Total"]
    assert (total[-6], total[-2], total[-1]) == (54, 0, 0), "the last row has the sums"

    def heading(sheet: str) -> str:
        return " ".join(
            str(c) for row in book[sheet].iter_rows(max_row=5, values_only=True) for c in row if c
        )

    for sheet in ("9B", "9C", "Added to liability"):
        assert "credit notes are deducted (negative)" in heading(sheet)
    assert "deducted" not in heading("9A")
