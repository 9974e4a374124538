"""Measure the pages of the record list, with the counts that the screen shows. The benchmark reads the first
and the last fifty rows, for each sort order and for each kind of filter."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

from django.core import signing
from django.db import connection

from ims_portal.kernel import clock
from invoices import counters
from invoices.queries.calendar import calendar
from invoices.queries.record_list import paging, rare_matches
from invoices.queries.record_list.counts import Desk
from invoices.queries.record_list.filters import Filters
from invoices.queries.record_list.records import SORTS
from invoices.queries.situations import DeskView
from tools.benchmarks.frame import Benchmark, Way, longer
from tools.benchmarks.world import Scene

ROWS = 50
CALLS = 21
MOST = 1.2
FILTERS = {
    "pending": Filters(status=("P",)),
    "no action": Filters(status=("N",)),
    "credit notes": Filters(kind=("CN",)),
    "section": Filters(section="b2b"),
    "saved": Filters(filing=("S",)),
    "later": Filters(lands="later"),
    "large": Filters(least=100_000_00),
    "number": Filters(search="B-99"),
    "supplier": Filters(search="Benchmark 17"),
}
# These statements change actions, filings and periods. Some filters then select few records, and other
# filters select many.
MIXED = (
    "UPDATE invoices_decision SET action = CASE WHEN record_id % 200 = 3 THEN 'P' WHEN record_id % 3 = 0 THEN 'A' "
    "ELSE 'N' END",
    "UPDATE invoices_record SET filing = 'S' WHERE id % 4000 = 5",
    "UPDATE invoices_record SET claim_period = 202411 WHERE id % 3500 = 9",
)


def mix() -> None:
    """Change decisions and filings so that the scene has records of all kinds. If an earlier call has already
    changed the scene, do nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM invoices_decision WHERE action = 'P')")
        if cursor.fetchone()[0]:
            return
        for statement in MIXED:
            cursor.execute(statement)
    counters.rebuild()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def page_of(scene: Scene, filters: Filters, sort: str, token: str) -> paging.ListPage:
    recipient = scene.recipient
    desk = Desk(recipient, DeskView.of(recipient, clock.today(), calendar()))
    found = rare_matches.listed_records(desk, filters, sort)
    counted = found.counted
    desk.views(filters)
    return paging.page(
        found.records,
        recipient_id=recipient.pk,
        sort=sort,
        size=ROWS,
        token=token,
        asked="benchmark",
        total=None if counted.more else counted.count,
        few=found.few,
    )


def last_token(sort: str) -> str:
    return signing.dumps([paging.owner("benchmark", sort), True, None, None, None], salt=paging.SALT_OF_PAGES)


def deep_token(scene: Scene, filters: Filters, sort: str) -> str:
    """Return the page token of the last page. A person gets this token by clicking through all pages."""
    last = page_of(scene, filters, sort, last_token(sort))
    if not last.rows or len(last.rows) < 2:
        return last_token(sort)
    return paging.after(last.rows[0], sort, "benchmark")


def timed(scene: Scene, filters: Filters, sort: str, token: str) -> float:
    """Return the median duration of reading one page, in seconds."""
    page_of(scene, filters, sort, token)
    took = []
    for _ in range(CALLS):
        began = time.perf_counter()
        page_of(scene, filters, sort, token)
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def ways(scene: Scene) -> Sequence[Way]:
    mix()
    asked = [(f"by {sort}", Filters(), sort) for key in SORTS for sort in (key, f"-{key}")]
    asked += [(f"only {name}", filters, "date") for name, filters in FILTERS.items()]
    made = []
    for name, filters, sort in asked:
        deep = deep_token(scene, filters, sort)
        made.append(Way(f"{name}, first page", _way(scene, filters, sort, ""), ROWS, rounds=2))
        made.append(Way(f"{name}, last rows", _way(scene, filters, sort, deep), ROWS, rounds=2))
    return made


def _way(scene: Scene, filters: Filters, sort: str, token: str) -> Callable[[], float]:
    return lambda: timed(scene, filters, sort, token)


NAMES = [f"by {sort}" for key in SORTS for sort in (key, f"-{key}")] + [f"only {name}" for name in FILTERS]
BENCHMARK = Benchmark(
    "lists",
    "the record list: p50 of a page with its counts, first and last rows of every sort and filter",
    ways,
    bars=[longer(f"{name}, last rows", f"{name}, first page", MOST) for name in NAMES],
)
