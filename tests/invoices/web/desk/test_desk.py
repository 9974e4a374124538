"""A person can work in IMS in a browser without scripts. The tests send plain requests."""

from __future__ import annotations

import pytest

from invoices.models import JournalEntry, Preference, Record, SavedView, StagedChoice
from invoices.web.help import keyboard
from tests.desk_pages import act, at, client_for, credit_note, notices_after, seen_version, some
from tests.pages import text

pytestmark = pytest.mark.once


def test_undo_and_redo_of_the_last_action_without_scripts(world):
    record = world.saves(number="INV-9")
    client = client_for(world)
    act(client, world, record, "R", remarks="Not ours")
    back = {"next": at(world, "ims/inward/all/")}
    assert "Undone: INV-9 is No action again." in notices_after(
        client, client.post(at(world, "ims/undo/"), back)
    )
    assert world.now(record).decision.action == "N"
    assert "The action was repeated: INV-9 is Rejected." in notices_after(
        client, client.post(at(world, "ims/undo/"), {**back, "redo": "1"})
    )
    assert world.now(record).decision.remarks == "Not ours"


def test_another_persons_action_is_not_on_a_persons_undo_stack(world):
    record = world.saves()
    act(client_for(world, name="asha"), world, record, "R")
    other = client_for(world, name="bela")
    told = notices_after(other, other.post(at(world, "ims/undo/"), {"next": at(world, "ims/inward/all/")}))
    assert "You have no action to undo" in told
    assert world.now(record).decision.action == "R"


def test_with_scripts_reject_asks_first_and_saves_after_the_answer(world):
    record = world.saves()
    client = client_for(world)
    url = at(world, f"ims/records/{record.pk}/action/", seen=seen_version(world, record))
    asked = client.post(url, {"action": "R"}, headers={"HX-Request": "true"}).content.decode()
    assert "Reject and save" in asked
    assert world.now(record).decision.action == "N"
    sent = {"action": "R", "answered": "1", "reason": "Wrong amount", "remarks": "see PO 7"}
    client.post(url, sent, headers={"HX-Request": "true"})
    assert world.now(record).decision.remarks == "Wrong amount: see PO 7"


def test_with_scripts_accepting_a_credit_note_asks_for_the_reduction(world_2025):
    note = credit_note(world_2025)
    client = client_for(world_2025)
    url = at(world_2025, f"ims/records/{note.pk}/action/", seen=seen_version(world_2025, note))
    asked = client.post(url, {"action": "A"}, headers={"HX-Request": "true"}).content.decode()
    assert "must ITC be reduced?" in asked
    wrong = client.post(url, {"action": "A", "answered": "1", "reduce": "no"}, headers={"HX-Request": "true"})
    assert wrong.status_code == 422
    assert "REMARKS_REQUIRED" in wrong.content.decode()
    client.post(
        url,
        {"action": "A", "answered": "1", "reduce": "no", "remarks": "never taken"},
        headers={"HX-Request": "true"},
    )
    assert world_2025.now(note).decision.label == "A N"


def test_rejecting_an_invoice_and_its_credit_note_warns(world):
    invoice, note = world.saves(taxable=50_000), credit_note(world, number="CN-1", taxable=50_000)
    world.acts("reject", note)
    client = client_for(world)
    told = notices_after(client, act(client, world, invoice, "R"))
    assert "PAIR-REJECT" in told
    assert "CN-1" in told
    assert "9,000.00" in told


def test_actions_that_an_edit_cleared_are_listed_and_can_be_taken_again(world):
    record = world.saves(number="INV-1", taxable=10_000)
    world.acts("reject", record)
    world.edits(record, taxable=12_000)
    client = client_for(world)
    page = client.get(at(world, "ims/voided/"))
    assert "Taxable value: 10,000.00 → 12,000.00" in text(page)
    assert "Reject again INV-1" in text(page)
    act(client, world, record, "R", next=at(world, "ims/voided/"))
    assert "No action was cleared" in text(client.get(at(world, "ims/voided/")))
    assert world.now(record).decision.action == "R"


