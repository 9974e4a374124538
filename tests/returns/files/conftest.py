"""Fixtures for the tests of downloads and uploads: a folder for the files of each test, and a world with
documents."""

from __future__ import annotations

import pytest

from invoices.rules.situation import Kind


@pytest.fixture(autouse=True)
def _files_of_their_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def busy(world):
    """Return a world with documents of October 2024. The supplier filed the documents, and the recipient
    acted on some of them. The draft of 14 November exists."""
    world.kept = world.saves(number="-1/1", taxable=10_000)
    world.rejected = world.saves(number="INV/REJ", taxable=5_000)
    world.waits = world.saves(number="INV-WAIT", taxable=700)
    world.note = world.saves(kind=Kind.CREDIT_NOTE, number="CN-1", taxable=2_000)
    world.bad_note = world.saves(kind=Kind.CREDIT_NOTE, number="CN-2", taxable=300)
    world.debit = world.saves(kind=Kind.DEBIT_NOTE, number="DN-1", taxable=400)
    world.charged = world.saves(number="INV-RCM", taxable=900, reverse_charge=True)
    world.barred = world.saves(number="INV-POS", taxable=1_000, place_of_supply="27", tax=(0, 90, 90, 0))
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.acts("accept", world.kept)
    world.acts("reject", world.rejected, remarks="=1+1")
    world.acts("reject", world.bad_note, remarks="never agreed")
    world.acts("pending", world.waits, remarks="goods not here")
    world.goes_to("2024-11-14 10:00")
    return world
