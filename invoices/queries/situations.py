"""Finds the situations of records in the database. Every bulk job uses this module.

Four facts in a situation depend on the open period and the day. These facts are called clock facets. This
module computes the clock facets in SQL and in Python. A property test compares the results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from django.db.models import Aggregate, BooleanField, Case, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import Frequency
from ims_portal.support.database import prepared
from invoices.models import AnnualReturn, Record, Taxpayer
from invoices.rules.calendar import Calendar, Expired, years_past_cutoff
from invoices.rules.rulebooks import rule
from invoices.rules.ruling import Ruling
from invoices.rules.situation import Filing, Situation, from_labels


@dataclass(frozen=True, slots=True)
class DeskView:
    """The dates and periods that decide the clock facets of a desk's records. The periods are numbers like
    202410. `expired` has the 2B periods whose pending time is over."""

    open_period: int
    expired: Expired = Expired()
    # The section 16(4) date has passed for two groups of financial years: all years up to
    # `past_year`, and the years in `furnished`. The years in `furnished` are later years, but their annual
    # returns were filed before 30 November. The number 2024 means FY 2024-25.
    past_year: int = 0
    furnished: tuple[int, ...] = ()
    # names the periods: a quarterly filer has quarters
    files: Frequency = Frequency.MONTHLY

    @classmethod
    def of(cls, recipient: Taxpayer, today: date, calendar: Calendar) -> DeskView:
        past = years_past_cutoff(today).start
        furnished = tuple(year for (year,) in prepared.rows(_furnished, (past,), (recipient.pk, today)))
        expired = calendar.expired(today, frequency=recipient.files, seat=recipient.seat)
        return cls(recipient.open_period, expired, past, furnished, recipient.files)

    @classmethod
    def of_many(cls, recipients: Iterable[Taxpayer], today: date, calendar: Calendar) -> dict[int, DeskView]:
        """Return the `DeskView` of each recipient, by recipient id. One query."""
        recipients = list(recipients)
        past = years_past_cutoff(today).start
        early = AnnualReturn.objects.filter(
            taxpayer_id__in=[r.pk for r in recipients], year__gt=past, furnished_on__lt=today
        )
        furnished: dict[int, tuple[int, ...]] = {}
        for taxpayer_id, year in early.order_by("year").values_list("taxpayer_id", "year"):
            furnished[taxpayer_id] = (*furnished.get(taxpayer_id, ()), year)
        # compute once for each frequency and reduced seat: there are only a few dozen combinations
        seats = {r.pk: (r.files, calendar.reduced(r.seat)) for r in recipients}
        expired = {
            (files, seat): calendar.expired(today, frequency=files, seat=seat)
            for files, seat in set(seats.values())
        }
        return {
            r.pk: cls(r.open_period, expired[seats[r.pk]], past, furnished.get(r.pk, ()), r.files)
            for r in recipients
        }


def _furnished(past: int, recipient_id: int, today: date) -> QuerySet:
    early = AnnualReturn.objects.filter(taxpayer_id=recipient_id, year__gt=past, furnished_on__lt=today)
    return early.order_by("year").values_list("year")


def land_period() -> Coalesce:
    """Return the SQL expression for the 2B period in which a record lands. This is the record's own 2B
    period, or the later period to which the record moved (R-066)."""
    return Coalesce(F("decision__moved_to"), F("claim_period"))


def is_closed(view: DeskView) -> Q:
    """Return the SQL condition that a record is closed (R-006, R-047). The query must have the annotation
    `land`."""
    decided = ~Q(decision__action="P") & ~Q(standing="B")
    return Q(filing="F") & (Q(superseded="X") | decided) & Q(land__lt=view.open_period)


def pending_is_over(view: DeskView) -> Q:
    """Return the SQL condition that the pending time of a record's 2B period is over (R-064)."""
    over = Q(claim_period__lte=view.expired.last)
    return over & ~Q(claim_period__in=view.expired.waiting) if view.expired.waiting else over


