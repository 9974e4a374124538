"""The record list offers the undo of the person's last action, whatever its kind, and names this action. It never
undoes an older action in its place, and offers nothing that the rules refuse (R-050, R-102)."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ims_portal.kernel import clock
from ims_portal.kernel.sentences import inside
from invoices.desk import batches
from invoices.desk.actions import Seen
from invoices.journal.writing import By
from invoices.queries.record_list.filters import Filters
from invoices.rules.situation import Action
from tests.desk_pages import act, at, client_for, notices_after, seen_version
from tests.returns.files.ims_workbooks import edited, exported

pytestmark = pytest.mark.once


def offered(client, world) -> dict[str, str]:
    """Return the text of the list's undo and redo, with the entries that they name."""
    html = client.get(at(world, "ims/inward/all/")).content.decode()
    found = {}
    for button in re.findall(
        r'name="entry" value="(\d+)"><button[^>]*id="(undo|redo)-last"[^>]*>(.*?)</button>', html
    ):
        found[" ".join(unescape(re.sub(r"<[^>]+>", " ", button[2])).split())] = button[0]
    return found


def press(client, world, entry: str):
    return client.post(at(world, "ims/undo/"), {"entry": entry, "next": at(world, "ims/inward/all/")})


def batch(world, *records):
    user = world.person("asha")
    listed = {"user": user, "address": at(world, "ims/inward/all/"), "as_of": clock.now()}
    picks = {r.pk: Seen(world.now(r).revision, world.now(r).decision.version) for r in records}
    made, _foreseen = batches.prepare(world.recipient, Action.ACCEPTED, Filters(), picks=picks, **listed)
    batches.run(made.pk, world.recipient, by=By(user=user, source="batch"))


def actions_of(world, *records) -> str:
    return "".join(world.now(record).decision.action for record in records)


def test_a_single_action_is_named_by_its_document_and_can_be_repeated(world):
    record, client = world.saves(number="SAP/1166"), client_for(world)
    assert offered(client, world) == {}
    act(client, world, record, "A")
    (text, entry), *_none = offered(client, world).items()
    assert text == "Undo: accepted SAP/1166"
    press(client, world, entry)
    assert list(offered(client, world)) == ["Redo: accepted SAP/1166"]
    press(client, world, offered(client, world)["Redo: accepted SAP/1166"])
    assert list(offered(client, world)) == ["Undo: accepted SAP/1166"]
    assert actions_of(world, record) == "A"


def test_a_batch_after_a_single_action_is_what_is_undone(world):
    single, first, second = (world.saves(number=f"X-{n}") for n in range(3))
    client = client_for(world)
    act(client, world, single, "R")
    batch(world, first, second)
    assert actions_of(world, single, first, second) == "RAA"
    found = offered(client, world)
    assert list(found) == ["Undo: accepted 2 records"]
    told = notices_after(client, press(client, world, found["Undo: accepted 2 records"]))
    assert "2 records were restored" in told
    assert actions_of(world, single, first, second) == "RNN"
    assert list(offered(client, world)) == ["Undo: rejected X-0"]


def test_a_file_after_a_single_action_is_what_is_undone(world):
    single, first, second = (world.saves(number=f"X-{n}") for n in range(3))
    client = client_for(world)
    act(client, world, single, "R")
    data = edited(exported(world), *(("B2B", f"X-{n}", {"Status": "Accepted"}) for n in (1, 2)))
    sent = client.post(at(world, "ims/import/"), {"file": SimpleUploadedFile("fill.xlsx", data)})
    client.post(sent["Location"], {"mode": "good"})
    assert actions_of(world, single, first, second) == "RAA"
    press(client, world, offered(client, world)["Undo: accepted 2 records"])
    assert actions_of(world, single, first, second) == "RNN"


def test_nothing_is_offered_after_gstr3b_nor_for_a_record_changed_since(world):
    record, client = world.saves(number="X-1"), client_for(world)
    world.files("2024-10")
    act(client, world, record, "A")
    page = at(world, f"ims/records/{record.pk}/")
    assert "Undo my action" in client.get(page).content.decode()
    act(client_for(world, name="bela"), world, record, "R", was=seen_version(world, record))
    assert offered(client, world) == {}
    act(client, world, record, "A")
    world.goes_to("2024-11-16 10:00")
    world.files_3b("2024-10")
    assert offered(client, world) == {}
    assert "Undo my action" not in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("GSTR-3B of this record's period is filed.", "GSTR-3B of this record's period is filed."),
        ("The record has left IMS.", "the record has left IMS."),
        ("A note is here.", "a note is here."),
        ("ITC is claimed.", "ITC is claimed."),
    ],
)
def test_an_abbreviation_keeps_its_capitals_inside_a_sentence(sentence, said):
    assert inside(sentence) == said
