"""In a sandbox, the client's OTP signs a filing through GSTN's interface.

If the portal requires a second factor, or if the person has an authenticator, only a code of the person's
authenticator signs."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from returns.gstn import codes
from returns.gstn.envelope import crypto
from returns.models import OutwardReturn
from tests.invoices.web.people.sign_in_steps import code_of, with_device
from tests.returns.gstn.calls import encrypted, sealed
from tests.returns.gstn.july_2026 import BHARAT, RECIPIENT
from tests.returns.gstn.plain import Plain, code

pytestmark = pytest.mark.once

DATA = {"gstin": BHARAT, "ret_period": "072026"}
EVC = {"action": "EVCOTP", "gstin": BHARAT, "pan": BHARAT[2:12], "form_type": "R1"}
NO_FACTOR = codes.OURS["NO_FACTOR"]


@pytest.fixture
def seller(july, client) -> Plain:
    """Return a signed-in client in August, when July's GSTR-1 can be filed."""
    seller = Plain(client, "demo_supplier", operator=True).signs_in()
    moved = seller.puts("sandbox/clock", action="SETCLOCK", data={"to": "2026-08-08T10:00"})
    assert moved["status_cd"] == "1"
    return seller


@pytest.fixture
def person(seller):
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(username="demo_supplier")


def signs(seller: Plain, otp: str, pan: str = BHARAT[2:12]):
    return seller.posts("returns/gstr1", action="RETFILE", data=DATA, st="EVC", sid=f"{pan}|{otp}")


def filed() -> bool:
    return OutwardReturn.objects.filter(form="GSTR-1", period=202607, filed_on__isnull=False).exists()


def test_the_clients_own_otp_signs_in_a_sandbox(seller):
    assert seller.gets("authenticate", **EVC)["status_cd"] == "1"
    assert signs(seller, "575757")["status_cd"] == "1"
    assert filed()


def test_the_static_otp_signs_nothing_if_a_second_factor_is_required(seller, person, settings):
    assert seller.gets("authenticate", **EVC)["status_cd"] == "1"
    # the person has signed in and asked for the EVC; from now on the portal requires the second factor
    settings.PORTAL_MFA = True
    assert code(signs(seller, "575757")) == NO_FACTOR
    assert code(seller.gets("authenticate", **EVC)) == NO_FACTOR
    device = with_device(person)
    assert code(signs(seller, "575757")) == codes.WRONG_OTP
    assert not filed()
    assert signs(seller, code_of(device))["status_cd"] == "1"
    assert filed()


def test_a_person_with_an_authenticator_signs_with_it_even_in_a_sandbox(seller, person):
    with_device(person)
    seller.gets("authenticate", **EVC)
    assert code(signs(seller, "575757")) == codes.WRONG_OTP
    assert not filed()


def test_a_code_of_the_authenticator_signs_once(seller, person, settings):
    settings.PORTAL_MFA = True
    spent = code_of(with_device(person))
    seller.gets("authenticate", **EVC)
    # with a wrong PAN, the portal does not check the code, so the code stays usable
    assert code(signs(seller, spent, pan="ABCDE1234F")) == codes.WRONG_OTP
    assert signs(seller, spent)["status_cd"] == "1"
    seller.gets("authenticate", **EVC | {"form_type": "R1"})
    assert code(signs(seller, spent)) == codes.WRONG_OTP


def test_five_wrong_codes_lock_the_authenticator_even_for_the_right_code(seller, person, settings):
    settings.PORTAL_MFA = True
    device = with_device(person)
    seller.gets("authenticate", **EVC)
    for _ in range(5):
        assert code(signs(seller, "000000")) == codes.WRONG_OTP
    assert code(signs(seller, code_of(device))) == codes.WRONG_OTP
    assert not filed()


def test_the_signature_of_encrypted_data_must_fit(july, client):
    """`sign` is an HMAC with the EVC as key. It may stand in place of hmac, but only in a filing."""
    headers, key = encrypted(client)
    data = json.dumps({"gstin": RECIPIENT, "ret_period": "072026"})
    good = sealed(key, data)
    sid = f"{RECIPIENT[2:12]}|575757"
    signed = crypto.signature(sid.encode(), b64encode(data.encode()))
    filing = {"data": good["data"], "st": "EVC", "sid": sid}

    def refused(action: str, **body):
        answer = client.post(
            f"/taxpayerapi/v1.0/returns/gstr3b/{action}",
            json.dumps(body),
            content_type="application/json",
            headers=headers,
        )
        return code(answer.json())

    assert refused("RETFILE", **filing, sign="AAAA") == codes.OURS["HMAC"]
    assert refused("RETFILE", **filing) == codes.OURS["HMAC"]
    assert refused("RETFILE", **filing, hmac=good["hmac"], sign="AAAA") == codes.WRONG_SIGNATURE
    # the signature is right, so the portal goes on, and asks for the EVC
    assert refused("RETFILE", **filing, sign=signed) == codes.EVC_NEEDED
    assert refused("RETSAVE", **filing, sign=signed) == codes.OURS["HMAC"]
