"""Money is an `int` of whole paise. Only the functions that read or write text use rupees."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ims_portal.kernel.wording import say

PAISE_PER_RUPEE = 100
LAKH = 100_000
CRORE = 10_000_000
HEADS = ("igst", "cgst", "sgst", "cess")
MINUS = "\u2212"
MOST_DIGITS = 15
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?")
# A typed amount may have Indian or international grouping. Another grouping, like "1,5", is refused, because
# it is probably a typing mistake.
GROUPED = r"[0-9]{1,20}|[0-9]{1,2}(?:,[0-9]{2}){0,8},[0-9]{3}|[0-9]{1,3}(?:,[0-9]{3}){1,6}"
TYPED = re.compile(rf"\s*₹?\s*({GROUPED})(\.[0-9]{{1,9}})?\s*(l|lakh|cr|crore)?\s*", re.IGNORECASE | re.ASCII)


class BadAmount(ValueError):
    """The value is not an amount of money. The message says why."""


def paise(value: str | int | Decimal) -> int:
    """Return the paise of an amount in rupees. Raises `BadAmount` for floats, NaN, infinity, more than 2
    decimals, or more than 15 digits before the decimal point."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise BadAmount(
            "Amounts must be exact: give a decimal, a whole number or text, not a floating-point number."
        )
    # The pattern is checked first, because `Decimal` would also accept "1e3", "1_000", "NaN" and digits of
    # other scripts.
    if isinstance(value, str) and not PLAIN_NUMBER.fullmatch(value.strip()):
        raise BadAmount(
            say("%(given)s is not a valid amount. Write the amount as 123456.00.", given=repr(value[:30]))
        )
    amount = Decimal(value.strip() if isinstance(value, str) else value)
    if not amount.is_finite():
        raise BadAmount(
            say("%(given)s is not a valid amount. Write the amount as 123456.00.", given=str(value)[:30])
        )
    if amount and amount.adjusted() >= MOST_DIGITS:
        raise BadAmount(
            say(
                "The amount has more than %(most)s digits before the decimal point. Check the amount.",
                most=MOST_DIGITS,
            )
        )
    # The code compares values and does not multiply, because Python rounds a product to 28 digits and could
    # hide further decimals.
    exact = amount.quantize(Decimal("0.01"))
    if exact != amount:
        raise BadAmount(
            say("%(given)s has more than two decimals. Round the amount to paise.", given=str(value)[:30])
        )
    return int(exact * PAISE_PER_RUPEE)


def rupees(amount: int) -> Decimal:
    """Return the amount in rupees, with two decimals."""
    return (Decimal(amount) / PAISE_PER_RUPEE).quantize(Decimal("0.01"))


def rupee_text(amount: int) -> str:
    """Return paise as exact text in rupees, for programs: -118005 becomes "-1180.05"."""
    sign, size = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{size // PAISE_PER_RUPEE}.{size % PAISE_PER_RUPEE:02d}"


def rupee_number(amount: int) -> int | float:
    """Return paise as a JSON number in rupees. The number is an integer if the amount is whole rupees."""
    whole, part = divmod(amount, PAISE_PER_RUPEE)
    return amount / PAISE_PER_RUPEE if part else whole


def format_inr(amount: int) -> str:
    """Return paise as text in rupees with Indian grouping, like "1,23,45,678.90". Negative amounts have the
    minus sign U+2212, not a hyphen."""
    whole, part = divmod(abs(amount), PAISE_PER_RUPEE)
    digits = str(whole)
    head, tail = digits[:-3], digits[-3:]
    head = re.sub(r"(?<=\d)(?=(\d\d)+$)", ",", head)
    text = f"{head},{tail}" if head else tail
    return f"{MINUS if amount < 0 else ''}{text}.{part:02d}"


def format_count(number: int) -> str:
    """Return a count as text with Indian grouping, like "12,34,567"."""
    return format_inr(number * PAISE_PER_RUPEE)[:-3]


def format_inr_short(amount: int) -> str:
    """Return paise as "₹1.23 Cr" or "₹4.50 L", for charts and chips. An amount below one lakh is written in
    full. Halves are rounded up."""
    size, sign = abs(amount), MINUS if amount < 0 else ""
    if size < LAKH * PAISE_PER_RUPEE:
        return f"{sign}₹{format_inr(size)}"
    # `lakhs` is the number of hundredths of a lakh of rupees. `format_inr` writes hundredths as two decimals.
    # A hundredth of a lakh of rupees is 1,000 rupees, which is LAKH (1,00,000) paise. Crores work in the same
    # way.
    lakhs = (size + LAKH // 2) // LAKH
    if lakhs < 100_00:
        return f"{sign}₹{format_inr(lakhs)} L"
    return f"{sign}₹{format_inr((size + CRORE // 2) // CRORE)} Cr"


def parse_inr(text: str) -> int:
    """Return the paise of an amount in rupees that a person typed: 1,23,456 or 123456.50 or 1.5L or 2 Cr.
    Raises `BadAmount` for any other text, including a negative amount."""
    if text.strip().startswith(("-", "−")):
        raise BadAmount(say("Amounts have no minus sign here. Write the amount without the minus sign."))
    found = TYPED.fullmatch(text)
    if not found:
        raise BadAmount(
            say(
                "%(given)s is not a valid amount. Write the amount as 1,23,456.00, 1.5L or 2 Cr.",
                given=repr(text[:30]),
            )
        )
    unit = (found[3] or "").lower()
    factor = LAKH if unit in ("l", "lakh") else CRORE if unit else 1
    return paise(Decimal(found[1].replace(",", "") + (found[2] or "")) * factor)


@dataclass(frozen=True, slots=True)
class TaxAmounts:
    """Tax by head, in paise. An amount that is a difference may be negative."""

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
        """The sum of all four heads, in paise."""
        return self.igst + self.cgst + self.sgst + self.cess

    @property
    def is_zero(self) -> bool:
        """True if every head is zero. False if the heads are not zero but add up to zero."""
        return not (self.igst or self.cgst or self.sgst or self.cess)

    def positive_part(self) -> TaxAmounts:
        """Return the amounts, with zero in place of each negative amount."""
        return TaxAmounts(max(0, self.igst), max(0, self.cgst), max(0, self.sgst), max(0, self.cess))

    def scaled(self, sign: int) -> TaxAmounts:
        """Return each head multiplied by `sign`. The sign (-1, 0 or +1) says whether the amounts lower the
        credit, do not change the credit, or raise the credit."""
        return TaxAmounts(self.igst * sign, self.cgst * sign, self.sgst * sign, self.cess * sign)

    def as_dict(self) -> dict[str, int]:
        """Return a mapping from head to paise, in the order of `HEADS`."""
        return {"igst": self.igst, "cgst": self.cgst, "sgst": self.sgst, "cess": self.cess}

    @classmethod
    def from_mapping(cls, values: Mapping[str, int | None]) -> TaxAmounts:
        """Return the amounts of a mapping from head to paise. A head that is missing or None (an empty SQL
        sum) is zero."""
        found = [values.get(head) or 0 for head in HEADS]
        if any(int(value) != value for value in found):
            raise BadAmount("Tax amounts are whole paise; convert rupees with `paise` first.")
        return cls(*(int(value) for value in found))
