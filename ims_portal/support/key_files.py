"""Make a key of the installation once, and store the key in a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def keep_once(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return the contents of the file. If there is no file yet, write the result of `make` to the file. Only
    the owner of the file can read it. Processes that start together get the same key."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # The key is written to another file first, so that nobody can read a part of it.
        made = path.with_name(f"{path.name}.{os.getpid()}")
        made.touch(mode=0o600)
        made.write_bytes(make())
        with suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
    return path.read_bytes()
