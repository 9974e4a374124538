"""Only staff admit clients, block clients and allow hosts. A client's secret is shown once and never
stored."""

from __future__ import annotations

import re

import pytest
from django.test import Client as Http

from invoices.models import WebhookHost
from returns.gstn.models import Client, Session
from tests.returns.gstn.calls import IMS
from tests.returns.gstn.july_2026 import RECIPIENT
from tests.returns.gstn.plain import Plain, code

pytestmark = pytest.mark.once

ADD, LIST = "/admin/gstn/client/add/", "/admin/gstn/client/"


@pytest.fixture
def staff(july):
    http = Http()
    http.force_login(july.person("root", is_staff=True, is_superuser=True))
    return http


def test_a_client_is_admitted_and_its_secret_is_shown_once_and_works(july, staff, client):
    given = {"name": "ERP", "usernames": "demo_buyer demo_supplier", "otp": "575757", "is_operator": "on"}
    page = staff.post(ADD, given)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    client_id, secret, otp = re.findall(r"<code>([0-9a-f]+)</code>", page.content.decode())
    made = Client.objects.get()
    assert (made.client_id, otp, made.is_operator) == (client_id, "575757", True)
    assert sorted(u.username for u in made.users.all()) == ["demo_buyer", "demo_supplier"]
    for address in (LIST, f"{LIST}{made.pk}/change/"):
        shown = staff.get(address)
        assert shown.status_code == 200
        text = shown.content.decode()
        assert client_id in text
        assert not any(hidden in text for hidden in (secret, made.secret_digest, made.otp_hash, "575757"))
    plain = Plain(client, "demo_buyer")
    plain.headers = {"clientid": client_id, "client-secret": secret}
    plain.signs_in()
    assert plain.gets(IMS, action="GETCNT", gstin=RECIPIENT)["status_cd"] == "1"
    assert Session.objects.count() == 1
    assert plain.headers["auth-token"] not in staff.get("/admin/gstn/session/").content.decode()
    staff.post(LIST, {"action": "revoke", "_selected_action": [made.pk]}, follow=True)
    made.refresh_from_db()
    assert made.revoked_at is not None
    assert code(plain.gets(IMS, action="GETCNT", gstin=RECIPIENT)) == "AUTH158"
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"usernames": "nobody"}, "No such user: nobody."),
        ({"usernames": " "}, "This field is required"),
        ({"otp": "12345"}, "An OTP has 6 digits"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_faulty_form_names_the_field_and_admits_no_client(staff, change, said):
    page = staff.post(ADD, {"name": "ERP", "usernames": "demo_buyer", "otp": ""} | change)
    assert said in page.content.decode()
    assert not Client.objects.exists()


def test_only_staff_reach_clients_and_allowed_hosts(july, staff):
    buyer = Http()
    buyer.force_login(july.buyer)
    for address in (LIST, ADD, "/admin/invoices/webhookhost/", "/admin/invoices/webhookhost/add/"):
        assert buyer.get(address).status_code == 302
        assert staff.get(address).status_code == 200
    staff.post("/admin/invoices/webhookhost/add/", {"host": "erp.example.in"})
    assert WebhookHost.objects.get().host == "erp.example.in"


def test_a_client_cannot_be_changed_or_deleted_by_hand(staff, july):
    staff.post(ADD, {"name": "ERP", "usernames": "demo_buyer", "otp": ""})
    made = Client.objects.get()
    assert staff.post(f"{LIST}{made.pk}/change/", {"name": "x", "is_operator": "on"}).status_code == 403
    assert staff.get(f"{LIST}{made.pk}/delete/").status_code == 403
    made.refresh_from_db()
    assert (made.name, made.is_operator) == ("ERP", False)
