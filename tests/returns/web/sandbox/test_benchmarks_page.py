"""The page of benchmarks shows the figures that are committed to the repository, and hides no failure."""

from __future__ import annotations

import json

import pytest

from returns.web.sandbox import benchmarks

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def benchmark(name: str, figure: float | None, *, passed: bool) -> dict:
    return {
        "name": name,
        "title": f"about {name}",
        "records": 1_000_000,
        "measured_on": "2026-11-25",
        "figures": [
            {"way": "ours", "size": 1_000_000, "records": 900_000, "seconds": 12.5, "rate": 72_000.0, "peak_mb": 111.0}
        ],
        "bars": [{"text": "ours: rate ÷ floor", "figure": figure, "at_most": None, "at_least": 8, "passed": passed}],
        "failures": [] if figure is not None else ["floor at 1000000: out of disk"],
    }  # fmt: skip


@pytest.fixture
def results(tmp_path, monkeypatch):
    path = tmp_path / "benchmarks.json"
    monkeypatch.setattr(benchmarks, "RESULTS", path)
    benchmarks.results.cache_clear()
    yield path
    benchmarks.results.cache_clear()


def test_the_page_shows_every_limit_with_its_measurement(client, results):
    whole = {"machine": "2 cores", "measured_on": "2026-11-25", "records": 1_000_000}
    some = [benchmark("workbook", 9.5, passed=True), benchmark("broken", None, passed=False)]
    results.write_text(json.dumps(whole | {"benchmarks": some}), encoding="utf-8")
    page = client.get("/ops/benchmarks/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "9.5" in text
    assert "≥ 8" in text
    assert "10,00,000" in text
    assert "1 of 2 limits met" in text
    assert "floor at 1000000: out of disk" in text
    assert [one["margin"] for one in page.context["benchmarks"]] == [1.19, 0.0]


def test_the_page_says_when_there_are_no_results(client, results):
    assert "No results are committed" in client.get("/ops/benchmarks/").content.decode()