def test_unsaved_choices_outlive_the_session(world):
    records = some(world, 2)
    client = client_for(world)
    client.get(at(world, "ims/inward/all/", mode="save"))
    sent = {"next": at(world, "ims/inward/all/")}
    for record, letter in zip(records, "AR", strict=True):
        sent |= {f"row{record.pk}": letter, f"seen{record.pk}": f"{seen_version(world, record)}.N"}
    client.post(at(world, "ims/choices/"), sent)
    assert Record.objects.exclude(decision__action="N").count() == 0
    again = client_for(world)
    assert again.get(at(world, "ims/inward/all/")).context["staged"] == 2
    again.post(at(world, "ims/batches/"), {"step": "save", "next": at(world, "ims/inward/all/")})
    assert [world.now(r).decision.action for r in records] == ["A", "R"]
    assert StagedChoice.objects.count() == 0


def test_a_view_keeps_filters_sort_and_columns_and_may_be_shared(world):
    some(world, 2)
    client = client_for(world, name="asha")
    section = {
        "section": "b2b",
        "next": at(world, "ims/inward/b2b/"),
        "column": ["supplier", "value", "until"],
    }
    client.post("/me/columns/", section)
    listing = at(world, "ims/inward/b2b/", status="N", sort="-tax")
    saved = client.post(at(world, "ims/views/"), {"next": listing, "name": "My tax", "shared": "1"})
    page = client_for(world, name="bela").get(saved["Location"])
    assert [column.key for column in page.context["columns"]] == ["supplier", "value", "until"]
    assert page.context["listing"].sort == "-tax"
    assert "My tax" in text(page)
    stranger = client_for(world, name="bela")
    stranger.post(at(world, "ims/views/"), {"remove": SavedView.objects.get().pk})
    assert SavedView.objects.count() == 1


@pytest.mark.parametrize("section", ["all", "b2b", "b2ba", "b2bcn", "b2bcna", "impg"])
def test_every_column_can_be_shown(world_2025, section):
    world = world_2025
    record, note = world.saves(taxable=50_000), credit_note(world)
    world.acts("pending", record)
    world.goes_to("2025-11-10 10:00")
    world.files("2025-10")
    for original in (record, note):
        world.saves(amends=original, taxable=60_000, period="2025-11")
    client = client_for(world)
    there = client.get(at(world, f"ims/inward/{section}/", more="columns")).context["offered"]
    every = [column.key for column in there]
    client.post("/me/columns/", {"section": section, "next": "/t/", "column": every, "heads": "1"})
    page = client.get(at(world, f"ims/inward/{section}/"))
    assert page.status_code == 200
    assert {c.key for c in page.context["columns"]} >= set(every) - {"tax"}


def test_triage_goes_record_by_record_and_sums_up(world):
    some(world, 4)
    client = client_for(world)
    page = client.get(at(world, "ims/triage/all/"))
    for letter in ("A", "R", "", "P"):
        record = page.context["record"]
        if letter:
            sent = {"action": letter, "seen": page.context["row"].seen, "answered": "1"}
            following = client.post(
                at(world, f"ims/records/{record.pk}/action/"), {**sent, "next": page.context["next_url"]}
            )["Location"]
        else:
            following = page.context["next_url"]
        page = client.get(following)
    assert "4 records seen: 1 accepted, 1 rejected, 1 pending, 1 skipped." in text(page)
    # no draft of GSTR-2B exists yet, so nothing can be recomputed
    assert "to recompute it" not in text(page)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-15 10:00")
    assert "to recompute it" not in text(client.get(following))
    world.acts("reject", record)
    assert "Open GSTR-2B to recompute it" in text(client.get(following))


def test_triage_says_how_many_records_were_seen_in_the_right_number(world):
    client = client_for(world)
    assert "records seen" not in text(client.get(at(world, "ims/triage/all/")))
    some(world, 1)
    page = client.get(at(world, "ims/triage/all/"))
    assert "1 record seen: 0 accepted" in text(client.get(page.context["next_url"]))


def test_a_shortcut_key_can_be_changed_but_has_only_one_action(world):
    client = client_for(world)
    plain = {f"key-{key.name}": key.key for key in keyboard.KEYS}
    wrong = client.post("/me/preferences/", {**plain, "key-A": "r"})
    assert wrong.status_code == 422
    assert "is set for two actions" in text(wrong)
    client.post("/me/preferences/", {**plain, "key-A": "q", "shortcuts": "1"})
    assert keyboard.mapping(Preference.objects.get().keys)["q"] == "A"
    some(world, 1)
    assert "\nA q\n" in client.get(at(world, "ims/inward/all/")).content.decode()
    client.post("/me/preferences/", plain)
    assert 'data-keys=""' in client.get(at(world, "ims/inward/all/")).content.decode()


