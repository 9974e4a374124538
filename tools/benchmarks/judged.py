"""Compare the benchmarks' figures with their limits. The result is JSON for a file, or a table for people."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from tools.benchmarks.frame import Bar, Figures, Outcome

MOST_GROWTH = 1.05


def machine() -> str:
    """Return a description of this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = str(cursor.fetchone()[0]).split(" ")[0]
        cursor.execute("SHOW shared_buffers")
        buffers = cursor.fetchone()[0]
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"PostgreSQL {version}, shared_buffers {buffers}"
    )


def growth(by_size: dict[int, Figures], way: str) -> float:
    """Return the growth of the time between the smallest and the largest number of records: log(seconds
    ratio) ÷ log(records ratio). 1 means that the time grows in proportion to the number of records."""
    small, large = by_size[min(by_size)][way], by_size[max(by_size)][way]
    if large.records == small.records:
        return 0.0
    return math.log(large.seconds / small.seconds) / math.log(large.records / small.records)


def bars_of(outcome: Outcome) -> list[Bar]:
    grown = [
        Bar(f"{way}: growth", lambda by, way=way: growth(by, way), at_most=MOST_GROWTH)  # type: ignore[misc]
        for way in outcome.benchmark.grows
        if len(outcome.by_size) > 1
    ]
    return [*outcome.benchmark.bars, *grown]


def as_data(outcome: Outcome) -> dict[str, Any]:
    """Return one benchmark's results as data for the JSON file."""
    figures = [
        {
            "way": name,
            "size": size,
            "records": took.records,
            "seconds": round(took.seconds, 6),
            "rate": round(took.rate, 1),
            "peak_mb": round(took.peak_mb, 1),
        }
        for size, ways in sorted(outcome.by_size.items())
        for name, took in ways.items()
    ]
    bars: list[dict[str, Any]] = []
    for bar in bars_of(outcome):
        row: dict[str, Any] = {"text": bar.text, "at_most": bar.at_most, "at_least": bar.at_least}
        try:
            figure = bar.figure(outcome.by_size)
        except (KeyError, ValueError):
            row |= {"figure": None, "passed": False}
        else:
            row |= {"figure": round(figure, 4), "passed": bar.holds(figure)}
        bars.append(row)
    return {
        "name": outcome.benchmark.name,
        "title": outcome.benchmark.title,
        "figures": figures,
        "bars": bars,
        "failures": outcome.failures,
        "facts": outcome.facts,
    }


def printed(benchmarks: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the table of figures and limits, line by line."""
    for found in benchmarks:
        yield ""
        yield f"{found['name']}: {found['title']}"
        yield f"  {'way':<44} {'size':>9} {'records':>9} {'s':>9} {'records/s':>11} {'peak MB':>8}"
        for row in found["figures"]:
            yield (
                f"  {row['way']:<44} {row['size']:>9} {row['records']:>9} {row['seconds']:>9.4f} "
                f"{row['rate']:>11,.0f} {row['peak_mb']:>8.0f}"
            )
        for bar in found["bars"]:
            limit = f"≤ {bar['at_most']:g}" if bar["at_most"] is not None else f"≥ {bar['at_least']:g}"
            figure = "-" if bar["figure"] is None else f"{bar['figure']:.3g}"
            if bar["figure"] is not None and abs(bar["figure"]) >= 1000:
                figure = f"{bar['figure']:,.0f}"
            yield f"  {'pass' if bar['passed'] else 'FAIL'}  {bar['text']:<66} {figure:>9}  {limit}"
        for fact in found.get("facts", ()):
            yield f"  note  {fact}"
        for failure in found["failures"]:
            yield f"  DID NOT RUN  {failure}"
