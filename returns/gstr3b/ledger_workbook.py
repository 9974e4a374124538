"""The workbook of a ledger: one row for each filed GSTR-3B, with the balances by tax head (R-105)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.support.workbook.write import DATE, MONEY, Book, Column, Titles
from invoices.models import Taxpayer
from invoices.rules.ledgers import NAMES, Ledger
from invoices.workbooks.ims_by_cell import Sum, Written, period_cell
from returns.gstr3b import ledgers

SHEETS = {Ledger.RECLAIM: "Reversal and re-claimed", Ledger.REVERSE_CHARGE: "RCM liability and ITC"}
ADDED = {Ledger.RECLAIM: "Reversed, 4(B)(2)", Ledger.REVERSE_CHARGE: "Tax declared, 3.1(d)"}
USED = {Ledger.RECLAIM: "Reclaimed, 4(D)(1)", Ledger.REVERSE_CHARGE: "Credit taken, 4(A)(2) and 4(A)(3)"}
HEADINGS = {
    "igst": "Integrated tax (₹)",
    "cgst": "Central tax (₹)",
    "sgst": "State/UT tax (₹)",
    "cess": "Cess (₹)",
}
DECLARED = "Opening balance as entered"


def columns(ledger: Ledger) -> tuple[Column, ...]:
    groups = {
        "opening": "Opening balance",
        "added": ADDED[ledger],
        "used": USED[ledger],
        "closing": "Closing balance",
    }
    return (
        Column("Period", "period", width=27),
        Column("Filed on", "filed_on", DATE),
        Column("Reference", "reference", width=22),
        *(
            Column(HEADINGS[head], f"{group}_{head}", MONEY, group=label)
            for group, label in groups.items()
            for head in HEADS
        ),
    )


def rows(taxpayer: Taxpayer) -> int:
    """Return the number of rows of a ledger's workbook."""
    return len(ledgers.account(taxpayer, Ledger.RECLAIM).rows) + 1


def write_ledger(
    taxpayer: Taxpayer, ledger: Ledger, target: str | Path | IO[bytes], *, workdir: str | Path | None = None
) -> Written:
    """Write the workbook of a ledger to `target`, and return the sums of its sheet. The first row is the opening
    balance as the taxpayer entered it."""
    written, total = Written(), Sum()
    book = Book(
        target,
        workdir=workdir,
        made_at=clock.real_now(),
        about=f"{taxpayer.gstin} · {taxpayer.name} · {clock.today():%d-%m-%Y}",
    )
    about = f"{taxpayer.gstin}, {clock.today():%d-%m-%Y}"
    table = book.table(SHEETS[ledger], columns(ledger), titles=Titles(NAMES[ledger], about))
    order = [column.field for column in columns(ledger)]
    table.append([cells[name] for name in order] for cells in _cells(taxpayer, ledger))
    total.rows = table.count
    written.sheets[SHEETS[ledger]] = total
    book.close()
    return written


def _cells(taxpayer: Taxpayer, ledger: Ledger) -> Iterator[dict[str, Any]]:
    account = ledgers.account(taxpayer, ledger)
    declared = account.declarations[-1] if account.declarations else None
    yield {
        "period": DECLARED,
        "filed_on": declared.declared_at.astimezone(clock.IST).date() if declared else None,
        "reference": declared.reference if declared else "",
        **_amounts("opening", account.opening),
        **_amounts("added", TaxAmounts()),
        **_amounts("used", TaxAmounts()),
        **_amounts("closing", account.opening),
    }
    for row in account.rows:
        yield {
            "period": period_cell(row.period.number),
            "filed_on": row.filed_on,
            "reference": row.reference,
            **_amounts("opening", row.opening),
            **_amounts("added", row.added),
            **_amounts("used", row.used),
            **_amounts("closing", row.closing),
        }


def _amounts(group: str, tax: TaxAmounts) -> dict[str, int]:
    return {f"{group}_{head}": getattr(tax, head) for head in HEADS}
