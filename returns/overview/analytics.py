"""What a recipient's desk looks like in figures: who holds credit up, what waits how long, how periods went.

Paise, signed: credit notes and lowered amendments carry a minus. Each question is one query that groups.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, When

from gstr2b.models import StatementTotal
from gstr2b.statement import table4
from gstr2b.statement.sections import BLOCKS
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices.models import Record, Taxpayer
from invoices.queries.situations import DeskView, with_clock_facets
from invoices.rules.calendar import Calendar, cutoff
from invoices.rules.ruling import Treated
from invoices.rules.situation import Action, Filing, Route
from returns.models import Gstr3b
from returns.overview.desk import Desk
from returns.overview.desk import Sum as Total

SUPPLIERS_SHOWN = 10
PERIODS_SHOWN = 13
# upper ends of the bands in days; what lies above the last has a band of its own
BANDS = (7, 30, 90)


def _in_ims(recipient: Taxpayer, view: DeskView) -> QuerySet[Record]:
    """Records in IMS that are not closed; a replaced original stays out, since its amendment brings the credit."""
    live = Record.objects.filter(recipient_id=recipient.pk, route=Route.IMS.value).exclude(superseded="X")
    return with_clock_facets(live, view).filter(Q(closed=False)).order_by()


@dataclass(frozen=True, slots=True)
class SupplierRisk:
    """A supplier's records in IMS: credit that may not come, by reason, and how the supplier behaved.

    A record that is pending and not filed counts once, as not filed: nothing the recipient does brings it."""

    supplier: Taxpayer | None
    records: int
    undecided: int
    pending: int
    not_filed: int
    reset: int
    late: int
    rejected: int

    @property
    def at_risk(self) -> int:
        return self.undecided + self.pending + self.not_filed


def by_supplier(recipient: Taxpayer, view: DeskView) -> list[SupplierRisk]:
    """The suppliers with most ITC at risk, largest first; all further ones together in a last line without a
    supplier. Two queries: the sums, the names."""
    filed, saved = Q(filing=Filing.FILED.value), Q(filing=Filing.SAVED.value)
    action = "decision__action"
    sums: Any = (
        _in_ims(recipient, view)
        .values("supplier_id")
        .annotate(
            records=Count("pk"),
            undecided=_sum(filed & Q(**{action: Action.NONE.value})),
            pending=_sum(filed & Q(**{action: Action.PENDING.value})),
            not_filed=_sum(saved),
            reset=Count("pk", filter=~Q(decision__cleared_action="")),
            late=Count("pk", filter=filed & Q(natural_period__gt=F("tax_period"))),
            rejected=Count("pk", filter=Q(**{action: Action.REJECTED.value})),
        )
    )
    found = sorted(
        sums,
        key=lambda row: (-(row["undecided"] + row["pending"] + row["not_filed"]), row["supplier_id"] or 0),
    )
    names = Taxpayer.objects.in_bulk(
        [row["supplier_id"] for row in found[:SUPPLIERS_SHOWN] if row["supplier_id"]]
    )
    shown = [_risk(row, names.get(row["supplier_id"])) for row in found[:SUPPLIERS_SHOWN]]
    rest = found[SUPPLIERS_SHOWN:]
    if rest:
        keys = [key for key in rest[0] if key != "supplier_id"]
        shown.append(_risk({key: sum(row[key] for row in rest) for key in keys}, None))
    return shown


def _sum(which: Q) -> Sum:
    return Sum(Case(When(which, then=F("effect")), default=0, output_field=IntegerField()))


def _risk(row: Mapping[str, int], supplier: Taxpayer | None) -> SupplierRisk:
    return SupplierRisk(
        supplier=supplier, **{key: int(value or 0) for key, value in row.items() if key != "supplier_id"}
    )


@dataclass(slots=True)
class Band:
    """Pending records with so many days left. `upto` is the last day of the band, -1 for what is past, None for
    what lies beyond; `limit_16_4` are those whose end is the section 16(4) date."""

    upto: int | None
    count: int = 0
    tax: int = 0
    limit_16_4: int = 0


def pending_by_days(
    found: Desk, recipient: Taxpayer, *, today: date, dates: Calendar, annual_returns: Mapping[int, date]
) -> list[Band]:
    """Pending records by days left until their last day (R-063, R-064). No query: `found` has them grouped."""
    bands = [Band(-1), *(Band(upto) for upto in BANDS), Band(None)]
    for one in found.counted:
        if one.action is not Action.PENDING:
            continue
        one_period = one.group.ruling.one_period
        if one_period:
            last = dates.pending_deadline(
                TaxPeriod.from_number(one.claim_period), frequency=recipient.files, state=recipient.state
            )
        else:
            last = cutoff(FinancialYear(one.root_year), annual_returns.get(one.root_year))
        left = (last - today).days
        band = next(band for band in bands if band.upto is None or left <= band.upto)
        total = Total()
        total.add(one.group)
        band.count += total.count
        band.tax += total.tax.total
        band.limit_16_4 += 0 if one_period else total.count
    return bands


@dataclass(frozen=True, slots=True)
class PeriodCredit:
    """4(A) of a period's current GSTR-2B by how each document came in, and what GSTR-3B claimed net in 4(C)."""

    period: TaxPeriod
    accepted: int
    deemed: int
    outside: int
    filed_net: int | None

    @property
    def available(self) -> int:
        return self.accepted + self.deemed + self.outside


def by_period(recipient: Taxpayer) -> list[PeriodCredit]:
    """The last periods that have a GSTR-2B, oldest first. Two queries."""
    available = [heading.section.value for heading in BLOCKS[0].headings]
    sums = (
        StatementTotal.objects.filter(
            statement__recipient=recipient, statement__is_current=True, section__in=available
        )
        .order_by()
        .values_list("statement__period", "treated")
        .annotate(total=Sum(sum((F(f"effect_{head}") for head in HEADS[1:]), F(f"effect_{HEADS[0]}"))))
    )
    credit: dict[int, dict[str, int]] = defaultdict(dict)
    for period, treated, total in sums:
        credit[period][treated] = int(total or 0)
    filed = dict(Gstr3b.objects.filter(recipient=recipient).values_list("period", "table4"))
    shown = []
    for period in sorted(credit)[-PERIODS_SHOWN:]:
        by_way = credit[period]
        accepted, deemed = by_way.get(Treated.ACCEPTED.value, 0), by_way.get(Treated.DEEMED.value, 0)
        shown.append(
            PeriodCredit(
                TaxPeriod.from_number(period),
                accepted,
                deemed,
                sum(by_way.values()) - accepted - deemed,
                _net(filed[period]) if period in filed else None,
            )
        )
    return shown


def _net(filed: Mapping[str, Mapping[str, int]]) -> int:
    """4(C) of a filed Table 4, import of services included."""
    rows = {row: TaxAmounts(**filed.get(row, {})) for row in (*table4.ROWS, "4A2")}
    return (table4.net_credit(rows) + rows["4A2"]).total
