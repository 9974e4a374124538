"""The action buttons of one record. A refusal shows its reason. A person cannot accept a version that the
person has not seen."""

from __future__ import annotations

import re
from html import unescape

import pytest

from invoices.models import JournalLine
from invoices.rules.situation import Kind
from tests.desk_pages import act, at, client_for, credit_note, notices_after, seen_version

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("letter", "status"), [("A", "A"), ("R", "R"), ("P", "P")])
def test_an_action_is_saved_and_journalled(world, letter, status):
    record = world.saves()
    client = client_for(world)
    here = at(world, "ims/inward/b2b/", status="N", sort="-tax")
    response = act(client, world, record, letter, next=here, remarks="checked")
    assert response["Location"] == here
    assert world.now(record).decision.action == status
    line = JournalLine.objects.filter(record_id=record.pk).latest("id")
    assert (line.before, line.after) == ("N -", f"{status} -")
    assert (line.entry.actor.username, line.entry.source) == ("asha", "page")
    assert line.remarks == ("" if letter == "A" else "checked")


def test_the_message_of_an_action_says_its_effect_on_the_credit(world):
    record = world.saves(number="INV-77", taxable=1_00_000)
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    client = client_for(world)
    assert notices_after(client, act(client, world, record, "A")) == (
        "Accepted INV-77 · +18,000.00 to ITC available. (SAVED-ONE)"
    )
    assert "stays in IMS and is not in GSTR-2B" in notices_after(client, act(client, world, record, "P"))


def test_a_credit_note_takes_credit_away_and_rejecting_it_gives_tax_back(world):
    note = credit_note(world, number="CN-1", taxable=1_00_000)
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    client = client_for(world)
    assert "−18,000.00 to ITC available" in notices_after(client, act(client, world, note, "A"))
    rejected = notices_after(client, act(client, world, note, "R"))
    assert "is added to GSTR-3B of the supplier" in rejected
    assert "the record does not lower your ITC" in rejected
    assert "gives no ITC" not in rejected


def test_r021_a_saved_document_says_what_its_filing_does_to_the_credit(world):
    """A credit note lowers ITC. Pending and rejected documents neither give nor lower ITC."""
    client = client_for(world)
    texts = {
        "INV": ("You get the credit after the supplier files", world.saves(number="INV-1")),
        "CN": ("Your ITC is reduced after the supplier files", credit_note(world, number="CN-1")),
    }
    for kind, (after, record) in texts.items():
        pages = [client.get(at(world, f"ims/records/{record.pk}/")).content.decode()]
        pages.append(client.get(at(world, "ims/triage/all/", q=record.number)).content.decode())
        for page in pages:
            assert after in page, kind
        others = {said for said, _record in texts.values()} - {after}
        assert not any(other in page for other in others for page in pages), kind
        act(client, world, record, "R", remarks="no")
        left = client.get(at(world, "ims/triage/all/", q=record.number, status="R")).content.decode()
        assert "The document counts only after the supplier files" in left


def test_reset_brings_back_no_action(world):
    record = world.saves()
    client = client_for(world)
    act(client, world, record, "R", remarks="wrong")
    page = client.get(at(world, "ims/inward/all/")).content.decode()
    assert ">Reset<" in page
    act(client, world, record, "N")
    decision = world.now(record).decision
    assert (decision.action, decision.remarks) == ("N", "")
    line = JournalLine.objects.filter(record_id=record.pk).latest("id")
    assert (line.before, line.after) == ("R -", "N -")


def test_a_record_edited_meanwhile_is_not_accepted_unseen(world):
    record = world.saves(taxable=10_000)
    was = seen_version(world, record)
    world.edits(record, taxable=99_000)
    client = client_for(world)
    lines = JournalLine.objects.count()
    text = notices_after(client, act(client, world, record, "A", was=was))
    assert "The supplier changed this record at 28-10-2024" in text
    assert "ROW-CHANGED" in text
    assert world.now(record).decision.action == "N"
    assert JournalLine.objects.count() == lines


def test_a_colleagues_decision_is_not_overwritten(world):
    record = world.saves()
    was = seen_version(world, record)
    world.acts("reject", record)
    client = client_for(world)
    assert "ROW-CHANGED" in notices_after(client, act(client, world, record, "A", was=was))
    assert world.now(record).decision.action == "R"


