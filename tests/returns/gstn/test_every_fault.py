"""Every call of GSTN's interface answers every faulty request with the documented code, and changes
nothing."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from ims_portal.kernel import clock
from invoices.models import Decision, Job, JournalEntry, Record
from returns.gstn import codes, views  # noqa: F401  the views name the calls
from returns.gstn.calls.call import CALLS
from returns.gstn.envelope import crypto  # noqa: F401  the views name the calls
from returns.gstn.models import Client, Request, Session
from tests.returns.gstn.calls import PARAMS, encrypted, sealed
from tests.returns.gstn.july_2026 import BHARAT
from tests.returns.gstn.plain import Plain
from tests.returns.gstn.shapes import sample

pytestmark = pytest.mark.once

PREFIX = "/taxpayerapi/v1.0/"
READS = sorted(key for key, (method, _h) in CALLS.items() if method == "GET")
WRITES = sorted(key for key, (method, _h) in CALLS.items() if method != "GET")
OURS = codes.OURS
# For each fault: its name, the faulty header, and the error code that docs/gstn-api.md promises.
HEADERS = {
    "another's secret": ({"client-secret": "0" * 32}, codes.NOT_ADMITTED),
    "another's client id": ({"clientid": "0" * 32}, codes.NOT_ADMITTED),
    "no secret": ({"client-secret": ""}, codes.NOT_ADMITTED),
    "a token nobody was given": ({"auth-token": "0" * 32}, codes.NO_SESSION),
    "no token": ({"auth-token": ""}, codes.NO_SESSION),
    "another's user name": ({"username": "demo_supplier"}, codes.NO_SESSION),
}
# For each fault: its name, the faulty body, and the promised error code. The call SETCLOCK answers
# NOT_OPERATOR instead of MISSING, because the portal first checks whether the client may move the clock.
BODIES = {
    "no JSON": ("{", OURS["JSON"]),
    "a list": ("[]", OURS["JSON"]),
    "NaN": ('{"action": "%s", "data": {"x": NaN}}', OURS["JSON"]),
    "a key twice": ('{"action": "%s", "action": "%s"}', OURS["JSON"]),
    "a key twice inside": ('{"action": "%s", "data": {"rtin": "a", "rtin": "b"}}', OURS["JSON"]),
    "half a character": ('{"action": "%s", "data": {"x": "\\ud800"}}', OURS["JSON"]),
    "no data": ('{"action": "%s"}', codes.MISSING),
    "data that is a list": ('{"action": "%s", "data": []}', OURS["ENVELOPE"]),
    "data that is a number": ('{"action": "%s", "data": 5}', OURS["ENVELOPE"]),
    "sealed data in a plain session": ('{"action": "%s", "data": "AAAA", "hmac": "AAAA"}', OURS["ENVELOPE"]),
    "two actions": ('{"action": "NOSUCH", "data": {}}', OURS["ACTION_UNKNOWN"]),
}


def everything() -> list:
    return [
        JournalEntry.objects.count(),
        Request.objects.count(),
        Job.objects.count(),
        list(Record.objects.order_by("pk").values_list("pk", "revision")),
        list(Decision.objects.order_by("pk").values_list("pk", "version", "action")),
    ]


@pytest.fixture
def plain(july, client):
    return Plain(client, "demo_buyer").signs_in()


@pytest.fixture(autouse=True)
def _nothing_changes(july, plain):
    before = everything()
    yield
    assert everything() == before


def status_and_code(http, headers, resource: str, action: str, method: str = "", body: str = ""):
    """Make one call that is right except for the given faults. Return the HTTP status and the error code."""
    method = method or ("get" if CALLS[(resource, action)][0] == "GET" else "put")
    address = f"{PREFIX}{resource}/{action}"
    if method == "get":
        answer = http.get(address, {**PARAMS, "gstin": BHARAT}, headers=headers)
    else:
        answer = getattr(http, method)(address, body, content_type="application/json", headers=headers)
    told = answer.json()
    assert told["status_cd"] == "0", (resource, action, told)
    assert "data" not in told
    return answer.status_code, told["error"]["error_cd"]


def without_session(action: str, told: str) -> str:
    """Return the code for a call without a live session: GETPREF has a code of its own."""
    ended = told in (codes.NO_SESSION, codes.EXPIRED)
    return codes.NO_SESSION_FOR_PREFERENCES if action == "GETPREF" and ended else told


def departures(cases) -> list:
    return [(name, got) for name, got, expected in cases if got != expected]


def test_every_call_refuses_wrong_credentials(plain, client):
    cases = [
        (
            f"{fault}: {action}",
            status_and_code(client, plain.headers | change, resource, action, body="{}"),
            (200, without_session(action, told)),
        )
        for resource, action in [*READS, *WRITES]
        for fault, (change, told) in HEADERS.items()
    ]
    assert len(cases) == len(CALLS) * len(HEADERS)
    assert departures(cases) == []


def test_every_call_refuses_an_expired_session_and_a_blocked_client(plain, client):
    Session.objects.update(expires_at=clock.real_now() - timedelta(seconds=1))
    ended = [
        (
            action,
            status_and_code(client, plain.headers, resource, action, body="{}"),
            (200, without_session(action, codes.EXPIRED)),
        )
        for resource, action in CALLS
    ]
    Client.objects.update(revoked_at=clock.real_now())
    shut = [
        (
            action,
            status_and_code(client, plain.headers, resource, action, body="{}"),
            (200, codes.NOT_ADMITTED),
        )
        for resource, action in CALLS
    ]
    assert departures([*ended, *shut]) == []


def test_every_call_refuses_the_wrong_method(plain, client):
    body = '{"action": "%s", "data": {}}'
    cases = [
        (
            action,
            status_and_code(client, plain.headers, resource, action, "put", body % action),
            (200, OURS["METHOD"]),
        )
        for resource, action in READS
    ] + [
        (action, status_and_code(client, plain.headers, resource, action, "get"), (200, OURS["METHOD"]))
        for resource, action in WRITES
    ]
    assert departures(cases) == []


def test_every_call_that_writes_refuses_a_faulty_body(plain, client):
    cases = [
        (
            f"{fault}: {resource} {action}",
            status_and_code(client, plain.headers, resource, action, body=body.replace("%s", action)),
            (200, OURS["NOT_OPERATOR"] if told == codes.MISSING and action == "SETCLOCK" else told),
        )
        for resource, action in WRITES
        for fault, (body, told) in BODIES.items()
    ]
    assert departures(cases) == []


def test_every_call_that_writes_refuses_a_too_large_body(plain, client, settings):
    settings.GSTN_MOST_BYTES = 200
    body = json.dumps({"action": "SAVE", "data": {"rtin": "x" * 200}})
    cases = [
        (
            action,
            status_and_code(client, plain.headers, resource, action, body=body),
            (413, OURS["TOO_LARGE"]),
        )
        for resource, action in WRITES
    ]
    assert departures(cases) == []


def test_every_call_that_writes_refuses_plain_bodies_if_plain_mode_is_off(plain, client, settings):
    settings.GSTN_PLAIN = False
    cases = [
        (
            action,
            status_and_code(
                client, plain.headers, resource, action, body=json.dumps({"action": action, "data": {}})
            ),
            (200, OURS["PLAIN_OFF"]),
        )
        for resource, action in WRITES
    ]
    assert departures(cases) == []


def test_every_call_that_writes_refuses_a_broken_seal(july, client):
    headers, key = encrypted(client)
    good = sealed(key, json.dumps(sample("ims_save_request")))
    broken = {
        "another's signature": (good | {"hmac": "AAAA"}, OURS["HMAC"]),
        "no signature": ({"data": good["data"]}, OURS["HMAC"]),
        "a signature that is no text": (good | {"hmac": 5}, OURS["HMAC"]),
        "another's key": (sealed(crypto.new_key(), "{}"), OURS["HMAC"]),
        "a changed cipher text": (good | {"data": good["data"][:-8] + "AAAAAAA="}, OURS["HMAC"]),
        "no base64": (good | {"data": "no base64!"}, OURS["HMAC"]),
        "nothing": (good | {"data": ""}, OURS["HMAC"]),
        "a key twice under the seal": (sealed(key, '{"rtin": 1, "rtin": 2}'), OURS["JSON"]),
        "no JSON under the seal": (sealed(key, "not json"), OURS["JSON"]),
        "no object under the seal": (sealed(key, "[1]"), codes.MISSING),
    }
    cases = [
        (
            f"{fault}: {resource} {action}",
            status_and_code(client, headers, resource, action, body=json.dumps(body | {"action": action})),
            (200, OURS["NOT_OPERATOR"] if told == codes.MISSING and action == "SETCLOCK" else told),
        )
        for resource, action in WRITES
        for fault, (body, told) in broken.items()
    ]
    assert departures(cases) == []


def test_every_call_that_reads_refuses_a_missing_parameter(plain, client):
    """Each call is made without a GSTIN. The call is refused with the code of a missing parameter."""
    cases = []
    for resource, action in READS:
        if resource.startswith("sandbox"):
            continue
        answer = client.get(f"{PREFIX}{resource}/{action}", headers=plain.headers).json()
        cases.append((f"{resource} {action}", answer["error"]["error_cd"], codes.MISSING))
    assert departures(cases) == []


def test_the_codes_of_this_table_are_documented():
    from pathlib import Path

    told = (Path(__file__).parents[3] / "docs" / "gstn-api.md").read_text()
    promised = {code for _change, code in HEADERS.values()} | {code for _body, code in BODIES.values()}
    assert {code for code in promised | {codes.EXPIRED, *OURS.values()} if code not in told} == set()
