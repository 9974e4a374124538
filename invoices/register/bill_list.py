"""Reads the present bills of a register with their class, filtered and page by page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Taxpayer
from invoices.register.models import ALONE, REPEATED, Bill, Finding, Link
from invoices.register.uploads import present_bills

BOOKS, MATCHED, NEITHER = "books", "matched", "neither"
STATES = (BOOKS, "repeated", MATCHED, NEITHER)


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of a list of bills. An empty one does not narrow the list."""

    state: str = ""
    match_class: str = ""
    supplier: str = ""
    month: TaxPeriod | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The matcher's answer about a bill: its class, and the finding of its document. `finding` is None for a bill
    alone."""

    match_class: str = ""
    sub: str = ""
    finding: Finding | None = None
    reasons: Sequence[str] = ()


def bills(taxpayer: Taxpayer, asked: Asked) -> QuerySet[Bill]:
    """Return the present bills that the filters ask for."""
    found = present_bills(taxpayer)
    if asked.supplier:
        word = asked.supplier
        found = found.filter(
            Q(supplier_gstin__istartswith=word) | Q(supplier_name__icontains=word) | Q(number__iexact=word)
        )
    if asked.month is not None:
        found = found.filter(document_date__range=(asked.month.first_day, asked.month.last_day))
    links = Link.objects.filter(taxpayer=taxpayer, bill_identity=OuterRef("identity"), until__isnull=True)
    lone = Finding.objects.filter(
        taxpayer=taxpayer, bill_identity=OuterRef("identity"), root_id__isnull=True, until__isnull=True
    )
    if asked.state == MATCHED:
        found = found.filter(Exists(links))
    elif asked.state in (BOOKS, "repeated"):
        found = found.filter(Exists(lone.filter(match_class=ALONE if asked.state == BOOKS else REPEATED)))
    elif asked.state == NEITHER:
        found = found.filter(~Exists(links), ~Exists(lone))
    if asked.match_class:
        found = found.filter(
            Exists(links.filter(match_class=asked.match_class))
            | Exists(lone.filter(match_class=asked.match_class))
        )
    return found


def answers(taxpayer: Taxpayer, shown: Iterable[Bill]) -> dict[int, Found]:
    """Return the matcher's answer about each bill, by the bill's identity. Three queries for any number of bills."""
    identities = [bill.identity or 0 for bill in shown]
    links = list(
        Link.objects.filter(taxpayer=taxpayer, bill_identity__in=identities, until__isnull=True).order_by(
            "pk"
        )
    )
    roots = {link.root_id for link in links}
    present = Finding.objects.filter(taxpayer=taxpayer, until__isnull=True)
    by_root = {
        one.root_id: one
        for one in present.filter(root_id__in=roots).select_related("record__decision", "record__supplier")
    }
    told = {
        one.bill_identity or 0: Found(one.match_class, one.sub, None, one.reasons)
        for one in present.filter(root_id__isnull=True, bill_identity__in=identities)
    }
    for link in links:
        document = by_root.get(link.root_id)
        told[link.bill_identity] = Found(
            link.match_class, link.sub, document, document.reasons if document else ()
        )
    return told


def counts(taxpayer: Taxpayer) -> dict[str, Any]:
    """Return the numbers of present bills of the register page: all, only in books, repeated, and gone."""
    lone = Finding.objects.filter(
        taxpayer=taxpayer, until__isnull=True, root_id__isnull=True, bill_identity__isnull=False
    )
    return {
        "present": present_bills(taxpayer).count(),
        "alone": lone.filter(match_class=ALONE).count(),
        "repeated": lone.filter(match_class=REPEATED).count(),
        "gone": present_bills(taxpayer).filter(gone_from__isnull=False).count(),
    }
