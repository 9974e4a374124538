"""Makes records as suppliers report them: numbering styles, equal amounts, months of invoices and some notes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from ims_portal.kernel.gstin import check_character
from invoices.matching import numbers
from invoices.matching.documents import Heads, Reported
from invoices.rules.situation import Kind

OWN = "27AAACT2001A1ZA"
FIRST_DAY = date(2024, 10, 1)
STATES = ("24", "27", "29", "33", "06", "07")
RATES = (5, 12, 18, 28)
STYLES = (
    "{serial}",
    "INV/{serial:04}",
    "{code}/24-25/{serial:05}",
    "{code}-{serial:03}",
    "2024-25/{code}/{serial}",
    "{code}{serial:06}",
    "{code}/{month}/{serial:03}",
    "BILL-24-{serial:05}",
)


@dataclass(frozen=True, slots=True)
class Supplier:
    """A supplier with its numbering style. With `even`, many of its invoices have one and the same amount."""

    gstin: str
    name: str
    code: str
    style: str
    even: bool


def suppliers(count: int, rng: random.Random) -> list[Supplier]:
    found = []
    for n in range(count):
        letters = "".join(rng.choice("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(5))
        first = f"{rng.choice(STATES)}{letters}{n % 10_000:04}{rng.choice('ABCFGH')}1Z"
        name = f"{letters.title()} {rng.choice(('Steels', 'Traders', 'Chemicals', 'Packaging'))} {n} Pvt Ltd"
        found.append(
            Supplier(
                first + check_character(first), name, letters[:2], rng.choice(STYLES), rng.random() < 1 / 3
            )
        )
    return found


def records(documents: int, seed: int) -> Iterator[Reported]:
    """Yield records of about twelve documents a supplier. All have the dates of three months."""
    rng = random.Random(seed)
    made = 0
    for supplier in suppliers(max(1, documents // 12), rng):
        serial = rng.randint(1, 900)
        equal = rng.randint(5, 900) * 1_000
        for _ in range(12):
            if made == documents:
                return
            serial += rng.randint(1, 3)
            day = FIRST_DAY + timedelta(days=rng.randrange(92))
            number = supplier.style.format(code=supplier.code, serial=serial, month=f"{day:%m}")
            taxable = (
                equal
                if supplier.even and rng.random() < 0.7
                else rng.randint(200, 300_000) * 100 + rng.randrange(100)
            )
            kind = rng.choices((Kind.INVOICE, Kind.CREDIT_NOTE, Kind.DEBIT_NOTE), (92, 6, 2))[0]
            yield Reported(
                ref=f"R{made:07}",
                own=OWN,
                supplier=supplier.gstin,
                kind=kind,
                number=number,
                keys=numbers.keys(number, day),
                day=day,
                heads=heads(taxable, rng.choice(RATES), local=supplier.gstin[:2] == OWN[:2]),
                name=supplier.name,
                place=OWN[:2],
                arrival=made,
            )
            made += 1


def heads(taxable: int, rate: int, *, local: bool) -> Heads:
    """Return the amounts of a document with this taxable value in paise and this rate in per cent."""
    tax = taxable * rate // 100
    return Heads(taxable, cgst=tax // 2, sgst=tax // 2) if local else Heads(taxable, igst=tax)
