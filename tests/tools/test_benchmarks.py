"""Benchmarks compare their figures with limits, and every benchmark module is found."""

from __future__ import annotations

import json
from pathlib import Path

from tools import benchmarks
from tools.benchmarks import frame, judged
from tools.benchmarks.command import keep
from tools.benchmarks.frame import Benchmark, Outcome, Took


def outcome(**ways: tuple[float, float]) -> Outcome:
    """Return the outcome of an invented benchmark. For each way of doing the work, `ways` has the seconds at
    10,000 and at 1,000,000 records."""
    bars = [frame.longer("ours", "floor", 1.25), frame.faster("ours", "orm", 10), frame.within("ours", 1)]
    made = Outcome(Benchmark("x", "something", lambda scene: [], bars=bars, grows=["ours"]))
    for place, size in enumerate((10_000, 1_000_000)):
        made.by_size[size] = {
            name: Took(took[place], 80.0, size // 100 if name == "orm" else size)
            for name, took in ways.items()
        }
    return made


def test_a_slow_way_is_compared_by_its_rate_of_records():
    found = judged.as_data(outcome(ours=(0.1, 10.0), floor=(0.1, 10.0), orm=(0.01, 1.0)))
    figures = {bar["text"]: (bar["figure"], bar["passed"]) for bar in found["bars"]}
    assert figures == {
        "ours: time ÷ floor": (1.0, True),
        "ours: rate ÷ orm": (10.0, True),
        "ours: seconds": (10.0, False),
        "ours: growth": (1.0, True),
    }


def test_a_way_that_did_not_run_fails_its_limits_and_says_why():
    broken = outcome(ours=(0.1, 10.0), orm=(0.01, 1.0))
    broken.failures.append("floor at 1000000: out of disk")
    found = judged.as_data(broken)
    assert [bar["passed"] for bar in found["bars"]] == [False, True, False, True]
    lines = "\n".join(judged.printed([found]))
    assert "DID NOT RUN  floor at 1000000: out of disk" in lines
    assert "FAIL  ours: time ÷ floor" in lines


def test_every_benchmark_has_limits_and_a_name_of_its_own():
    found = benchmarks.every()
    assert all(benchmark.bars for benchmark in found)
    assert len({benchmark.name for benchmark in found}) == len(found) > 0


def test_a_benchmark_measured_again_takes_its_own_place_in_the_file_and_leaves_the_others(tmp_path: Path):
    path = tmp_path / "results.json"
    run = {
        "machine": "two cores",
        "measured_on": "2024-11-15",
        "records": 1000,
        "sizes": [1000],
        "seconds": 3,
    }
    first, second = outcome(ours=(0.1, 10.0)), outcome(ours=(0.1, 10.0))
    second.benchmark = Benchmark("w", "something else", lambda scene: [])
    keep(path, first, run)
    keep(path, second, run)
    keep(path, outcome(ours=(0.1, 5.0)), run | {"measured_on": "2024-11-16", "records": 2000})
    found = json.loads(path.read_text())
    assert [(b["name"], b["records"], b["measured_on"]) for b in found["benchmarks"]] == [
        ("w", 1000, "2024-11-15"),
        ("x", 2000, "2024-11-16"),
    ]
    assert found["benchmarks"][1]["figures"][-1]["seconds"] == 5.0
    assert list(tmp_path.iterdir()) == [path]
