"""The bills of a register by what became of them: paired, booked twice, expected in IMS, or not expected."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When

from ims_portal.kernel.money import HEADS
from invoices.models import Record, Taxpayer
from invoices.models.record import TAX
from invoices.register.both_sides import present_bills
from invoices.register.models import ALONE, REPEATED, Bill, Finding, Link, Unchased
from invoices.rules.situation import Kind

# what became of a bill
PAIRED, TWICE, EXPECTED, NOT_EXPECTED, WAITING = "paired", "twice", "expected", "unexpected", "waiting"
STATES = (PAIRED, TWICE, EXPECTED, NOT_EXPECTED, WAITING)


@dataclass(frozen=True, slots=True)
class Bills:
    """A number of bills and their tax in paise. `notes` are the credit notes among them, with their own sum `given`,
    which lowers credit and is not part of `tax`."""

    count: int = 0
    tax: int = 0
    notes: int = 0
    given: int = 0

    @property
    def lowers(self) -> int:
        return -self.given

    @property
    def all(self) -> int:
        return self.count + self.notes


def bills(taxpayer: Taxpayer) -> QuerySet[Bill]:
    """Return the present bills with their state. A bill that a later register no longer has is left out, as the matcher
    leaves it out. A bill of reverse charge or without the supplier's GSTIN is not expected in IMS."""
    lone = Finding.objects.filter(
        taxpayer=taxpayer, bill_identity=OuterRef("identity"), root_id__isnull=True, until__isnull=True
    )
    # a bill may be paired with a document of another registration of the same PAN
    linked = Link.objects.filter(bill_identity=OuterRef("identity"), until__isnull=True)
    unchased = Unchased.objects.filter(taxpayer=taxpayer, until__isnull=True).filter(
        Q(bill_identity=OuterRef("identity"))
        | Q(bill_identity__isnull=True, supplier_gstin=OuterRef("supplier_gstin"))
    )
    never = Q(reverse_charge=True) | Q(supplier_gstin="") | Q(Exists(unchased))
    alone = Q(Exists(lone.filter(match_class=ALONE)))
    state = Case(
        When(Exists(linked), then=Value(PAIRED)),
        When(Exists(lone.filter(match_class=REPEATED)), then=Value(TWICE)),
        When(alone & never, then=Value(NOT_EXPECTED)),
        When(alone, then=Value(EXPECTED)),
        default=Value(WAITING),
        output_field=CharField(),
    )
    return present_bills([taxpayer]).annotate(state=state, tax=TAX)


def of_state(taxpayer: Taxpayer, state: str) -> QuerySet[Bill]:
    """Return the present bills with one state, or all of them for ""."""
    found = bills(taxpayer)
    return found.filter(state=state) if state else found  # type: ignore[misc]  # annotated


def signed_tax(one: Bill | Record) -> int:
    """Return the tax of a bill or a document in paise; the tax of a credit note is negative."""
    return Kind(one.kind).sign * sum(getattr(one, head) for head in HEADS)


def by_state(taxpayer: Taxpayer) -> dict[str, Bills]:
    """Return the bills of each state. One query for any number of bills."""
    found = dict.fromkeys(STATES, Bills())
    note = Q(kind=Kind.CREDIT_NOTE.value)
    rows = (
        bills(taxpayer)
        .order_by()
        .values("state")  # type: ignore[misc]  # annotated
        .annotate(
            n=Count("pk", filter=~note),
            s=Sum(F("tax"), filter=~note),
            notes=Count("pk", filter=note),
            given=Sum(F("tax"), filter=note),
        )
    )
    for row in rows:
        found[row["state"]] = Bills(row["n"], int(row["s"] or 0), row["notes"], int(row["given"] or 0))
    return found
