"""Programs of the database that backups need: pg_dump and pg_restore, and SQLite's own copy."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from django.db import connection


class NotPossible(Exception):
    """Raised if a program is missing or failed. The text names the program and the reason."""


def run_client(name: str, *arguments: str) -> None:
    """Run a client program of PostgreSQL, connected to the portal's database server. The password is passed
    in the environment, because other users of the machine can read the command line. Raises `NotPossible`."""
    found = shutil.which(name) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), None
    )
    if found is None:
        raise NotPossible(f"{name} is not installed; it comes with PostgreSQL's client.")
    given = connection.settings_dict
    env = {
        **os.environ,
        "PGHOST": str(given.get("HOST") or ""),
        "PGPORT": str(given.get("PORT") or ""),
        "PGUSER": str(given.get("USER") or ""),
        "PGPASSWORD": str(given.get("PASSWORD") or ""),
    }
    done = subprocess.run(  # noqa: S603  the program and its arguments are made here, not by a user
        [found, *arguments],
        env={key: value for key, value in env.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotPossible(f"{name} failed: {done.stderr.strip()[-800:]}")


def copy_sqlite(target: Path) -> None:
    """Copy the portal's SQLite database to a new file, as of one moment. Other processes may write in the
    meantime."""
    source = sqlite3.connect(str(connection.settings_dict["NAME"]))
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
    finally:
        copy.close()
        source.close()
