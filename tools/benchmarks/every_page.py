"""The server time of every page that a person reaches by links from home, at a recipient with many records. The
facts name the slowest pages."""

from __future__ import annotations

import html
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.test import Client
from django.urls import Resolver404, resolve

from gstr2b import generation
from gstr2b.models import Statement
from ims_portal.kernel.periods import TaxPeriod
from tools.benchmarks.frame import Benchmark, Way, within
from tools.benchmarks.pages import signed_in
from tools.benchmarks.world import BY, Scene

OCTOBER = TaxPeriod(2024, 10)
LINK = re.compile(r'(?:href|hx-get)="([^"#]+)"')
# files, sign-out, administration and static files are no pages
NO_PAGE = re.compile(r"^/(admin|static|api)/|/(json|offline|export|file|logout)(/|$)|[?&]format=")
# each value of these parameters is a page of its own; of other parameters, only the name counts
TELLING = ("tab", "block", "sort", "by")
CALLS = 3
LIMIT = 0.5
SHOWN = 12
# the durations and addresses of the last walk, by number of records
MEASURED: dict[int, list[tuple[float, str]]] = {}


def kind_of(path: str) -> tuple[str, ...] | None:
    """Return the view and the telling parameters of an address of the portal, or None for other addresses."""
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or NO_PAGE.search(path):
        return None
    try:
        match = resolve(parts.path)
    except Resolver404:
        return None
    given = [f"{name}={value}" if name in TELLING else name for name, value in parse_qsl(parts.query)]
    section = [str(match.kwargs[name]) for name in ("section", "table") if name in match.kwargs]
    return match.view_name, *section, *sorted(given)


def walk(client: Client, start: str) -> Iterator[tuple[str, float]]:
    """Yield the address and the median duration in seconds of each kind of page."""
    waiting, seen = [start], set()
    while waiting:
        path = waiting.pop(0)
        kind = kind_of(path)
        if kind is None or kind in seen:
            continue
        seen.add(kind)
        answer = client.get(path)
        if answer.status_code in (301, 302):
            waiting.insert(0, urljoin(path, answer["Location"]))
        elif answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            yield path, statistics.median(_seconds(client, path) for _ in range(CALLS))
            waiting += [urljoin(path, html.unescape(to)) for to in LINK.findall(answer.content.decode())]


def _seconds(client: Client, path: str) -> float:
    began = time.perf_counter()
    client.get(path)
    return time.perf_counter() - began


def slowest(scene: Scene) -> list[tuple[float, str]]:
    recipient = scene.recipient
    if not Statement.objects.filter(recipient=recipient).exists():
        generation.generate(recipient, OCTOBER, by=BY)
    pages = [(seconds, path) for path, seconds in walk(signed_in(scene), f"/t/{recipient.gstin}/")]
    return sorted(pages, reverse=True)


def ways(scene: Scene) -> Sequence[Way]:
    """Walk once in this process, because the facts need the result too."""
    MEASURED[scene.records] = found = slowest(scene)
    return [Way("slowest page", lambda: found[0][0], scene.records, rounds=1)]


def facts(scene: Scene) -> Sequence[str]:
    return [f"{seconds:.3f} s {path}" for seconds, path in MEASURED.get(scene.records, [])[:SHOWN]]


BENCHMARK = Benchmark(
    "every_page",
    "every page that is reached by links from home, p50 of the slowest",
    ways,
    bars=[within("slowest page", LIMIT)],
    facts=facts,
)
