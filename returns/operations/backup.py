"""Make a backup of this installation: the database, the kept files and the keys, in a folder of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from ims_portal.kernel import clock
from returns.operations.database_programs import NotPossible, copy_sqlite, run_client

# portal-20261130T023000: the time of the backup in IST
PREFIX = "portal-"
PART = ".part-"


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
    name = PREFIX + clock.real_now().astimezone(clock.IST).strftime("%Y%m%dT%H%M%S")
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
        if Path(settings.MEDIA_ROOT).is_dir():
            shutil.copytree(settings.MEDIA_ROOT, part / "files", ignore_dangling_symlinks=True)
        (part / "keys").mkdir(mode=0o700)
        for key in _keys():
            shutil.copy2(key, part / "keys" / key.name)
        part.rename(folder)
    except (OSError, shutil.Error) as failure:
        raise NotPossible(f"the backup could not be written: {failure}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Backup(folder, size, tuple(_remove_old(into, keep)))


def _keys() -> Iterator[Path]:
    named = (settings.JOURNAL_KEY_FILE, settings.GSTN_KEY_FILE, settings.VAR_DIR / "secret-key")
    return (path for path in map(Path, named) if path.is_file())


def _remove_old(into: Path, keep: int) -> Iterator[str]:
    # the names sort by time
    for old in sorted(into.glob(f"{PREFIX}*"), reverse=True)[keep:]:
        shutil.rmtree(old)
        yield old.name
