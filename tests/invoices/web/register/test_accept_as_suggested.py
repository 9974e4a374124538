"""Accept as suggested opens the usual preview with the records of one class, and never decides what a person must."""

from __future__ import annotations

import pytest

from invoices.models import ActionBatch, Role
from invoices.register import match
from invoices.register.models import Finding
from invoices.rules.situation import Kind
from tests.desk_pages import at, client_for
from tests.invoices.register.registers import BY, bill, taken
from tests.invoices.web.register.books import compared
from tests.world import World

pytestmark = pytest.mark.django_db


def rows(client, world) -> dict[str, dict]:
    """Return the rows of the page by name; the rows of reductions have a minus in front."""
    blocks = client.get(at(world, "match/")).context["blocks"]
    return {
        sign + row["name"]: row
        for sign, block in zip(("", "-"), blocks, strict=True)
        for row in block["rows"]
    }


def opened(client, world, accept: dict):
    """Press the button of a row and return the preview."""
    as_of = client.get(at(world, "match/")).context["as_of"]
    sent = {"scope": "match", "action": "A", "as_of": as_of, "next": accept["list"]}
    return client.get(client.post(at(world, "ims/batches/"), sent)["Location"])


def status(world, number: str) -> str:
    return world.now(Finding.objects.filter(record__number=number).first().record).decision.action


def test_the_button_of_a_class_accepts_its_records_and_no_others(world):
    compared(world)
    client = client_for(world)
    (accept,) = rows(client, world)["Exact"]["accepts"]
    preview = opened(client, world, accept)
    assert accept["count"] == preview.context["foreseen"].total == 3
    assert "Effect on ITC" in preview.content.decode()
    assert status(world, "E-1") == "N", "the preview saves nothing"
    batch = ActionBatch.objects.get()
    client.post(at(world, f"ims/batches/{batch.pk}/run/"))
    assert [status(world, number) for number in ("E-1", "E-2", "DN-5")] == ["A", "A", "A"]
    assert [status(world, number) for number in ("E-9", "CN-1", "V-1", "E1")] == ["R", "N", "N", "N"]


def test_no_button_has_a_record_that_is_to_be_looked_at_or_kept_pending(world):
    compared(world)
    client = client_for(world)
    for name, row in rows(client, world).items():
        accepted = row["cells"][0]["sum"].count
        assert sum(one["count"] for one in row["accepts"]) == accepted, name
    assert not rows(client, world)["Only the amount agrees"]["accepts"]


def test_a_viewer_cannot_start_a_batch(world):
    compared(world)
    (accept,) = rows(client_for(world), world)["Exact"]["accepts"]
    viewer = client_for(world, Role.VIEWER, name="vera")
    sent = {"scope": "match", "action": "A", "as_of": "2024-10-28T10:00:00+05:30", "next": accept["list"]}
    assert viewer.post(at(world, "ims/batches/"), sent).status_code == 403
    assert not ActionBatch.objects.exists()


def test_a_note_is_accepted_with_the_reduction_that_the_books_give(db):
    world = World("2025-11-10 10:00", filed_through="2025-09")
    notes = (("F-1", "full"), ("F-2", ""), ("H-1", "part"), ("Z-1", "none"))
    for number, _itc in notes:
        world.saves(number=number, kind=Kind.CREDIT_NOTE, document_date="2025-10-10", period="2025-10")
    taken(
        world.recipient,
        *(
            bill(number, supplier=world.supplier, kind="CN", day="2025-10-10", itc=itc)
            for number, itc in notes
        ),
    )
    match.run(world.recipient, by=BY)
    client = client_for(world)
    row = rows(client, world)["-Exact"]
    assert [(one["word"], one["count"]) for one in row["accepts"]] == [
        ("Accept 2, reduce in full", 2),
        ("Accept 1, reduce nothing", 1),
    ]
    assert row["parts"]["count"] == 1
    assert "reduces ITC in part" in client.get(at(world, "match/")).content.decode()
    full, nothing = row["accepts"]
    preview = opened(client, world, full)
    assert (preview.context["answer"], preview.context["foreseen"].total) == ("", 2)
    preview = opened(client, world, nothing)
    assert (preview.context["answer"], preview.context["foreseen"].total) == ("no", 1)
    parts = opened(client, world, {"list": row["parts"]["url"]})
    assert parts.context["answer"] == "skip", "a batch never reduces in full what the books reduce in part"
    batch = ActionBatch.objects.order_by("pk")[1]
    run = at(world, f"ims/batches/{batch.pk}/run/")
    assert client.post(run, {"answer": "no"}).status_code == 422, "the law asks for remarks"
    client.post(run, {"answer": "no", "remarks": "No credit was taken"})
    note = world.now(Finding.objects.get(record__number="Z-1").record)
    assert (note.decision.action, note.decision.answer) == ("A", "N")
    assert status(world, "H-1") == "N"
