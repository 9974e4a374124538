"""The share of a month's credit that the matcher found in the books to the rupee, for twelve months."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from ims_portal.kernel.periods import TaxPeriod
from invoices.matching.ladder import Class
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.register.models import Finding
from invoices.rules.situation import Route

MONTHS = 12
HITS = (Class.EXACT.value, Class.ROUNDING.value)


@dataclass(frozen=True, slots=True)
class Month:
    """The credit of the documents that belong to one GSTR-2B, in paise. `hit` is the part in the classes Exact and
    Rounding. `seen` is the part that a run of the matcher has looked at."""

    period: TaxPeriod
    credit: int
    hit: int
    seen: int

    @property
    def share(self) -> float | None:
        """Return the share in per cent, or None for a month that no run has looked at."""
        return self.hit * 100 / self.credit if self.credit and self.seen else None


def months(taxpayer: Taxpayer) -> list[Month]:
    """Return the hit rate of the open period and of the eleven months before, oldest first. A filed month keeps the
    classes that its documents had when they left IMS. Two queries for any number of documents."""
    opens = taxpayer.opens
    last = [opens.offset(back) for back in range(1 - MONTHS, 1)]
    found = {period.number: [0, 0, 0] for period in last}
    for table in (Record, ArchivedRecord):
        for row in _sums(table, taxpayer, last[0].number, opens.number):
            sums = found.get(row["claim_period"])
            if sums is not None:
                for place, name in enumerate(("credit", "hit", "seen")):
                    sums[place] += int(row[name] or 0)
    return [Month(period, *found[period.number]) for period in last]


def _sums(table: Any, taxpayer: Taxpayer, first: int, last: int) -> QuerySet[Any]:
    """Return the sums of one table by GSTR-2B period. Replaced versions of a document are left out."""
    latest = Finding.objects.filter(taxpayer=taxpayer, record_id=OuterRef("pk")).order_by("-pk")
    documents = table.objects.filter(
        recipient_id=taxpayer.pk,
        route=Route.IMS.value,
        claim_period__range=(first, last),
        effect__gt=0,
        superseded="-",
    )
    return (
        documents.annotate(found=Subquery(latest.values("match_class")[:1]))
        .order_by()
        .values("claim_period")
        .annotate(
            credit=Sum("effect"),
            hit=Sum("effect", filter=Q(found__in=HITS)),
            seen=Sum("effect", filter=Q(found__isnull=False)),
        )
    )
