"""Tokens, roles and faulty requests: the API answers a program whose token and roles allow the request, and
refuses every other request."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import pytest

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Invalid
from ims_portal.support.web import turns
from invoices.models import ApiAnswer, ApiToken, Decision, Job, JournalEntry, Record, Role
from invoices.people import tokens
from tests.access import table
from tests.api_client import api_for

pytestmark = pytest.mark.once

ACT = {"action": "accept", "revision": 1, "version": 1}


def api_addresses(gstin: str) -> list[str]:
    return [
        table.path_of(route, gstin, {})
        for route in table.routes()
        if route.startswith("api/v1/") and "gstin" in route
    ]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_i13_a_foreign_gstin_is_404_on_every_address_and_changes_nothing(world, method):
    record = world.saves()
    stranger = api_for(world, at=world.taxpayer("33", 3001), name="stranger")
    paths = api_addresses(world.recipient.gstin)
    assert len(paths) > 20
    absent = stranger.call(method, "/api/v1/taxpayers/29AAACT9999A1Z9/desk/").content
    for path in paths:
        answer = stranger.call(method, path, {} if method != "GET" else None)
        assert answer.status_code in (404, 405), f"{method} {path} says {answer.status_code}"
        if answer.status_code == 404 and path.endswith("/desk/"):
            theirs = json.loads(answer.content)
            assert {k: v for k, v in theirs.items() if k != "instance"} == {
                k: v for k, v in json.loads(absent).items() if k != "instance"
            }
    assert world.now(record).decision.action == "N"
    assert not Job.objects.filter(taxpayer=world.recipient).exists()


def test_another_taxpayers_record_is_not_found(world):
    record = world.saves()
    other = world.taxpayer("33", 3001)
    api = api_for(world, at=other)
    for answer in (api.get(f"records/{record.pk}/"), api.post(f"records/{record.pk}/action/", ACT)):
        assert answer.status_code == 404
    chosen = {"action": "reject", "records": [{"id": record.pk, "revision": 1, "version": 1}]}
    batch = api.post("batches/", chosen).json()
    told = batch["preview"]
    assert (told["allowed"], told["unchanged"], told["refused"]) == (0, 0, [])
    result = api.post(f"batches/{batch['id']}/run/", {}).json()["result"]
    assert (result["changed"], result["refused"][0]["code"]) == (0, "NOT_IN_IMS")
    theirs = api_for(world, name="theirs")
    assert theirs.get(f"batches/{batch['id']}/").status_code == 404
    assert theirs.post(f"batches/{batch['id']}/undo/").status_code == 404
    assert Decision.objects.get(record=record).action == "N"


def test_a_request_without_a_usable_token_gets_no_data(world, client):
    api = api_for(world)
    url = f"/api/v1/taxpayers/{api.gstin}/desk/"
    bare = client.get(url)
    assert (bare.status_code, bare.json()["code"], bare["WWW-Authenticate"]) == (401, "NO_TOKEN", "Bearer")
    client.force_login(api.user)
    # the API accepts no browser session, so another site cannot forge a request through a session
    assert client.get(url).status_code == 401
    assert api.get("desk/").status_code == 200
    token = ApiToken.objects.get(user=api.user)
    assert token.last_used_at is not None
    assert api.secret not in {token.digest, token.beginning, token.name}
    ApiToken.objects.update(expires_at=clock.real_now() - timedelta(seconds=1))
    ended = api.get("desk/")
    assert (ended.status_code, ended.json()["code"]) == (401, "BAD_TOKEN")
    ApiToken.objects.update(expires_at=clock.real_now() + timedelta(days=1))
    tokens.revoke(api.user, token.pk)
    assert api.get("desk/").status_code == 401


def test_a_scope_and_a_role_are_both_needed(world):
    record = world.saves()
    reader = api_for(world, scopes=["read"])
    answer = reader.post(f"records/{record.pk}/action/", ACT)
    assert (answer.status_code, answer.json()["code"]) == (403, "NO_SCOPE")
    viewer = api_for(world, Role.VIEWER, name="viewer")
    answer = viewer.post(f"records/{record.pk}/action/", ACT)
    assert (answer.status_code, answer.json()["code"]) == (403, "NOPERM")
    assert world.now(record).decision.action == "N"


# tests of Idempotency-Key


def test_the_same_key_gives_the_same_answer_and_writes_once(world):
    record = world.saves()
    api = api_for(world)
    path = f"records/{record.pk}/action/"
    first = api.post(path, ACT, **{"Idempotency-Key": "k-1"})
    again = api.post(path, ACT, **{"Idempotency-Key": "k-1"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert json.loads(first.content) == json.loads(again.content)
    assert again["Idempotent-Replayed"] == "true"
    assert JournalEntry.objects.filter(event="accepted").count() == 1
    other = api.post(path, {**ACT, "action": "reject"}, **{"Idempotency-Key": "k-1"})
    assert (other.status_code, other.json()["code"]) == (422, "KEY_REUSED")
    assert world.now(record).decision.action == "A"


def test_an_idempotency_key_belongs_to_one_person(world):
    one, two = world.saves(), world.saves()
    for name, record in (("first", one), ("second", two)):
        api = api_for(world, name=name)
        answer = api.post(f"records/{record.pk}/action/", ACT, **{"Idempotency-Key": "same"})
        assert answer.status_code == 200
    assert ApiAnswer.objects.filter(key="same").count() == 2


def test_a_refused_request_can_be_corrected_under_the_same_key(world):
    record = world.saves()
    api = api_for(world)
    path, key = f"records/{record.pk}/action/", {"Idempotency-Key": "mend"}
    assert api.post(path, {**ACT, "revision": 9}, **key).status_code == 409
    assert api.post(path, ACT, **key).status_code == 200


def test_answers_are_forgotten_after_thirty_days(world):
    record = world.saves()
    api_for(world).post(f"records/{record.pk}/action/", ACT, **{"Idempotency-Key": "old"})
    assert tokens.drop_old_answers() == 0
    ApiAnswer.objects.update(created_at=clock.real_now() - timedelta(days=31))
    assert tokens.drop_old_answers() == 1


def test_the_same_key_at_once_is_409(world):
    from invoices.api.common import once

    record = world.saves()
    api = api_for(world)
    with once._turn(api.user.pk, "busy"):
        answer = api.post(f"records/{record.pk}/action/", ACT, **{"Idempotency-Key": "busy"})
    assert (answer.status_code, answer.json()["code"]) == (409, "KEY_IN_USE")
    assert world.now(record).decision.action == "N"


# tests of bodies


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"action": "accept", "action": "reject", "revision": 1, "version": 1}', "action"),
        (b'{"action": "accept", "revision": NaN, "version": 1}', "line 1"),
        (b'{"action": "accept", "revision": 1.5, "version": 1}', "revision"),
        (b'{"action": "accept", "revision": 1e400, "version": 1}', "revision"),
        (b'{"action": "accept", "revision": "1", "version": 1}', "revision"),
        (b'{"action": "accept", "revision": 1, "version": 1, "remarks": "\\ud800"}', "line 1"),
        (b'{"action": "accept", "revision": 1, "version": 1, "remarks": "a\\u0000b"}', "remarks"),
        (b'{"action": "accept", "revision": 1, "version": 1, "remark": "x"}', "remark"),
        (b'{"action": "accept", "revision": 1', "line 1"),
        (b"\xff\xfe", "line 1"),
        (b"[]", "object"),
        (b"[" * 100_000, "line 1"),
        (b'{"action": "accept", "revision": ' + b"9" * 5000 + b', "version": 1}', "revision"),
    ],
)
def test_a_faulty_body_gets_400_with_the_position_and_changes_nothing(world, body, place):
    record = world.saves()
    answer = api_for(world).post(f"records/{record.pk}/action/", body)
    assert answer.status_code == 400, answer.content
    assert place in json.dumps(answer.json())
    assert world.now(record).decision.action == "N"


def test_pairs_of_surrogates_and_escaped_backslashes_are_text(world):
    record = world.saves()
    body = b'{"action": "reject", "revision": 1, "version": 1, "remarks": "\\ud83d\\ude00 \\\\ud800"}'
    answer = api_for(world).post(f"records/{record.pk}/action/", body)
    assert answer.status_code == 200, answer.content
    assert world.now(record).decision.remarks == "\U0001f600 \\ud800"


def test_a_body_over_10_mb_is_413_before_it_is_read(world):
    record = world.saves()
    answer = api_for(world).post(f"records/{record.pk}/action/", b"[" * (10 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "IMP-SIZE")


def test_a_body_that_is_no_json_gets_415(world):
    record = world.saves()
    api = api_for(world)
    answer = api.client.post(
        f"/api/v1/taxpayers/{api.gstin}/records/{record.pk}/action/",
        ACT,
        headers={"Authorization": f"Bearer {api.secret}"},
    )
    assert (answer.status_code, answer["Content-Type"]) == (415, "application/problem+json")


def test_an_unknown_address_answers_in_the_apis_own_form(world):
    answer = api_for(world).get("/api/v1/nowhere/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


# tests of the page of tokens


def test_a_token_is_made_and_revoked_on_the_persons_page(world, client):
    user = world.person("asha", Role.PREPARER)
    client.force_login(user)
    asked = {"name": "ERP", "scopes": ["read", "act"], "days": "30", "password": "wrong"}
    refused = client.post("/me/tokens/", asked)
    assert refused.status_code == 422
    assert not ApiToken.objects.exists()
    made = client.post("/me/tokens/", {**asked, "password": "practice"})
    secret = made.context["secret"]
    assert secret in made.content.decode()
    assert secret not in client.get("/me/tokens/").content.decode()
    url = "/api/v1/taxpayers/"
    assert client.get(url, headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    token = ApiToken.objects.get()
    mallory = world.person("mallory", Role.PREPARER)
    client.force_login(mallory)
    client.post(f"/me/tokens/{token.pk}/revoke/")
    assert tokens.find(secret) is not None  # another person cannot revoke the token
    client.force_login(user)
    client.post(f"/me/tokens/{token.pk}/revoke/")
    assert client.get(url, headers={"Authorization": f"Bearer {secret}"}).status_code == 401


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": " "}, "BAD_NAME"),
        ({"name": "x" * 61}, "BAD_NAME"),
        ({"scopes": []}, "BAD_SCOPE"),
        ({"scopes": ["read", "everything"]}, "BAD_SCOPE"),
        ({"days": 36500}, "BAD_EXPIRY"),
    ],
)
def test_a_token_without_a_name_a_purpose_or_an_end_is_not_made(world, given, code):
    asked = {"name": "ERP", "scopes": ["read"], "days": 30} | given
    with pytest.raises(Invalid) as refused:
        tokens.make(world.person("asha", Role.PREPARER), **asked)
    assert refused.value.code == code
    assert not ApiToken.objects.exists()


def test_the_number_of_tokens_of_a_person_is_limited(world):
    user = world.person("asha", Role.PREPARER)
    made = [tokens.make(user, f"ERP {n}", ["read"], 30)[0] for n in range(tokens.MOST_TOKENS)]
    with pytest.raises(Invalid) as refused:
        tokens.make(user, "one more", ["read"], 30)
    assert refused.value.code == "TOO_MANY"
    tokens.revoke(user, made[0].pk)
    assert tokens.make(user, "one more", ["read"], 30)


def test_the_document_and_its_page_come_from_this_server(client, db):
    document = client.get("/api/v1/openapi.json")
    assert document.status_code == 200
    assert "/api/v1/taxpayers/{gstin}/records/" in document.json()["paths"]
    page = client.get("/api/v1/docs/")
    text = page.content.decode()
    assert "//" not in text.replace("<!doctype", "").replace("</", "").replace("http://testserver", "")
    assert "<style" not in text
    assert "script-src 'self'" in page["Content-Security-Policy"]


def test_the_api_gives_records_as_they_are_stored(world):
    assert not Record.objects.exists()
    assert api_for(world).get("records/").json() == {"items": [], "next": None}


@pytest.fixture
def _no_turn_is_taken(monkeypatch):
    """Start the test with no turn taken. A turn is the right of one request to use a thread. An earlier test
    in this process still holds a turn if it did not read a streamed answer to its end."""
    monkeypatch.setattr(turns, "_working", Counter())


@pytest.mark.usefixtures("_no_turn_is_taken")
def test_one_token_cannot_take_every_thread(world, monkeypatch):
    """A program that sends many requests at the same time must not occupy every thread of the process."""
    mine, other = api_for(world, name="many"), api_for(world, name="other")
    token = ApiToken.objects.get(user=mine.user)
    taken = [turns.take(("token", token.pk)) for _ in range(turns.MOST_AT_ONCE)]
    assert all(taken)
    refused = mine.get("records/")
    assert (refused.status_code, refused.json()["code"], refused["Retry-After"]) == (429, "SLOW_DOWN", "1")
    assert other.get("records/").status_code == 200
    for one in taken:
        one.give_back()
        one.give_back()
    for _ in range(turns.MOST_AT_ONCE + 1):
        assert mine.get("records/").status_code == 200
    mine.post("records/actions/", b"{")
    assert not turns._working, "a turn is given back, also after a refusal"


@pytest.mark.usefixtures("_no_turn_is_taken")
def test_a_streamed_answer_keeps_its_turn_until_it_is_sent(world):
    api = api_for(world, name="export")
    answer = api.get("journal/export/")
    assert answer.streaming
    assert turns._working
    b"".join(answer.streaming_content)
    assert not turns._working, "the last piece is sent"
    api.get("journal/export/").close()
    assert not turns._working, "nobody read the answer"
