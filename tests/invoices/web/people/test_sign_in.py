"""Sign-in. Wrong guesses lock the sign-in, and the database stores the lock. Staff and people who file need a
second factor."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from ims_portal.kernel import clock
from invoices.models import ApiToken, Guesses, RecoveryCode, Role, SignIn
from invoices.people import failed_attempts, sign_in
from returns.models import Gstr3b, OutwardReturn
from tests.api_client import Api, api_for
from tests.desk_pages import at
from tests.invoices.web.people.sign_in_steps import code_of, signs_in, with_device

pytestmark = pytest.mark.once

# tests of guessed passwords


def test_ten_wrong_passwords_lock_only_this_name_and_even_for_the_right_password(world, asha):
    world.person("ravi", Role.VIEWER)
    for _ in range(10):
        _client, answer = signs_in("asha", "wrong")
        assert answer.status_code == 200
    _client, answer = signs_in("ASHA ".strip().lower())
    assert "LOCKED" in answer.content.decode()
    assert not SignIn.objects.exists()
    assert signs_in("ravi")[1].status_code == 302
    # the lock is a row of the database, and the key of the row does not reveal the name
    assert not Guesses.objects.filter(key__contains="asha").exists()
    Guesses.objects.update(locked_until=clock.real_now() - timedelta(seconds=1))
    assert signs_in("asha")[1].status_code == 302
    assert not Guesses.objects.filter(kind="name", misses__gt=0).exists()


def test_an_unknown_name_is_locked_with_the_same_answer(world, asha):
    told = []
    for name in ("asha", "nobody"):
        for _ in range(10):
            signs_in(name, "wrong")
        told.append(signs_in(name, "wrong")[1].content.decode().replace(name, ""))
    said = [text.split("Sign-in did not work")[1].split("</form>")[0].split("<form")[0] for text in told]
    assert "LOCKED" in said[0]
    assert said[0] == said[1]


def test_wrong_passwords_lock_their_address_and_no_other_address(world, asha, monkeypatch, settings):
    monkeypatch.setitem(failed_attempts.MOST, failed_attempts.Kind.ADDRESS, 3)
    for n in range(3):
        signs_in(f"guess-{n}", "wrong", REMOTE_ADDR="203.0.113.9")
    assert "LOCKED" in signs_in("asha", REMOTE_ADDR="203.0.113.9")[1].content.decode()
    assert signs_in("asha", REMOTE_ADDR="203.0.113.10")[1].status_code == 302
    # the portal ignores an address that the client itself writes into X-Forwarded-For
    settings.PORTAL_PROXIES = 1
    forged = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.7, 203.0.113.9"}
    assert "LOCKED" in signs_in("asha", **forged)[1].content.decode()


def test_bad_tokens_are_limited_by_address_and_a_good_one_still_works(world, asha, monkeypatch):
    api = api_for(world, Role.VIEWER)
    monkeypatch.setitem(failed_attempts.MOST, failed_attempts.Kind.TOKEN, 3)
    wrong = {"Authorization": "Bearer ims_wrong"}
    said = [Client().get("/api/v1/taxpayers/", headers=wrong).status_code for _ in range(4)]
    assert said == [401, 401, 401, 429]
    assert api.get("/api/v1/taxpayers/").status_code == 200


def test_the_administration_has_no_sign_in_of_its_own(db):
    answer = Client().get("/admin/login/?next=/admin/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/admin/")


def test_a_person_without_rights_is_told_so_and_is_not_asked_to_sign_in_again(world):
    world.person("meera", Role.PREPARER)
    client = Client()
    client.login(username="meera", password="practice")
    answer = client.get("/admin/", follow=True)
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "You have no right to use the administration pages." in page
    assert 'class="btn btn-primary" href="/t/"' in page
    assert 'name="password"' not in page


@pytest.mark.parametrize(
    "bad", ["short-pass", "password123456", "gstr2bportal2024", "29AAACT2001A1Z6-gst", "asha1234asha"]
)
def test_passwords_are_long_and_contain_no_words_of_the_portal(bad):
    with pytest.raises(ValidationError):
        validate_password(bad, get_user_model()(username="asha1234asha"))
    validate_password("coral-window-hums-14")
    validate_password("सही घोड़ा बैटरी स्टेपल " + "x" * 60)


# tests of the second factor


def test_an_authenticator_is_set_up_and_asked_for_from_then_on(world, asha):
    client, _answer = signs_in("asha")
    page = client.get("/accounts/authenticator/").content.decode()
    assert "<svg" in page
    assert "style=" not in page.split("<svg")[1].split("</svg>")[0]
    device = TOTPDevice.objects.get(user=asha, confirmed=False)
    wrong = client.post("/accounts/authenticator/", {"code": "000000", "password": "practice"})
    assert wrong.status_code == 422
    code = code_of(device)
    # the portal accepts the right code directly after a wrong code
    done = client.post("/accounts/authenticator/", {"code": code, "password": "practice"})
    codes = done.context["codes"]
    assert len(codes) == len(set(codes)) == 10
    assert not RecoveryCode.objects.filter(digest__in=codes).exists()
    assert client.get("/t/").status_code == 200  # the code was also the second factor of this session
    other, _answer = signs_in("asha")
    asked = other.get(at(world, "ims/"))
    assert (asked.status_code, asked["Location"][:24]) == (302, "/accounts/second-factor/")
    # the code that confirmed the new authenticator cannot be used again
    assert other.post("/accounts/second-factor/", {"code": code}).status_code == 422
    # a person cannot set up a second authenticator without a code of the first authenticator
    assert other.get("/accounts/authenticator/")["Location"] != "/accounts/authenticator/"
    assert other.post("/me/security/", {"password": "practice", "do": "remove"}).status_code == 302
    assert TOTPDevice.objects.filter(user=asha, confirmed=True).exists()
    given = other.post("/accounts/second-factor/", {"code": codes[0].lower(), "next": at(world, "ims/")})
    assert given["Location"] == at(world, "ims/")
    assert other.get(at(world, "ims/")).status_code == 200


def test_a_code_counts_once_and_wrong_codes_lock_the_factor(world, asha):
    device = with_device(asha)
    code = code_of(device)
    first, _answer = signs_in("asha")
    key = first.cookies["sessionid"].value
    assert first.post("/accounts/second-factor/", {"code": code}).status_code == 302
    # after the second factor, the session gets a new session key
    assert first.cookies["sessionid"].value != key
    second, _answer = signs_in("asha")
    assert second.post("/accounts/second-factor/", {"code": code}).status_code == 422
    for _ in range(5):
        second.post("/accounts/second-factor/", {"code": "123456"})
    codes = sign_in.new_codes(asha)
    locked = second.post("/accounts/second-factor/", {"code": codes[0]})
    assert "LOCKED" in locked.content.decode()
    assert second.get("/t/").status_code == 302


def test_staff_need_a_second_factor_where_the_installation_asks(world, strict):
    world.person("boss", is_staff=True, is_superuser=True)
    client, _answer = signs_in("boss")
    assert client.get("/admin/")["Location"].startswith("/accounts/second-factor/")
    assert client.get("/accounts/second-factor/")["Location"] == "/accounts/authenticator/"
    device = TOTPDevice(user=get_user_model().objects.get(username="boss"), name="app", confirmed=True)
    device.save()
    client.post("/accounts/second-factor/", {"code": code_of(device)})
    assert client.get("/admin/").status_code == 200


FILE_1 = {"declare": "yes"}


def test_filing_needs_a_second_factor_and_the_password_again(world, asha, strict):
    world.saves()
    world.person("clerk", Role.SIGNATORY, at=world.supplier)
    world.goes_to("2024-11-05 10:00")
    url = f"/t/{world.supplier.gstin}/gstr1/102024/file/"
    clerk = get_user_model().objects.get(username="clerk")
    client, _answer = signs_in("clerk")
    assert client.post(url, FILE_1)["Location"].startswith("/accounts/second-factor/")
    assert not OutwardReturn.objects.filter(filed_on__isnull=False).exists()
    device = with_device(clerk)
    client.post("/accounts/second-factor/", {"code": code_of(device)})
    session = client.session
    session[sign_in.CONFIRMED] -= 16 * 60
    session.save()
    assert 'name="password"' in client.get(url).content.decode()
    assert client.post(url, {**FILE_1, "password": "wrong"}).status_code == 422
    assert not OutwardReturn.objects.filter(filed_on__isnull=False).exists()
    assert client.post(url, {**FILE_1, "password": "practice"}).status_code == 302
    assert OutwardReturn.objects.filter(filed_on__isnull=False).exists()


def test_filing_gstr3b_needs_factor_and_password_except_in_a_sandbox(world, asha, settings):
    world.saves()
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-16 10:00")
    url = at(world, "gstr3b/102024/file/")
    body = {"step": "file", "draft": "1", "declared": "yes", "last_four": world.recipient.gstin[-4:]}
    client, _answer = signs_in("asha")
    settings.PORTAL_MFA = True
    assert client.post(url, body)["Location"].startswith("/accounts/second-factor/")
    settings.PORTAL_MFA, settings.PORTAL_CONFIRM_MINUTES = False, 15
    session = client.session
    session[sign_in.CONFIRMED] -= 16 * 60
    session.save()
    refused = client.post(url, body)
    assert refused.status_code == 422
    assert 'name="password"' in refused.content.decode()
    assert not Gstr3b.objects.exists()
    settings.PORTAL_CONFIRM_MINUTES = 0
    client.post(url, body)
    assert Gstr3b.objects.count() == 1


def test_a_token_that_may_file_needs_a_second_factor(world, asha, strict):
    client, _answer = signs_in("asha")
    asked = {"name": "ERP", "scopes": ["read", "file"], "days": "30", "password": "practice"}
    assert client.post("/me/tokens/", asked).status_code == 422
    assert not ApiToken.objects.exists()


def test_a_token_made_before_the_factor_was_switched_on_does_not_file(world, asha, settings):
    world.saves()
    world.goes_to("2024-11-05 10:00")
    clerk = world.person("clerk", Role.SIGNATORY, at=world.supplier)
    api = Api(clerk, world.supplier.gstin)
    filing = "forms/gstr1/102024/file/"
    for begin in (lambda: setattr(settings, "PORTAL_MFA", True), lambda: with_device(clerk)):
        begin()
        refused = api.post(filing, {"declared": "yes"})
        assert (refused.status_code, refused.json()["code"]) == (403, "NO_FACTOR")
        assert api.get("forms/gstr1/102024/").status_code == 200
        settings.PORTAL_MFA = False
    assert not OutwardReturn.objects.filter(filed_on__isnull=False).exists()
    # a token can file if it was made in a session with the second factor
    settings.PORTAL_MFA = True
    client, _answer = signs_in("clerk")
    client.post("/accounts/second-factor/", {"code": code_of(TOTPDevice.objects.get(user=clerk))})
    asked = {"name": "ERP", "scopes": ["read", "file"], "days": "30", "password": "practice"}
    api.secret = client.post("/me/tokens/", asked).context["secret"]
    assert api.post(filing, {"declared": "yes"}).status_code == 200


def test_a_stranger_who_locks_a_name_does_not_stop_its_person_from_filing(world, asha, settings):
    """A person who is signed in can confirm and file, even if somebody else has locked the person's name by
    wrong guesses."""
    settings.PORTAL_CONFIRM_MINUTES = 15
    world.saves()
    world.person("clerk", Role.SIGNATORY, at=world.supplier)
    world.goes_to("2024-11-05 10:00")
    client, _answer = signs_in("clerk")
    session = client.session
    session[sign_in.CONFIRMED] -= 16 * 60
    session.save()
    for _ in range(12):
        signs_in("clerk", "wrong", REMOTE_ADDR="203.0.113.9")
    assert sign_in.why_locked("clerk", "")
    url = f"/t/{world.supplier.gstin}/gstr1/102024/file/"
    assert client.post(url, {**FILE_1, "password": "practice"}).status_code == 302
    assert OutwardReturn.objects.filter(filed_on__isnull=False).exists()
    # the password also works on the other pages that ask for the password again
    for page, form in (
        ("/me/security/", {"do": "others", "password": "practice"}),
        ("/accounts/confirm/", {"password": "practice"}),
    ):
        assert client.post(page, form).status_code == 302, page


@pytest.mark.parametrize(
    ("page", "form"),
    [
        ("/accounts/confirm/", {"password": "{}"}),
        ("/me/security/", {"do": "others", "password": "{}"}),
        ("/me/tokens/", {"name": "ERP", "scopes": ["read"], "days": "30", "password": "{}"}),
        (
            "/accounts/password/",
            {
                "old_password": "{}",
                "new_password1": "coral-window-hums-14",
                "new_password2": "coral-window-hums-14",
            },
        ),
    ],
)
def test_confirmations_are_counted_per_session_at_every_page_that_asks(world, asha, page, form):
    def submit(client: Client, password: str):
        return client.post(
            page, {k: password if v == "{}" else v for k, v in form.items()}, REMOTE_ADDR="198.51.100.4"
        )

    stolen, _answer = signs_in("asha")
    own, _answer = signs_in("asha")
    for _ in range(failed_attempts.MOST[failed_attempts.Kind.SESSION]):
        submit(stolen, "wrong")
    tokens_before, hash_before = ApiToken.objects.count(), get_user_model().objects.get(pk=asha.pk).password
    refused = submit(stolen, "practice")
    assert refused.status_code in (200, 422)
    assert ApiToken.objects.count() == tokens_before
    assert get_user_model().objects.get(pk=asha.pk).password == hash_before
    # the person's other session is not locked, and the sign-in is not locked
    assert own.post("/accounts/confirm/", {"password": "practice"}).status_code == 302
    assert signs_in("asha")[1].status_code == 302


def test_many_stolen_sessions_share_the_guesses_of_their_person(world, asha, monkeypatch):
    monkeypatch.setitem(failed_attempts.MOST, failed_attempts.Kind.CONFIRM, 3)
    browsers = [signs_in("asha")[0] for _ in range(4)]
    for browser in browsers[:3]:
        assert browser.post("/accounts/confirm/", {"password": "wrong"}).status_code == 422
    assert browsers[3].post("/accounts/confirm/", {"password": "practice"}).status_code == 422


def test_the_administration_asks_for_the_password_again_after_a_while(world, strict):
    boss = world.person("boss", is_staff=True, is_superuser=True)
    device = with_device(boss)
    client, _answer = signs_in("boss")
    client.post("/accounts/second-factor/", {"code": code_of(device)})
    session = client.session
    session[sign_in.CONFIRMED] -= 16 * 60
    session.save()
    assert client.get("/admin/")["Location"].startswith("/accounts/confirm/")
    assert client.post("/accounts/confirm/", {"password": "wrong", "next": "/admin/"}).status_code == 422
    assert (
        client.post("/accounts/confirm/", {"password": "practice", "next": "/admin/"})["Location"]
        == "/admin/"
    )
    assert client.get("/admin/").status_code == 200
    away = client.post("/accounts/confirm/", {"password": "practice", "next": "https://evil.example/"})
    assert away["Location"] == "/t/"
