"""Chooses the faster of two ways to read a page of a record list.

The first way finds all matching records through a filter's index and sorts these records. This way is fast if
few records match. The second way reads the records in the order of the sort and skips the records that do not
match.

This module makes the choice, and not the database, because the counters say how many records match. The
database would often choose badly, because its estimate is for the whole table. The database does not know,
for example, that one recipient has ten undecided records among a million."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from django.db.models import F, Max, Min, QuerySet
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from invoices.models import Decision, Record
from invoices.queries import effects, situations
from invoices.queries.record_list import paging
from invoices.queries.record_list.conditions import indexed
from invoices.queries.record_list.counts import Desk, summed, tests_of, values_of
from invoices.queries.record_list.filters import Filters
from invoices.queries.record_list.records import SORTS, Counted, count
from invoices.queries.record_list.records import matching as records_of_list
from invoices.queries.tallies import TallyRow
from invoices.rules.situation import Kind, Route

# sorts by an amount that is negative for credit notes
AMOUNTS = ("value", "taxable", "tax", "effect")
# the largest number of records that the database can sort without a noticeable delay
FEW = 2000
FEW_PAST = 5000
# the number of rows on a page, to estimate the cost of reading in the order of the sort
PAGE = 50


def gathered(records: QuerySet[Record], desk: Desk, filters: Filters) -> QuerySet[Record] | None:
    """Return `records` as a query by a list of ids, or None if reading in the order of the sort costs less.
    `records` is the result of `records.matching`.

    To make the list of ids, the database reads all records that match one filter: the filter with the fewest
    matches. Reading in the order of the sort ends when a page is full. If one record in n matches, the
    database then reads about n records for each row of the page."""
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
    # read the ids first and list them in the query, so that the database knows their number
    return records.filter(pk__in=list(ways[0][1]))


def bounded(records: QuerySet[Record], desk: Desk, filters: Filters, sort: str) -> QuerySet[Record]:
    """Return the same records, with a limit on the amount by which they are sorted. The limit excludes none
    of the `records`. It tells the database which part of the index it need not read.

    If all records are credit notes, no amount is above zero, so zero is the limit. If none is a credit note,
    no amount is below zero, so zero is the limit too. In all other cases there is no limit.

    Only the effect on ITC of an amendment may have the other sign. For a sort by effect, the function
    therefore reads the effects of the amendments. If an effect is beyond zero, the limit is this effect."""
    order = SORTS[sort.removeprefix("-")]
    tests = tests_of(filters, desk.view) or _single(filters, desk)
    rows = [row for row in desk.base(filters) if all(test(row) for test in tests.values())]
    notes = {row.situation.kind is Kind.CREDIT_NOTE for row in rows}
    if order.key not in AMOUNTS or len(notes) != 1:
        return records
    least = most = 0
    amended = {row.section for row in rows if row.section.endswith("a")}
    if order.key == "effect" and amended:
        # "+ 0" prevents the database from using the index of the effect. In this index, the database would
        # read many other records before it finds an amendment.
        effects = records.filter(section__in=amended).order_by()
        found = effects.aggregate(least=Min(F("effect") + 0), most=Max(F("effect") + 0))
        least, most = min(0, found["least"] or 0), max(0, found["most"] or 0)
    if notes == {True}:
        return records.filter(LessThanOrEqual(order.expression, most))
    return records.filter(GreaterThanOrEqual(order.expression, least))


@dataclass(frozen=True, slots=True)
class Listed:
    """The records of a list, and how to read them at the lowest cost.

    `few` is True if the list is short enough to sort all its records for each page. `counted` is the number
    of records, as far as pages show the number. `sort` is the order in which the page shows the records.

    If a filter has no index and the list is large, `whole` is the list without the filters that have no
    index. A page then reads the next records of `whole`. With `whole`, a sort by supplier becomes a sort by
    date, because the sort by supplier has no index."""

    records: QuerySet[Record]
    few: bool
    counted: Counted
    sort: str
    whole: QuerySet[Record] | None = None


def listed_records(desk: Desk, filters: Filters, sort: str) -> Listed:
    """Return the records of the list with these filters, their number, and how to read them. `desk` must be
    from the current request, because it keeps the counters that it read when it was made."""
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
        # The counters cannot count these filters, so read the records. If the records are few, list their
        # ids.
        told, ids = count(matching)
        if told.count <= FEW and not told.more:
            return Listed(matching.filter(pk__in=ids), True, told, sort)
    few = gathered(matching, desk, filters)
    if few is not None:
        return Listed(few, True, told, sort)
    return Listed(bounded(matching, desk, filters, sort), told.count <= FEW, told, sort)


def itc(desk: Desk, filters: Filters, found: Listed) -> int | None:
    """Return the effect on ITC of the list's records as it stands, in paise. Return None if their number is not
    exact. The counters have the effect of most lists. For a list that they cannot count, like a search by words, the
    records are read: one query, and one more if amendments with a declared reduction are among them."""
    told = desk.itc(filters)
    if told is not None or not found.counted.known or found.counted.more:
        return told
    groups = situations.tally(found.records, desk.view, sums=True)
    return sum(effects.of_group(group).total for group in effects.completed(groups, found.records, desk.view))


def _reach(desk: Desk, filters: Filters) -> int:
    """Return an upper bound of the number of matching records. The bound comes from those filters for which
    the counters have values."""
    tests = tests_of(filters, desk.view) or _single(filters, desk)
    return summed(row for row in desk.base(filters) if all(test(row) for test in tests.values())).count


def _single(filters: Filters, desk: Desk) -> dict[str, Callable[[TallyRow], bool]]:
    """Return the tests of those filters for which the counters have values. Use this function if the counters
    lack the values for another filter of the list."""
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
    """Return the number of the recipient's records in the rows of counters that match the test `keep`. This
    counts records on any route, and closed records. Archived records are not counted."""
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
    """Return the number of records in the sections that have a row matching `keep`, and the query for the ids
    of these records.

    The filter by kind uses this function too, because each section in IMS has records of one kind only."""
    sections = sorted({row.section for row in desk.rows if keep(row)})
    return _in_ims(desk, lambda row: row.section in sections), _records(desk).filter(section__in=sections)


def _lands(
    desk: Desk, filters: Filters, keep: Callable[[TallyRow], bool]
) -> tuple[int, QuerySet[Any]] | None:
    """Return the number of records whose own 2B period matches the filter `lands`, and the query for their
    ids. A record may match only by the later period to which it moved. The query would miss such a record, so
    the function then returns None."""
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