def test_the_palette_finds_pages_and_records_of_this_gstin_only(world):
    world.saves(number="INV-77")
    client = client_for(world)
    assert "INV-77" in text(client.get(at(world, "find/", q="inv-77")))
    assert "Compare drafts" in text(client.get(at(world, "find/", q="compare")))
    stranger = world.taxpayer("29", 77)
    other = client_for(world, name="clerk")
    world.person("clerk", *["preparer"], at=stranger)
    assert "INV-77" not in text(other.get(f"/t/{stranger.gstin}/find/?q=inv-77")).replace(
        "“inv-77”", ""
    ).replace("inv-77", "")


@pytest.mark.parametrize("typed", ["0391", "24-25", "391"])
def test_a_part_of_a_number_finds_the_document_for_its_recipient_and_its_supplier(world, typed):
    world.saves(number="KST/24-25/0391", period="2024-10")
    client = client_for(world)
    listed = client.get(at(world, "ims/inward/all/", q=typed)).context["rows"]
    assert [row.record.number for row in listed] == ["KST/24-25/0391"]
    assert "KST/24-25/0391" in text(client.get(at(world, "find/", q=typed)))
    world.person("clerk", *["preparer"], at=world.supplier)
    found = client_for(world, name="clerk").get(f"/t/{world.supplier.gstin}/find/?q={typed}")
    (own,) = found.context["outward"]
    assert own["record"].number == "KST/24-25/0391"
    assert own["url"].endswith("/view/")
    assert "KST/24-25/0391" in text(client_for(world, name="clerk").get(own["url"]))


def test_a_document_of_a_filed_period_is_found_by_its_recipient_and_its_supplier_and_by_nobody_else(world):
    record = world.saves(number="KST/24-25/0391", period="2024-10")
    world.goes_to("2024-11-11 10:00")
    world.files("2024-10")
    world.acts("accept", record)
    world.goes_to("2024-11-20 10:00")
    world.files_3b("2024-10")
    client, told = client_for(world), "closed in GSTR-2B October 2024"
    link = f'href="{at(world, f"ims/records/{record.pk}/")}"'
    page = at(world, "ims/inward/all/", q="0391")
    for found in (client.get(at(world, "find/", q="0391")), client.get(page)):
        assert told in text(found)
        assert link in found.content.decode()
    assert client.get(at(world, f"ims/records/{record.pk}/")).status_code == 200
    # a search without a match, and an empty list without a search, still say how to go on
    assert "No record matches these filters" in text(client.get(at(world, "ims/inward/all/", q="9999")))
    world.person("clerk", *["preparer"], at=world.supplier)
    supplier = client_for(world, name="clerk")
    found = supplier.get(f"/t/{world.supplier.gstin}/find/?q=0391")
    (own,) = found.context["outward"]
    assert "GSTR-1 October 2024" in text(found)
    # the recipient's period is the recipient's own affair
    assert "closed in" not in text(found)
    assert own["url"].endswith(f"/gstr1/102024/b2b/{record.pk}/view/")
    assert "KST/24-25/0391" in text(supplier.get(own["url"]))
    stranger = world.taxpayer("29", 77)
    world.person("other", *["preparer"], at=stranger)
    other = client_for(world, name="other")
    for path in ("find/", "ims/inward/all/"):
        assert "KST/24-25/0391" not in text(other.get(f"/t/{stranger.gstin}/{path}?q=0391"))


def test_every_blocked_button_refers_to_a_reason_on_the_page_with_its_rule(world):
    """Section 28 of the screens, check 5. The list in this test shows all refusals that can occur together in
    one list."""
    import re

    original = world.saves(number="O-1")
    credit_note(world)
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.saves(amends=original, taxable=5_000, period="2024-11")
    page = client_for(world).get(at(world, "ims/inward/all/")).content.decode()
    blocked = re.findall(r"<button[^>]*aria-disabled=true[^>]*>", page)
    assert blocked
    for button in blocked:
        why = re.search(r"aria-describedby=(\S+)", button)[1]
        reason = page.split(f"id={why}>")[1].split("</tbody>")[0]
        box = re.search(r"popovertarget=([^>]+)", reason)[1]
        assert "/help/rules/R-" in page.split(f'id="{box}"')[1].split("</div>")[0]
    assert JournalEntry.objects.exists()
