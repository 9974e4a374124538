"""`./run faults` causes faults in real processes, and then checks the data (docs/operations.md).

Each module of this package, except the modules in `NOT_FAULTS`, defines one fault as `FAULT` (a
`frame.Fault`). `servers` starts a PostgreSQL and a Redis for this run only. `stage` starts the portal on
these two servers. `frame` counts and prints the results. `looks` has checks that several faults share."""

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
