"""Every faulty request gets the documented code and changes nothing."""

from __future__ import annotations

import json
import os
from datetime import timedelta

import pytest

from ims_portal.kernel import clock
from invoices import jobs
from invoices.models import Job, Role
from returns.gstn import clients, codes, downloads, sessions, views  # noqa: F401  the views name the calls
from returns.gstn.calls.call import CALLS
from returns.gstn.envelope import crypto
from returns.gstn.models import Client, Session
from tests.returns.gstn.calls import IMS, PARAMS, encrypted, put, save, sealed
from tests.returns.gstn.july_2026 import BHARAT, RECIPIENT
from tests.returns.gstn.plain import Plain, code
from tests.world import gstin

pytestmark = pytest.mark.once

# tests of the envelope


def test_a_broken_envelope_gets_its_code(july, client, unchanged):
    headers, key = encrypted(client)
    good = sealed(key, json.dumps(save()))
    assert code(put(client, headers, good | {"hmac": "AAAA"})) == codes.OURS["HMAC"]
    assert code(put(client, headers, good | {"data": good["data"][:-8] + "AAAAAAA="})) == codes.OURS["HMAC"]
    assert code(put(client, headers, good | {"data": "no base64!"})) == codes.OURS["HMAC"]
    assert code(put(client, headers, sealed(crypto.new_key(), "{}"))) == codes.OURS["HMAC"]
    assert code(put(client, headers, {"action": "SAVE", "data": good["data"]})) == codes.OURS["HMAC"]
    assert code(put(client, headers, good | {"data": ["list"]})) == codes.OURS["ENVELOPE"]
    assert code(put(client, headers, sealed(key, '{"rtin": 1, "rtin": 2}'))) == codes.OURS["JSON"]
    assert code(put(client, headers, sealed(key, "not json"))) == codes.OURS["JSON"]
    # a body without encryption gets a response without encryption, even in an encrypted session
    assert (
        code(put(client, headers, {"action": "SAVE", "data": save(rtin=gstin("29", 1))}))
        == codes.UNAUTHORIZED
    )


def test_plain_mode_can_be_switched_off(july, client, plain, settings, unchanged):
    settings.GSTN_PLAIN = False
    assert code(plain.puts(IMS, action="SAVE", data=save())) == codes.OURS["PLAIN_OFF"]
    answer = plain.posts("authenticate", action="AUTHTOKEN", username="demo_buyer", otp="575757")
    assert code(answer) == codes.MISSING


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{", "IMSSAV953"),
        ("[]", "IMSSAV953"),
        ('{"action": "SAVE", "action": "SAVE"}', "IMSSAV953"),
        ('{"action": "SAVE", "data": {"rtin": "a", "rtin": "b"}}', "IMSSAV953"),
        ('{"action": "SAVE"}', "GEN5001"),
        ('{"action": "NOSUCH", "data": {}}', "IMSSAV952"),
        ('{"data": {}}', "IMSSAV952"),
        ('{"action": "SAVE", "data": {}}', "IMSSAV005"),
        ('{"action": "SAVE", "data": {"rtin": "x", "reqtyp": "RESET", "invdata": {}}}', "IMSSAV005"),
        ('{"action": "SAVE", "data": {"rtin": "x", "reqtyp": "SAVE", "invdata": {"b2x": []}}}', "IMSSAV005"),
        ('{"action": "SAVE", "data": {"rtin": "x", "reqtyp": "SAVE", "invdata": {"b2b": []}}}', "IMSSAV005"),
        ('{"action": "GETCNT", "data": {}}', "IMSSAV960"),
    ],
)
def test_a_faulty_body_gets_its_code(plain, unchanged, body, expected):
    assert code(plain.sends("put", IMS, body)) == expected


