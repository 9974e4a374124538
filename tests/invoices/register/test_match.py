"""A run keeps its links with their time, leaves the decisions of people alone, and names the state of any past day."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Q

from ims_portal.kernel import clock
from invoices.matching.suggestions import Action
from invoices.models import JournalEntry
from invoices.register import match
from invoices.register.models import BY_PERSON, Link
from tests.invoices.register.registers import BY, bill, taken
from tests.world import gstin

pytestmark = pytest.mark.django_db


def links() -> list[tuple[str, str, bool]]:
    return [(one.match_class, one.sub, one.until is None) for one in Link.objects.order_by("pk")]


def test_a_second_run_changes_nothing(world):
    world.saves(number="A/1")
    taken(world.recipient, bill("A-1", supplier=world.supplier))
    match.run(world.recipient, by=BY)
    before = list(Link.objects.values())
    match.run(world.recipient, by=BY)
    assert list(Link.objects.values()) == before
    assert JournalEntry.objects.filter(event="register matched").count() == 2
    call_command("verify")


def test_a_link_ends_when_its_bill_changes_and_the_past_can_still_be_asked(world):
    world.saves(number="A-1")
    taken(world.recipient, bill("A-1", supplier=world.supplier))
    match.run(world.recipient, by=BY)
    then = clock.now()
    world.goes_to("2024-10-30 10:00")
    taken(world.recipient, bill("A-1", supplier=world.supplier, taxable=9_000))
    match.run(world.recipient, by=BY)
    assert links() == [("EXACT", "", False), ("VALUE", "higher", True)]
    at_that_time = Link.objects.filter(Q(until__isnull=True) | Q(until__gt=then), since__lte=then)
    assert [one.match_class for one in at_that_time] == ["EXACT"]


def test_a_persons_link_outlives_every_run(world):
    record = world.saves(number="A-1", taxable=500)
    taken(world.recipient, bill("ZZ-9", supplier=world.supplier))
    held = match.bills_of([world.recipient])[0]
    Link.objects.create(
        taxpayer=world.recipient,
        bill_identity=int(held.ref),
        root_id=record.pk,
        match_class="MANUAL",
        by=BY_PERSON,
        since=clock.now(),
    )
    outcome = match.run(world.recipient, by=BY)
    assert [one.class_.value for one in outcome.result.matches] == ["MANUAL"]
    assert links() == [("MANUAL", "", True)]


def test_an_amended_document_is_one_document_and_keeps_its_link(world):
    original = world.saves(number="A-1")
    world.files("2024-10")
    taken(world.recipient, bill("A-1", supplier=world.supplier))
    match.run(world.recipient, by=BY)
    world.goes_to("2024-11-12 10:00")
    world.saves(number="A-1", amends=original, period="2024-11", taxable=11_000)
    outcome = match.run(world.recipient, by=BY)
    assert len(outcome.documents) == 1
    (link,) = Link.objects.filter(until__isnull=True)
    assert (link.root_id, link.match_class, link.sub) == (original.pk, "VALUE", "higher")


def test_a_bill_booked_at_another_registration_is_found_there_and_counted_once(world):
    branch = world.taxpayer("07", 2001, "Sahyadri Tools, Delhi")
    world.saves(number="A-1")
    taken(branch, bill("A-1", supplier=world.supplier))
    here, there = match.run(world.recipient, by=BY), match.run(branch, by=BY)
    assert [one.class_.value for one in here.result.matches] == ["BRANCH"]
    assert (there.result.matches, there.result.only_books) == ((), ())


def test_nobody_elses_bills_or_records_take_part(world):
    other = world.taxpayer("27", 3001, "A stranger")
    taken(other, bill("A-1", supplier=world.supplier))
    world.saves(number="A-1")
    outcome = match.run(world.recipient, by=BY)
    assert (outcome.result.matches, len(outcome.result.only_ims)) == ((), 1)


def test_no_suggestion_is_an_action_that_the_rulebook_refuses(world):
    for kind in ("INV", "CN"):
        world.saves(number=f"S-{kind}", kind=match.Kind(kind))
    outcome = match.run(world.recipient, by=BY)
    for ref, one in outcome.suggestions.items():
        allowed = match.situations.ruling_of(
            outcome.documents[ref].record, match.DeskView.of(world.recipient, clock.today(), match.calendar())
        ).allowed
        assert one.action is Action.LOOK or one.action in {
            match.OPEN[each] for each in allowed if each in match.OPEN
        }


def test_the_command_writes_each_match_with_its_reasons(world, tmp_path, capsys):
    world.saves(number="A-1")
    world.saves(number="A-2")
    taken(
        world.recipient,
        bill("A/001", supplier=world.supplier, source_ref="PINV-1"),
        bill("B", supplier=world.supplier),
    )
    file = tmp_path / "matches.json"
    call_command("match", world.recipient.gstin, json=file)
    told = json.loads(file.read_text())
    (found,) = [one for one in told["matches"] if one["class"] == "EXACT"]
    assert found["books"] == [{"source_ref": "PINV-1", "supplier": world.supplier.gstin, "number": "A/001"}]
    assert found["ims"][0]["number"] == "A-1"
    assert (found["suggestion"], found["auto"]) == ("accept", True)
    assert "NUM_FORMAT" in found["reasons"]
    assert "matches, " in capsys.readouterr().out


def test_a_working_copy_is_made_and_marked_by_a_command(world, capsys):
    new = gstin("33", 7001)
    with pytest.raises(CommandError, match="Give --create"):
        call_command("working_copy", new)
    call_command("working_copy", new, create=True, name="Cauvery Traders")
    assert "Cauvery Traders is a working copy" in capsys.readouterr().out
    call_command("working_copy", world.recipient.gstin)
    world.recipient.refresh_from_db()
    assert world.recipient.working_copy
