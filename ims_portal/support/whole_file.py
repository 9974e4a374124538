"""Write a file whole or not at all: if writing stops, for example on a full disk, nothing is left behind."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """Write `data` to a second file, then move that file to `path`. Raises `OSError` if writing fails, and
    leaves nothing."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
