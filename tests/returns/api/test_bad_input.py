"""Every operation of the REST API answers every faulty request as documented, and changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from ims_portal.kernel import clock
from ims_portal.support.web.body_limits import SMALL
from invoices.models import ApiToken, Guesses
from invoices.people.tokens import Scope
from tests.access.test_access_table import fingerprint
from tests.api_client import api_document, api_for

pytestmark = pytest.mark.once

METHODS = ("get", "post", "put", "patch", "delete")
# The tests of faulty bodies leave these operations out. Their bodies are files, and other tests check the
# readers of files.
FILES = {"forms_upload", "imports_check", "other_portal_compare"}
# The tests leave out this operation too, because it reports a missing document before it reads the body.
LOOKED_UP_FIRST = {"documents_edit"}
PLACES = {"period": "102024", "form": "gstr1", "ledger": "reclaim"}


def operations(gstin: str) -> list[tuple[str, str, str, bool]]:
    """Return the operations of the API. Each item has the operation's name, its HTTP method, its address at
    this GSTIN, and True if the operation has a body."""
    found = []
    for path, methods in api_document()["paths"].items():
        for method in METHODS:
            if method not in methods:
                continue
            told = methods[method]
            address = path.replace("{gstin}", gstin)
            for parameter in told.get("parameters", []):
                if parameter["in"] == "path":
                    name = parameter["name"]
                    address = address.replace(f"{{{name}}}", PLACES.get(name, "1"))
            found.append((told["operationId"], method.upper(), address, "requestBody" in told))
    return sorted(found)


@pytest.fixture
def api(world):
    """The sender is of staff as well, so that no operation refuses the sender before it reads the body."""
    world.saves()
    sender = api_for(world)
    sender.user.is_staff = True
    sender.user.save()
    return sender


@pytest.fixture
def every(api, world):
    found = operations(world.recipient.gstin)
    assert len(found) > 60
    return found


@pytest.fixture(autouse=True)
def _nothing_changes(api, every):
    before = fingerprint()
    yield
    assert fingerprint() == before


def departures(cases: list[tuple[str, Any, int, str]]) -> list[str]:
    """Return a line for each case with a wrong response. A case is (name, response, expected status, expected
    code). A response is also wrong if it is no problem document (RFC 9457)."""
    wrong = []
    for name, answer, status, code in cases:
        said = answer.json() if answer.headers["Content-Type"].startswith("application/problem+json") else {}
        if (answer.status_code, said.get("code")) != (status, code) or not said.get("detail"):
            wrong.append(f"{name}: {answer.status_code} {said.get('code')}, not {status} {code}")
    return wrong


def test_a_missing_wrong_or_expired_token_is_refused(api, every):
    cases = []
    for name, method, address, _body in every:
        bare = Client().generic(method, address, b"{}", content_type="application/json")
        cases.append((f"no token: {name}", bare, 401, "NO_TOKEN"))
        wrong = Client().generic(
            method, address, b"{}", content_type="application/json", headers={"Authorization": "Bearer ims_x"}
        )
        cases.append((f"wrong token: {name}", wrong, 401, "BAD_TOKEN"))
    assert departures(cases) == []


def test_a_token_without_the_scope_is_refused(world, every):
    none = api_for(world, scopes=[Scope.CLOCK.value], name="narrow")
    cases = [
        (name, none.call(method, address, {} if method != "GET" else None), 403, "NO_SCOPE")
        for name, method, address, _body in every
        if not name.startswith("clock")
    ]
    ApiToken.objects.filter(user__username="narrow").delete()
    none.user.memberships.all().delete()
    none.user.delete()
    assert departures(cases) == []


def test_another_taxpayers_gstin_is_not_found(world, api, every):
    """Another taxpayer's GSTIN and an unknown GSTIN get the same answer: not found."""
    cases = []
    for gstin in (world.supplier.gstin, "29AAACT9999A1Z9"):
        for name, method, address, _body in operations(gstin):
            if gstin in address:
                answer = api.call(method, address, {} if method != "GET" else None)
                cases.append((f"{gstin} {name}", answer, 404, "NOT_FOUND"))
    assert departures(cases) == []


