"""The two ledgers that limit the credit of a GSTR-3B (R-105): reversed credit that can be taken again, and tax
paid under reverse charge.

A ledger has one balance for each tax head, in paise. Every filed GSTR-3B adds an amount and uses an
amount."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.kernel.wording import say

RULE = "R-105"
# A taxpayer enters the opening balance once and may correct it three times (general knowledge of the GST
# portal, not confirmed in a source).
MOST_DECLARATIONS = 4


class Ledger(str, Enum):
    """The two ledgers, with the part of their address as value."""

    RECLAIM = "reclaim"
    REVERSE_CHARGE = "rcm"


NAMES = {
    Ledger.RECLAIM: say("Electronic Credit Reversal and Re-claimed Statement"),
    Ledger.REVERSE_CHARGE: say("RCM Liability/ITC Statement"),
}
# the rows of GSTR-3B that add to the balance, and the rows that use the balance
ADDS: dict[Ledger, tuple[str, ...]] = {Ledger.RECLAIM: ("4B2",), Ledger.REVERSE_CHARGE: ("31D",)}
USES: dict[Ledger, tuple[str, ...]] = {Ledger.RECLAIM: ("4D1",), Ledger.REVERSE_CHARGE: ("4A2", "4A3")}
ANNOUNCED = TaxPeriod(2025, 12)  # GSTN announced in this month that it will block such returns
EXCEEDS_ANNOUNCED = {
    Ledger.RECLAIM: say(
        "The credit reclaimed in 4(D)(1) is more than the balance of the reversal statement plus 4(B)(2) of "
        "this return. GSTN announced in December 2025 that the GST portal will not accept such a return. "
        "Reclaim less, or reverse the excess in 4(B)(2)."
    ),
    Ledger.REVERSE_CHARGE: say(
        "The reverse-charge credit in 4(A)(2) and 4(A)(3) is more than the balance of the RCM statement plus "
        "the tax in 3.1(d) of this return. GSTN announced in December 2025 that the GST portal will not "
        "accept such a return. Take less credit, or declare the tax in 3.1(d)."
    ),
}
EXCEEDS = {
    Ledger.RECLAIM: say(
        "The credit reclaimed in 4(D)(1) is more than the balance of the reversal statement plus 4(B)(2) of "
        "this return. Reclaim less, or reverse the excess in 4(B)(2)."
    ),
    Ledger.REVERSE_CHARGE: say(
        "The reverse-charge credit in 4(A)(2) and 4(A)(3) is more than the balance of the RCM statement plus "
        "the tax in 3.1(d) of this return. Take less credit, or declare the tax in 3.1(d)."
    ),
}


@dataclass(frozen=True, slots=True)
class Movement:
    """The amounts that one GSTR-3B adds to a ledger and uses from the ledger, in paise."""

    added: TaxAmounts
    used: TaxAmounts

    @property
    def change(self) -> TaxAmounts:
        return self.added - self.used


def movement(ledger: Ledger, table: Mapping[str, TaxAmounts]) -> Movement:
    """Return what a GSTR-3B with the rows in `table` adds to the ledger and uses from the ledger (R-105). A
    missing row is zero."""

    def total(rows: tuple[str, ...]) -> TaxAmounts:
        found = TaxAmounts()
        for row in rows:
            found += table.get(row, TaxAmounts())
        return found

    return Movement(total(ADDS[ledger]), total(USES[ledger]))


def excess(ledger: Ledger, opening: TaxAmounts, table: Mapping[str, TaxAmounts]) -> TaxAmounts:
    """Return by how much a GSTR-3B with the rows in `table` uses more than the ledger has, by tax head
    (R-105). `opening` is the balance before the return. A head without an excess is zero."""
    return (-(opening + movement(ledger, table).change)).positive_part()


def exceeds(ledger: Ledger, period: TaxPeriod) -> str:
    """Return the warning about a GSTR-3B of `period` that uses more than the ledger has (R-105). The
    announcement of GSTN is named from the period in which it was made."""
    return (EXCEEDS_ANNOUNCED if period >= ANNOUNCED else EXCEEDS)[ledger]


def why_no_opening(ledger: Ledger, amounts: TaxAmounts, *, declared: int) -> str:
    """Return why an opening balance is refused, as a sentence, or "" (R-105). `declared` is the number of
    earlier declarations. Only the opening balance of the RCM statement may be negative: credit was then taken
    before its tax was paid."""
    if ledger is Ledger.RECLAIM and any(getattr(amounts, head) < 0 for head in HEADS):
        return say("The opening balance of the reversal statement cannot be negative.")
    if declared >= MOST_DECLARATIONS:
        return say("The opening balance was declared once and corrected three times. It cannot change again.")
    return ""
