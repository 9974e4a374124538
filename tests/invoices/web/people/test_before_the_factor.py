"""A person who has given the password but not the second factor reaches only a few open pages. Another
spelling of an address opens no further page."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import Resolver404, resolve
from django_otp.plugins.otp_totp.models import TOTPDevice

from invoices.models import Role, SignIn
from invoices.people import sign_in
from invoices.web.people import guard
from tests.access import table
from tests.access.cast import one_of_everything
from tests.access.test_access_table import fingerprint
from tests.invoices.web.people.sign_in_steps import code_of, signs_in, with_device
from tools.faults.servers import wait_for

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[4]
FACTOR = "/accounts/second-factor/"
NEW = "coral-window-hums-14"


@pytest.fixture
def owner(world):
    """Return a superuser with every role and an authenticator."""
    person = world.person("owner", *Role, is_staff=True, is_superuser=True)
    with_device(person)
    return person


def status_and_location(client: Client, path: str, script: str) -> tuple[int, str]:
    """Request an address, and return the status and the Location header of the response.

    `script` and `path` are the WSGI variables SCRIPT_NAME and PATH_INFO, which together are the address.
    Servers split the address at different places."""
    answer = client.get("/", PATH_INFO=path, SCRIPT_NAME=script)
    return answer.status_code, answer.get("Location", "")


# Spellings of one address: a folder before the path, doubled slashes, encoded slashes, dots. Each item is
# (SCRIPT_NAME, PATH_INFO), and {} is the path of the page.
SPELLINGS = [
    ("/static", "{}"),
    ("/accounts/", "{}"),
    ("/help/", "{}"),
    ("/help", "{}"),
    ("/accounts/..", "{}"),
    ("", "/{}"),
    ("", "//static/..{}"),
    ("", "/static/..{}"),
    ("", "/accounts/../{}"),
    ("", "/accounts/%2e%2e{}"),
    ("", "/help/..;{}"),
    ("", "{}."),
    ("", "{}/"),
    ("", "/help/%2F..{}"),
]


@pytest.mark.parametrize(("script", "spelling"), SPELLINGS)
def test_no_spelling_of_an_address_passes_the_second_factor(world, owner, script, spelling):
    client, _answer = signs_in("owner")
    for page in ("/admin/", "/t/", f"/t/{world.recipient.gstin}/ims/", "/me/tokens/", "/me/security/"):
        status, onward = status_and_location(client, spelling.format(page), script)
        assert (status, onward[: len(FACTOR)]) == (302, FACTOR), page


def test_a_folder_in_the_address_does_not_skip_the_repeated_password(world, owner, settings):
    settings.PORTAL_MFA, settings.PORTAL_CONFIRM_MINUTES = True, 15
    client, _answer = signs_in("owner")
    client.post(FACTOR, {"code": code_of(TOTPDevice.objects.get(user=owner))})
    session = client.session
    session[sign_in.CONFIRMED] -= 16 * 60
    session.save()
    for script in ("", "/x", "/static", "/accounts"):
        status, onward = status_and_location(client, "/admin/auth/user/", script)
        assert (status, onward[:18]) == (302, "/accounts/confirm/"), script


def _of_the_portal(route: str) -> bool:
    # Leave out the two health probes. They answer before the portal reads the session, and reveal nothing
    # about anybody.
    return route not in table.PROBES


def _is_open(path: str) -> bool:
    try:
        return resolve(path).view_name in guard.OPEN
    except Resolver404:
        return False


@pytest.mark.once
@pytest.mark.parametrize("method", ["get", "post"])
def test_with_the_password_alone_every_address_asks_for_the_factor_and_changes_nothing(world, owner, method):
    ids = one_of_everything(world)
    client, _answer = signs_in("owner")
    elsewhere, _answer = signs_in("owner")
    before, people = fingerprint(), list(get_user_model().objects.order_by("pk").values())
    passed = []
    form = table.FORM | {
        "old_password": "practice", "new_password1": NEW, "new_password2": NEW, "do": "others", "scopes": "read",
        "days": "30", "code": "000000",
    }  # fmt: skip
    for route in filter(_of_the_portal, table.routes()):
        path = table.path_of(route, world.recipient.gstin, ids)
        if _is_open(path):
            continue
        answer = getattr(client, method)(path, form if method == "post" else None)
        if answer.status_code != 302 or not answer["Location"].startswith(FACTOR):
            passed.append(f"{method} {path}: {answer.status_code} {answer.get('Location', '')}")
    assert not passed, "\n".join(passed)
    assert fingerprint() == before
    assert list(get_user_model().objects.order_by("pk").values()) == people
    assert SignIn.objects.exclude(session_key="").filter(user=owner).count() == 2
    # The owner's other session has not ended. In that session, the portal asks only for the second factor.
    assert elsewhere.get("/t/")["Location"].startswith(FACTOR)


def test_the_pages_that_are_open_before_the_factor_are_a_short_list():
    assert {
        *("second_factor", "authenticator", "login", "logout"),
        *("help", "accessibility", "rules", "rules_compare", "rule", "journal_key", "favicon"),
    } == guard.OPEN


def test_the_password_alone_changes_no_password(world, owner):
    client, _answer = signs_in("owner")
    other, _answer = signs_in("owner")
    new = {"old_password": "practice", "new_password1": NEW, "new_password2": NEW}
    assert client.post("/accounts/password/", new)["Location"].startswith(FACTOR)
    owner.refresh_from_db()
    assert owner.check_password("practice")
    other.post(FACTOR, {"code": code_of(TOTPDevice.objects.get(user=owner))})
    assert other.get("/t/").status_code == 200


def test_a_session_with_the_password_alone_cannot_set_up_a_second_authenticator(world, owner):
    client, _answer = signs_in("owner")
    answer = client.get("/accounts/authenticator/")
    assert client.get(answer["Location"])["Location"].startswith(FACTOR)
    client.post("/accounts/authenticator/", {"code": "000000", "password": "practice"})
    assert TOTPDevice.objects.filter(user=owner).count() == 1


def test_staff_who_must_have_an_authenticator_reach_nothing_but_its_set_up(world, settings):
    settings.PORTAL_MFA = True
    world.person("boss", is_staff=True, is_superuser=True)
    client, _answer = signs_in("boss")
    for page in (
        "/admin/",
        "/accounts/password/",
        "/me/security/",
        "/me/tokens/",
        "/t/",
        "/accounts/confirm/",
    ):
        assert client.get(page)["Location"].startswith(FACTOR), page
    assert client.get("/accounts/authenticator/").status_code == 200


def test_setting_an_authenticator_up_ends_sessions_that_began_without_one(world):
    person = world.person("asha", Role.SIGNATORY)
    early, _answer = signs_in("asha")
    client, _answer = signs_in("asha")
    client.get("/accounts/authenticator/")
    device = TOTPDevice.objects.get(user=person, confirmed=False)
    client.post("/accounts/authenticator/", {"code": code_of(device), "password": "practice"})
    assert client.get("/t/").status_code == 200
    assert early.get("/t/")["Location"].startswith("/accounts/login/")


def test_an_open_page_reveals_nothing_about_the_person(world, owner):
    client, _answer = signs_in("owner")
    for page in ("/help/", "/help/rules/", "/accessibility/", FACTOR):
        text = client.get(page).content.decode()
        assert world.recipient.gstin not in text, page


# The test below starts a real server, because only a real server reads the header SCRIPT_NAME of a request.


def _get(port: int, path: str, headers: dict[str, str]) -> tuple[int, str]:
    line = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        line.close()


@pytest.mark.once
@pytest.mark.sqlite_only
@pytest.mark.timeout(90)
def test_gunicorn_ignores_a_script_name_header(tmp_path):
    """Only the path of the request decides the page. The header SCRIPT_NAME has no effect."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "PORTAL_VAR": str(tmp_path), "BIND": f"127.0.0.1:{port}"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = ["-m", "gunicorn", "--config", "ims_portal/gunicorn_conf.py", "ims_portal.wsgi:application"]
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=environment, check=True
    )
    server = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment)
    try:
        alive = wait_for(lambda: _answers(port), 60)
        assert alive
        said = _get(port, "/help/livez", {"SCRIPT_NAME": "/help"})
        assert said[0] == 404
        assert '"live": true' not in said[1]
    finally:
        server.terminate()
        server.wait(20)


def _answers(port: int) -> bool:
    try:
        return _get(port, "/livez", {})[0] == 200
    except OSError:
        return False
