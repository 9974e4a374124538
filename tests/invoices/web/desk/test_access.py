"""A person who is no member of a GSTIN gets 404 for the GSTIN and for its records. A viewer can read and
cannot act."""

from __future__ import annotations

import pytest
from django.test import Client

from ims_portal.kernel import clock
from invoices.desk import batches
from invoices.models import JournalEntry, PastedList, Role
from invoices.queries.record_list.filters import Filters
from invoices.register import uploading
from invoices.rules.situation import Action
from invoices.web.urls import urlpatterns
from tests.desk_pages import act, at, client_for, pick, seen_version
from tests.invoices.register.registers import BY, bill, taken

pytestmark = pytest.mark.once

PATHS = [
    "ims/",
    "ims/inward/",
    "ims/inward/all/",
    "ims/inward/b2b/",
    "ims/records/{pk}/",
    "ims/records/{pk}/action/",
    "ims/batches/",
    "ims/batches/{batch}/",
    "ims/batches/{batch}/run/",
    "ims/batches/{batch}/stop/",
    "ims/batches/{batch}/undo/",
    "ims/batches/{batch}/reasons/",
    "ims/act/",
    "ims/undo/",
    "ims/choices/",
    "ims/views/",
    "ims/lists/",
    "ims/lists/abc/",
    "ims/voided/",
    "ims/triage/all/",
    "register/",
    "register/match/",
    "register/files/{job}/",
    "register/uploads/{upload}/",
    "register/uploads/{upload}/rows/",
    "register/gone/",
    "register/bills/",
    "register/download/csv/",
    "match/",
    "match/bills/",
    "find/",
    "webhooks/",
    "audit/",
    "audit/export/",
    "match/by-hand/",
    "match/why/",
    "match/suppliers/",
    "match/suppliers/{supplier}/",
    "match/suppliers/{supplier}/missing/csv/",
]


def batch_of(world) -> int:
    """Return the id of a batch that was previewed and not run. Also save a pasted list."""
    PastedList.objects.get_or_create(
        taxpayer=world.recipient, digest="abc", defaults={"created_at": clock.now()}
    )
    user = world.person("maker")
    batch, _foreseen = batches.prepare(
        world.recipient,
        Action.ACCEPTED,
        Filters(),
        user=user,
        address=at(world, "ims/inward/all/"),
        as_of=clock.now(),
    )
    return batch.pk


def places(world, path: str) -> dict[str, object]:
    """Return the ids that a path names. Only an object of the path is made."""
    found: dict[str, object] = {"supplier": world.supplier.gstin}
    if "{batch}" in path or "/abc/" in path:
        found["batch"] = batch_of(world)
    if "{upload}" in path:
        found["upload"] = taken(world.recipient, bill("A-1", supplier=world.supplier)).pk
    if "{job}" in path:
        found["job"] = uploading.receive(world.recipient, b"no register", "a.csv", by=BY).pk
    return found


def test_every_route_below_a_gstin_is_in_this_list():
    routes = {str(p.pattern).split("<str:gstin>/")[1] for p in urlpatterns if "gstin" in str(p.pattern)}
    known = {
        p.replace("{pk}", "<int:record_id>")
        .replace("/all/", "/<slug:section>/")
        .replace("{batch}", "<int:batch_id>")
        .replace("/abc/", "/<slug:digest>/")
        .replace("{job}", "<int:job_id>")
        .replace("{upload}", "<int:upload_id>")
        .replace("{supplier}", "<str:supplier>")
        .replace("/csv/", "/<slug:form>/")
        for p in PATHS
    }
    assert routes <= known


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_taxpayers_gstin_is_not_found(world, path, method):
    record = world.saves()
    client = client_for(world, Role.SIGNATORY)
    world.person("other", Role.SIGNATORY, at=world.supplier)
    stranger = Client()
    stranger.force_login(world.person("other"))
    url = at(world, path.format(pk=record.pk, **places(world, path)))
    body = {"action": "A", "seen": "1.1", "step": "run", "pick": pick(world, record)}
    assert getattr(stranger, method)(url, body if method == "post" else None).status_code == 404
    assert world.now(record).decision.action == "N"
    assert getattr(client, method)(url).status_code != 404


