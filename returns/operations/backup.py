"""Make a backup of this installation: the database, the kept files and the keys, in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from ims_portal.kernel import clock
from ims_portal.support import leftovers
from returns.operations.database_programs import NotPossible, copy_sqlite, run_client

# portal-20261130T023000: the time of the backup in IST
PREFIX, STAMP = "portal-", "%Y%m%dT%H%M%S"
PART = ".part-"
_NAME = re.compile(rf"{PREFIX}[0-9]{{8}}T[0-9]{{6}}")


@dataclass(frozen=True, slots=True)
class Backup:
    """A complete backup: its folder, its size in bytes, and the names of the older backups that it replaced."""

    folder: Path
    size: int
    removed: tuple[str, ...]


def make(into: Path, *, keep: int) -> Backup:
    """Write a backup to a new folder in `into`, and remove all but the newest `keep` backups. Only the owner
    can read the folder. A backup that fails or is killed leaves no folder with the name of a backup. Raises
    `NotPossible`."""
    name = PREFIX + clock.real_now().astimezone(clock.IST).strftime(STAMP)
    part, folder = into / f"{PART}{name}", into / name
    try:
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        for killed in into.glob(f"{PART}*"):
            shutil.rmtree(killed)
        part.mkdir(mode=0o700)
        # The database is copied first: every file that this copy names was there before the files are copied.
        if connection.vendor == "postgresql":
            dump = part / "database.dump"
            run_client("pg_dump", "--format=custom", f"--file={dump}", connection.settings_dict["NAME"])
        else:
            copy_sqlite(part / "portal.sqlite3")
        _copy_files(Path(settings.MEDIA_ROOT), part / "files")
        (part / "keys").mkdir(mode=0o700)
        for key in _keys():
            shutil.copy2(key, part / "keys" / key.name)
        part.rename(folder)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        return Backup(folder, size, tuple(_remove_old(into, keep)))
    except OSError as failure:
        raise NotPossible(f"The backup could not be written: {failure}.") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def newest(into: Path) -> datetime | None:
    """Return the time of the newest backup in the folder, or None if the folder has no backup."""
    names = [found.name.removeprefix(PREFIX) for found in _complete(into)]
    return datetime.strptime(max(names), STAMP).replace(tzinfo=clock.IST) if names else None


def _copy_files(source: Path, target: Path) -> None:
    """Copy the finished files. Unfinished files and folders are left out, and so is a file that the portal
    removes meanwhile: no row of the database needs these."""
    for folder, folders, files in os.walk(source):
        folders[:] = [name for name in folders if not leftovers.is_unfinished(name)]
        copy = target / Path(folder).relative_to(source)
        copy.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in files:
            if not leftovers.is_unfinished(name):
                with suppress(FileNotFoundError):
                    shutil.copy2(Path(folder, name), copy / name)


def _keys() -> Iterator[Path]:
    named = (settings.JOURNAL_KEY_FILE, settings.GSTN_KEY_FILE, settings.VAR_DIR / "secret-key")
    return (path for path in map(Path, named) if path.is_file())


def _complete(into: Path) -> list[Path]:
    return [found for found in into.glob(f"{PREFIX}*") if _NAME.fullmatch(found.name)]


def _remove_old(into: Path, keep: int) -> Iterator[str]:
    # the names sort by time
    for old in sorted(_complete(into), reverse=True)[keep:]:
        shutil.rmtree(old)
        yield old.name
