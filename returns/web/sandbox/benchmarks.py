"""Page that shows the portal's speed: the last committed results of `./run bench`. The page shows each figure
with its limit."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

RESULTS = Path(settings.BASE_DIR) / "docs" / "benchmarks.json"
# The largest ratio that a bar can show. The bars of all higher ratios have the same length. If the scale were
# longer, the bars of figures near their limits would be too short to see.
MOST_DRAWN = 5.0


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show, for each figure, how much better the figure is than its limit. Also show the tables of figures,
    and how to measure again."""
    found = results(RESULTS)
    shown = [_shown(benchmark) for benchmark in found["benchmarks"]] if found else []
    bars = [bar for benchmark in shown for bar in benchmark["bars"]]
    context: dict[str, Any] = {
        "found": found,
        "benchmarks": shown,
        "measured_on": date.fromisoformat(found["measured_on"]) if found else None,
        "kept": sum(bar["passed"] for bar in bars),
        "promised": len(bars),
        "crumbs": [{"label": _("Benchmarks"), "url": ""}],
    }
    return render(request, "returns/ops/benchmarks.html", context)


@lru_cache(maxsize=2)
def results(path: Path) -> dict[str, Any] | None:
    """Return the results that `bench --json` wrote, or None if there is no file."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _shown(benchmark: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": benchmark["name"],
        "title": benchmark["title"],
        "records": benchmark["records"],
        "day": date.fromisoformat(benchmark["measured_on"]),
        "figures": benchmark["figures"],
        "failures": benchmark["failures"],
        "bars": [_bar(bar) for bar in benchmark["bars"]],
        "kept": all(bar["passed"] for bar in benchmark["bars"]),
        "margin": min((_margin(bar) for bar in benchmark["bars"]), default=0.0),
    }


def _bar(bar: dict[str, Any]) -> dict[str, Any]:
    at_least = bar["at_most"] is None
    limit = bar["at_least"] if at_least else bar["at_most"]
    return {
        "text": bar["text"],
        "figure": "—" if bar["figure"] is None else f"{bar['figure']:.3g}",
        "limit": f"{'≥' if at_least else '≤'} {limit:g}",
        "passed": bar["passed"],
    }


def _margin(bar: dict[str, Any]) -> float:
    """Return how much better a figure is than its limit: 1 is exactly the limit, 2 is twice as good."""
    figure = bar["figure"]
    if figure is None:
        return 0.0
    if bar["at_most"] is None:
        return round(min(figure / bar["at_least"], MOST_DRAWN), 2)
    return MOST_DRAWN if figure <= 0 else round(min(bar["at_most"] / figure, MOST_DRAWN), 2)
