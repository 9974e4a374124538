"""Only a few addresses accept large bodies.

Every other address refuses a large body before any code reads the body."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver

from ims_portal.known_senders import is_known_sender
from ims_portal.support.web import body_limits
from ims_portal.support.web.body_limits import REFUSED, SMALL, TOO_LARGE, TOO_MANY, UNKNOWN_SENDER
from returns.gstn import clients

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# The addresses that accept more than a megabyte, each with its limit in megabytes.
FOR_FILES = {
    "t/<str:gstin>/ims/import/": 20,
    "t/<str:gstin>/ims/other-portal/": 20,
    "t/<str:gstin>/register/": 20,
    "api/v1/taxpayers/<str:gstin>/imports/": 20,
    "api/v1/taxpayers/<str:gstin>/other-portal/": 20,
    "api/v1/taxpayers/<str:gstin>/forms/<str:form>/<str:period>/upload/": 1024,
    r"^taxpayerapi(?:/(?P<path>[\s\S]*))?$": 5,
    r"^commonapi(?:/(?P<path>[\s\S]*))?$": 5,
    r"^standard/gstn(?:/(?P<path>[\s\S]*))?$": 5,
}


def routes(resolver, before=""):
    for part in resolver.url_patterns:
        at = before + str(part.pattern)
        if isinstance(part, URLResolver):
            yield from routes(part, at)
        elif isinstance(part, URLPattern):
            yield at, part.callback


def test_only_addresses_for_files_take_large_bodies():
    found = {}
    for route, view in routes(get_resolver()):
        most = getattr(getattr(view, "cls", view), "most_bytes", SMALL)
        if most > SMALL:
            found[route] = most // SMALL
    forms = {route for route in found if route.endswith("/upload/") and not route.startswith("api/")}
    assert {found.pop(route) for route in forms} == {1024}, "suppliers' files"
    assert found == FOR_FILES


def test_the_sign_in_page_reads_no_file(client, monkeypatch):
    """In an earlier version, an attacker could fill the disk, because the portal stored uploaded files before
    it checked the form's CSRF token."""
    monkeypatch.setattr(
        "django.http.multipartparser.MultiPartParser.parse", lambda self: pytest.fail("the body was read")
    )
    file = SimpleUploadedFile("x.bin", b"x" * (2 * SMALL))
    answer = client.post("/accounts/login/", {"username": "a", "password": "b", "file": file})
    assert answer.status_code == 413
    assert "larger than 1 MB" in answer.content.decode()


def test_the_api_answers_in_its_own_form(client):
    answer = client.post(
        "/api/v1/taxpayers/27AAXCS4821K1ZN/records/actions/",
        b'{"a": "' + b"x" * SMALL + b'"}',
        content_type="application/json",
    )
    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "IMP-SIZE"


@pytest.mark.parametrize(
    ("why", "status", "code"),
    [(TOO_LARGE, 413, "IMP-SIZE"), (UNKNOWN_SENDER, 401, "NO_TOKEN"), (TOO_MANY, 503, "BUSY")],
)
def test_a_body_that_the_server_did_not_receive_is_reported(client, why, status, code):
    answer = client.get("/api/v1/", **{REFUSED: why})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    page = client.get("/t/", **{REFUSED: why})
    assert page.status_code == (302 if why == UNKNOWN_SENDER else status)


def test_a_too_large_sign_in_names_the_limit(client):
    page = client.post("/accounts/login/", {"username": "a"}, **{REFUSED: UNKNOWN_SENDER})
    assert page.status_code == 413
    assert "larger than 64 kB" in page.content.decode()


class TestWhoIsKnown:
    def test_a_signed_in_person_is_a_known_sender(self, client, django_user_model):
        assert not is_known_sender({})
        assert not is_known_sender({"COOKIE": "sessionid=abc"})
        client.get("/accounts/login/")
        client.force_login(django_user_model.objects.create_user("asha"))
        cookie = client.cookies["sessionid"].value
        for other in ("x=1", "analytics=a b", 'a={"x": 1}', "foo", "t@g=1", "x[1]=2"):
            assert is_known_sender({"COOKIE": f"{other}; sessionid={cookie}"}), other
        client.logout()
        assert not is_known_sender({"COOKIE": f"sessionid={cookie}"})

    def test_a_token_is_a_known_sender_until_it_is_revoked(self, django_user_model):
        from invoices.people import tokens

        user = django_user_model.objects.create_user("erp")
        token, secret = tokens.make(user, "erp", ["read"], 1)
        assert is_known_sender({"AUTHORIZATION": f"Bearer {secret}"})
        assert not is_known_sender({"AUTHORIZATION": f"Bearer {secret}x"})
        assert not is_known_sender({"AUTHORIZATION": f"Basic {secret}"})
        tokens.revoke(user, token.pk)
        assert not is_known_sender({"AUTHORIZATION": f"Bearer {secret}"})

    def test_a_client_of_gstns_api_is_a_known_sender(self, django_user_model):
        django_user_model.objects.create_user("erp")
        made = clients.create("ERP", ["erp"])
        client_id = made.client.client_id
        assert is_known_sender({"CLIENTID": client_id, "CLIENT_SECRET": made.secret})
        assert is_known_sender({"X_API_KEY": made.secret})
        assert not is_known_sender({"CLIENTID": client_id, "CLIENT_SECRET": "wrong"})
        assert not is_known_sender({"CLIENTID": client_id})


def test_an_unknown_address_accepts_only_a_small_body():
    assert body_limits.most_bytes("/no/such/") == body_limits.FOR_ANYBODY
