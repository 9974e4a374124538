"""Remove the temporary files of processes that were killed. Such a process cannot remove its files itself."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

# no process of the portal needs a temporary file for so long
OLD_SECONDS = 24 * 3600
METRICS = "portal-metrics-"
# portal-metrics-<process>-<random>; `secret-key.<process>`, `gstn-key.pem.<process>`; `.<name>.<process>` of a file,
# `.<job>-<attempt>` of an export; and the folders of Python's tempfile
_METRICS = re.compile(rf"{METRICS}([0-9]+)-")
_KEY_PART = re.compile(r"(secret-key|[\w-]+\.pem)\.[0-9]+")
_FILE_PART = re.compile(r"\..+[.-][0-9]+|tmp[a-z0-9_]{8}")


def sweep_metrics(folder: Path) -> list[Path]:
    """Remove this user's metrics folders in `folder` whose server does not run any more. Return them."""
    gone = []
    for found in folder.glob(f"{METRICS}*"):
        name = _METRICS.match(found.name)
        if name and found.is_dir() and found.stat().st_uid == os.getuid() and not _runs(int(name[1])):
            shutil.rmtree(found, ignore_errors=True)
            gone.append(found)
    return gone


def sweep_parts(var: Path) -> list[Path]:
    """Remove the unfinished files in the portal's data folder `var` that are older than a day. Return them.

    Age decides here, because the process of a file may run on another machine that shares the folder."""
    gone = []
    for found in _parts(var):
        try:
            if time.time() - found.stat().st_mtime < OLD_SECONDS:
                continue
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink()
        except OSError:  # another process removes the same files, or owns them
            continue
        gone.append(found)
    return gone


def _parts(var: Path) -> Iterator[Path]:
    if var.is_dir():
        yield from (found for found in var.iterdir() if found.is_file() and _KEY_PART.fullmatch(found.name))
    for folder, folders, files in os.walk(var / "files"):
        parts = [name for name in (*folders, *files) if is_unfinished(name)]
        folders[:] = [name for name in folders if name not in parts]
        yield from (Path(folder, name) for name in parts)


def is_unfinished(name: str) -> bool:
    """True if a file or folder of the data folder has the name of one that is being written."""
    return _FILE_PART.fullmatch(name) is not None


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
