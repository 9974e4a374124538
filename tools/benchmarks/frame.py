"""The parts of a benchmark, and the code that measures. A benchmark compares ways, which are methods of doing
one piece of work. Each round of a way runs in its own forked process. The ways take turns, and the best round
of each way counts. The measured memory is the peak of the forked process, without the memory of
PostgreSQL."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connections

from ims_portal.kernel import clock
from tools.benchmarks.world import Scene


@dataclass(frozen=True, slots=True)
class Way:
    """One way of doing the work. `work` may return a number of seconds, for example a median. This number
    then replaces the measured duration. `before` prepares the database, and `after` checks the result. The
    durations of `before` and `after` do not count. `records` is the number of records that the way handles. A
    slow way handles fewer records, so ways are compared by the time per record. `rounds` is the number of
    measurements, of which the best counts."""

    name: str
    work: Callable[[], object]
    records: int
    before: Callable[[], object] | None = None
    rounds: int = 3
    after: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True)
class Took:
    """The best measurement of one way to do the work of a benchmark."""

    seconds: float
    peak_mb: float
    records: int

    @property
    def each(self) -> float:
        return self.seconds / self.records

    @property
    def rate(self) -> float:
        return self.records / self.seconds


Figures = dict[str, Took]


@dataclass(frozen=True, slots=True)
class Bar:
    """A limit for a figure. The function `figure` computes the figure. The argument of `figure` maps each
    number of records to the results of all ways."""

    text: str
    figure: Callable[[dict[int, Figures]], float]
    at_most: float | None = None
    at_least: float | None = None

    def holds(self, figure: float) -> bool:
        low = self.at_least is None or figure >= self.at_least
        return low and (self.at_most is None or figure <= self.at_most)


def longer(way: str, than: str, at_most: float) -> Bar:
    """Return a limit: the time of `way` per record is at most `at_most` times the time of `than`."""
    return Bar(
        f"{way}: time ÷ {than}", lambda by: _last(by)[way].each / _last(by)[than].each, at_most=at_most
    )


def faster(way: str, than: str, at_least: float) -> Bar:
    """Return a limit: `way` handles at least `at_least` times as many records a second as `than`."""
    return Bar(
        f"{way}: rate ÷ {than}", lambda by: _last(by)[than].each / _last(by)[way].each, at_least=at_least
    )


def within(way: str, seconds: float) -> Bar:
    return Bar(f"{way}: seconds", lambda by: _last(by)[way].seconds, at_most=seconds)


def rate(way: str, at_least: float) -> Bar:
    return Bar(f"{way}: records/s", lambda by: _last(by)[way].rate, at_least=at_least)


def peak(way: str, megabytes: float) -> Bar:
    return Bar(f"{way}: peak MB", lambda by: _last(by)[way].peak_mb, at_most=megabytes)


def flat(way: str, at_most: float = 1.2) -> Bar:
    """Return a limit: the time of `way` for the largest number of records is at most `at_most` times the time
    of `way` for the smallest number."""
    return Bar(
        f"{way}: largest ÷ smallest", lambda by: _last(by)[way].seconds / _first(by)[way].seconds, at_most
    )


def _first(by: dict[int, Figures]) -> Figures:
    return by[min(by)]


def _last(by: dict[int, Figures]) -> Figures:
    return by[max(by)]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark. The function `ways` prepares a scene (the test data) and returns the methods of doing
    the work (`Way`). The first method is the portal's own. `bars` are limits. `grows` has names of ways. The
    time of these ways must grow in proportion to the number of records: `judged.growth` must be at most 1.05.
    `facts` returns texts with findings other than durations. `at` is the time of the portal clock. `scene` is
    "one" (one recipient with all records), "many" (recipients with a hundred records each) or "empty" (no
    records)."""

    name: str
    title: str
    ways: Callable[[Scene], Sequence[Way]]
    bars: Sequence[Bar] = ()
    grows: Sequence[str] = ()
    scene: str = "one"
    at: datetime = datetime(2024, 11, 15, 10, tzinfo=clock.IST)
    facts: Callable[[Scene], Sequence[str]] | None = None


@dataclass(slots=True)
class Outcome:
    """The results of one benchmark: for each number of records, the best measurement of each way. `failures`
    names the ways that failed, with the reasons."""

    benchmark: Benchmark
    by_size: dict[int, Figures] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)


def measure(outcome: Outcome, scene: Scene) -> None:
    """Measure all ways with the scene's records. If a way fails, note the failure and measure the remaining
    ways."""
    figures = outcome.by_size.setdefault(scene.records, {})
    with clock.at(outcome.benchmark.at):
        try:
            ways = list(outcome.benchmark.ways(scene))
        except Exception as failure:  # noqa: BLE001  the other benchmarks must still run
            traceback.print_exc()
            outcome.failures.append(f"{scene.records}: {type(failure).__name__}: {failure}"[:500])
            return
        failed: set[str] = set()
        for number in range(max((way.rounds for way in ways), default=0)):
            for way in ways:
                if number >= way.rounds or way.name in failed:
                    continue
                try:
                    took = in_child(way)
                except RuntimeError as failure:
                    failed.add(way.name)
                    outcome.failures.append(f"{way.name} at {scene.records}: {failure}"[:500])
                    continue
                # print each round as soon as it ends, because a long run may be stopped
                sys.stderr.write(f"·   {way.name}: {took.seconds:.3f} s\n")
                best = figures.get(way.name)
                if best is None or took.seconds < best.seconds:
                    figures[way.name] = took
        if outcome.benchmark.facts is not None:
            try:
                # the facts for the largest number of records are measured last and replace the earlier facts
                outcome.facts = list(outcome.benchmark.facts(scene))
            except Exception as failure:  # noqa: BLE001  keep the measured figures
                traceback.print_exc()
                outcome.failures.append(f"facts at {scene.records}: {failure}"[:500])


def in_child(way: Way) -> Took:
    """Run one round in a forked process with its own database connection. Raises `RuntimeError` with the
    failure of the forked process."""
    connections.close_all()
    sys.stdout.flush()
    sys.stderr.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            if way.before is not None:
                way.before()
            started = time.perf_counter()
            given = way.work()
            took = time.perf_counter() - started
            answer = {
                "seconds": max(given if isinstance(given, float) else took, 1e-9),
                # `ru_maxrss` is in kilobytes on Linux
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
            if way.after is not None:
                way.after()
            os.write(writing, json.dumps(answer).encode())
            connections.close_all()
            status = 0
        except BaseException as failure:  # noqa: BLE001  report every failure to the parent process
            traceback.print_exc()
            os.write(writing, json.dumps({"failure": f"{type(failure).__name__}: {failure}"[:400]}).encode())
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = json.loads(pipe.read() or b"{}")
    os.waitpid(child, 0)
    if "seconds" not in said:
        raise RuntimeError(said.get("failure", "the process ended without an answer"))
    return Took(said["seconds"], said["peak_mb"], way.records)
