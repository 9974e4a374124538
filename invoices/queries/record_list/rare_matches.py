"""Few among many: where a filter leaves a small part of a desk, its records are gathered through the index of that
filter and then sorted; otherwise a page walks the index of its sort and leaves out what does not match.

The counters say beforehand how many there will be. The database's own estimate is of the whole table, in which one
recipient's ten undecided records among a million are nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from invoices.models import Decision, Record
from invoices.queries.record_list import paging
from invoices.queries.record_list.conditions import indexed
from invoices.queries.record_list.counts import Desk, summed, tests_of, values_of
from invoices.queries.record_list.filters import Filters
from invoices.queries.record_list.records import SORTS, Counted, count
from invoices.queries.record_list.records import matching as records_of_list
from invoices.queries.tallies import TallyRow
from invoices.rules.situation import Kind, Route

# sorts by an amount that credit notes lower
AMOUNTS = ("value", "taxable", "tax", "effect")
# so many are sorted in no time
FEW = 2000
FEW_PAST = 5000
# rows of a page, for weighing one way against the other
PAGE = 50


def gathered(records: QuerySet[Record], desk: Desk, filters: Filters) -> QuerySet[Record] | None:
    """`records` (what `records.matching` gives) by way of the filter that leaves least; None where walking along the
    sort reads less. A walk reads about a page for each matching part of the desk, gathering reads all that match."""
    if filters.straight:
        past = summed(desk.base(filters)).count
        return records.filter(pk__in=list(records.values_list("pk", flat=True))) if past <= FEW_PAST else None
    everything = summed(desk.base(Filters())).count
    tests = dict(tests_of(filters, desk.view) or _single(filters, desk))
    if filters.section != "all":
        tests["sections"] = lambda row: row.section == filters.section
    found = [SOURCES[name](desk, filters, keep) for name, keep in tests.items() if name in SOURCES]
    ways = sorted((way for way in found if way is not None), key=itemgetter(0))
    if not ways or ways[0][0] ** 2 > PAGE * everything:
        return None
    # read first and told one by one, so that the database knows how few they are
    return records.filter(pk__in=list(ways[0][1]))


def bounded(records: QuerySet[Record], desk: Desk, filters: Filters, sort: str) -> QuerySet[Record]:
    """`records` with what their kinds say of the amount they are sorted by: credit notes are below nothing, all else
    is above. Says nothing new, but a walk then begins where its records begin."""
    order = SORTS[sort.removeprefix("-")]
    tests = tests_of(filters, desk.view) or _single(filters, desk)
    rows = [row for row in desk.base(filters) if all(test(row) for test in tests.values())]
    # what a change brings goes either way
    if order.key not in AMOUNTS or (order.key == "effect" and any(row.section.endswith("a") for row in rows)):
        return records
    notes = {row.situation.kind is Kind.CREDIT_NOTE for row in rows}
    if notes == {True}:
        return records.filter(LessThanOrEqual(order.expression, 0))
    if notes == {False}:
        return records.filter(GreaterThanOrEqual(order.expression, 0))
    return records


@dataclass(frozen=True, slots=True)
class Listed:
    """The records of a list by the way that reads least; `few` can be sorted as they are. `counted` is exact, or up
    to where counting for a page stops. Where no index holds a filter and what it is asked of is large, `whole` is the
    list without such filters: a page looks through a stretch of it, by date where it was to be by supplier, as
    that order has no index. `sort` is the order to show."""

    records: QuerySet[Record]
    few: bool
    counted: Counted
    sort: str
    whole: QuerySet[Record] | None = None


def listed_records(desk: Desk, filters: Filters, sort: str) -> Listed:
    """What a list shows and how many it holds. Expects counters read in this request."""
    matching = records_of_list(desk.recipient, desk.view, filters)
    told = desk.count(filters)
    if told is not None and not told.count:
        return Listed(matching.none(), True, told, sort)
    through = indexed(filters, sort)
    if through != filters and _reach(desk, through) > paging.LOOKED:
        some_of_them = gathered(matching, desk, through)
        if some_of_them is None:
            sort = "date" if sort.endswith("supplier") else sort
            whole = bounded(records_of_list(desk.recipient, desk.view, through), desk, through, sort)
            return Listed(matching, False, told or Counted(0, 0, True, known=False), sort, whole)
        matching = some_of_them
    if told is None:
        # what the counters do not know is looked for itself; few are then known one by one
        some = matching.order_by().annotate(signed=SORTS["tax"].expression).values_list("pk", "signed")
        seen = list(some[: FEW + 1])
        if len(seen) <= FEW:
            counted = Counted(len(seen), sum(tax for _pk, tax in seen), False)
            return Listed(matching.filter(pk__in=[pk for pk, _tax in seen]), True, counted, sort)
        told = count(matching)
    few = gathered(matching, desk, filters)
    if few is not None:
        return Listed(few, True, told, sort)
    return Listed(bounded(matching, desk, filters, sort), told.count <= FEW, told, sort)


def _reach(desk: Desk, filters: Filters) -> int:
    """At most so many records match, as far as the counters can tell."""
    tests = tests_of(filters, desk.view) or _single(filters, desk)
    return summed(row for row in desk.base(filters) if all(test(row) for test in tests.values())).count


def _single(filters: Filters, desk: Desk) -> dict[str, Callable[[TallyRow], bool]]:
    """Of filters the counters cannot answer together, those they can answer one by one."""
    found: dict[str, Callable[[TallyRow], bool]] = {}
    for name in SOURCES:
        asked = getattr(filters, name, None)
        if asked:
            found |= tests_of(Filters(**{name: asked}), desk.view) or {}
    return found


Source = Callable[[Desk, Filters, Callable[[TallyRow], bool]], "tuple[int, QuerySet[Any]] | None"]


def _decisions(desk: Desk) -> QuerySet[Any]:
    return (
        Decision.objects.filter(recipient_id=desk.recipient.pk).order_by().values_list("record_id", flat=True)
    )


def _records(desk: Desk) -> QuerySet[Any]:
    mine = Record.objects.filter(recipient_id=desk.recipient.pk, route=Route.IMS.value)
    return mine.order_by().values_list("pk", flat=True)


def _live(desk: Desk, keep: Callable[[TallyRow], bool]) -> int:
    """Everything live, in IMS or past it, closed or not: what the index holds."""
    return summed(row for row in desk.rows if keep(row)).count


def _in_ims(desk: Desk, keep: Callable[[TallyRow], bool]) -> int:
    return _live(desk, lambda row: row.situation.route is Route.IMS and keep(row))


def _status(desk: Desk, filters: Filters, keep: Callable[[TallyRow], bool]) -> tuple[int, QuerySet[Any]]:
    return _live(desk, keep), _decisions(desk).filter(action__in=values_of(filters.status))


def _edited(desk: Desk, filters: Filters, keep: Callable[[TallyRow], bool]) -> tuple[int, QuerySet[Any]]:
    return _live(desk, keep), _decisions(desk).exclude(cleared_action="")


def _filing(desk: Desk, filters: Filters, keep: Callable[[TallyRow], bool]) -> tuple[int, QuerySet[Any]]:
    return _in_ims(desk, keep), _records(desk).filter(filing__in=values_of(filters.filing))


def _sections(desk: Desk, filters: Filters, keep: Callable[[TallyRow], bool]) -> tuple[int, QuerySet[Any]]:
    """Sections, or kinds, each of which stands in sections of its own."""
    sections = sorted({row.section for row in desk.rows if keep(row)})
    return _in_ims(desk, lambda row: row.section in sections), _records(desk).filter(section__in=sections)


def _lands(
    desk: Desk, filters: Filters, keep: Callable[[TallyRow], bool]
) -> tuple[int, QuerySet[Any]] | None:
    """By the period of the claim, where being carried forward changes nothing about the answer."""
    lookup = {"this": "lte", "later": "gt", "earlier": "lt"}[filters.lands]
    open_period = desk.view.open_period
    inside: Callable[[int], bool] = {
        "this": lambda period: period <= open_period,
        "later": lambda period: period > open_period,
        "earlier": lambda period: period < open_period,
    }[filters.lands]
    if not all(inside(row.claim_period) for row in desk.rows if keep(row)):
        return None
    ids = _records(desk).filter(**{f"claim_period__{lookup}": open_period})
    return _in_ims(desk, lambda row: inside(row.claim_period)), ids


SOURCES: dict[str, Source] = {
    "status": _status,
    "edited": _edited,
    "filing": _filing,
    "sections": _sections,
    "kind": _sections,
    "lands": _lands,
}
