"""I25: a restored backup passes `verify` and equals its original. If the restored copy is altered, the drill
reports the broken invariants and the differences."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from returns.operations import backup_drill
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lived(transactional_db):
    world = World("2024-10-28 10:00")
    record = world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.acts("accept", record)
    world.goes_to("2024-11-14 10:00")
    return world


def test_i25_a_restored_backup_is_whole(lived):
    if connection.vendor == "postgresql" and not _client():
        pytest.skip("SKIPPED: PostgreSQL's client programs are not installed")
    name = connection.settings_dict["NAME"]
    said = StringIO()
    call_command("backup_drill", stdout=said)
    assert "is complete" in said.getvalue()
    assert "BROKEN" not in said.getvalue()
    assert connection.settings_dict["NAME"] == name


def test_i25_a_copy_that_differs_is_named(lived, monkeypatch):
    if connection.vendor == "postgresql" and not _client():
        pytest.skip("SKIPPED: PostgreSQL's client programs are not installed")
    honest = backup_drill._look_at_copy

    def robbed(told, before):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE invoices_decision SET action = 'R' WHERE action = 'A'")
            cursor.execute("UPDATE invoices_journalhead SET sequence = sequence + 1")
        honest(told, before)

    monkeypatch.setattr(backup_drill, "_look_at_copy", robbed)
    said = StringIO()
    with pytest.raises(SystemExit):
        call_command("backup_drill", stdout=said)
    assert "BROKEN  I7/I15" in said.getvalue()
    assert f"DIFFERS {backup_drill.CHAINS}" in said.getvalue()


def _client() -> bool:
    import shutil
    from pathlib import Path

    return bool(shutil.which("pg_dump") or list(Path("/usr/lib/postgresql").glob("*/bin/pg_dump")))