@pytest.mark.parametrize("scripted", [True, False])
def test_a_tap_right_after_ones_own_undo_names_the_person_as_you(world, scripted):
    """The row on the screen is still the row before the undo. The portal must not call the person somebody else."""
    record = world.saves()
    client = client_for(world)
    act(client, world, record, "R", remarks="wrong")
    was = seen_version(world, record)
    client.post(at(world, "ims/undo/"), {"next": at(world, "ims/inward/all/")})
    if scripted:
        sent = {"act": f"A.{record.pk}.{was}"}
        reply = client.post(at(world, "ims/act/"), sent, headers={"HX-Request": "true"})
        text = reply.content.decode()
        assert reply.status_code == 409
        # the row comes with its state now, and its buttons name the version of now
        assert f"value=A.{record.pk}.{seen_version(world, record)} " in text
    else:
        text = notices_after(client, act(client, world, record, "A", was=was))
    assert "You changed this record meanwhile, at 28-10-2024" in text
    assert "Asha" not in text
    assert "ROW-MINE" in text
    assert world.now(record).decision.action == "N"


@pytest.mark.parametrize("was", ["x", "1", "1.x"])
def test_an_action_without_the_version_that_was_seen_is_refused(world, was):
    record = world.saves()
    client = client_for(world)
    act(client, world, record, "A", was=was)
    assert world.now(record).decision.action == "N"


def test_a_blocked_pending_button_shows_its_reason_and_rule(world):
    note = credit_note(world)
    page = client_for(world).get(at(world, "ims/inward/b2bcn/")).content.decode()
    assert f"aria-describedby=why-{note.pk} " in page
    assert "Credit notes cannot be kept pending before October 2025." in page
    assert "amendment that raises" not in page, "the cases of other records"
    assert '<a href="/help/rules/R-053/">Rule R-053</a>' in page
    assert "PENDING_NOT_ALLOWED" in page
    assert "Accept or reject the record. Without an action, the record counts as accepted." in page


def test_a_blocked_action_sent_all_the_same_is_refused_with_its_rule(world):
    note = credit_note(world)
    client = client_for(world)
    text = notices_after(client, act(client, world, note, "P"))
    assert "(Rule R-053, PENDING_NOT_ALLOWED · PEND-OLD)" in text
    assert world.now(note).decision.action == "N"


def test_from_october_2025_a_credit_note_may_wait_one_period(world_2025):
    note = credit_note(world_2025)
    client = client_for(world_2025)
    act(client, world_2025, note, "P")
    assert world_2025.now(note).decision.action == "P"
    page = client.get(at(world_2025, f"ims/records/{note.pk}/")).content.decode()
    assert "Pending ends on 20-12-2025, one tax period after the period of the record" in page


def test_the_record_says_that_a_suppliers_edit_cleared_its_action(world):
    record = world.saves()
    client = client_for(world)
    act(client, world, record, "A")
    world.edits(record, taxable=20_000)
    assert "supplier edited" in client.get(at(world, "ims/inward/all/")).content.decode()
    page = client.get(at(world, f"ims/records/{record.pk}/")).content.decode()
    assert "Your action (Accepted) was cleared." in page
    assert "Taxable value: 10,000.00 → 20,000.00" in " ".join(page.split())


def test_an_action_by_script_answers_with_the_row_alone(world):
    record = world.saves(number="INV-5")
    client = client_for(world)
    url = at(world, f"ims/records/{record.pk}/action/", seen=seen_version(world, record))
    page = client.post(url, {"action": "A"}, headers={"HX-Request": "true"}).content.decode()
    assert page.lstrip().startswith(f"<tbody id=r{record.pk}>")
    assert "Accepted INV-5 ·" in page
    assert "<html" not in page
    response = client.post(url, {"action": "R"}, headers={"HX-Request": "true"})
    assert response.status_code == 409
    assert world.now(record).decision.action == "A"


# tests of the record's page


def test_the_page_says_what_each_choice_does(world):
    record = world.saves(taxable=1_00_000)
    page = client_for(world).get(at(world, f"ims/records/{record.pk}/")).content.decode()
    assert "GSTR-2B October 2024, ITC available, Part A (I) All other ITC → GSTR-3B 4(A)(5)" in page
    assert "+18,000.00" in page
    assert "Pending ends on 30-11-2025, the section 16(4) date of FY 2024-25" in page
    # the page says that the document is not filed
    assert "The supplier has saved but not filed this document" in page


