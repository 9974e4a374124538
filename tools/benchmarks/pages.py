"""The median response time (p50) of the pages that everybody opens first: home and the inward summary."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

from django.contrib.auth import get_user_model
from django.test import Client

from invoices.models import Membership, Role
from tools.benchmarks.frame import Benchmark, Way, flat
from tools.benchmarks.world import Scene

CALLS = 25
PAGES = {"home": "", "inward summary": "ims/inward/"}


def timed(client: Client, address: str, clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the median duration of several responses on this clock, in seconds."""
    client.get(address)
    took = []
    for _ in range(CALLS):
        began = clock()
        answer = client.get(address)
        took.append(clock() - began)
        assert answer.status_code == 200, answer.status_code
    return statistics.median(took)


def signed_in(scene: Scene) -> Client:
    """Return a test client that is signed in as a preparer and signatory of the recipient."""
    recipient = scene.recipient
    person, _new = get_user_model().objects.get_or_create(username="benchmark")
    for role in (Role.PREPARER, Role.SIGNATORY):
        Membership.objects.get_or_create(user=person, taxpayer=recipient, role=role)
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    return client


def ways(scene: Scene) -> Sequence[Way]:
    recipient, client = scene.recipient, signed_in(scene)

    def way(path: str) -> Callable[[], float]:
        return lambda: timed(client, f"/t/{recipient.gstin}/{path}")

    return [Way(name, way(path), scene.records) for name, path in PAGES.items()]


BENCHMARK = Benchmark(
    "pages",
    "home and the inward summary of one recipient, p50",
    ways,
    bars=[flat(name, 1.2) for name in PAGES],
    grows=list(PAGES),
)
