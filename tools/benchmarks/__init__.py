"""How fast the portal's ways are against the database's own limit and against record-by-record ways, in one run.

A module here is a benchmark: it defines `BENCHMARK` (`frame.Benchmark`), and is found by being here. `frame` runs
them, `world` makes the data, `judged` holds figures against bars and prints.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from tools.benchmarks.frame import Benchmark


def every() -> list[Benchmark]:
    """All benchmarks, by name."""
    modules = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    found = [module.BENCHMARK for module in modules if hasattr(module, "BENCHMARK")]
    return sorted(found, key=lambda benchmark: benchmark.name)
