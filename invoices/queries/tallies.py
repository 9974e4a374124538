"""Reads the situations of a whole desk from the counters. A desk has a few hundred rows of counters, whatever
the number of its records.

`situations.tally` groups a selection of records by a query on the records. For all records of a recipient,
this module makes the same groups from the counters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, Count, F, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.support.database import prepared
from invoices.models import DeskTally, Record, Taxpayer
from invoices.models.tally import LARGE
from invoices.queries.situations import DeskView, Group, clock_facets_of
from invoices.rules.rulebooks import rule
from invoices.rules.situation import Situation, from_labels

KEYS = (
    "label",
    "decision",
    "section",
    "reverse_charge",
    "claim_period",
    "moved_to",
    "last_claim_period",
    "root_year",
    "edited",
    "large",
)
AMOUNTS = (
    "value",
    "taxable",
    *HEADS,
    *(f"baseline_{head}" for head in HEADS),
    *(f"reduction_{head}" for head in HEADS),
)
COLUMNS = (*KEYS, "n", *(f"sum_{name}" for name in AMOUNTS))


@dataclass(frozen=True, slots=True)
class TallyRow:
    """One row of counters: the records with equal values for all of `KEYS`. `amounts` are sums in paise, by
    name."""

    situation: Situation
    where: tuple[str, str, bool, bool, bool, bool]
    section: str
    reverse_charge: bool
    claim_period: int
    moved_to: int
    land: int
    last_claim_period: int
    root_year: int
    edited: bool
    large: bool
    count: int
    amounts: dict[str, int]


def rows(recipient: Taxpayer, view: DeskView) -> list[TallyRow]:
    """Return the counters of all records of the recipient, on any route, without archived records. One
    query."""
    return [
        _row(dict(zip(COLUMNS, row, strict=True)), view) for row in prepared.rows(_of, (), (recipient.pk,))
    ]


def _of(recipient_id: int) -> QuerySet:
    return _totals(DeskTally.objects.filter(recipient_id=recipient_id)).values_list(*COLUMNS)


def rows_of(recipient_ids: Iterable[int], view: DeskView) -> list[TallyRow]:
    """Return the counters of several recipients, added up. All recipients must have the same `view`. One
    query."""
    return [_row(total, view) for total in _totals(DeskTally.objects.filter(recipient_id__in=recipient_ids))]


def _totals(counters: QuerySet) -> QuerySet:
    """Return the sums of these rows of counters, without the sums of no records."""
    totals = counters.order_by().values(*KEYS)
    sums = {f"sum_{name}": Sum(name) for name in AMOUNTS}
    return totals.annotate(n=Sum("records"), **sums).filter(n__gt=0)


OF_RECORD = {
    "decision": F("decision__label"),
    "moved_to": Coalesce(F("decision__moved_to"), 0),
    "edited": Case(
        When(decision__cleared_action="", then=Value(False)), default=Value(True), output_field=BooleanField()
    ),
    "large": Case(
        When(taxable__gte=LARGE, then=Value(True)), default=Value(False), output_field=BooleanField()
    ),
}


def rows_among(records: QuerySet[Record], view: DeskView) -> list[TallyRow]:
    """Return the rows that the counters would have if they counted only this selection of records. One GROUP
    BY query counts the records.

    The keys must be the same as in `counters.KEYS`, from which the database triggers are made."""
    keys = {key: OF_RECORD.get(key, F(key)) for key in KEYS}
    grouped_by = {f"key_{key}": expression for key, expression in keys.items()}
    source = {f"reduction_{head}": F(f"decision__reduction_{head}") for head in HEADS}
    sums = {f"sum_{name}": Coalesce(Sum(source.get(name, F(name))), 0) for name in AMOUNTS}
    query = records.order_by().annotate(**grouped_by).values(*grouped_by).annotate(n=Count("pk"), **sums)
    return [_row(total | {key: total[f"key_{key}"] for key in KEYS}, view) for total in query]


def _row(total: dict[str, Any], view: DeskView) -> TallyRow:
    _book, _kind, _route, filing, standing, _direction, superseded = total["label"].split(" ")
    claim, land = total["claim_period"], total["moved_to"] or total["claim_period"]
    flags = clock_facets_of(
        view,
        filing=filing,
        action=total["decision"][0],
        standing=standing,
        superseded=superseded,
        claim_period=claim,
        land=land,
        last_claim_period=total["last_claim_period"],
        root_year=total["root_year"],
    )
    return TallyRow(
        situation=from_labels(total["label"], total["decision"], **flags),
        where=(total["label"], total["decision"], *flags.values()),  # type: ignore[arg-type]
        section=total["section"],
        reverse_charge=bool(total["reverse_charge"]),
        claim_period=claim,
        moved_to=total["moved_to"],
        land=land,
        last_claim_period=total["last_claim_period"],
        root_year=total["root_year"],
        edited=bool(total["edited"]),
        large=bool(total["large"]),
        count=int(total["n"]),
        amounts={name: int(total[f"sum_{name}"]) for name in AMOUNTS},
    )


def everything(row: TallyRow) -> bool:
    return True


def of_desk(
    recipient: Taxpayer,
    view: DeskView,
    *,
    by: Iterable[str] = (),
    keep: Callable[[TallyRow], bool] = everything,
) -> list[Group]:
    """Return the counts and sums of a recipient's records in groups by situation, like `situations.tally`.
    `by` names attributes of `TallyRow` as further grouping keys. `keep` selects the rows of counters to
    use."""
    return grouped((row for row in rows(recipient, view) if keep(row)), by=by)


def grouped(some: Iterable[TallyRow], *, by: Iterable[str] = ()) -> list[Group]:
    """Return the rows grouped by situation, and by the attributes in `by`."""
    by = tuple(by)
    found: dict[tuple[Any, ...], list[TallyRow]] = {}
    for row in some:
        found.setdefault((row.where, *(getattr(row, name) for name in by)), []).append(row)
    return [_group(members, keys) for (_where, *keys), members in found.items()]


def _group(members: list[TallyRow], keys: Iterable[Any]) -> Group:
    def total(name: str) -> int:
        return sum(row.amounts[name] for row in members)

    first = members[0]
    return Group(
        situation=first.situation,
        ruling=rule(first.situation),
        keys=tuple(keys),
        where=first.where,
        count=sum(row.count for row in members),
        value=total("value"),
        taxable=total("taxable"),
        tax=TaxAmounts(*(total(head) for head in HEADS)),
        baseline=TaxAmounts(*(total(f"baseline_{head}") for head in HEADS)),
        reduction=TaxAmounts(*(total(f"reduction_{head}") for head in HEADS)),
    )
