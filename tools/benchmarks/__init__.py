"""Benchmarks of the portal's speed.

For comparison, each run also measures two other methods: SQL that does only the work that no program can
avoid, and code that handles records one by one. Each module of this package that defines `BENCHMARK` (a
`frame.Benchmark`) is a benchmark, and `every` finds these modules. `frame` runs the benchmarks, `world` makes
the data, and `judged` compares the measured figures with their limits and prints the result."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from tools.benchmarks.frame import Benchmark


def every() -> list[Benchmark]:
    """Return all benchmarks, by name."""
    modules = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    found = [module.BENCHMARK for module in modules if hasattr(module, "BENCHMARK")]
    return sorted(found, key=lambda benchmark: benchmark.name)
