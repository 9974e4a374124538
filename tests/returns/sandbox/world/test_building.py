"""The sample data is built only in a sandbox and only in an empty database. The portal builds all of the
sample data or none."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command

from invoices import portal_clock
from invoices.documents import saving
from invoices.models import JournalEntry, Membership, Record, Taxpayer
from returns.models import OutwardReturn
from returns.sandbox.world import build
from returns.sandbox.world.cast import PASSWORD
from tests.world import World

COUNTED = (Taxpayer, Record, JournalEntry, OutwardReturn, Membership)


def demo_world(**options) -> str:
    said = StringIO()
    call_command("demo_world", stdout=said, **options)
    return said.getvalue()


def sizes() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in COUNTED}


def test_the_sample_world_is_not_built_beside_other_data(db):
    theirs = World("2025-03-05 10:00", filed_through="2025-01")
    theirs.saves(period="2025-02", document_date="2025-02-10")
    before, at = sizes(), portal_clock.state().portal_anchor
    with pytest.raises(CommandError, match="contains other taxpayers or documents"):
        demo_world(records=40)
    assert sizes() == before
    assert portal_clock.state().portal_anchor == at
    assert not get_user_model().objects.exists()


def test_the_sample_world_is_built_only_in_a_sandbox(db, settings):
    settings.PORTAL_SANDBOX = False
    with pytest.raises(CommandError):
        demo_world(records=40)
    assert not get_user_model().objects.exists()
    assert not Taxpayer.objects.exists()


@pytest.mark.once
def test_a_build_that_stops_midway_leaves_nothing_and_a_taken_name_keeps_its_owner(db, monkeypatch):
    own = get_user_model().objects.create_user("meera", password="her own")
    real = saving.delete

    def stops(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(saving, "delete", stops)
    with pytest.raises(KeyboardInterrupt):
        demo_world(records=40)
    assert set(sizes().values()) == {0}
    assert list(get_user_model().objects.all()) == [own]
    monkeypatch.setattr(saving, "delete", real)
    demo_world(records=40)
    assert build.mark() is not None
    own.refresh_from_db()
    assert own.check_password("her own")
    assert not own.memberships.exists()
    assert build.load().logins["meera"] == "meera-practice"
    assert authenticate(username="meera-practice", password=PASSWORD) is not None
