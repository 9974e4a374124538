"""The processor time that the web process needs for a page of fifty records, compared with Home."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tools.benchmarks.frame import Benchmark, Way, longer
from tools.benchmarks.lists import ROWS, mix
from tools.benchmarks.pages import signed_in, timed
from tools.benchmarks.world import Scene

MOST = 1.7
PAGES = {"home": "", "list of 50": "ims/inward/all/"}


def ways(scene: Scene) -> Sequence[Way]:
    mix()
    client, home = signed_in(scene), f"/t/{scene.recipient.gstin}/"

    def way(path: str) -> Callable[[], float]:
        # on the clock of this process, on which the time of PostgreSQL does not count
        return lambda: timed(client, home + path, time.process_time)

    return [Way(name, way(path), ROWS) for name, path in PAGES.items()]


BENCHMARK = Benchmark(
    "list_page",
    "a page of fifty records and Home: processor time of the web process",
    ways,
    bars=[longer("list of 50", "home", MOST)],
)