@pytest.mark.parametrize(
    ("path", "expected", "named"),
    [
        ("/taxpayerapi/v1.0/returns/gstr9?action=RETSUM", "IMSSAV967", "returns/gstr2b"),
        ("/taxpayerapi/v1.0/returns/gstr9", "IMSSAV967", "authenticate"),
        ("/taxpayerapi/v1.0/returns/ims/GETINV/more", "IMSSAV967", "returns/ims"),
        ("/taxpayerapi/v1.0/", "IMSSAV967", "returns/ims"),
        ("/taxpayerapi/v1.0", "IMSSAV967", "returns/ims"),
        ("/taxpayerapi", "IMSSAV967", "returns/ims"),
        ("/taxpayerapi/ver1/returns/ims", "IMSSAV967", "returns/ims"),
        ("/commonapi/v1.0/nothing", "IMSSAV967", "returns"),
        ("/standard/gstn", "IMSSAV967", "returns/ims"),
        ("/standard/gstn/a%0Ab", "IMSSAV967", "returns/ims"),
        ("/taxpayerapi/v1.0/returns/ims?action=GETALL", "IMSSAV952", "GETCNT"),
        ("/taxpayerapi/v1.0/returns/ims/getall", "IMSSAV952", "GETCNT"),
        ("/taxpayerapi/v1.0/returns/gstr1?action=RETSTATUS", "IMSSAV952", "an action of returns."),
        ("/taxpayerapi/v1.0/returns/ims/GETINV?action=GETCNT", "IMSSAV952", "different actions"),
        ("/taxpayerapi/v1.0/authenticate?action=LOGIN", "IMSSAV952", "AUTHTOKEN"),
        ("/taxpayerapi/v1.0/returns?action=SAVEPREF", "IMSSAV968", "Staff set"),
        ("/commonapi/v1.1/search?action=TP&gstin=x", "IMSSAV968", "no register of taxpayers"),
    ],
)
def test_an_unknown_call_is_told_as_that_even_without_a_session(client, db, path, expected, named):
    for method in ("get", "put", "post"):
        response = getattr(client, method)(path)
        assert response["Content-Type"] == "application/json"
        told = response.json()
        assert code(told) == expected
        assert named in told["error"]["message"]


def test_an_unknown_action_is_told_before_a_dead_session(plain, unchanged):
    plain.headers["auth-token"] = "0" * 32
    assert code(plain.gets(IMS, action="GETALL", gstin=RECIPIENT)) == "IMSSAV952"
    for action, expected in (("SAVEALL", "IMSSAV952"), ("", "IMSSAV952"), ("SAVE", codes.NO_SESSION)):
        assert code(plain.puts(IMS, action=action, data=save())) == expected


def test_calls_with_any_version_or_none_reach_the_same_resource(plain, july):
    asked = {"action": "RETTRACK", "gstin": RECIPIENT, "fy": "2026-27"}
    for prefix, good in (
        ("/taxpayerapi/v12.34/", "1"),
        ("/taxpayerapi/v4/", "1"),
        ("/taxpayerapi/", "1"),
        ("/commonapi/v1.0/", "1"),
        ("/commonapi/", 1),
        ("/standard/gstn/", 1),
    ):
        plain.prefix = prefix
        assert plain.gets("returns", **asked)["status_cd"] == good, prefix


def test_a_request_too_large_is_refused_before_it_is_read(plain, settings, unchanged):
    settings.GSTN_MOST_BYTES = 1024
    answer = plain.puts(IMS, action="SAVE", data=save())
    assert (plain.status, code(answer)) == (413, "IMSSAV957")


# tests of credentials


