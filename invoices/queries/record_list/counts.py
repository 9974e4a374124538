"""Counts the records of a list from the counters.

The counts are exact for any number of records. A list with a filter by amount, day, supplier or search words
cannot be counted in this way, because the counters do not have these values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any

from ims_portal.kernel.money import HEADS
from invoices.models import Taxpayer
from invoices.models.tally import LARGE
from invoices.queries import effects, tallies
from invoices.queries.record_list.conditions import adds_back, is_open, to_declare
from invoices.queries.record_list.filters import Filters
from invoices.queries.record_list.records import VIEWS, Counted
from invoices.queries.record_list.records import matching as records_that_match
from invoices.queries.situations import DeskView
from invoices.queries.tallies import TallyRow
from invoices.rules.situation import Filing, Kind, Route

# reduction records (BOR) count as bills of entry
KINDS = {"BOR": "BOE"}
# The filters that the counters can apply, by name. Each function returns the value in a row of counters that
# is compared with the filter.
KNOWN: dict[str, Callable[[TallyRow], str]] = {
    "status": lambda row: row.situation.action.value,
    "kind": lambda row: KINDS.get(row.situation.kind.value, row.situation.kind.value),
    "sections": lambda row: row.section,
    "filing": lambda row: row.situation.filing.value,
}


class Desk:
    """The counters of one recipient. A page creates this object once, with one query."""

    def __init__(self, recipient: Taxpayer, view: DeskView):
        self.recipient, self.view = recipient, view
        self.rows = tallies.rows(recipient, view)

    def base(self, filters: Filters) -> list[TallyRow]:
        """Return the rows of counters for the section, without any other filter. These rows count the records
        that `records.base` returns."""
        if filters.past:
            return [r for r in self.rows if r.situation.route.value == filters.past and not self._final(r)]
        if filters.straight:
            rows = [r for r in self.rows if r.situation.route is Route.ISD and not self._final(r)]
            return [r for r in rows if r.section == filters.section]
        desk = [r for r in self.rows if r.situation.route is Route.IMS and not r.situation.closed]
        return desk if filters.section == "all" else [r for r in desk if r.section == filters.section]

    def _final(self, row: TallyRow) -> bool:
        return row.situation.filing.value == "F" and row.land < self.view.open_period

    def count(self, filters: Filters) -> Counted | None:
        """Return how many records match the filters, with their signed tax. Return None if the counters do
        not have the values for one of the filters."""
        matching = self.matching(filters)
        return None if matching is None else summed(matching)

    def matching(self, filters: Filters) -> list[TallyRow] | None:
        tests = tests_of(filters, self.view)
        if tests is None:
            return None
        return [row for row in self.base(filters) if all(test(row) for test in tests.values())]

    def itc(self, filters: Filters) -> int | None:
        """Return the effect on ITC of the records that match, as it stands, in paise. Return None if the
        counters do not have the values for one of the filters."""
        matching = self.matching(filters)
        if matching is None:
            return None
        records = records_that_match(self.recipient, self.view, filters)
        groups = effects.completed(tallies.grouped(matching), records, self.view)
        return sum(effects.of_group(group).total for group in groups)

    def has_lapsed(self, filters: Filters) -> bool:
        """True if the section has documents without an action that can never be filed."""
        return any(row.situation.action.value == "N" and lapsed(row) for row in self.base(filters))

    def left(self) -> dict[str, int]:
        """Return the number of records without an action in each section."""
        found: dict[str, int] = {}
        for row in self.base(Filters()):
            if SHOWN["needs"](row):
                found[row.section] = found.get(row.section, 0) + row.count
        return found

    def views(self, filters: Filters) -> dict[str, int]:
        """Return the number of the section's records in each ready-made view, and in total ("all")."""
        base = self.base(filters)
        counted = {"all": summed(base).count}
        for name, keep in SHOWN.items():
            counted[name] = summed(row for row in base if keep(row)).count
        return counted


def lapsed(row: TallyRow) -> bool:
    """True if the row's records are saved in a form that can no longer be filed."""
    return row.situation.filing is Filing.LAPSED


SHOWN: dict[str, Callable[[TallyRow], bool]] = {
    # nobody has to act on a document that can never be filed
    "needs": lambda row: row.situation.action.value == "N" and not lapsed(row),
    "edited": lambda row: row.edited,
    "saved": lambda row: row.situation.filing.value == "S",
    "notes": lambda row: row.situation.kind is Kind.CREDIT_NOTE,
    "declare": lambda row: to_declare(row.situation),
    "large": lambda row: row.large,
}
assert SHOWN.keys() == VIEWS.keys()


def summed(rows: Iterable[TallyRow]) -> Counted:
    """Return the number of records in these counters, and their tax in paise. The tax of credit notes is
    subtracted."""
    count = tax = 0
    for row in rows:
        count += row.count
        signed = sum(row.amounts[head] for head in HEADS)
        tax += signed * row.situation.kind.sign
    return Counted(count, tax, False)


def values_of(asked: Any) -> tuple[str, ...]:
    """Return a filter's value as a tuple. Some filters have one value, others have several."""
    return tuple(asked) if isinstance(asked, (tuple, list)) else (asked,) if asked else ()


def tests_of(filters: Filters, view: DeskView) -> dict[str, Callable[[TallyRow], bool]] | None:
    """Return a test for each filter that is set, by the filter's name. A test takes one row of counters and
    returns True if the row matches the filter. If the counters do not have the values for one of the filters,
    return None."""
    tests: dict[str, Callable[[TallyRow], bool]] = {}
    for one in fields(filters):
        asked = getattr(filters, one.name)
        if one.name in ("section", "past") or asked in ("", (), None, False):
            continue
        if one.name in KNOWN:
            tests[one.name] = _among(KNOWN[one.name], values_of(asked))
        elif one.name == "lands":
            tests["lands"] = _lands(asked, view.open_period)
        elif one.name == "edited":
            tests["edited"] = SHOWN["edited"]
        elif one.name == "open":
            tests["open"] = _open(values_of(asked))
        elif one.name == "declare":
            tests["declare"] = SHOWN["declare"]
        elif one.name == "last_claim":
            tests["last_claim"] = _last_claim(view.open_period)
        elif one.name == "adds_back":
            tests["adds_back"] = _adds_back
        elif one.name == "least" and asked == LARGE:
            tests["least"] = SHOWN["large"]
        else:
            return None
    return tests


def _among(of: Callable[[TallyRow], str], wanted: Sequence[str]) -> Callable[[TallyRow], bool]:
    return lambda row: of(row) in wanted


def _open(wanted: Sequence[str]) -> Callable[[TallyRow], bool]:
    return lambda row: is_open(row.situation, wanted)


def _adds_back(row: TallyRow) -> bool:
    return adds_back(row.situation)


def _last_claim(open_period: int) -> Callable[[TallyRow], bool]:
    return lambda row: row.last_claim_period == open_period and not row.situation.superseded


def _lands(asked: str, open_period: int) -> Callable[[TallyRow], bool]:
    if asked == "this":
        return lambda row: row.land <= open_period
    if asked == "later":
        return lambda row: row.land > open_period
    return lambda row: row.land < open_period
