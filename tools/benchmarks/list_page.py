"""The processor time that the web process needs for a page of fifty records, compared with Home."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

from django.test import Client

from tools.benchmarks.frame import Benchmark, Way, longer
from tools.benchmarks.lists import ROWS, mix
from tools.benchmarks.pages import signed_in
from tools.benchmarks.world import Scene

CALLS = 30
MOST = 1.7
PAGES = {"home": "", "list of 50": "ims/inward/all/"}


def processor_time(client: Client, address: str) -> float:
    """Return the median processor time of several responses, in seconds. The time of PostgreSQL does not
    count."""
    client.get(address)
    took = []
    for _ in range(CALLS):
        began = time.process_time()
        answer = client.get(address)
        took.append(time.process_time() - began)
        assert answer.status_code == 200, answer.status_code
    return statistics.median(took)


def ways(scene: Scene) -> Sequence[Way]:
    mix()
    client, home = signed_in(scene), f"/t/{scene.recipient.gstin}/"

    def way(path: str) -> Callable[[], float]:
        return lambda: processor_time(client, home + path)

    return [Way(name, way(path), ROWS) for name, path in PAGES.items()]


BENCHMARK = Benchmark(
    "list_page",
    "a page of fifty records and Home: processor time of the web process, median of thirty calls",
    ways,
    bars=[longer("list of 50", "home", MOST)],
)
