"""Analytics of a recipient's desk: credit at risk by supplier, pending records by days left, and credit by
period.

Amounts are signed paise: credit notes and amendments that lower the tax are negative. Each function needs few
queries, because the database groups the records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import BigIntegerField, Case, Count, F, Q, QuerySet, Sum, Value, When

from gstr2b.models import StatementTotal
from gstr2b.statement import table4
from gstr2b.statement.sections import BLOCKS
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices.models import Record, Taxpayer
from invoices.queries import effects, situations
from invoices.queries.situations import DeskView, with_clock_facets
from invoices.rules.calendar import Calendar, cutoff
from invoices.rules.ruling import Effect, Treated
from invoices.rules.situation import Action, Filing, Route
from returns.models import Gstr3b
from returns.overview.desk import Desk

SUPPLIERS_SHOWN = 10
PERIODS_SHOWN = 13
# Pending records are shown in bands (groups) by the days that are left until their last day. `BANDS` has the
# highest number of days in each band. One further band has all records with more days left.
BANDS = (7, 30, 90)


def _in_ims(recipient: Taxpayer, view: DeskView) -> QuerySet[Record]:
    """Return the records in IMS that are not closed. A document that an amendment has superseded is left out,
    because the amendment brings the credit."""
    live = Record.objects.filter(recipient_id=recipient.pk, route=Route.IMS.value).exclude(superseded="X")
    return with_clock_facets(live, view).filter(Q(closed=False)).order_by()


@dataclass(frozen=True, slots=True)
class SupplierRisk:
    """Figures about one supplier's records in IMS. `undecided`, `pending` and `not_filed` are the ITC at risk
    by reason, in paise. The other figures are numbers of records. `records` counts all records. `reset`
    counts the records whose action was cleared by the supplier's edit. `late` counts the filed records whose
    GSTR-2B month is after their tax period. `rejected` counts the rejected records.

    A pending record that the supplier has not filed counts only in `not_filed`, because the recipient cannot
    get the credit of such a record by any action."""

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


def by_supplier(recipient: Taxpayer, view: DeskView, found: Desk) -> list[SupplierRisk]:
    """Return the suppliers with the most ITC at risk, largest first. A last line without a supplier sums all
    further suppliers. `found` is the recipient's desk. Needs two queries: one for the sums, one for the
    names."""
    filed, saved = Q(filing=Filing.FILED.value), Q(filing=Filing.SAVED.value)
    action = "decision__action"
    sums: Any = (
        _in_ims(recipient, view)
        .annotate(itc=_itc(found))
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
    rows = sorted(
        sums,
        key=lambda row: (-(row["undecided"] + row["pending"] + row["not_filed"]), row["supplier_id"] or 0),
    )
    names = Taxpayer.objects.in_bulk(
        [row["supplier_id"] for row in rows[:SUPPLIERS_SHOWN] if row["supplier_id"]]
    )
    shown = [_risk(row, names.get(row["supplier_id"])) for row in rows[:SUPPLIERS_SHOWN]]
    rest = rows[SUPPLIERS_SHOWN:]
    if rest:
        keys = [key for key in rest[0] if key != "supplier_id"]
        shown.append(_risk({key: sum(row[key] for row in rest) for key in keys}, None))
    return shown


def _sum(which: Q) -> Sum:
    return Sum(Case(When(which, then=F("itc")), default=0, output_field=BigIntegerField()))


def _itc(found: Desk) -> Case:
    """Return the SQL expression for the ITC of one record, as `Counted.itc` has the ITC of a group."""

    def among(formula: Effect) -> Q:
        chosen = Q(pk__in=[])
        for one in found.counted:
            if one.formula is formula:
                periods = Q(land=one.land, last_claim_period=one.last_claim_period)
                chosen |= situations.where([one.group]) & periods
        return chosen

    declared: Any = sum(
        (effects.declared_effect(head) for head in HEADS[1:]), effects.declared_effect(HEADS[0])
    )
    return Case(
        When(among(Effect.NONE), then=Value(0)),
        When(among(Effect.DECLARED), then=declared),
        default=F("effect"),
        output_field=BigIntegerField(),
    )


def _risk(row: Mapping[str, int], supplier: Taxpayer | None) -> SupplierRisk:
    return SupplierRisk(
        supplier=supplier, **{key: int(value or 0) for key, value in row.items() if key != "supplier_id"}
    )


@dataclass(slots=True)
class Band:
    """Pending records with a similar number of days left. `upto` is the highest number of days in the band.
    `upto` is -1 for records whose last day has passed, and None for the band without an upper end.
    `limit_16_4` counts the records whose last day is the section 16(4) date."""

    upto: int | None
    count: int = 0
    tax: int = 0
    limit_16_4: int = 0


def pending_by_days(
    found: Desk, recipient: Taxpayer, *, today: date, dates: Calendar, annual_returns: Mapping[int, date]
) -> list[Band]:
    """Return the pending records, in bands by the number of days until their last day (R-063, R-064). Needs
    no query, because `found` contains the grouped records."""
    bands = [Band(-1), *(Band(upto) for upto in BANDS), Band(None)]
    for one in found.counted:
        if one.action is not Action.PENDING:
            continue
        one_period = one.group.ruling.one_period
        if one_period:
            last = dates.pending_deadline(
                TaxPeriod.from_number(one.claim_period), frequency=recipient.files, seat=recipient.seat
            )
        else:
            last = cutoff(FinancialYear(one.root_year), annual_returns.get(one.root_year))
        left = (last - today).days
        band = next(band for band in bands if band.upto is None or left <= band.upto)
        band.count += one.group.count
        band.tax += one.itc.total
        band.limit_16_4 += 0 if one_period else one.group.count
    return bands


@dataclass(frozen=True, slots=True)
class PeriodCredit:
    """The credit of one period, in paise. `accepted`, `deemed` and `outside` together make up Table 4(A) of
    the current GSTR-2B. `outside` is credit that is neither accepted nor deemed accepted. `filed_net` is the
    net ITC in 4(C) of the filed GSTR-3B, or None before filing."""

    period: TaxPeriod
    accepted: int
    deemed: int
    outside: int
    filed_net: int | None

    @property
    def available(self) -> int:
        return self.accepted + self.deemed + self.outside


def by_period(recipient: Taxpayer) -> list[PeriodCredit]:
    """Return the credit of the latest periods that have a GSTR-2B, oldest first. Needs two queries."""
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
    """Return 4(C) of a filed Table 4 in paise. The result includes the ITC on import of services."""
    rows = {row: TaxAmounts(**filed.get(row, {})) for row in (*table4.ROWS, table4.TYPED_ONLY)}
    return table4.net_credit(rows).total
