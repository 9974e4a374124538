"""Write the example registers in docs/examples from the sample world: the books of one recipient as Tally, as ERPNext and
as the template of GSTN give them.

Run `python -m tools.example_registers` with a database that has the sample world (`./run demo --no-serve` makes one)."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FOLDER = Path("docs/examples")
RECIPIENT = "sahyadri"
TALLY = (
    "Date", "Particulars", "Voucher Type", "Voucher No.", "Supplier Invoice No.", "Supplier Invoice Date", "GSTIN/UIN",
    "Gross Total", "Purchase @ 18%", "INPUT IGST", "INPUT CGST", "INPUT SGST", "CESS", "ROUND OFF",
)  # fmt: skip
TEMPLATE = (
    "GSTIN of Supplier/ECO* ", "Trade/Legal name ", "Type of inward supplies* ", "Document type* ", "Document number* ",
    "Document date* ", "Taxable value (₹)* ", "Integrated tax (₹) ", "Central tax (₹) ", "State/UT tax (₹) ", "Cess (₹) ",
)  # fmt: skip
ERPNEXT = (
    "Invoice", "Posting Date", "Supplier", "Supplier Name", "Supplier GSTIN", "Bill No", "Bill Date", "Net Total",
    "Input Tax IGST", "Input Tax CGST", "Input Tax SGST", "Cess", "Total Tax", "Grand Total",
)  # fmt: skip


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ims_portal.settings")
    import django

    django.setup()
    from invoices.models import Taxpayer
    from returns.sandbox.world import registers
    from returns.sandbox.world.cast import PLAYERS

    player = PLAYERS[RECIPIENT]
    entries = registers.entries_of(Taxpayer.objects.get(gstin=player.gstin))
    FOLDER.mkdir(exist_ok=True)
    _sheet(FOLDER / "purchases-tally.xlsx", "Purchase Register", _tally(player.name, entries))
    _sheet(FOLDER / "purchases-gstn-template.xlsx", "Purchase Reigster", _template(player, entries))
    with (FOLDER / "purchases-erpnext.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(_erpnext(entries))


def _sheet(path: Path, name: str, rows: Sequence[Sequence[Any]]) -> None:
    from xlsxwriter import Workbook

    with Workbook(path, {"default_date_format": "dd-mmm-yyyy"}) as book:
        sheet = book.add_worksheet(name)
        sheet.set_column(0, 20, 16)
        for nth, row in enumerate(rows):
            sheet.write_row(nth, 0, row)


def _rupees(paise: int) -> float:
    return paise / 100


def _tally(name: str, entries: Sequence[Any]) -> list[list[Any]]:
    """Tally books a credit note of the supplier as the buyer's debit note, with negative amounts."""
    rows: list[list[Any]] = [[name], ["Purchase Register"], ["1-Oct-2024 to 12-Nov-2024"], [], list(TALLY)]
    for nth, one in enumerate(entries, start=1):
        note = one.kind.value == "CN"
        amounts = [_rupees(-amount if note else amount) for amount in (one.taxable, *one.tax)]
        rows.append(
            [
                one.day,
                one.supplier_name,
                "Debit Note" if note else "Purchase",
                str(nth),
                one.number,
                one.day,
                one.supplier_gstin,
                round(sum(amounts), 2),
                *amounts,
                0,
            ]
        )
    total = [round(sum(row[n] for row in rows[5:]), 2) for n in range(7, len(TALLY))]
    return [*rows, [None, "Grand Total", None, None, None, None, None, *total]]


def _template(player: Any, entries: Sequence[Any]) -> list[list[Any]]:
    kinds = {"CN": "Credit Note", "DN": "Debit Note"}
    rows: list[list[Any]] = [
        ["GSTIN of recipient*", player.gstin, "Trade/Legal name", player.name],
        ["Financial year*", "2024-25", "Tax period*", "October"],
        [],
        [],
        list(TEMPLATE),
    ]
    for one in entries:
        # the template's rule: a GSTIN in each row
        if one.supplier_gstin:
            rows.append(
                [
                    one.supplier_gstin,
                    one.supplier_name,
                    "B2B",
                    kinds.get(one.kind.value, "Invoice"),
                    one.number,
                    f"{one.day:%d-%m-%Y}",
                    *(_rupees(amount) for amount in (one.taxable, *one.tax)),
                ]
            )
    return rows


def _erpnext(entries: Sequence[Any]) -> list[list[Any]]:
    """ERPNext books a credit note of the supplier as a return, with negative amounts."""
    rows: list[list[Any]] = [list(ERPNEXT)]
    for one in entries:
        sign = -1 if one.kind.value == "CN" else 1
        amounts = [sign * amount for amount in (one.taxable, *one.tax)]
        tax = sum(amounts[1:])
        rows.append(
            [
                one.source_ref,
                one.day.isoformat(),
                one.supplier_name,
                one.supplier_name,
                one.supplier_gstin,
                one.number,
                one.day.isoformat(),
                *(f"{_rupees(amount):.2f}" for amount in amounts),
                f"{_rupees(tax):.2f}",
                f"{_rupees(amounts[0] + tax):.2f}",
            ]
        )
    return rows


if __name__ == "__main__":
    main()
