"""The page "What changed in October 2025" opens, for each of the six things, a document on which it works."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from gstr2b import coming_midnights
from ims_portal.kernel.errors import Refused
from ims_portal.kernel.money import format_inr
from invoices import portal_clock
from invoices.models import JournalEntry, Record, Role
from invoices.rules.changes_2025 import CHANGES
from invoices.rules.situation import Kind
from returns.sandbox import practice
from tests.desk_pages import at, client_for
from tests.world import BY

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PAGE = "/help/october-2025/"


def test_everybody_can_read_the_six_things_and_every_rule_number_leads_to_its_page():
    client = Client()
    response = client.get(PAGE)
    assert [card.change for card in response.context["cards"]] == list(CHANGES)
    assert [card.record for card in response.context["cards"]] == [None] * 6
    for code in {code for change in CHANGES for code in change.rules}:
        assert f'href="/help/rules/{code}/"' in response.content.decode()
        assert client.get(f"/help/rules/{code}/").status_code == 200


def test_before_the_new_rules_the_page_leads_to_the_clock_and_nothing_is_set_up(world):
    client = client_for(world)
    client.get(at(world))  # the portal stores the GSTIN that a person opened
    page = client.get(PAGE).content.decode()
    assert "/clock/?to=2025-10-01T00:30" in page
    assert "Put documents to try" not in page
    client.post(at(world, "october-2025/"))
    assert not Record.objects.exists()


def test_documents_are_set_up_once_and_each_attempt_works_on_its_document(world):
    world.goes_to("2025-10-28")
    client = client_for(world)
    client.get(at(world))
    page = client.get(PAGE).content.decode()
    assert "Put documents to try on my desk" in page
    # GSTR-3B of October 2024 is not filed, so no GSTR-2B of October 2025 is drafted
    assert "GSTR-3B of earlier months is not filed" in page
    assert client.post(at(world, "october-2025/"))["Location"] == PAGE
    cards = client.get(PAGE).context["cards"]
    found = [card.record for card in cards]
    assert len({record.pk for record in found}) == 6
    for record in found:
        assert client.get(at(world, f"ims/records/{record.pk}/")).status_code == 200
    entries = JournalEntry.objects.count()
    client.post(at(world, "october-2025/"))
    assert (Record.objects.count(), JournalEntry.objects.count()) == (6, entries)
    waits, _later, asks, invoice, bill, added = found
    # a rejected credit note comes back to the supplier's tax
    told = client.get(at(world, f"ims/records/{added.pk}/")).content.decode()
    assert f"{format_inr(added.tax)} is added to the tax of the supplier" in told
    world.acts("pending", waits, bill)
    assert "20-12-2025" in client.get(at(world, f"ims/records/{waits.pk}/")).content.decode()
    world.acts("reject", invoice, remarks="rate")
    asked = client.get(at(world, f"ims/records/{asks.pk}/")).content.decode()
    assert "must ITC be reduced?" in asked
    # a document with an action is no longer offered, and a press gives each change a document again
    again = practice.documents(world.recipient)
    assert not {waits, invoice, bill} & set(again)
    assert practice.set_up(world.recipient, by=BY) == 3
    assert len({record.pk for record in practice.documents(world.recipient)}) == 6


def test_r064_r065_the_wait_of_the_second_document_ends_as_the_clock_moves(world_2025):
    world = world_2025
    practice.set_up(world.recipient, by=BY)
    note = practice.documents(world.recipient)[1]
    world.acts("pending", note)
    world.goes_to("2025-12-20 23:00")
    assert world.now(note).decision.action == "P"
    world.goes_to("2025-12-21 00:30")
    assert world.now(note).decision.action == "N"
    assert world.allowed(note) == {"accepted", "rejected"}


@pytest.mark.parametrize(
    ("day", "claim"), [("2025-10-05", None), ("2025-11-05", 202510), ("2025-11-14", 202511)]
)
def test_r070_the_filed_document_is_of_the_month_that_can_still_be_filed(world_2025, day, claim):
    world = world_2025
    if day > "2025-10-28":
        world.goes_to(f"{day} 10:00")
    else:
        portal_clock.set_to(portal_clock.in_ist(datetime.fromisoformat(f"{day} 10:00")), frozen=True)
    assert practice.set_up(world.recipient, by=BY) == (6 if claim else 4)
    assert practice.set_up(world.recipient, by=BY) == 0  # nothing is used
    other = world.taxpayer(world.recipient.state, 2090)
    practice.set_up(other, by=BY)
    note = practice.documents(world.recipient)[1]
    assert (note and note.claim_period) == claim


def test_only_a_person_who_may_act_sets_documents_up(world):
    world.goes_to("2025-10-28")
    viewer = client_for(world, Role.VIEWER, name="vik")
    viewer.get(at(world))
    assert "Put documents to try" not in viewer.get(PAGE).content.decode()
    assert viewer.post(at(world, "october-2025/")).status_code == 403
    assert client_for(world).get(at(world, "october-2025/")).status_code == 405
    assert not Record.objects.exists()


def test_numbers_fit_the_form_of_a_document_number_for_any_taxpayer(world):
    for change, _kind, _amount in practice.DOCUMENTS:
        assert len(f"{practice.number_of(change)}-{practice.MOST_ROUNDS}/{10**8 - 1}") <= 16


def test_a_sez_unit_and_a_taxpayer_without_ims(world):
    """R-010: a composition taxpayer has no IMS. R-144: a supply to a SEZ carries IGST only."""
    world.goes_to("2025-10-28")
    unit = world.taxpayer("29", 2077, "SEZ unit", registration="sez_unit")
    assert practice.set_up(unit, by=BY) == 6
    assert None not in practice.documents(unit)
    composition = world.taxpayer("29", 2078, "Canteen", registration="composition")
    with pytest.raises(Refused) as refusal:
        practice.set_up(composition, by=BY)
    assert refusal.value.code == "NO_ACCESS"


def test_r064_every_practice_document_is_filed_and_has_the_number_of_its_experiment(world_2025):
    """A saved credit note never stops waiting, because its month moves on. Other records on the desk must not
    take the place of the practice documents."""
    world = world_2025
    world.saves(number="CN-9", kind=Kind.CREDIT_NOTE)
    practice.set_up(world.recipient, by=BY)
    practice.set_up(world.recipient, by=BY)
    found = practice.documents(world.recipient)
    assert [record.filing for record in found if record.supplier_id] == ["F"] * 5
    own = [f"TRY{n}/{world.recipient.pk}" for n in (1, 2, 3, 4, 6)]
    assert [record.number for record in found if record.supplier_id] == own
    assert found[4].number.startswith("5")
    world.acts("pending", found[0])
    world.goes_to("2025-12-21 00:30")
    assert world.now(found[0]).decision.action == "N"


def test_r073_the_preview_does_not_say_that_the_wait_of_a_saved_record_ends(world_2025):
    """The month of a saved record moves on, so its wait does not end on the day of today's month."""
    world = world_2025
    saved = world.saves(number="CN-9", kind=Kind.CREDIT_NOTE, period="2025-10", document_date="2025-10-10")
    world.acts("pending", saved)
    target = datetime.fromisoformat("2025-12-21 00:30")
    assert "ends" not in {event.kind for event in coming_midnights.preview(target)}
    told = client_for(world).get(at(world, f"ims/records/{saved.pk}/")).content.decode()
    assert "Until the document is filed, its month and this day move on." in told
    practice.set_up(world.recipient, by=BY)
    world.acts("pending", practice.documents(world.recipient)[0])
    assert [event.count for event in coming_midnights.preview(target) if event.kind == "ends"] == [1]


