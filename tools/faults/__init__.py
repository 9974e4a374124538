"""Faults done to real processes, and what must still be true afterwards: `./run faults` (docs/operations.md).

Each module here that defines `FAULT` (`frame.Fault`) is a fault, and is found without a list. `servers`
starts PostgreSQL and Redis for the run alone, `stage` starts the portal on them, `frame` counts and prints.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from tools.faults.frame import Fault

NOT_FAULTS = ("__main__", "servers", "stage", "frame", "looks")


def every() -> list[Fault]:
    """Return all faults, by name."""
    names = [found.name for found in pkgutil.iter_modules(__path__) if found.name not in NOT_FAULTS]
    found = [import_module(f"{__name__}.{name}").FAULT for name in names]
    return sorted(found, key=lambda fault: fault.name)