def with_clock_facets(records: QuerySet[Record], view: DeskView) -> QuerySet[Record]:
    """Return the records with their clock facets as annotations: `closed`, `time_barred`, `limit_reached` and
    `past_cutoff`. A clock facet depends on the open period or the day. The function also adds the annotation
    `land`, the 2B period in which the record lands."""
    flag = BooleanField()
    return records.annotate(land=land_period()).annotate(
        closed=Case(When(is_closed(view), then=Value(True)), default=Value(False), output_field=flag),
        time_barred=Case(
            When(last_claim_period__lt=F("land"), then=Value(True)), default=Value(False), output_field=flag
        ),
        limit_reached=Case(
            When(pending_is_over(view), then=Value(True)),
            default=Value(False),
            output_field=flag,
        ),
        past_cutoff=Case(
            When(Q(root_year__lte=view.past_year) | Q(root_year__in=view.furnished), then=Value(True)),
            default=Value(False),
            output_field=flag,
        ),
    )


def clock_facets_of(
    view: DeskView,
    *,
    filing: str,
    action: str,
    standing: str,
    superseded: str,
    claim_period: int,
    land: int,
    last_claim_period: int,
    root_year: int,
) -> dict[str, bool]:
    """Return the four facts about a record that depend on the open period or the day (clock facets). The
    function computes these facts from the record's stored facets and periods."""
    open_item = (action == "P" or standing == "B") and superseded != "X"
    return {
        "closed": filing == Filing.FILED.value and not open_item and land < view.open_period,
        "time_barred": last_claim_period < land,
        "pending_limit_reached": claim_period in view.expired,
        "past_cutoff": root_year <= view.past_year or root_year in view.furnished,
    }


def clock_facets(record: Record, view: DeskView) -> dict[str, bool]:
    """Return the four facts about one record that depend on the open period or the day (clock facets). The
    record's decision must be loaded."""
    return clock_facets_of(
        view,
        filing=record.filing,
        action=record.decision.action,
        standing=record.standing,
        superseded=record.superseded,
        claim_period=record.claim_period,
        land=record.decision.moved_to or record.claim_period,
        last_claim_period=record.last_claim_period,
        root_year=record.root_year,
    )


def situation_of(record: Record, view: DeskView) -> Situation:
    """Return the situation of one record. The situation consists of the record's label, the decision's label
    and the clock facets."""
    return from_labels(record.label, record.decision.label, **clock_facets(record, view))


def ruling_of(record: Record, view: DeskView) -> Ruling:
    return rule(situation_of(record, view))


@dataclass(frozen=True, slots=True)
class Group:
    """Records with the same situation: their number, and the sums of their amounts in paise. If the caller of
    `tally` named further grouping columns, the records also have the same values in these columns (`keys`).
    `also` has the further aggregates that the caller asked for, by name.

    `raised` is the sum, by tax head, of what the records raise although they lower the total. Only an
    amendment with a declared reduction can have such a part. `effects.completed` fills `raised` in."""

    situation: Situation
    ruling: Ruling
    keys: tuple[Any, ...]
    where: tuple[str, str, bool, bool, bool, bool]
    count: int
    value: int = 0
    taxable: int = 0
    tax: TaxAmounts = TaxAmounts()
    baseline: TaxAmounts = TaxAmounts()
    reduction: TaxAmounts = TaxAmounts()
    raised: TaxAmounts = TaxAmounts()
    also: Mapping[str, int] = field(default_factory=dict)


CLOCK_FACETS = ("closed", "time_barred", "limit_reached", "past_cutoff")
FACETS = ("label", "decision__label", *CLOCK_FACETS)


