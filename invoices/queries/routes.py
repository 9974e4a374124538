"""Turns the rule for a record's route in another month (R-033) into SQL.

The module calls `invoices.rules.attribution.route_in_month` with every combination of the stored facets that
the rule needs. The module writes the answers as one nested CASE. The law itself is only in
`attribution.route_in_month`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Case, CharField, Q, Value, When

from ims_portal.kernel.periods import TaxPeriod
from invoices.rules import attribution
from invoices.rules.calendar import Form
from invoices.rules.situation import Book, Route

# the facets that the rule needs, in the order of the nested CASE
FACETS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("stored", tuple(Route)),
    ("form", tuple(Form)),
    ("too_late", (True, False)),
    ("reverse_charge", (True, False)),
)


@lru_cache(maxsize=256)
def route_in_month(month: TaxPeriod, book: Book, claim_period: int) -> Case | Value:
    """Return the SQL expression for a record's route in the natural 2B month `month`, under the rulebook
    `book`.

    `claim_period` is the recipients' 2B period that contains the month, as a number like 202410. The function
    caches the expression, because every filing and every midnight needs the same few expressions."""
    return _expression(_decision(month, book, {}), claim_period)


@dataclass(frozen=True, slots=True)
class _Choice:
    """One level of the nested CASE: a choice by the value of one facet (a column that describes the record).
    Each value leads to a route or to a further choice."""

    facet: str
    branches: tuple[tuple[tuple[Any, ...], _Choice | Route], ...]
    otherwise: _Choice | Route


def _decision(month: TaxPeriod, book: Book, known: dict[str, Any]) -> _Choice | Route:
    """Return the route of a record with the facets `known`. If the route depends on a facet that is not known
    yet, return the choice by that facet."""
    if len(known) == len(FACETS):
        return attribution.route_in_month(month, book, **known)
    facet, values = FACETS[len(known)]
    by_answer: dict[_Choice | Route, list[Any]] = {}
    for value in values:
        by_answer.setdefault(_decision(month, book, {**known, facet: value}), []).append(value)
    *rarer, (usual, _) = sorted(by_answer.items(), key=lambda pair: len(pair[1]))
    if not rarer:
        return usual
    return _Choice(facet, tuple((tuple(found), answer) for answer, found in rarer), usual)


def _expression(decision: _Choice | Route, claim_period: int) -> Case | Value:
    if isinstance(decision, Route):
        return Value(decision.value)
    whens = (
        When(_condition(decision.facet, values, claim_period), then=_expression(branch, claim_period))
        for values, branch in decision.branches
    )
    return Case(*whens, default=_expression(decision.otherwise, claim_period), output_field=CharField())


def _condition(facet: str, values: Sequence[Any], claim_period: int) -> Q:
    if facet == "stored":
        return Q(route__in=[route.value for route in values])
    if facet == "form":
        return Q(form__in=[form.value for form in values])
    (yes,) = values
    if facet == "too_late":
        return Q(last_claim_period__lt=claim_period) if yes else Q(last_claim_period__gte=claim_period)
    return Q(reverse_charge=yes)