def test_wrong_credentials_sessions_and_otps_get_gstns_codes(july, client, plain, unchanged):
    asked = {"action": "GETCNT", "gstin": RECIPIENT}
    for headers, expected in (
        ({"client-secret": "0" * 32}, codes.NOT_ADMITTED),
        ({"clientid": "0" * 32}, codes.NOT_ADMITTED),
        ({"auth-token": "0" * 32}, codes.NO_SESSION),
        ({"username": "demo_supplier"}, codes.NO_SESSION),
        ({"auth-token": ""}, codes.NO_SESSION),
    ):
        other = Plain(client, "demo_buyer")
        other.headers = plain.headers | headers
        assert code(other.gets(IMS, **asked)) == expected, headers
    stolen = Plain(client, "demo_buyer")
    stolen.headers = plain.headers | stolen.headers
    assert code(stolen.gets(IMS, **asked)) == codes.NO_SESSION
    signing = {"action": "AUTHTOKEN", "username": "demo_buyer"}
    assert code(plain.posts("authenticate", **signing, otp="000000")) == codes.WRONG_OTP
    assert code(plain.posts("authenticate", **signing, otp="575757", app_key="AAAA")) == codes.WRONG_KEY
    for username in ("demo_supplier", "nobody"):
        answer = plain.posts("authenticate", action="OTPREQUEST", username=username)
        assert code(answer) == codes.NOT_ADMITTED


def test_five_wrong_otps_lock_sign_in_for_a_while(july, client):
    plain = Plain(client, "demo_buyer")
    for _ in range(5):
        plain.posts("authenticate", action="AUTHTOKEN", username="demo_buyer", otp="111111")
    right = {"action": "AUTHTOKEN", "username": "demo_buyer", "otp": "575757"}
    assert code(plain.posts("authenticate", **right)) == codes.WRONG_OTP
    Client.objects.update(locked_until=clock.real_now() - timedelta(seconds=1))
    assert plain.posts("authenticate", **right)["status_cd"] == "1"


def test_sessions_expire_can_be_ended_and_are_stored_as_digests(plain, july):
    token = plain.headers["auth-token"]
    assert not Session.objects.filter(token_digest=token).exists()
    Session.objects.update(expires_at=clock.real_now())
    assert code(plain.gets(IMS, action="GETCNT", gstin=RECIPIENT)) == codes.EXPIRED
    plain.signs_in()
    plain.posts(
        "authenticate", action="LOGOUT", username="demo_buyer", auth_token=plain.headers["auth-token"]
    )
    assert code(plain.gets(IMS, action="GETCNT", gstin=RECIPIENT)) == codes.NO_SESSION
    plain.signs_in()
    july.buyer.memberships.all().delete()
    assert code(plain.gets(IMS, action="GETCNT", gstin=RECIPIENT)) == codes.UNAUTHORIZED
    clients.revoke(plain.made.client.client_id)
    assert code(plain.gets(IMS, action="GETCNT", gstin=RECIPIENT)) == codes.NOT_ADMITTED


def test_a_token_is_renewed_once_and_a_session_ended_meanwhile_stays_ended(plain):
    """A client that renews its token twice at the same time, or signs out during a renewal, has at most one
    session."""
    client = plain.made.client
    first, key = sessions.find(client, "demo_buyer", plain.headers["auth-token"])
    second, _ = sessions.find(client, "demo_buyer", plain.headers["auth-token"])
    token = sessions.refresh(first, key, {})["auth_token"]
    with pytest.raises(codes.GstnError, match="Sign in again"):
        sessions.refresh(second, key, {})
    sessions.sign_out(sessions.find(client, "demo_buyer", token)[0])
    with pytest.raises(codes.GstnError, match="Sign in again"):
        sessions.refresh(first, key, {})
    assert not Session.objects.exists()


ZERO = "a\x00b"


@pytest.mark.parametrize(
    "asked",
    [
        {"action": "FILEDET", "token": ZERO},
        {"action": "REQSTS", "int_tran_id": ZERO},
        {"action": "GETINV", "section": "B2B", "gstin": ZERO},
    ],
    ids=lambda asked: asked["action"],
)
def test_a_character_that_no_database_stores_is_refused_in_the_address(plain, unchanged, asked):
    assert code(plain.gets(IMS, **{"gstin": RECIPIENT, **asked})) == codes.OURS["PARAMETER"]


def test_a_character_that_no_database_stores_is_refused_in_the_body(plain, unchanged):
    assert code(plain.posts("authenticate", action="AUTHTOKEN", username=ZERO, otp="575757")) == codes.MISSING
    assert code(plain.puts(IMS, action="SAVE", data=save(rtin=ZERO))) == codes.SCHEMA


