"""If forty guesses of a secret arrive at the same time, the portal checks only the allowed number. The tests
try every kind of secret."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.db import connection, connections
from django.test import Client, RequestFactory
from django_otp.oath import totp

from invoices.models import Role
from invoices.people import failed_attempts
from invoices.people import sign_in as signing_in
from invoices.people.failed_attempts import Kind
from returns.gstn import clients, sessions
from returns.gstn.codes import GstnError
from tests.invoices.web.people.sign_in_steps import signs_in, with_device

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres_only,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SKIPPED: SQLite has one writer at a time"),
]
AT_ONCE = 40


class Judge:
    """A replacement for the check of a guess. The replacement counts the guess, takes some time, and always
    answers that the guess is wrong."""

    def __init__(self) -> None:
        self.judged, self._lock = 0, threading.Lock()

    def __call__(self, *_given: Any, **_named: Any) -> Any:
        with self._lock:
            self.judged += 1
        time.sleep(0.1)
        return None


def at_once(guess: Callable[[int], Any]) -> list[Any]:
    """Make forty guesses at the same moment, each on its own database connection, and return the results."""
    begin = threading.Barrier(AT_ONCE)

    def one(number: int) -> Any:
        begin.wait()
        try:
            return guess(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_simultaneous_wrong_passwords_for_one_name_are_limited(world, monkeypatch):
    world.person("asha", Role.SIGNATORY)
    judge = Judge()
    monkeypatch.setattr("django.contrib.auth.backends.ModelBackend.authenticate", judge)
    at_once(lambda _n: authenticate(None, username="asha", password="wrong"))
    assert judge.judged == failed_attempts.MOST[Kind.NAME]


def test_simultaneous_wrong_passwords_from_one_address_are_limited(world, monkeypatch):
    judge = Judge()
    monkeypatch.setattr("django.contrib.auth.backends.ModelBackend.authenticate", judge)
    monkeypatch.setitem(failed_attempts.MOST, Kind.ADDRESS, 7)
    request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.9")
    at_once(lambda n: authenticate(request, username=f"guess-{n}", password="wrong"))
    assert judge.judged == 7


def test_simultaneous_wrong_codes_of_a_second_factor_are_limited(world, monkeypatch):
    person = world.person("asha", Role.SIGNATORY)
    with_device(person)
    browser, _answer = signs_in("asha")
    cookie = browser.cookies["sessionid"].value
    judge = Judge()
    monkeypatch.setattr(signing_in, "_is_code", judge)

    def guess(_n: int) -> int:
        client = Client()
        client.cookies["sessionid"] = cookie
        return client.post("/accounts/second-factor/", {"code": "123456"}).status_code

    assert set(at_once(guess)) == {422}
    assert judge.judged == failed_attempts.MOST[Kind.CODE]


def test_one_right_code_in_many_simultaneous_requests_counts_once(world, monkeypatch):
    """A person who saw another person's code must not be able to sign in with this code a second time."""
    person = world.person("asha", Role.SIGNATORY)
    device = with_device(person)
    code = f"{totp(device.bin_key):06}"
    monkeypatch.setitem(failed_attempts.MOST, Kind.CODE, AT_ONCE + 1)
    assert sum(at_once(lambda _n: signing_in.gives_code(person, code))) == 1


def test_simultaneous_wrong_passwords_at_a_confirmation_are_limited(world, monkeypatch):
    world.person("asha", Role.SIGNATORY)
    browser, _answer = signs_in("asha")
    cookie = browser.cookies["sessionid"].value
    judge = Judge()
    monkeypatch.setattr("django.contrib.auth.base_user.AbstractBaseUser.check_password", judge)

    def guess(_n: int) -> int:
        client = Client()
        client.cookies["sessionid"] = cookie
        return client.post("/accounts/confirm/", {"password": "wrong"}).status_code

    assert set(at_once(guess)) == {422}
    assert judge.judged == failed_attempts.MOST[Kind.SESSION]


def test_simultaneous_wrong_tokens_of_the_api_are_limited(world, monkeypatch):
    monkeypatch.setitem(failed_attempts.MOST, Kind.TOKEN, 10)
    wrong = {"Authorization": "Bearer ims_wrong"}
    said = at_once(lambda _n: Client().get("/api/v1/taxpayers/", headers=wrong).status_code)
    assert sorted(said) == [401] * 10 + [429] * 30


def test_simultaneous_wrong_otps_of_a_gstn_client_are_limited(world, monkeypatch):
    world.person("asha", Role.SIGNATORY)
    made = clients.create("ERP", ["asha"], otp="575757")
    judge = Judge()
    monkeypatch.setattr(sessions, "check_password", judge)

    def guess(_n: int) -> str:
        client = sessions.admitted(made.client.client_id, made.secret)
        with pytest.raises(GstnError) as refused:
            sessions.sign_in(client, {"username": "asha", "otp": "111111"}, plain_allowed=True)
        return refused.value.code

    at_once(guess)
    assert judge.judged == sessions.MOST_FAILURES


def test_a_client_can_sign_in_many_users_at_once(world):
    world.person("asha", Role.SIGNATORY)
    made = clients.create("ERP", ["asha"], otp="575757")

    def sign_in(_n: int) -> bool:
        client = sessions.admitted(made.client.client_id, made.secret)
        return bool(sessions.sign_in(client, {"username": "asha", "otp": "575757"}, plain_allowed=True))

    assert at_once(sign_in) == [True] * AT_ONCE


def test_a_right_guess_clears_the_count_of_wrong_guesses(world):
    world.person("asha", Role.SIGNATORY)
    for _ in range(failed_attempts.MOST[Kind.NAME] - 1):
        assert signs_in("asha", "wrong")[1].status_code == 200
    assert signs_in("asha")[1].status_code == 302
    assert failed_attempts.locked_until(Kind.NAME, "asha") is None
    assert failed_attempts.locked_until(Kind.ADDRESS, "127.0.0.1") is None
