"""Interest on tax that is paid late in cash: section 50(1) with rule 88B(1).

Interest runs from the day after the due date of GSTR-3B to the day of filing, at 18 % a year, on the part of
the tax that is paid from the cash ledger. Amounts are in paise."""

from __future__ import annotations

from datetime import date

from ims_portal.kernel.money import HEADS, TaxAmounts

RATE = 18
DAYS_OF_YEAR = 365
RUPEE = 100


def days_late(due: date, filed: date) -> int:
    """Return the days from the due date to the filing, or 0 if the return was filed in time."""
    return max(0, (filed - due).days)


def interest(cash: TaxAmounts, days: int) -> TaxAmounts:
    """Return the interest on the tax paid in cash, in whole rupees for each tax head."""
    return TaxAmounts(*(_rounded(getattr(cash, head) * RATE * days, 100 * DAYS_OF_YEAR) for head in HEADS))


def _rounded(amount: int, parts: int) -> int:
    """Return `amount / parts` in paise, rounded to a whole rupee, half a rupee up."""
    return (2 * amount + parts * RUPEE) // (2 * parts * RUPEE) * RUPEE


def cash_part(other: TaxAmounts, reverse_charge: TaxAmounts, credit: TaxAmounts) -> TaxAmounts:
    """Return the tax that is paid in cash. Tax under reverse charge is always paid in cash. Credit pays the other
    tax of its own head, then IGST credit pays CGST and SGST, and CGST and SGST credit pay IGST. IGST credit is
    used first."""
    owed = {head: max(0, getattr(other, head)) for head in HEADS}
    left = {head: max(0, getattr(credit, head)) for head in HEADS}
    for use, pay in USES:
        paid = min(left[use], owed[pay])
        left[use] -= paid
        owed[pay] -= paid
    return TaxAmounts(**owed) + reverse_charge


# which credit pays which tax, in the order of section 49(5) and rule 88A: IGST credit is used up first
USES = (
    ("igst", "igst"),
    ("igst", "cgst"),
    ("igst", "sgst"),
    ("cgst", "cgst"),
    ("cgst", "igst"),
    ("sgst", "sgst"),
    ("sgst", "igst"),
    ("cess", "cess"),
)
