"""R-008: a setting applies one rulebook to every period, for people who teach or test that rulebook."""

from __future__ import annotations

import pytest

from invoices.rules.situation import Kind


@pytest.mark.parametrize(("pinned", "book", "pending"), [("2024-10", "2410", False), ("", "2510", True)])
def test_r008_a_note_of_october_2025_is_ruled_by_the_book_the_setting_pins(
    world_2025, settings, pinned, book, pending
):
    settings.IMS_RULEBOOK = pinned
    note = world_2025.saves(kind=Kind.CREDIT_NOTE)
    assert note.book == book
    assert ("pending" in world_2025.allowed(note)) is pending
