"""A bill of the purchase register and a record of IMS, as the matcher sees them.

Money is whole paise and never negative. A purchase return and a buyer's debit note have the kind CREDIT_NOTE in the
register: both sides name the supplier's document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cached_property

from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices.matching.numbers import MISSING, NumberKeys
from invoices.rules.situation import Kind


class Group(str, Enum):
    """Kinds of documents that may stand for each other: an invoice, and a supply through an e-commerce operator."""

    INVOICE = "invoice"
    DEBIT_NOTE = "debit note"
    CREDIT_NOTE = "credit note"
    BILL_OF_ENTRY = "bill of entry"


GROUPS = {
    Kind.INVOICE: Group.INVOICE,
    Kind.ECO: Group.INVOICE,
    Kind.DEBIT_NOTE: Group.DEBIT_NOTE,
    Kind.CREDIT_NOTE: Group.CREDIT_NOTE,
    Kind.BILL_OF_ENTRY: Group.BILL_OF_ENTRY,
    Kind.BOE_REDUCTION: Group.BILL_OF_ENTRY,
}


class Claim(str, Enum):
    """The credit that the books took for a bill."""

    FULL = "full"
    PART = "part"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Heads:
    """The amounts of a document in paise."""

    taxable: int = 0
    igst: int = 0
    cgst: int = 0
    sgst: int = 0
    cess: int = 0

    @property
    def tax(self) -> int:
        return self.igst + self.cgst + self.sgst + self.cess

    def plus(self, other: Heads, sign: int = 1) -> Heads:
        """Return the sum with the amounts of another document, or the difference for the sign -1."""
        return Heads(
            self.taxable + sign * other.taxable,
            self.igst + sign * other.igst,
            self.cgst + sign * other.cgst,
            self.sgst + sign * other.sgst,
            self.cess + sign * other.cess,
        )


@dataclass(frozen=True, eq=False)
class Document:
    """The facts that both sides have.

    `ref` is unique on its side. `own` is the recipient's GSTIN. `supplier` is the supplier's GSTIN as it was written,
    "" if it is missing. `original` has the keys of the number of the invoice that a note belongs to. `place` is the
    place of supply as two digits, "" if it is unknown. `port` is the port of a bill of entry. `irn` is given only if it
    is the right hash of the document."""

    ref: str
    own: str
    supplier: str
    kind: Kind
    number: str
    keys: NumberKeys
    day: date
    heads: Heads
    name: str = ""
    place: str = ""
    reverse_charge: bool = False
    original: NumberKeys = MISSING
    port: str = ""
    irn: str = ""

    @property
    def group(self) -> Group:
        return GROUPS[self.kind]

    @cached_property
    def year(self) -> int:
        """The year in which the financial year of the document's date begins."""
        return FinancialYear.of(self.day).start

    @cached_property
    def order(self) -> tuple[str, str, str, str]:
        """The place of the document among equals. It depends on no row order."""
        return (self.own, self.supplier, self.keys.same, self.ref)


@dataclass(frozen=True, eq=False)
class Bill(Document):
    """A document of the purchase register.

    `posted` and `received` are the months of booking and of receipt. `itc` is the credit that the books took, None if
    the register does not say it. `claimed` is the month in which the books took the credit. `voucher` is the buyer's
    own number. `date_unsure` is True if the register has only the day of posting."""

    posted: TaxPeriod | None = None
    received: TaxPeriod | None = None
    itc: Claim | None = None
    claimed: TaxPeriod | None = None
    voucher: str = ""
    date_unsure: bool = False


@dataclass(frozen=True, eq=False)
class Reported(Document):
    """A record of IMS: a document that the supplier or customs reported. It has the amounts and the number of its
    latest version. `earlier` has the keys of the numbers of earlier versions, because the books may hold the number
    that was reported first. `arrival` grows with the time at which
    the document came to the desk."""

    earlier: tuple[NumberKeys, ...] = ()
    arrival: int = 0
