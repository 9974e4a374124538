"""A key that an installation makes once for itself and keeps in a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def keep_once(path: Path, make: Callable[[], bytes]) -> bytes:
    """What stands in the file; where there is none yet, what `make` gives is put there, readable by its owner only.
    Processes that start together end with the same key."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # written aside and put in place whole
        made = path.with_name(f"{path.name}.{os.getpid()}")
        made.touch(mode=0o600)
        made.write_bytes(make())
        with suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
    return path.read_bytes()
