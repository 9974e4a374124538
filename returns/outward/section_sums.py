"""Sums of a supplier's form by section and sub-section, as the summary of GSTR-1 shows them. Credit notes are
subtracted. The number of queries does not depend on the size of the form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    Count,
    Field,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.rules.calendar import Form
from invoices.rules.situation import Kind
from returns.outward.queries import gone, mine

AMOUNTS = ("value", "taxable", *HEADS)
SECTIONS = {
    Kind.INVOICE: "B2B",
    Kind.CREDIT_NOTE: "CDNR",
    Kind.DEBIT_NOTE: "CDNR",
    Kind.ECO: "ECOM",
}
# type of an invoice -> ending of the name of its sub-section
INVOICE_PARTS = {"DE": "6C", "SEWP": "SEZWP", "SEWOP": "SEZWOP"}
OPERATOR_PARTS = {"DE": "DE", "SEWP": "SEZWP", "SEWOP": "SEZWOP"}


@dataclass(slots=True)
class Figures:
    """Sums in paise. `was_*` are the sums of the versions that the amendments replace. `marks` changes
    whenever a document is added, edited or removed."""

    count: int = 0
    value: int = 0
    taxable: int = 0
    tax: TaxAmounts = field(default_factory=TaxAmounts)
    was_value: int = 0
    was_taxable: int = 0
    was_tax: TaxAmounts = field(default_factory=TaxAmounts)
    marks: tuple[int, int] = (0, 0)

    @property
    def now(self) -> Figures:
        """Return the sums of the documents themselves."""
        return Figures(self.count, self.value, self.taxable, self.tax)

    @property
    def was(self) -> Figures:
        """Return the sums of the versions that the documents replace."""
        return Figures(0, self.was_value, self.was_taxable, self.was_tax)

    def __neg__(self) -> Figures:
        """Return the negative sums, with this count."""
        return Figures(self.count, -self.value, -self.taxable, -self.tax)

    def __sub__(self, other: Figures) -> Figures:
        """Return the difference of the sums, with this count."""
        return Figures(
            self.count, self.value - other.value, self.taxable - other.taxable, self.tax - other.tax
        )

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.count + other.count,
            self.value + other.value,
            self.taxable + other.taxable,
            self.tax + other.tax,
            self.was_value + other.was_value,
            self.was_taxable + other.was_taxable,
            self.was_tax + other.was_tax,
            (self.marks[0] + other.marks[0], self.marks[1] + other.marks[1]),
        )

    @property
    def net(self) -> Figures:
        """Return the change that these documents make: amendments less the versions that they replace."""
        return self.now - self.was


@dataclass(frozen=True, slots=True)
class Group:
    """Documents of one sub-section, and in the long form of one recipient. `part` is "" in a section without
    sub-sections. The versions that amendments replace can have another type and another charge."""

    section: str
    part: str
    figures: Figures
    invoice_type: str = "R"
    reverse_charge: bool = False
    was_invoice_type: str = "R"
    was_reverse_charge: bool = False
    from_registered: bool = False  # section 9(5) only: true if the supplier behind the operator is registered
    gstin: str = ""
    name: str = ""

    @property
    def liability(self) -> Figures:
        """Return the change in what the supplier owes. Supplies under reverse charge are left out, because the
        recipient pays their tax. An amendment can change who pays: then only one of the two versions counts."""
        now = Figures() if self.reverse_charge else self.figures.now
        was = Figures() if self.was_reverse_charge else self.figures.was
        counts = not (self.reverse_charge and self.was_reverse_charge)
        return replace(now - was, count=self.figures.count if counts else 0)


def of_form(
    supplier: Taxpayer, form: Form, period: TaxPeriod, *, by_recipient: bool = False, filed: bool = False
) -> list[Group]:
    """Return the groups of the form's documents. With `by_recipient`, every recipient has groups of its own.
    With `filed`, documents that are saved and not filed are left out. Needs four queries."""
    own = mine(supplier, form, period)
    live = Record.objects.filter(own, **({"filing": "F"} if filed else {}))
    found: list[Group] = []
    for rows in (live, gone(own)):
        for amended in (False, True):
            found += _groups(rows.filter(amends_id__isnull=not amended), amended, by_recipient)
    return found


# section of amendments -> slug of its table
AMENDED_TABLES = {"B2BA": "b2ba", "CDNRA": "notesa", "ECOMA": "ecoa"}


def differences(supplier: Taxpayer, form: Form, period: TaxPeriod) -> dict[str, Figures]:
    """Return, by slug, what the amendments of each table change: the new values less the versions that they
    replace. A table without amendments is left out. Needs two queries."""
    own = mine(supplier, form, period)
    found: dict[str, Figures] = {}
    for rows in (Record.objects.filter(own), gone(own)):
        for group in _groups(rows.filter(amends_id__isnull=False), True, False):
            slug = AMENDED_TABLES[group.section]
            found[slug] = found.get(slug, Figures()) + group.figures.net
    return found


def _groups(rows: QuerySet[Any], amended: bool, by_recipient: bool) -> Iterator[Group]:
    whose = ("recipient__gstin", "recipient__trade_name", "recipient__legal_name") if by_recipient else ()
    sums: dict[str, Any] = {f"s_{name}": Sum(name) for name in AMOUNTS}
    sums |= {"n": Count("pk"), "s_pk": Sum("pk"), "s_revision": Sum("revision")}
    earlier: tuple[str, ...] = ()
    if amended:
        rows = rows.annotate(
            **{f"was_{name}": _earlier(name, Value(0), BigIntegerField()) for name in AMOUNTS},
            was_invoice_type=_earlier("invoice_type", Value("R"), CharField()),
            was_reverse_charge=_earlier("reverse_charge", Value(False), BooleanField()),
        )
        earlier = ("was_invoice_type", "was_reverse_charge")
        sums |= {f"s_was_{name}": Sum(f"was_{name}") for name in AMOUNTS}
    behind = Case(
        When(kind=Kind.ECO.value, details__has_key="supplied_by", then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    shared = ("kind", "invoice_type", "reverse_charge", *earlier, *whose)
    grouped: Any = rows.order_by().values(*shared, from_registered=behind).annotate(**sums)
    for row in grouped:
        kind = Kind(row["kind"])
        section = SECTIONS[kind] + ("A" if amended else "")
        yield Group(
            section,
            _part(section, kind, row["invoice_type"], row["reverse_charge"]),
            _figures(row, kind.sign),
            row["invoice_type"],
            row["reverse_charge"],
            row.get("was_invoice_type", row["invoice_type"]),
            row.get("was_reverse_charge", row["reverse_charge"]),
            row["from_registered"],
            row.get("recipient__gstin", ""),
            row.get("recipient__trade_name") or row.get("recipient__legal_name", ""),
        )


def _earlier(name: str, otherwise: Value, kind: Field[Any, Any]) -> Coalesce:
    """Return a column of the version that an amendment replaces. That version may be in the archive."""
    return Coalesce(
        *(
            Subquery(model.objects.filter(pk=OuterRef("amends_id")).values(name)[:1])
            for model in (Record, ArchivedRecord)
        ),
        otherwise,
        output_field=kind,
    )


def _figures(row: dict[str, Any], sign: int) -> Figures:
    def total(name: str) -> int:
        return sign * int(row.get(f"s_{name}") or 0)

    return Figures(
        row["n"],
        total("value"),
        total("taxable"),
        TaxAmounts(*(total(head) for head in HEADS)),
        total("was_value"),
        total("was_taxable"),
        TaxAmounts(*(total(f"was_{head}") for head in HEADS)),
        (int(row["s_pk"]), int(row["s_revision"])),
    )


def _part(section: str, kind: Kind, invoice_type: str, reverse_charge: bool) -> str:
    if kind is Kind.INVOICE:
        return f"{section}_{INVOICE_PARTS.get(invoice_type) or ('4B' if reverse_charge else '4A')}"
    if kind is Kind.ECO:
        return f"{section}_{OPERATOR_PARTS.get(invoice_type, 'REG')}"
    return ""