@pytest.mark.parametrize("plain_form", [True, False])
def test_a_call_that_reads_answers_head_as_get(july, client, settings, plain_form):
    headers, _key = encrypted(client)
    settings.GSTN_PLAIN = plain_form
    asked = {"action": "GETCNT", "gstin": RECIPIENT}
    lengths = [
        ask("/taxpayerapi/v1.0/returns/ims", asked, headers=headers)["Content-Length"]
        for ask in (client.get, client.head)
    ]
    assert lengths[0] == lengths[1]


def test_a_large_answer_is_written_once_and_leftovers_of_a_stopped_run_are_removed(july, settings, tmp_path):
    settings.MEDIA_ROOT, settings.GSTN_RECORDS_PER_ANSWER = tmp_path, 1
    asked = {"call": "GETINV", "section": "b2b", "status": ""}
    token = downloads.ask(july.recipient, asked, july.buyer)["token"]
    assert downloads.ask(july.recipient, asked, july.buyer)["token"] == token
    assert Job.objects.filter(kind=downloads.JOB).count() == 1
    folder = downloads.path_of("")
    folder.mkdir()
    for name, age in (("left", downloads.KEPT_FOR + timedelta(minutes=1)), ("new", timedelta(hours=1))):
        (folder / name).write_bytes(b"")
        when = (clock.real_now() - age).timestamp()
        os.utime(folder / name, (when, when))
    jobs.run(Job.objects.get(kind=downloads.JOB).pk)
    listed = downloads.find(july.recipient, token).files
    assert {path.name for path in folder.iterdir()} == {"new", *(file["name"] for file in listed)}
    # the prepared file may be out of date, so a repeated request starts a new file
    assert downloads.ask(july.recipient, asked, july.buyer)["token"] != token


@pytest.mark.parametrize(
    ("resource", "action"), sorted(key for key in CALLS if not key[0].startswith("sandbox"))
)
def test_every_call_answers_a_foreign_gstin_like_an_unknown_gstin(plain, unchanged, resource, action):
    """Another taxpayer's GSTIN and an unknown GSTIN get the same answer from every call."""
    method = CALLS[(resource, action)][0]
    answers = []
    for foreign in (BHARAT, gstin("33", 4711)):
        if method == "GET":
            answers.append(plain.gets(resource, action=action, gstin=foreign, **PARAMS))
            continue
        data = save() | {"gstin": foreign, "rtin": foreign, "fp": "072026", "itcprd": "072026"}
        data |= {"ret_period": "072026", "reqtyp": "RESET" if action == "RESETIMS" else "SAVE"}
        answers.append(plain.puts(resource, action=action, data=data, st="EVC", sid="x|575757"))
    assert answers[0] == answers[1]
    assert code(answers[0]) == (codes.UNAUTHORIZED_2B if "gstr2b" in resource else codes.UNAUTHORIZED)


@pytest.mark.parametrize(("resource", "action"), sorted(CALLS))
def test_every_call_is_closed_to_strangers(july, client, unchanged, resource, action):
    for prefix in ("/taxpayerapi/v4.1/", "/standard/gstn/"):
        for path in (f"{resource}?action={action}", f"{resource}/{action}"):
            for method in ("get", "put", "post"):
                response = getattr(client, method)(prefix + path)
                assert code(response.json()) == codes.NOT_ADMITTED


def test_a_viewer_can_read_and_cannot_act(july, client, unchanged):
    july.person("looker", Role.VIEWER)
    plain = Plain(client, "looker").signs_in()
    assert plain.gets(IMS, action="GETCNT", gstin=RECIPIENT)["status_cd"] == "1"
    assert code(plain.puts(IMS, action="SAVE", data=save())) == codes.OURS["NOPERM"]
    data = {"rtin": RECIPIENT, "itcprd": "072026"}
    assert code(plain.puts("returns/gstr2b", action="GEN2B", data=data)) == codes.OURS["NOPERM"]