def test_after_gstr_3b_the_record_stays_readable_and_closed(world):
    record = world.saves()
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.acts("reject", record, remarks="not ours")
    world.goes_to("2024-11-15 10:00")
    world.files_3b("2024-10")
    from invoices.documents import archive

    client = client_for(world)
    for _step in ("closed where it lies", "carried to the archive"):
        page = client.get(at(world, f"ims/records/{record.pk}/")).content.decode()
        assert 'name="action"' not in page
        assert "GSTR-3B of this record&#x27;s period is filed" in page
        assert "not ours" in page
        assert "Closed" in page
        act(client, world, record, "A", was="1.2")
        archive.move_departed(world.recipient)
    assert record.number not in client.get(at(world, "ims/inward/all/")).content.decode()


def test_the_chain_links_to_the_version_before(world):
    original = world.saves(number="KGL-1", taxable=1_00_000)
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-15 10:00")
    world.files_3b("2024-10")
    amended = world.saves(amends=world.now(original), number="KGL-1A", taxable=1_12_000, period="2024-11")
    page = client_for(world).get(at(world, f"ims/records/{amended.pk}/")).content.decode()
    assert f'href="{at(world, f"ims/records/{original.pk}/")}"' in page
    assert "+2,160.00" in page  # the effect is the difference between the amendment and the original
    assert "18,000.00" in page
    assert "changed" in page


def test_documents_past_ims_are_shown_with_their_reason_and_no_buttons(world):
    record = world.saves(reverse_charge=True)
    client = client_for(world)
    assert record.number not in client.get(at(world, "ims/inward/b2b/")).content.decode()
    page = client.get(at(world, "ims/inward/all/", past="V")).content.decode()
    assert record.number in page
    assert "name=act" not in page
    assert "past=V" in client.get(at(world, "ims/inward/", tab="direct")).content.decode()
    assert "goes straight to GSTR-2B" in client.get(at(world, f"ims/records/{record.pk}/")).content.decode()


def test_the_record_page_does_not_name_the_suppliers_people(world):
    record = world.saves()
    world.person("clerk-at-supplier", at=world.supplier)
    page = client_for(world).get(at(world, f"ims/records/{record.pk}/")).content.decode()
    assert "Supplier" in page
    assert "clerk-at-supplier" not in page


def test_two_kinds_of_note_under_one_number_are_two_records(world):
    world.saves(number="N-1", kind=Kind.DEBIT_NOTE)
    world.saves(number="N-1", kind=Kind.CREDIT_NOTE)
    page = client_for(world).get(at(world, "ims/inward/all/", q="n-1")).content.decode()
    assert page.count("<tbody id=r") == 2


def test_the_records_page_offers_undo_and_redo_of_the_persons_own_latest_change(world):
    """The person takes an action back where the action was taken, with scripts off."""
    record, page = world.saves(), "ims/records/%d/"
    client, here = client_for(world), at(world, page % record.pk)

    def offered() -> tuple[int | None, int | None]:
        context = client.get(here).context
        return context["undo_entry"], context["redo_entry"]

    assert offered() == (None, None)
    act(client, world, record, "R", next=here, whole_page="1", remarks="checked")
    entry, _redo = offered()
    assert f'name="entry" value="{entry}"' in client.get(here).content.decode()
    back = client.post(at(world, "ims/undo/"), {"entry": str(entry), "next": here})
    assert back["Location"] == here
    assert (world.now(record).decision.action, world.now(record).decision.remarks) == ("N", "")
    nothing, redo = offered()
    assert nothing is None
    client.post(at(world, "ims/undo/"), {"entry": str(redo), "next": here})
    assert (world.now(record).decision.action, world.now(record).decision.remarks) == ("R", "checked")
    # somebody else's change is not theirs to take back here
    act(client_for(world, name="colleague"), world, record, "A", next=here)
    assert offered() == (None, None)


@pytest.mark.parametrize("sent", ["", "A", "A.", "A.x.1.1", "A.999999999999999999999.1.1", ".."])
def test_a_damaged_button_of_a_row_is_refused_and_saves_nothing(world, sent):
    record = world.saves()
    assert client_for(world).post(at(world, "ims/act/"), {"act": sent}).status_code == 400
    assert world.now(record).decision.action == "N"


