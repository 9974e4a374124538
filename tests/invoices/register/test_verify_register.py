"""`verify` finds bills, links and findings that do not fit together."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from invoices.checks import register
from invoices.documents import archive
from invoices.models import Record
from invoices.register import by_hand, match
from invoices.register.models import Bill, Finding, Link
from tests.invoices.register.registers import BY, bill, taken

pytestmark = pytest.mark.django_db


def matched(world) -> Record:
    """Save two documents and two bills, and match them. Return the first document."""
    first = world.saves(number="A-1")
    world.saves(number="B-1", taxable=50)
    taken(
        world.recipient, bill("A-1", supplier=world.supplier), bill("C-1", supplier=world.supplier, taxable=7)
    )
    world.goes_to("2024-10-30 10:00")
    match.run(world.recipient, by=BY)
    return first


def broken() -> list[str]:
    return register.look(None).broken


def test_a_register_after_changes_and_decisions_is_whole(world):
    record = matched(world)
    by_hand.keep_apart(world.recipient, Bill.objects.get(number="A-1").identity, record.pk, by=BY)
    taken(world.recipient, bill("A-1", supplier=world.supplier, taxable=9_000))
    match.run(world.recipient, by=BY)
    world.saves(number="D-1")
    assert broken() == []
    call_command("verify")


def test_a_document_archived_after_the_run_breaks_nothing(world):
    record = matched(world)
    world.files("2024-10")
    world.acts("accept", record)
    world.goes_to("2024-11-16 10:00")
    world.files_3b("2024-10")
    while archive.move_departed(world.recipient):
        pass
    assert not Record.objects.filter(pk=record.pk).exists()
    assert broken() == []
    match.run(world.recipient, by=BY)
    assert broken() == []


def test_a_bill_without_its_first_version_is_found(world):
    matched(world)
    Bill.objects.filter(number="A-1").update(identity=999_999)
    assert any("belongs to no first version" in one for one in broken())


def test_a_link_to_a_bill_or_a_document_that_does_not_exist_is_found(world):
    matched(world)
    Link.objects.update(bill_identity=999_999)
    assert any("link" in one and "bill 999999 does not exist" in one for one in broken())
    Link.objects.update(root_id=888_888)
    assert any("link" in one and "document 888888 does not exist" in one for one in broken())
    with pytest.raises(SystemExit):
        call_command("verify")


def test_a_document_without_a_finding_is_found(world):
    record = matched(world)
    Finding.objects.filter(record=record).delete()
    assert broken() == [f"record {record.pk} was on the desk at the last run and has no finding"]


def test_a_finding_about_another_document_is_found(world):
    record = matched(world)
    other = world.taxpayer("07", 4001, "Somebody else")
    foreign = world.saves(recipient=other.gstin, place_of_supply="07", number="Z-1")
    Finding.objects.filter(record=record).update(record=foreign)
    assert any("is another document" in one for one in broken())
