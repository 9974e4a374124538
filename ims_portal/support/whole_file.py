"""Write a complete file or no file. If writing fails, for example on a full disk, no part of the file
remains."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """Write `data` to a second file, and then move that file to `path`. Raises `OSError` if writing fails,
    after deleting the second file."""
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
