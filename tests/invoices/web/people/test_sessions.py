"""A session ends when its time is over, when the person ends the session, or when the person sets a new
password. The log of refused requests names the person and contains no data of the request."""

from __future__ import annotations

import logging

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.management import call_command

from ims_portal.json_logs import JsonFormatter
from invoices.models import Role, SignIn
from invoices.people import sign_in
from tests.api_client import api_for
from tests.desk_pages import at
from tests.invoices.web.people.sign_in_steps import signs_in

pytestmark = pytest.mark.once

# tests of sessions


def test_a_session_ends_when_idle_and_after_twelve_hours_for_every_request(world, asha, settings):
    settings.SESSION_IDLE_SECONDS = 30 * 60
    for mark, back in ((sign_in.SEEN, 31 * 60), (sign_in.BEGAN, 12 * 3600 + 1)):
        client, _answer = signs_in("asha")
        assert client.get("/t/").status_code == 200
        session = client.session
        session[mark] -= back
        session.save()
        assert client.post("/accounts/stay/").status_code == 302
        assert client.get("/t/")["Location"].startswith("/accounts/login/"), mark
    assert not Session.objects.exists()
    assert not SignIn.objects.exclude(session_key="").exists()


def test_only_the_person_lists_and_ends_the_sessions_of_a_person(world, asha):
    here, _answer = signs_in("asha", HTTP_USER_AGENT="<script>alert(1)</script>")
    there, _answer = signs_in("asha")
    world.person("mallory", Role.VIEWER)
    mallory, _answer = signs_in("mallory")
    page = here.get("/me/security/").content.decode()
    assert "This session" in page
    assert "<script>alert" not in page
    other = SignIn.objects.filter(user=asha).first()
    mallory.post("/me/security/", {"password": "practice", "do": str(other.pk)})
    assert there.get("/t/").status_code == 200
    assert here.post("/me/security/", {"password": "wrong", "do": str(other.pk)}).status_code == 422
    assert there.get("/t/").status_code == 200
    here.post("/me/security/", {"password": "practice", "do": str(other.pk)})
    assert there.get("/t/").status_code == 302
    assert here.get("/t/").status_code == 200
    call_command("end_sessions", "asha")
    assert here.get("/t/").status_code == 302
    assert mallory.get("/t/").status_code == 200


def test_a_new_password_ends_every_other_session(world, asha):
    here, _answer = signs_in("asha")
    there, _answer = signs_in("asha")
    new = {
        "old_password": "practice",
        "new_password1": "coral-window-hums-14",
        "new_password2": "coral-window-hums-14",
    }
    assert here.post("/accounts/password/", {**new, "old_password": "wrong"}).status_code == 200
    assert here.post("/accounts/password/", new).status_code == 302
    assert here.get("/t/").status_code == 200
    assert there.get("/t/").status_code == 302
    get_user_model().objects.filter(pk=asha.pk).update(is_active=False)
    assert here.get("/t/").status_code == 302


# tests of the log


def test_refusals_are_logged_with_the_person_and_without_the_data_of_the_request(world, asha, caplog):
    viewer = world.person("viewer", Role.VIEWER)
    client, _answer = signs_in("viewer")
    client.post(at(world, "ims/batches/"), {"remarks": "a secret of mine"})
    api_for(world, Role.VIEWER, name="viewer").post("undo/", {"entry": 1})
    told = [record.getMessage() for record in caplog.records if record.name == "portal.security"]
    assert sum(f"person {viewer.pk} was refused NOPERM" in line for line in told) == 2
    assert "a secret of mine" not in caplog.text


def test_a_line_break_makes_no_second_line_in_the_log():
    record = logging.LogRecord(
        "portal.security", logging.WARNING, "", 0, "from %s", ("1.2.3.4\nfake line",), None
    )
    assert "\n" not in JsonFormatter().format(record)
