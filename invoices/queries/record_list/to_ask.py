"""The records of a list about which triage asks, one by one."""

from __future__ import annotations

from django.db.models import QuerySet

from invoices.models import Record
from invoices.queries.record_list.counts import Desk, summed
from invoices.queries.record_list.filters import Filters
from invoices.queries.record_list.rare_matches import Listed
from invoices.queries.situations import where, with_clock_facets
from invoices.rules.rulebooks import rule
from invoices.rules.situation import Filing, Situation


def is_asked(situation: Situation) -> bool:
    """True if somebody has to decide such records now. Nobody decides a record that its amendment replaced, a
    document that can never be filed, or a record on which no action is available."""
    if situation.superseded or situation.filing is Filing.LAPSED:
        return False
    return bool(rule(situation).allowed)


def asked_of(desk: Desk, filters: Filters, found: Listed) -> tuple[QuerySet[Record], int]:
    """Return those records of the list about which triage asks, and their number, as far as it is known.
    `found` is the list. Needs at most one query, for the number."""
    matching = desk.matching(filters)
    rows = desk.base(filters) if matching is None else matching
    others = [row for row in rows if not is_asked(row.situation)]
    if not others:
        return found.records, found.counted.count
    records = with_clock_facets(found.records, desk.view).filter(~where(others))
    if matching is not None:
        return records, summed(row for row in matching if is_asked(row.situation)).count
    return records, records.order_by().count() if found.few else found.counted.count
