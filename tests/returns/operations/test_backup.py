"""A backup is complete or is not there, and contains the database, the kept files and the keys."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ims_portal.kernel import clock
from returns.operations import backup
from returns.operations.database_programs import NotPossible

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept(settings, tmp_path, world):
    """An installation with one document, one kept file and one key. Return the folder for backups."""
    found = shutil.which("pg_dump") or any(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))
    if connection.vendor == "postgresql" and not found:
        pytest.skip("SKIPPED: PostgreSQL's client programs are not installed")
    world.saves()
    settings.MEDIA_ROOT = tmp_path / "var" / "files"
    settings.JOURNAL_KEY_FILE = tmp_path / "var" / "journal-key.pem"
    settings.GSTN_KEY_FILE = tmp_path / "var" / "none.pem"
    settings.MEDIA_ROOT.mkdir(parents=True)
    (settings.MEDIA_ROOT / "ims.xlsx").write_bytes(b"book")
    (settings.MEDIA_ROOT / ".7-1").mkdir()
    (settings.MEDIA_ROOT / ".7-1" / "half.xlsx").write_bytes(b"half of a book")
    settings.JOURNAL_KEY_FILE.write_bytes(b"key")
    return tmp_path / "backups"


def test_a_backup_has_database_files_and_keys_and_only_its_owner_reads_the_backup(kept):
    said = StringIO()
    call_command("backup", into=kept, stdout=said)
    [folder] = kept.iterdir()
    assert str(folder) in said.getvalue()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in (folder / "files").iterdir()] == ["ims.xlsx"]
    assert (folder / "files" / "ims.xlsx").read_bytes() == b"book"
    assert (folder / "keys" / "journal-key.pem").read_bytes() == b"key"
    if connection.vendor == "postgresql":
        listed = subprocess.run(
            ["pg_restore", "--list", folder / "database.dump"], capture_output=True, check=True
        )
        assert b"TABLE DATA public invoices_record" in listed.stdout
    else:
        with sqlite3.connect(folder / "portal.sqlite3") as copy:
            assert copy.execute("SELECT count(*) FROM invoices_record").fetchone() == (1,)


def test_the_newest_backups_stay_and_parts_of_killed_backups_go(kept, monkeypatch):
    began = clock.real_now()
    (kept / ".part-portal-20200101T000000").mkdir(parents=True)
    for day in range(4):
        monkeypatch.setattr(clock, "real_now", lambda day=day: began + timedelta(days=day))
        made = backup.make(kept, keep=2)
    assert len(made.removed) == 1
    assert made.folder in kept.iterdir()
    assert len(list(kept.iterdir())) == 2


def test_a_file_that_is_removed_meanwhile_spoils_no_backup_and_other_folders_stay(kept, monkeypatch):
    copy = backup.shutil.copy2
    (kept / "portal-keys").mkdir(parents=True)

    def removed(source, target):
        if source.name == "ims.xlsx":
            source.unlink()
        return copy(source, target)

    monkeypatch.setattr(backup.shutil, "copy2", removed)
    made = backup.make(kept, keep=1)
    assert list((made.folder / "files").iterdir()) == []
    assert made.removed == ()
    assert backup.newest(kept).strftime(backup.PREFIX + backup.STAMP) == made.folder.name


def test_a_backup_that_fails_leaves_no_folder_and_is_told(kept, monkeypatch):
    def full(*_arguments, **_how):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.shutil, "copy2", full)
    with pytest.raises(NotPossible, match="No space left"):
        backup.make(kept, keep=2)
    assert os.listdir(kept) == []
    with pytest.raises(CommandError, match="No space left"):
        call_command("backup", into=kept)
