"""The portal stores a delivery together with its event, signs the delivery, repeats a failed delivery, and
sends only to hosts that an administrator allowed."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.db import transaction

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Invalid
from invoices.journal import outbox
from invoices.models import Delivery, Role, Webhook, WebhookHost
from invoices.webhooks import sending as webhooks
from tests.desk_pages import at, client_for

pytestmark = pytest.mark.once


@pytest.fixture
def program():
    """Yield a server on this machine. The server stores each request in `heard`, and answers with the status
    in `ear.answer`."""
    heard: list = []

    class Ear(BaseHTTPRequestHandler):
        answer = 204

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((dict(self.headers), body))
            self.send_response(Ear.answer)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, *_args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.heard, server.ear = heard, Ear
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def hook(world, program):
    WebhookHost.objects.create(host="127.0.0.1", private=True)
    url = f"http://127.0.0.1:{program.server_port}/ims?x=1"
    hook, secret = webhooks.add(world.recipient, url, list(outbox.EVENTS), user=None)
    hook.secret = secret
    return hook


def make_deliveries_due() -> None:
    Delivery.objects.update(next_at=clock.real_now() - timedelta(seconds=1))


def test_a_record_that_arrived_is_sent_once_and_signed(world, hook, program):
    world.saves()
    assert Delivery.objects.get().event == "record.arrived"
    assert webhooks.deliver_due() == 1
    assert webhooks.deliver_due() == 0
    ((headers, body),) = program.heard
    told = json.loads(body)
    assert (told["event"], told["gstin"], told["records"]) == ("record.arrived", world.recipient.gstin, 1)
    at_, v1 = (part.split("=")[1] for part in headers["X-IMS-Signature"].split(","))
    expected = hmac.new(hook.secret.encode(), f"{at_}.".encode() + body, hashlib.sha256).hexdigest()
    assert v1 == expected
    assert hook.secret not in Webhook.objects.get().sealed_secret


def test_every_event_of_a_period_is_sent(world, hook):
    record = world.saves()
    world.acts("accept", record)
    world.edits(record, taxable=7)
    world.goes_to("2024-11-09 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-14 10:00")
    world.acts("reject", record)
    outbox.note_stale()
    outbox.note_stale()
    world.recomputes("2024-10")
    world.files_3b("2024-10")
    events = list(Delivery.objects.order_by("pk").values_list("event", flat=True))
    assert events == [
        "record.arrived",
        "action.voided",
        "draft.generated",
        "draft.stale",
        "draft.generated",
        "return.filed",
    ]


def test_a_rolled_back_event_is_not_sent(world, hook):
    with pytest.raises(RuntimeError), transaction.atomic():
        world.saves()
        raise RuntimeError
    assert not Delivery.objects.exists()


def test_a_refusing_program_is_tried_again_later_and_given_up_in_the_end(world, hook, program):
    program.ear.answer = 500
    world.saves()
    assert webhooks.deliver_due() == 0
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.told) == ("waiting", 1, "HTTP 500")
    assert delivery.next_at > clock.real_now()
    assert webhooks.deliver_due() == 0
    assert len(program.heard) == 1
    for _attempt in range(webhooks.MOST_ATTEMPTS - 1):
        make_deliveries_due()
        webhooks.deliver_due()
    assert Delivery.objects.get().state == "given up"
    assert len(program.heard) == webhooks.MOST_ATTEMPTS


def test_a_redirect_is_not_followed(world, hook, program):
    program.ear.answer = 302
    world.saves()
    webhooks.deliver_due()
    assert Delivery.objects.get().told == "HTTP 302: redirects are not followed"
    assert len(program.heard) == 1


def test_an_internal_address_is_never_called_unless_staff_allowed_the_host(world, hook, program):
    world.saves()
    WebhookHost.objects.update(private=False)
    webhooks.deliver_due()
    assert "internal network" in Delivery.objects.get().told
    WebhookHost.objects.all().delete()
    make_deliveries_due()
    webhooks.deliver_due()
    assert "is not allowed" in Delivery.objects.get().told
    assert program.heard == []


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/",
        "ftp://127.0.0.1/",
        "https://user@127.0.0.1/",
        "https://127.0.0.1:99999/",
        "javascript:alert(1)",
        "https://127.0.0.1\u2024example/",
        "",
    ],
)
def test_an_address_that_is_not_allowed_is_refused(world, hook, url):
    with pytest.raises(Invalid) as refusal:
        webhooks.add(world.recipient, url, ["record.arrived"], user=None)
    assert refusal.value.code == "BAD_ADDRESS"


def test_the_page_adds_a_webhook_shows_its_secret_once_and_ends_the_webhook(world, program):
    WebhookHost.objects.create(host="127.0.0.1", private=True)
    client = client_for(world, Role.PREPARER)
    url = at(world, "webhooks/")
    asked = {"url": "https://elsewhere.example/", "events": ["record.arrived"]}
    assert client.post(url, asked).status_code == 422
    made = client.post(url, {**asked, "url": f"http://127.0.0.1:{program.server_port}/"})
    secret = made.context["secret"]
    assert secret in made.content.decode()
    assert secret not in client.get(url).content.decode()
    hook = Webhook.objects.get()
    client.post(url, {"end": str(hook.pk)})
    world.saves()
    assert not Delivery.objects.exists()
    viewer = client_for(world, Role.VIEWER, name="viewer")
    assert viewer.post(url, asked).status_code == 403
