"""Money is whole paise in `int`; rupees exist only where text is read or written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

PAISE_PER_RUPEE = 100
HEADS = ("igst", "cgst", "sgst", "cess")
MINUS = "\u2212"


class BadAmount(ValueError):
    """The value is no amount of money; the message says why."""


def paise(value: str | int | Decimal) -> int:
    """Rupees to paise. Raises `BadAmount` for floats, NaN, infinity, more than 2 decimals, over 15 digits."""
    if isinstance(value, (float, bool)):
        raise BadAmount("Amounts must be exact: give a decimal, not a floating-point number.")
    try:
        amount = Decimal(value.strip() if isinstance(value, str) else value)
    except (InvalidOperation, ValueError, TypeError):
        raise BadAmount(f"{str(value)[:30]!r} is no amount.") from None
    if not amount.is_finite():
        raise BadAmount(f"{str(value)[:30]} is no amount.")
    if amount and amount.adjusted() >= 15:
        raise BadAmount("The amount has more than 15 digits before the decimal point.")
    scaled = amount * PAISE_PER_RUPEE
    if scaled != scaled.to_integral_value():
        raise BadAmount(f"{str(value)[:30]} has more than two decimals.")
    return int(scaled)


def rupees(amount: int) -> Decimal:
    """Paise to rupees with two decimals."""
    return (Decimal(amount) / PAISE_PER_RUPEE).quantize(Decimal("0.01"))


def format_inr(amount: int) -> str:
    """1,23,45,678.90 with Indian grouping; a true minus sign before negatives."""
    whole, part = divmod(abs(amount), PAISE_PER_RUPEE)
    digits = str(whole)
    head, tail = digits[:-3], digits[-3:]
    head = re.sub(r"(?<=\d)(?=(\d\d)+$)", ",", head)
    text = f"{head},{tail}" if head else tail
    return f"{MINUS if amount < 0 else ''}{text}.{part:02d}"


def format_inr_short(amount: int) -> str:
    """₹1.23 Cr, ₹4.50 L or the full amount below a lakh: for charts and chips."""
    size, sign = abs(amount), MINUS if amount < 0 else ""
    for unit, name in ((10_000_000 * PAISE_PER_RUPEE, "Cr"), (100_000 * PAISE_PER_RUPEE, "L")):
        if size >= unit:
            return f"{sign}₹{size / unit:.2f} {name}"
    return f"{sign}₹{format_inr(size)}"


def parse_inr(text: str) -> int:
    """Paise from what people type: 1,23,456 or 123456.50 or 1.5L or 2 Cr."""
    found = re.fullmatch(r"\s*₹?\s*([0-9][0-9,]*(?:\.[0-9]+)?)\s*(l|lakh|cr|crore)?\s*", text, re.IGNORECASE)
    if not found:
        raise BadAmount(f"{text[:30]!r} is no amount; write it as 1,23,456.00.")
    unit = (found[2] or "").lower()
    factor = 100_000 if unit in ("l", "lakh") else 10_000_000 if unit else 1
    return paise(Decimal(found[1].replace(",", "")) * factor)


@dataclass(frozen=True, slots=True)
class TaxAmounts:
    """Tax by head, in paise; may be negative where it is a difference."""

    igst: int = 0
    cgst: int = 0
    sgst: int = 0
    cess: int = 0

    def __add__(self, other: TaxAmounts) -> TaxAmounts:
        return TaxAmounts(
            self.igst + other.igst, self.cgst + other.cgst, self.sgst + other.sgst, self.cess + other.cess
        )

    def __neg__(self) -> TaxAmounts:
        return TaxAmounts(-self.igst, -self.cgst, -self.sgst, -self.cess)

    def __sub__(self, other: TaxAmounts) -> TaxAmounts:
        return self + -other

    @property
    def total(self) -> int:
        return self.igst + self.cgst + self.sgst + self.cess

    @property
    def is_zero(self) -> bool:
        return not (self.igst or self.cgst or self.sgst or self.cess)

    def positive_part(self) -> TaxAmounts:
        return TaxAmounts(max(0, self.igst), max(0, self.cgst), max(0, self.sgst), max(0, self.cess))

    def scaled(self, factor: int) -> TaxAmounts:
        return TaxAmounts(self.igst * factor, self.cgst * factor, self.sgst * factor, self.cess * factor)

    def as_dict(self) -> dict[str, int]:
        return {"igst": self.igst, "cgst": self.cgst, "sgst": self.sgst, "cess": self.cess}

    @classmethod
    def from_mapping(cls, values: Mapping[str, int]) -> TaxAmounts:
        return cls(*(int(values.get(head, 0)) for head in HEADS))
