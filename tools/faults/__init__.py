"""Faults done to real processes, and what must still hold: `./run faults` (docs/operations.md).

A module here is a fault: it defines `FAULT` (`frame.Fault`) and is found by being here. `servers` are a PostgreSQL and
a Redis of the run's own, `stage` the portal on them, `frame` counts and prints.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from tools.faults.frame import Fault

NOT_FAULTS = ("__main__", "servers", "stage", "frame", "looks")


def every() -> list[Fault]:
    """All faults, by name."""
    names = [found.name for found in pkgutil.iter_modules(__path__) if found.name not in NOT_FAULTS]
    found = [import_module(f"{__name__}.{name}").FAULT for name in names]
    return sorted(found, key=lambda fault: fault.name)
