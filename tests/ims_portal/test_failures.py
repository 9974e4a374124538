"""If the database or the disk fails, the response says whether the person should try again, and shows no
internal details."""

from __future__ import annotations

import errno
import json

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from ims_portal import failures

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (OperationalError("server closed the connection: host=db password=x"), 503, "BUSY"),
        (InterfaceError("connection already closed"), 503, "BUSY"),
        (OSError(errno.ENOSPC, "No space left on device", "/srv/var/files/x"), 507, "NO_ROOM"),
        (OSError(errno.EFBIG, "File too large"), 507, "NO_ROOM"),
        (OSError(errno.EACCES, "Permission denied"), 500, "FAILED"),
        (KeyError("secret"), 500, "FAILED"),
    ],
)
def test_a_failure_below_the_portal_gets_the_status_and_code_of_its_cause(monkeypatch, failure, status, code):
    from invoices.web import public

    def fails(*_arguments, **_named):
        raise failure

    monkeypatch.setattr(public, "render", fails)
    page = Client(raise_request_exception=False).get("/")
    assert page.status_code == status
    text = page.content.decode()
    assert str(failures.failure_answer(failure).sentence).split(".")[0] in text
    assert not any(inside in text for inside in ("password", "/srv", "secret", "Traceback", "host="))
    assert (page.headers.get("Retry-After") == "5") is (status == 503)

    monkeypatch.setattr("invoices.people.tokens.find", fails)
    answer = Client(raise_request_exception=False).get(
        "/api/v1/taxpayers/", headers={"Authorization": "Bearer x"}
    )
    assert answer.status_code == status
    body = json.loads(answer.content)
    assert (answer.headers["Content-Type"], body["status"], body["code"]) == (
        "application/problem+json",
        status,
        code,
    )
