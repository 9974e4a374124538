"""The outward side of GSTR-3B: rows 3.1, 3.1.1 and 3.2, filled from the taxpayer's filed GSTR-1, IFF and GSTR-1A,
and from rejections that add tax (R-111)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Sum

from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Record, Taxpayer
from invoices.rules.attribution import RegistrationType
from invoices.rules.calendar import Form
from invoices.rules.documents import SEZ_TYPES
from returns.models import AddBack, OutwardReturn
from returns.outward import section_sums
from returns.outward.queries import gone, mine
from returns.outward.section_sums import Group

FORMS = (Form.GSTR1, Form.IFF, Form.GSTR1A)
TAXABLE, ZERO_RATED, EXEMPT, NON_GST, OPERATOR, THROUGH_OPERATOR = "a", "b", "c", "e", "1i", "1ii"
ADDED_BACK = "ims"
INVOICES = {"6C": "6c", "SEZWP": "6b", "SEZWOP": "6b", "4A": "4a", "4B": "4b"}
REGISTERED_BUYERS = {RegistrationType.COMPOSITION.value: "comp", RegistrationType.UIN.value: "uin"}


@dataclass(frozen=True, slots=True)
class Amount:
    """A taxable value with its tax, in paise."""

    taxable: int = 0
    tax: TaxAmounts = field(default_factory=TaxAmounts)

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.taxable + other.taxable, self.tax + other.tax)

    @property
    def is_zero(self) -> bool:
        return not self.taxable and self.tax.is_zero


@dataclass(frozen=True, slots=True)
class Entry:
    """The amounts that one table of GSTR-1 adds to one row of GSTR-3B. `place` is the place of supply, or ""."""

    row: str
    table: str
    amount: Amount
    place: str = ""


@dataclass(slots=True)
class OutwardSide:
    """The outward side of one GSTR-3B. `tables` has the parts of each row by table of GSTR-1, and `places` the
    inter-State supplies of row 3.2 by kind of buyer and place of supply. `filed_on` is the day on which the
    GSTR-1 of the period was filed, or None."""

    filed_on: date | None = None
    rows: dict[str, Amount] = field(default_factory=lambda: defaultdict(Amount))
    tables: dict[str, dict[str, Amount]] = field(default_factory=lambda: defaultdict(dict))
    places: dict[str, dict[str, Amount]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, entry: Entry) -> None:
        if entry.amount.is_zero:
            return
        self.rows[entry.row] += entry.amount
        parts = self.tables[entry.row]
        parts[entry.table] = parts.get(entry.table, Amount()) + entry.amount

    def add_place(self, buyer: str, place: str, amount: Amount) -> None:
        if not amount.is_zero:
            found = self.places[buyer]
            found[place] = found.get(place, Amount()) + amount


def of_period(taxpayer: Taxpayer, period: TaxPeriod) -> OutwardSide:
    """Return the outward side of a GSTR-3B. `period` is a tax period of the taxpayer. Only filed forms count;
    without any, every row is zero. The number of queries is the same for every number of documents."""
    found = OutwardSide()
    for filed in filed_forms(taxpayer, period):
        if filed.form == Form.GSTR1.value and filed.period == period.number:
            found.filed_on = filed.filed_on
        form, month = Form(filed.form), TaxPeriod.from_number(filed.period)
        for group in section_sums.of_form(taxpayer, form, month, filed=True):
            for entry in _entries(group):
                found.add(entry)
        for buyer, place, amount in _registered_buyers(taxpayer, form, month):
            found.add_place(buyer, place, amount)
    found.add(Entry(TAXABLE, ADDED_BACK, Amount(0, added_back(taxpayer, period))))
    return found


def filed_forms(taxpayer: Taxpayer, period: TaxPeriod) -> list[OutwardReturn]:
    """Return the filed outward forms that belong to a GSTR-3B, oldest first."""
    months = (taxpayer.files.first_month(period).number, period.number)
    return list(
        OutwardReturn.objects.filter(
            supplier=taxpayer, form__in=[form.value for form in FORMS], period__range=months
        ).order_by("period", "filed_at")
    )


def added_back(taxpayer: Taxpayer, period: TaxPeriod) -> TaxAmounts:
    """Return the tax that recipients' rejections add to this GSTR-3B."""
    sums = AddBack.objects.filter(supplier=taxpayer, period=period.number).aggregate(
        **{f"s_{head}": Sum(head) for head in HEADS}
    )
    return TaxAmounts(*(int(sums[f"s_{head}"] or 0) for head in HEADS))


def added_to_suppliers(recipient: Taxpayer, period: TaxPeriod) -> dict[str, int]:
    """Return the number of documents whose tax this recipient's GSTR-3B added to suppliers, and the tax in
    paise."""
    found = AddBack.objects.filter(recipient=recipient, recipient_period=period.number).aggregate(
        documents=Count("pk"), **{f"s_{head}": Sum(head) for head in HEADS}
    )
    return {"documents": found["documents"], "tax": sum(int(found[f"s_{head}"] or 0) for head in HEADS)}


def _entries(group: Group) -> Iterator[Entry]:
    """Yield what a group adds, and for amendments what the replaced versions take off again. Each version counts
    in the row of its own type. Of supplies under reverse charge only the value counts, because the recipient
    pays the tax."""
    now, was = group.figures.now, group.figures.was
    yield _entry(group, group.invoice_type, now.taxable, now.tax, group.reverse_charge)
    yield _entry(group, group.was_invoice_type, -was.taxable, -was.tax, group.was_reverse_charge)


def _entry(group: Group, invoice_type: str, taxable: int, tax: TaxAmounts, reverse_charge: bool) -> Entry:
    amount = Amount(taxable, TaxAmounts() if reverse_charge else tax)
    if group.section in ("ECOM", "ECOMA"):
        return Entry(OPERATOR, "15b2b" if group.from_registered else "15urp2b", amount)
    row = ZERO_RATED if invoice_type in SEZ_TYPES else TAXABLE
    tables = {"B2BA": "9a", "CDNR": "9b", "CDNRA": "9c"}
    part = group.part.rpartition("_")[2]
    return Entry(row, tables.get(group.section) or INVOICES[part], amount)


def _registered_buyers(
    taxpayer: Taxpayer, form: Form, period: TaxPeriod
) -> Iterator[tuple[str, str, Amount]]:
    """Yield the inter-State supplies to composition taxpayers and to UIN holders, by place of supply. Amendments
    are left out."""
    own = mine(taxpayer, form, period)
    for rows in (Record.objects.filter(own, filing="F"), gone(own)):
        to_them = rows.filter(
            recipient__registration_type__in=list(REGISTERED_BUYERS),
            amends_id__isnull=True,
            igst__gt=0,
            reverse_charge=False,
        )
        grouped: Any = (
            to_them.order_by()
            .values("recipient__registration_type", "place_of_supply", "kind")
            .annotate(s_taxable=Sum("taxable"), s_igst=Sum("igst"))
        )
        for row in grouped:
            sign = -1 if row["kind"] == "CN" else 1
            amount = Amount(sign * int(row["s_taxable"]), TaxAmounts(igst=sign * int(row["s_igst"])))
            yield REGISTERED_BUYERS[row["recipient__registration_type"]], row["place_of_supply"], amount