def test_a_card_without_a_document_says_what_would_fit(world_2025):
    world = world_2025
    client = client_for(world)
    client.get(at(world))
    told = client.get(PAGE).content.decode()
    assert "No document on your desk fits now. A bill of entry without action fits." in told
    assert "Keep it pending" not in Client().get(PAGE).content.decode()


def test_r091_the_gap_of_gstr3b_is_named_before_the_clock_moves(world):
    """The move cannot be taken back, so the reader must know before it that no GSTR-2B follows."""
    client = client_for(world)
    client.get(at(world))
    told = client.get(PAGE).content.decode()
    assert told.index("GSTR-3B of earlier months is not filed") < told.index("Move the clock to October 2025")
    assert f'href="{at(world, "gstr3b/102024/")}"' in told


def test_r058_a_named_person_reads_the_remark_for_the_practice_supplier(world_2025):
    world = world_2025
    world.person("arjun")
    practice.set_up(world.recipient, by=BY)
    world.acts("reject", practice.documents(world.recipient)[3], remarks="wrong rate")
    client = client_for(world)
    client.get(at(world))
    assert "sign in as arjun" in client.get(PAGE).content.decode()
    reader = Client()
    reader.force_login(world.person("arjun"))
    table = f"/t/{practice.SUPPLIER}/ims/outward/b2b/?period=102025"
    assert "wrong rate" in reader.get(table, follow=True).content.decode()