def tally(
    records: QuerySet[Record],
    view: DeskView,
    *,
    by: Iterable[str] = (),
    sums: bool = False,
    also: Mapping[str, Aggregate] | None = None,
) -> list[Group]:
    """Return the number of the records in each situation, as groups. One GROUP BY query returns a few dozen
    rows for any number of records.

    `by` names further grouping columns. With `sums`, each group also has the sums of the amounts. `also` has
    further aggregates by name."""
    by, also = tuple(by), also or {}
    query = with_clock_facets(records, view).order_by().values(*FACETS, *by).annotate(n=Count("pk"))
    if sums:
        query = query.annotate(
            s_value=Sum("value"),
            s_taxable=Sum("taxable"),
            **{f"s_{h}": Sum(h) for h in HEADS},
            **{f"b_{h}": Sum(f"baseline_{h}") for h in HEADS},
            **{f"r_{h}": Sum(f"decision__reduction_{h}") for h in HEADS},
        )
    query = query.annotate(**{f"also_{name}": asked for name, asked in also.items()})
    return [_group(row, by, sums, also) for row in query]


def _group(row: dict[str, Any], by: tuple[str, ...], sums: bool, also: Iterable[str]) -> Group:
    situation = from_labels(
        row["label"],
        row["decision__label"],
        closed=bool(row["closed"]),
        time_barred=bool(row["time_barred"]),
        pending_limit_reached=bool(row["limit_reached"]),
        past_cutoff=bool(row["past_cutoff"]),
    )
    amounts: dict[str, Any] = {}
    if sums:
        amounts = {
            "value": int(row["s_value"] or 0),
            "taxable": int(row["s_taxable"] or 0),
            "tax": TaxAmounts(*(int(row[f"s_{h}"] or 0) for h in HEADS)),
            "baseline": TaxAmounts(*(int(row[f"b_{h}"] or 0) for h in HEADS)),
            "reduction": TaxAmounts(*(int(row[f"r_{h}"] or 0) for h in HEADS)),
        }
    return Group(
        situation=situation,
        ruling=rule(situation),
        keys=tuple(row[name] for name in by),
        where=tuple(row[name] for name in FACETS),  # type: ignore[arg-type]
        count=row["n"],
        also={name: int(row[f"also_{name}"] or 0) for name in also},
        **amounts,
    )


class Placed(Protocol):
    """Records in one situation. `where` has the labels and facts by which the database finds these
    records."""

    @property
    def where(self) -> tuple[str, str, bool, bool, bool, bool]: ...


def where(groups: Iterable[Placed]) -> Q:
    """Return the condition for the records of these groups. The query must have the annotations of
    `with_clock_facets`.

    Without groups, no record matches."""
    found: dict[tuple[bool, bool, bool, bool, str], list[str]] = {}
    for group in groups:
        label, decision, closed, barred, limit, past = group.where
        found.setdefault((closed, barred, limit, past, decision), []).append(label)
    condition = Q(pk__in=[])
    for (closed, barred, limit, past, decision), labels in found.items():
        condition |= Q(
            label__in=labels,
            decision__label=decision,
            closed=closed,
            time_barred=barred,
            limit_reached=limit,
            past_cutoff=past,
        )
    return condition


def effect_of(record: Any) -> TaxAmounts:
    """Return the signed change of ITC per head if the record is accepted in full: sign x (tax - baseline)."""
    return (tax_of(record) - _amounts(record, "baseline")).scaled(_sign(record))


def added_by_rejection(record: Any) -> TaxAmounts:
    """Return the amount that a rejection of this document adds to the supplier's tax, per head in paise
    (R-110).

    The function compares the document's tax with the full tax of the baseline, even if the recipient declared
    a smaller reduction for the baseline (R-084)."""
    before = _amounts(record, "baseline") + untaken_of(record)
    return (before - tax_of(record)).scaled(_sign(record))


def tax_of(record: Any) -> TaxAmounts:
    return TaxAmounts(*(getattr(record, head) for head in HEADS))


def untaken_of(record: Any) -> TaxAmounts:
    """Return the part of the baseline's tax that never reduced the recipient's ITC, in paise per head (R-084).
    The amendment therefore does not add this part back to the recipient's ITC. Only an amendment of a credit
    note can have such a part. For all other records the amounts are zero."""
    return _amounts(record, "untaken")


def _amounts(record: Any, name: str) -> TaxAmounts:
    return TaxAmounts(*(getattr(record, f"{name}_{head}") or 0 for head in HEADS))


def _sign(record: Any) -> int:
    return -1 if record.kind == "CN" else 1
