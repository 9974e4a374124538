"""Benchmarks: figures held against bars, and every benchmark found by being there."""

from __future__ import annotations

from returns import benchmarks
from returns.benchmarks import frame, judged
from returns.benchmarks.frame import Benchmark, Outcome, Took


def outcome(**ways: tuple[float, float]) -> Outcome:
    """Seconds at 10,000 and at 1,000,000 records."""
    bars = [frame.longer("ours", "floor", 1.25), frame.faster("ours", "orm", 10), frame.within("ours", 1)]
    made = Outcome(Benchmark("x", "something", lambda scene: [], bars=bars, grows=["ours"]))
    for place, size in enumerate((10_000, 1_000_000)):
        made.by_size[size] = {
            name: Took(took[place], 80.0, size // 100 if name == "orm" else size)
            for name, took in ways.items()
        }
    return made


def test_a_slow_way_is_compared_record_by_record_with_what_it_handled():
    found = judged.as_data(outcome(ours=(0.1, 10.0), floor=(0.1, 10.0), orm=(0.01, 1.0)))
    figures = {bar["text"]: (bar["figure"], bar["passed"]) for bar in found["bars"]}
    assert figures == {
        "ours: time ÷ floor": (1.0, True),
        "ours: rate ÷ orm": (10.0, True),
        "ours: seconds": (10.0, False),
        "ours: growth": (1.0, True),
    }


def test_what_did_not_run_fails_its_bars_and_says_why():
    broken = outcome(ours=(0.1, 10.0), orm=(0.01, 1.0))
    broken.failures.append("floor at 1000000: out of disk")
    found = judged.as_data(broken)
    assert [bar["passed"] for bar in found["bars"]] == [False, True, False, True]
    lines = "\n".join(judged.printed([found]))
    assert "DID NOT RUN  floor at 1000000: out of disk" in lines
    assert "FAIL  ours: time ÷ floor" in lines


def test_every_benchmark_promises_something_and_is_named_once():
    found = benchmarks.every()
    assert all(benchmark.bars for benchmark in found)
    assert len({benchmark.name for benchmark in found}) == len(found) > 0
