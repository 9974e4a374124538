"""The portal's speed, in one run with the database's own limit and with record-by-record code.

Each module here that defines `BENCHMARK` (`frame.Benchmark`) is a benchmark, and is found without a list.
`frame` runs the benchmarks, `world` makes the data, `judged` compares figures with limits and prints them.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from tools.benchmarks.frame import Benchmark


def every() -> list[Benchmark]:
    """Return all benchmarks, by name."""
    modules = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    found = [module.BENCHMARK for module in modules if hasattr(module, "BENCHMARK")]
    return sorted(found, key=lambda benchmark: benchmark.name)
