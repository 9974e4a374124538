"""Makes SQL from the rule that says which route records have in another month (R-033).

The module asks `invoices.rules.attribution.route_in_month` about every combination of the stored facets that
the rule needs. The answers become one nested CASE. The law itself is in that rule, not here.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def route_in_month(month: TaxPeriod, book: Book, claim_period: int) -> Case | Value:
    """Return an expression over `Record` for the route in the natural 2B month `month` under `book`.

    `claim_period` is the recipients' 2B period that contains the month, as a number like 202410."""

    def expression(known: dict[str, Any]) -> Case | Value:
        if len(known) == len(FACETS):
            return Value(attribution.route_in_month(month, book, **known).value)
        facet, values = FACETS[len(known)]
        branches: list[tuple[Case | Value, list[Any]]] = []
        for value in values:
            branch = expression({**known, facet: value})
            alike = next((found for other, found in branches if other == branch), None)
            if alike is None:
                branches.append((branch, [value]))
            else:
                alike.append(value)
        *rarer, (usual, _) = sorted(branches, key=lambda pair: len(pair[1]))
        if not rarer:
            return usual
        whens = (When(_condition(facet, found, claim_period), then=branch) for branch, found in rarer)
        return Case(*whens, default=usual, output_field=CharField())

    return expression({})


def _condition(facet: str, values: Sequence[Any], claim_period: int) -> Q:
    if facet == "stored":
        return Q(route__in=[route.value for route in values])
    if facet == "form":
        return Q(form__in=[form.value for form in values])
    (yes,) = values
    if facet == "too_late":
        return Q(last_claim_period__lt=claim_period) if yes else Q(last_claim_period__gte=claim_period)
    return Q(reverse_charge=yes)