def test_an_unknown_parameter_is_refused(api, every):
    cases = [
        (name, api.call(method, f"{address}?nosuch=1", {} if method != "GET" else None), 400, "BAD_FILTER")
        for name, method, address, _body in every
    ]
    assert departures(cases) == []


BODIES = {
    "no JSON": b'{"action": ',
    "a key twice": b'{"a": 1, "a": 2}',
    "NaN": b'{"a": NaN}',
    "half a character": b'{"a": "\\ud800"}',
    "bytes that are no text": b"\xff\xfe",
    "a list": b"[]",
    "nested without end": b"[" * 100_000,
}


@pytest.mark.parametrize("fault", BODIES)
def test_a_faulty_body_is_refused(api, every, fault):
    cases = [
        (name, api.call(method, address, BODIES[fault]), 400, "IMP-FORMAT")
        for name, method, address, body in every
        if body and name not in FILES | LOOKED_UP_FIRST
    ]
    assert len(cases) > 10
    assert departures(cases) == []


@pytest.mark.parametrize("fault", ["no JSON", "a key twice", "bytes that are no text"])
def test_a_faulty_file_is_refused(world, api, fault):
    """The sender has the role for the operation, so only the reader of the file can refuse the file."""
    seller = api_for(world, at=world.supplier, name="seller")
    cases = [
        ("imports", api.post("imports/", BODIES[fault]), 400, "IMP-FORMAT"),
        ("other portal", api.post("other-portal/", BODIES[fault]), 400, "IMP-FORMAT"),
        ("upload", seller.post("forms/gstr1/102024/upload/", BODIES[fault]), 400, "IMP-FORMAT"),
    ]
    told = departures(cases)
    ApiToken.objects.filter(user__username="seller").delete()
    seller.user.memberships.all().delete()
    seller.user.delete()
    assert told == []


def test_an_unknown_field_and_a_too_large_body_are_refused(api, every):
    cases = []
    for name, method, address, body in every:
        if not body or name in FILES | LOOKED_UP_FIRST:
            continue
        cases.append((f"field: {name}", api.call(method, address, {"nosuch": 1}), 400, "BAD_FIELD"))
        large = b'{"a": "' + b"x" * SMALL + b'"}'
        cases.append((f"large: {name}", api.call(method, address, large), 413, "IMP-SIZE"))
    assert departures(cases) == []


def test_a_too_long_idempotency_key_is_refused(api, every):
    headers = {"Idempotency-Key": "x" * 81}
    keyed = {
        told["operationId"]
        for methods in api_document()["paths"].values()
        for method in METHODS
        if (told := methods.get(method))
        and any(p["name"] == "Idempotency-Key" for p in told.get("parameters", []))
    }
    assert len(keyed) > 10
    cases = [
        (name, api.call(method, address, {}, **headers), 400, "BAD_KEY")
        for name, method, address, _body in every
        if name in keyed and name not in FILES and not name.startswith(("forms", "documents"))
    ]
    assert departures(cases) == []


def test_a_token_of_a_person_who_left_and_an_expired_token_are_refused(world, api, every):
    ApiToken.objects.update(expires_at=clock.real_now() - timedelta(seconds=1))
    cases = [
        (name, api.call(method, address, {} if method != "GET" else None), 401, "BAD_TOKEN")
        for name, method, address, _body in every
    ]
    ApiToken.objects.update(expires_at=clock.real_now() + timedelta(days=30))
    # Forget the refused tokens. After many refused tokens, the portal answers SLOW_DOWN, which another test
    # checks.
    Guesses.objects.all().delete()
    api.user.is_active = False
    api.user.save()
    cases += [
        (f"left: {name}", api.call(method, address, {} if method != "GET" else None), 401, "BAD_TOKEN")
        for name, method, address, _body in every
    ]
    api.user.is_active = True
    api.user.save()
    assert departures(cases) == []
