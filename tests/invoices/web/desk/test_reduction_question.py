"""The question whether ITC must be reduced is asked before an Accept is saved: in the list without scripts, in
triage, in the panel and on the record's page."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from django.test import Client

from ims_portal.kernel import clock
from ims_portal.kernel.money import TaxAmounts, format_inr
from invoices.models import Preference, Record
from invoices.queries import effects as effects_of
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.rules.reduction import Declaration
from tests.desk_pages import act, at, client_for, credit_note, notices_after, seen_version
from tests.invoices.web.desk.batch_steps import confirm, preview_batch
from tests.pages import text

pytestmark = pytest.mark.once

QUESTION = "If you accept: must ITC be reduced?"


@pytest.fixture
def note(world_2025) -> Record:
    """Return a credit note under the rules of October 2025, as the first of two records."""
    found = credit_note(world_2025, number="CN-1", document_date=date(2025, 10, 5))
    world_2025.saves(number="INV-2", document_date=date(2025, 10, 6))
    return found


def press(client: Client, world, page, letter: str, **more: str):
    """Press a button of triage, with the fields that the page sends."""
    record = page.context["record"]
    sent = {"seen": page.context["row"].seen, "next": page.context["next_url"], "asks": page.context["here"]}
    return client.post(at(world, f"ims/records/{record.pk}/action/"), {**sent, "action": letter, **more})


def undo_form(page) -> dict[str, str]:
    """Return the fields of the form behind Undo of triage, as the page sends them."""
    form = re.search(
        r"<form[^>]*/ims/undo/((?!</form>).)*show_record.*?</form>", page.content.decode(), re.DOTALL
    )
    return {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form[0])}


def test_r120_the_list_without_scripts_asks_before_accept_is_saved_and_returns_to_the_list(world_2025, note):
    world, client = world_2025, client_for(world_2025)
    here = at(world, "ims/inward/b2b/", status="N")
    asked = act(client, world, note, "A", next=here)
    assert world.now(note).decision.action == "N"
    page = client.get(asked["Location"])
    assert QUESTION in text(page)
    assert "Not saved yet. Answer the question, then press Accept." in text(page)
    assert f'name="next" value="{here.replace("&", "&amp;")}"' in page.content.decode()
    answered = act(client, world, note, "A", next=here, whole_page="1", reduce="no", remarks="never taken")
    assert answered["Location"] == here
    decision = world.now(note).decision
    assert (decision.action, decision.answer, decision.remarks) == ("A", "N", "never taken")


def test_r120_triage_asks_before_accept_is_saved_and_keeps_what_was_typed(world_2025, note):
    world, client = world_2025, client_for(world_2025)
    page = client.get(at(world, "ims/triage/all/"))
    assert page.context["record"] == note
    page = client.get(press(client, world, page, "A")["Location"])
    assert world.now(note).decision.action == "N"
    assert page.context["record"] == note
    assert QUESTION in text(page)
    # an answer without the compulsory remark is refused, and the question stays with the answer
    refused = press(client, world, page, "A", answered="1", reduce="no")
    assert refused.status_code == 422
    assert "This was not saved" in text(refused)
    assert (refused.context["record"], refused.context["reduction"]["answer"]) == (note, "no")
    assert world.now(note).decision.action == "N"
    # a part is declared like in the list
    part = {"answered": "1", "reduce": "part", "igst": "10", "remarks": "half was taken"}
    following = client.get(press(client, world, refused, "A", **part)["Location"])
    decision = world.now(note).decision
    assert (decision.action, decision.answer) == ("A", "P")
    assert following.context["record"].number == "INV-2"
    assert "1 accepted" in text(following)


def test_triage_accepts_without_a_question_where_no_reduction_can_be_declared(world_2025, note):
    """R-120: an invoice has no declaration."""
    world, client = world_2025, client_for(world_2025)
    page = client.get(at(world, "ims/triage/all/", q="INV-2"))
    press(client, world, page, "A")
    assert world.now(page.context["record"]).decision.action == "A"


def test_triage_asks_for_remarks_where_the_person_always_gives_them(world_2025, note):
    world, client = world_2025, client_for(world_2025)
    client.get("/me/preferences/")
    Preference.objects.update_or_create(
        user_id=client.session["_auth_user_id"], defaults={"need_remarks": True}
    )
    page = client.get(at(world, "ims/triage/all/"))
    page = client.get(press(client, world, page, "R")["Location"])
    assert (page.context["asking"], world.now(note).decision.action) == ("R", "N")
    press(client, world, page, "R", remarks="goods came back")
    assert world.now(note).decision.remarks == "goods came back"


def test_undo_in_triage_returns_to_the_record_that_was_undone(world_2025, note):
    world, client = world_2025, client_for(world_2025)
    page = client.get(at(world, "ims/triage/all/"))
    page = client.get(press(client, world, page, "R", remarks="wrong")["Location"])
    last = client.get(press(client, world, page, "P")["Location"])
    assert "That was the last record" in text(last)
    for number in ("INV-2", "CN-1"):
        sent = undo_form(last)
        last = client.get(client.post(at(world, "ims/undo/"), sent)["Location"])
        assert (last.context["record"].number, last.context["row"].action) == (number, "N")
    # acting goes on from there
    after = client.get(press(client, world, last, "R", remarks="wrong")["Location"])
    assert after.context["record"].number == "INV-2"


def test_undo_in_triage_leaves_an_older_action_of_the_list_as_it_is(world_2025, note):
    world, client = world_2025, client_for(world_2025)
    older = world_2025.saves(number="INV-3", document_date=date(2025, 10, 7))
    act(client, world, older, "P")
    page = client.get(at(world, "ims/triage/all/"))
    assert "triage-undo" not in page.content.decode()
    page = client.get(press(client, world, page, "R", remarks="wrong")["Location"])
    sent = undo_form(page)
    page = client.get(client.post(at(world, "ims/undo/"), sent)["Location"])
    assert (page.context["record"], page.context["number"]) == (note, 1)
    assert page.context["so_far"] == {"A": 0, "R": 0, "P": 0, "seen": 0, "skipped": 0}
    assert "triage-undo" not in page.content.decode()
    # the same Undo again, from a page that is not fresh, changes nothing and stays where it was pressed
    again = client.get(client.post(at(world, "ims/undo/"), sent)["Location"])
    assert again.context["number"] == 2
    assert world.now(older).decision.action == "P"


@pytest.mark.parametrize(
    "asks", ["https://elsewhere.example/t/x/ims/triage/all/", "/me/preferences/", "//x/"]
)
def test_an_address_that_is_not_a_page_of_triage_is_not_followed(world_2025, note, asks):
    world, client = world_2025, client_for(world_2025)
    reply = act(client, world, note, "A", asks=asks)
    assert reply["Location"].startswith(at(world, f"ims/records/{note.pk}/?ask=A"))


def test_r120_the_panel_and_the_page_of_the_record_ask_too(world_2025, note):
    world, client = world_2025, client_for(world_2025)
    address = at(world, f"ims/records/{note.pk}/")
    for headers in ({}, {"HX-Request": "true"}):
        assert QUESTION in text(client.get(address, headers=headers))


def test_r120_save_of_many_choices_accepts_no_record_whose_question_is_open(world_2025, note):
    world, client = world_2025, client_for(world_2025)
    other = Record.objects.get(number="INV-2")
    sent = {"step": "save", "next": at(world, "ims/inward/all/")}
    for record in (note, other):
        sent |= {f"row{record.pk}": "A", f"seen{record.pk}": f"{seen_version(world, record)}.N"}
    told = notices_after(client, client.post(at(world, "ims/batches/"), sent))
    assert (world.now(note).decision.action, world.now(other).decision.action) == ("N", "A")
    assert "Not accepted: CN-1. Open each record" in told


def test_r122_the_preview_of_a_batch_has_the_effect_of_each_answer(world_2025, note):
    """The table for full reduction alone would say that "No" changes nothing."""
    world, client = world_2025, client_for(world_2025)
    preview, page = preview_batch(client, world, "A")
    tax = note.igst
    effects = [(row["change"], row["after"]) for row in preview.context["answers"]]
    invoice = Record.objects.get(number="INV-2").igst
    assert effects == [(0, invoice - tax), (tax, invoice), (0, invoice - tax)]
    told = text(preview)
    assert "assumes that ITC is reduced in full for the 1 record that needs your answer" in told
    assert "Remarks (needed for the answer No)" in told
    assert "Rule R-122" in told
    confirm(client, world, preview, page, answer="no", remarks="never taken")
    view = DeskView.of(world.recipient, clock.today(), calendar())
    after = [effects_of.as_it_stands(r, situations.situation_of(r, view)).total for r in Record.objects.all()]
    assert sum(after) == effects[1][1]


def test_r123_the_record_page_does_not_call_no_action_equal_to_a_declared_reduction(world_2025, note):
    world, client = world_2025, client_for(world_2025)
    page = at(world, f"ims/records/{note.pk}/")
    same = "If you leave the record at No action, the effect is the same."
    assert same in text(client.get(page))
    world.acts("accept", note, remarks="Half", declaration=Declaration(True, TaxAmounts(igst=100_00)))
    told = text(client.get(page))
    assert same not in told
    assert "You declared a reduction of ₹100.00." in told
    assert f"the effect is ₹{format_inr(-note.igst)} (R-123)" in told
    triage = text(client.get(at(world, "ims/triage/all/", status="A")))
    assert "Accept, or leave at No action" not in triage


def test_r122_the_history_has_the_declared_amounts_before_and_after_a_change(world_2025, note):
    """Without the amounts, a changed declaration reads as "Accepted, A → A"."""
    world, client = world_2025, client_for(world_2025)
    for paise in (300_00, 100_00):
        world.acts("accept", note, remarks="Part", declaration=Declaration(True, TaxAmounts(igst=paise)))
    told = text(client.get(at(world, f"ims/records/{note.pk}/")))
    assert "ITC reduction ₹: 300.00 → 100.00" in told
    assert "ITC reduction ₹: — → 300.00" in told


PART_UNUSED = "but the chosen answer does not use them. Nothing was saved."


@pytest.mark.parametrize("answer", ["full", "no"])
def test_r120_typed_amounts_of_a_part_are_not_dropped_if_another_answer_is_chosen(world_2025, note, answer):
    world, client = world_2025, client_for(world_2025)
    sent = {"seen": seen_version(world, note), "action": "A", "remarks": "half was taken"}
    sent |= {"whole_page": "1", "reduce": answer, "igst": "10.00", "cgst": "", "sgst": "0", "cess": "0.00"}
    address = at(world, f"ims/records/{note.pk}/action/")
    refused = client.post(address, sent)
    assert refused.status_code >= 400
    assert f"You typed amounts (Integrated), {PART_UNUSED}" in text(refused)
    assert world.now(note).decision.action == "N"
    assert refused.context["reduction"]["heads"][0]["value"] == "10.00"
    # the message names two ways out, and both work
    client.post(address, {**sent, "igst": ""})
    assert world.now(note).decision.action == "A"


def test_r120_triage_and_the_list_refuse_amounts_that_the_answer_does_not_use(world_2025, note):
    world, client = world_2025, client_for(world_2025)
    page = client.get(at(world, "ims/triage/all/"))
    page = client.get(press(client, world, page, "A")["Location"])
    typed = {"answered": "1", "reduce": "full", "igst": "10"}
    refused = press(client, world, page, "A", **typed)
    assert PART_UNUSED in text(refused)
    assert (refused.context["asking"], refused.context["reduction"]["heads"][0]["value"]) == ("A", "10")
    sent = {"seen": seen_version(world, note), "action": "A", **typed}
    address = at(world, f"ims/records/{note.pk}/action/")
    asked = client.post(address, sent, headers={"HX-Request": "true"})
    assert PART_UNUSED in text(asked)
    assert 'value="10"' in asked.content.decode()
    assert world.now(note).decision.action == "N"


def test_r120_the_amounts_with_which_the_form_begins_are_not_typed(world_2025, note):
    world, client = world_2025, client_for(world_2025)
    address = at(world, f"ims/records/{note.pk}/action/")
    page = client.get(at(world, f"ims/records/{note.pk}/"))
    begins = {head["name"]: head["value"] for head in page.context["reduction"]["heads"]}
    sent = {"seen": seen_version(world, note), "action": "A", "whole_page": "1", "reduce": "full", **begins}
    client.post(address, sent)
    assert (world.now(note).decision.action, world.now(note).decision.answer) == ("A", "F")