@pytest.mark.parametrize("path", PATHS)
def test_a_person_who_is_not_signed_in_must_sign_in(world, path):
    record = world.saves()
    response = Client().get(at(world, path.format(pk=record.pk, **places(world, path))))
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_a_record_of_another_recipient_is_not_found(world):
    other = world.taxpayer("07", 4001, "Somebody else")
    record = world.saves(recipient=other.gstin, place_of_supply="07")
    client = client_for(world)
    assert client.get(at(world, f"ims/records/{record.pk}/")).status_code == 404
    assert act(client, world, record, "A", was="1.1").status_code == 404
    assert client.get(at(world, f"ims/records/{2**70}/")).status_code == 404
    assert world.now(record).decision.action == "N"


def test_another_recipients_record_in_a_selection_is_answered_like_an_unknown_record(world):
    other = world.taxpayer("07", 4001, "Somebody else")
    record = world.saves(recipient=other.gstin, place_of_supply="07")
    client = client_for(world)
    sent = {
        "step": "run", "action": "A", "scope": "ticked", "pick": [f"{record.pk}.1.1"], "expected": "0.0.0",
        "next": at(world, "ims/inward/all/"), "as_of": "2024-10-28T10:00:00+05:30",
    }  # fmt: skip
    preview = client.post(at(world, "ims/batches/"), sent)["Location"]
    page = client.post(f"{preview}run/", follow=True).content.decode()
    assert "is not in your IMS" in page
    assert record.number not in page
    assert world.now(record).decision.action == "N"


def test_a_viewer_can_look_but_cannot_act(world):
    record = world.saves()
    viewer = client_for(world, Role.VIEWER)
    page = viewer.get(at(world, "ims/inward/all/")).content.decode()
    assert record.number in page
    assert "name=act" not in page
    assert "can see records but cannot act on them" in page
    assert 'name="action"' not in viewer.get(at(world, f"ims/records/{record.pk}/")).content.decode()
    assert act(viewer, world, record, "A").status_code == 403
    assert viewer.post(at(world, "ims/batches/"), {"step": "save", f"row{record.pk}": "A"}).status_code == 403
    assert world.now(record).decision.action == "N"
    assert not JournalEntry.objects.filter(event="accepted").exists()


def test_an_action_needs_the_csrf_token_of_the_page(world):
    record = world.saves()
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.person("asha", Role.PREPARER))
    response = client.post(
        at(world, f"ims/records/{record.pk}/action/"), {"action": "A", "seen": seen_version(world, record)}
    )
    assert response.status_code == 403
    assert world.now(record).decision.action == "N"


@pytest.mark.parametrize("path", ["ims/records/{pk}/action/", "ims/batches/"])
def test_a_get_request_never_acts(world, path):
    record = world.saves()
    assert (
        client_for(world).get(at(world, path.format(pk=record.pk, **places(world, path)))).status_code == 405
    )


def test_the_chooser_shows_only_a_persons_own_gstins(world):
    client = client_for(world)
    page = client.get("/t/").content.decode()
    assert world.recipient.gstin in page
    assert "Preparer" in page
    assert world.supplier.gstin not in page
    assert world.recipient.gstin in client.get("/t/?q=sahyadri").content.decode()
    assert world.recipient.gstin not in client.get("/t/?q=konkan").content.decode()


def test_the_front_page_is_open_to_everyone_and_leads_a_signed_in_person_on(world):
    assert Client().get("/").status_code == 200
    assert client_for(world).get("/")["Location"] == "/t/"


@pytest.mark.parametrize("page", ["/help/", "/help/rules/", "/accessibility/"])
def test_help_is_open_to_everyone(db, page):
    assert Client().get(page).status_code == 200


@pytest.mark.parametrize("bad", ["//evil.example/x", "https://evil.example/", "javascript:alert(1)", "x"])
def test_an_action_never_leads_away_from_the_portal(world, bad):
    record = world.saves()
    response = act(client_for(world), world, record, "A", next=bad)
    assert response["Location"] == at(world, "ims/inward/")
