"""Goods taxed on their retail sale price, and the end of compensation cess, from 1 February 2026 (R-145).

The portal accepts such documents and warns, because it cannot know whether the goods are of this kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ims_portal.kernel.money import TaxAmounts, format_inr
from ims_portal.kernel.wording import say

if TYPE_CHECKING:
    from invoices.rules.documents import RateLine

BEGINS = date(2026, 2, 1)
RATE = 4000  # hundredths of a per cent
RULE = "R-145"
TOLERANCE_PAISE = 100


@dataclass(frozen=True, slots=True)
class DocumentWarning:
    """A warning about an accepted document: the field, the sentence and the rule."""

    field: str
    message: str
    rule: str = RULE


def exceeds_rate(day: date, taxable: int, charged: int) -> bool:
    """True if the tax is more than 40 % of the taxable value, on a day on which the retail sale price can be
    the reason. Amounts are in paise."""
    return day >= BEGINS and (charged - TOLERANCE_PAISE) * 10_000 > taxable * RATE


def warnings(
    day: date, taxable: int, tax: TaxAmounts, lines: Sequence[RateLine]
) -> tuple[DocumentWarning, ...]:
    """Return the warnings about a document of GSTR-1, GSTR-1A or IFF with this date, these totals (paise) and
    these rate lines. A document without rate lines counts as one line at 40 %."""
    if day < BEGINS:
        return ()
    found = []
    parts = [(line.rate, line.taxable, line.igst + line.cgst + line.sgst) for line in lines]
    for rate, value, charged in parts or [(RATE, taxable, tax.igst + tax.cgst + tax.sgst)]:
        if rate == RATE and exceeds_rate(day, value, charged):
            sentence = say(
                "Tax %(charged)s is more than 40 %% of the taxable value %(taxable)s. This is right only for goods "
                "that are taxed on their retail sale price.",
                charged=format_inr(charged),
                taxable=format_inr(value),
            )
            found.append(DocumentWarning("rate", sentence))
    if tax.cess:
        sentence = say(
            "Compensation cess ended on 31 January 2026. Check the cess %(cess)s.", cess=format_inr(tax.cess)
        )
        found.append(DocumentWarning("cess", sentence))
    return tuple(found)