def test_a_row_acts_on_its_own_record_in_the_version_that_the_person_saw(world):
    record, other = world.saves(number="INV-1"), world.saves(number="INV-2")
    client = client_for(world)
    page = client.get(at(world, "ims/inward/all/")).content.decode()
    button = f"R.{record.pk}.{seen_version(world, record)}"
    assert f"name=act value={button} " in page
    assert f'action="{at(world, "ims/act/")}"' in page
    client.post(at(world, "ims/act/"), {"act": button})
    assert [world.now(one).decision.action for one in (record, other)] == ["R", "N"]
    # the same button again is an action on a version that is gone
    client.post(at(world, "ims/act/"), {"act": f"A{button[1:]}"})
    assert world.now(record).decision.action == "R"


def offered_in(page: str) -> dict[str, str]:
    """Return the fields of the form in the message at the top of a page, and the address of its link."""
    bar = page.split('<div class="bar" data-s="A"', 1)[1].split("</div>", 1)[0]
    fields = dict(re.findall(r'name="(next|entry)" value="([^"]*)"', bar))
    link = re.search(r'<a href="([^"]*)">Add remarks</a>', bar)
    return {name: unescape(value) for name, value in fields.items()} | (
        {"remarks": unescape(link[1])} if link else {}
    )


def test_the_message_of_an_action_offers_its_undo_and_remarks_without_scripts(world):
    """A page without scripts has no toast, so the message at its top takes the action back and adds remarks."""
    record = world.saves()
    client = client_for(world)
    here = at(world, "ims/inward/b2b/", status="N,R", sort="-tax")
    can = offered_in(client.get(act(client, world, record, "R", next=here)["Location"]).content.decode())
    assert can["next"] == here
    assert can["remarks"].startswith(at(world, f"ims/records/{record.pk}/?next="))
    assert can["remarks"].endswith("#remarks")
    form = client.get(can["remarks"]).content.decode()
    assert 'id="remarks"' in form
    assert "Press Reject again to save them." in form
    back = client.get(can["remarks"]).context["back"]
    assert back == here
    sent = {
        "seen": seen_version(world, record),
        "whole_page": "1",
        "action": "R",
        "next": back,
        "remarks": "why",
    }
    saved = client.post(at(world, f"ims/records/{record.pk}/action/"), sent)
    assert (saved["Location"], world.now(record).decision.remarks) == (f"{here}#r{record.pk}", "why")
    again = offered_in(client.get(here).content.decode())
    assert "remarks" not in again
    undone = client.post(at(world, "ims/undo/"), {"entry": again["entry"], "next": again["next"]})
    assert world.now(record).decision.remarks == ""
    # the message of the undo offers Redo, and the message of the redo offers Undo
    page = client.get(undone["Location"]).content.decode()
    redo = offered_in(page)
    assert "Redo</button>" in page.split('name="entry"', 1)[1].split("</form>", 1)[0]
    page = client.get(client.post(at(world, "ims/undo/"), redo)["Location"]).content.decode()
    assert "Undo</button>" in page.split('name="entry"', 1)[1].split("</form>", 1)[0]
    assert world.now(record).decision.remarks == "why"


def test_the_message_in_triage_offers_no_second_undo(world):
    world.saves(number="INV-1")
    world.saves(number="INV-2")
    client = client_for(world)
    page = client.get(at(world, "ims/triage/all/"))
    record = page.context["record"]
    sent = {"seen": page.context["row"].seen, "next": page.context["next_url"], "asks": page.context["here"]}
    done = client.post(at(world, f"ims/records/{record.pk}/action/"), {**sent, "action": "A"})
    assert "entry" not in offered_in(client.get(done["Location"]).content.decode())


def test_an_action_and_its_undo_without_scripts_lead_back_to_the_row_of_the_record(world):
    records = [world.saves(number=f"INV-{n}") for n in range(3)]
    client = client_for(world)
    record, every, undecided = (
        records[1],
        at(world, "ims/inward/b2b/"),
        at(world, "ims/inward/b2b/", status="N"),
    )
    reply = act(client, world, record, "A", next=every)
    assert reply["Location"] == f"{every}#r{record.pk}"
    assert f"<tbody id=r{record.pk}>" in client.get(every).content.decode()
    assert client.post(at(world, "ims/undo/"), {"next": every})["Location"] == reply["Location"]
    # a list that no longer has the record has no row to lead to
    assert act(client, world, record, "A", next=undecided)["Location"] == undecided
    # after a refusal the page begins at its top, where the reason stands
    assert act(client, world, record, "P", next=every, was="1.0")["Location"] == every
