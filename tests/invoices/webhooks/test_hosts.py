"""The portal spends only a limited time on a slow or silent host. It calls a host only if the host has the right name
and an allowed address."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest

from ims_portal.kernel import clock
from invoices.models import Delivery, Role, WebhookHost
from invoices.webhooks import hosts
from invoices.webhooks import sending as webhooks
from tests.api_client import api_for
from tests.desk_pages import at, client_for
from tests.invoices.webhooks.answering_hosts import (
    deliveries,
    drips,
    drips_interim,
    end_all_waits,
    floods,
    hosted,
    read_request,
    silent,
    slow,
    takes,
)

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def _short_deadline(monkeypatch):
    monkeypatch.setattr(webhooks, "DEADLINE_SECONDS", 0.5)


@pytest.mark.parametrize("answer", [silent, drips, drips_interim, floods])
def test_a_delivery_has_one_deadline_from_the_name_to_the_status(world, answer):
    with hosted(answer) as host:
        deliveries(world, host.url)
        began = time.monotonic()
        assert webhooks.deliver_due() == 0
        assert time.monotonic() - began < 2
    told = Delivery.objects.get().told
    assert told in ("No answer within 0.5 seconds.", "The answer is not valid HTTP."), told


def test_the_deadline_holds_for_the_tls_handshake(world):
    with hosted(silent) as host:
        deliveries(world, host.url.replace("http://", "https://"))
        began = time.monotonic()
        assert webhooks.deliver_due() == 0
        assert time.monotonic() - began < 2
    assert "No answer within" in Delivery.objects.get().told


def test_the_deadline_holds_for_the_look_up_of_the_name(world, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(webhooks.socket, "getaddrinfo", lambda *_a, **_n: over.wait(10) and [])
    WebhookHost.objects.create(host="slow.example", private=True)
    deliveries(world, "https://slow.example/")
    began = time.monotonic()
    assert webhooks.deliver_due() == 0
    assert time.monotonic() - began < 2
    over.set()
    assert "No answer within" in Delivery.objects.get().told


def test_an_answer_is_read_no_further_than_its_status(world):
    read: list[int] = []

    def long(line: socket.socket) -> None:
        read_request(line)
        line.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n")
        with suppress(OSError):
            while True:
                read.append(line.send(b"a" * 65536))

    with hosted(long) as host:
        deliveries(world, host.url)
        assert webhooks.deliver_due() == 1
    assert Delivery.objects.get().told == "HTTP 200"


def test_a_silent_host_is_paused_and_tried_with_one_delivery_afterwards(world):
    with hosted(silent) as host:
        deliveries(world, host.url, count=20)
        webhooks.deliver_due()
        row = WebhookHost.objects.get()
        assert row.silences >= hosts.MOST_SILENCES
        assert row.paused_at < row.paused_until
        assert row.paused_until > clock.real_now()
        seen = host.seen
        assert seen <= hosts.MOST_SILENCES + hosts.AT_ONCE
        # a delivery that the portal never sent has used none of its attempts
        assert Delivery.objects.filter(attempts=0).count() == 20 - seen
        webhooks.deliver_due()
        assert host.seen == seen
        end_all_waits()
        first = row.paused_until - row.paused_at
        webhooks.deliver_due()
        assert host.seen == seen + 1
        row.refresh_from_db()
        assert row.paused_until - row.paused_at > first
        # the host answers again: the pause ends, and all other deliveries follow
        host.answer = takes
        end_all_waits()
        assert webhooks.deliver_due() == 1
        row.refresh_from_db()
        assert row.silences == 0
        assert row.paused_until <= clock.real_now()
        end_all_waits()
        webhooks.deliver_due()
        assert not Delivery.objects.filter(state="waiting").exists()


def test_a_silent_host_does_not_delay_other_hosts(world):
    with hosted(silent) as mute, hosted(takes, "127.0.0.2") as good:
        # the deliveries to the silent host are older and therefore come first
        deliveries(world, mute.url, count=50)
        deliveries(world, good.url, count=5)
        began = time.monotonic()
        assert webhooks.deliver_due() == 5
        assert time.monotonic() - began < 5


def test_a_host_gets_few_deliveries_at_once_and_only_from_one_run(world):
    with hosted(slow) as host:
        deliveries(world, host.url, count=6)
        assert webhooks.deliver_due() == 6
        assert host.most <= hosts.AT_ONCE
        deliveries(world, host.url + "b", count=2)
        held = hosts.hold("127.0.0.1", timedelta(minutes=1))
        assert webhooks.deliver_due() == 0
        hosts.release(held)
        assert webhooks.deliver_due() == 2


def test_a_host_that_refuses_with_an_answer_is_not_paused(world):
    def refuses(line: socket.socket) -> None:
        read_request(line)
        line.sendall(b"HTTP/1.1 500 No\r\n\r\n")

    with hosted(refuses) as host:
        deliveries(world, host.url, count=8)
        webhooks.deliver_due()
        assert host.seen == 8
    assert WebhookHost.objects.get().paused_until is None


def test_a_delivery_that_waited_for_days_is_given_up(world):
    with hosted(silent) as host:
        deliveries(world, host.url)
        Delivery.objects.update(created_at=clock.real_now() - webhooks.KEPT - timedelta(hours=1))
        webhooks.deliver_due()
        assert host.seen == 0
    assert Delivery.objects.get().state == "given up"


def test_the_page_and_the_api_show_a_pause(world):
    with hosted(silent) as host:
        deliveries(world, host.url, count=4)
        webhooks.deliver_due()
    page = client_for(world, Role.PREPARER).get(at(world, "webhooks/")).content.decode()
    assert "The host does not answer" in page
    (item,) = api_for(world).get("webhooks/").json()["items"]
    assert item["paused_until"]


def test_tls_is_checked_against_the_hosts_own_name(monkeypatch, world):
    """The portal looks up the host's IP address once, and connects to this IP address. The certificate must
    still be for the host's name."""
    asked: list[str] = []

    class Context:
        def wrap_socket(self, line, server_hostname):
            asked.append(server_hostname)
            raise ssl.SSLCertVerificationError("not this name")

    monkeypatch.setattr(webhooks.ssl, "create_default_context", Context)
    found = socket.getaddrinfo
    monkeypatch.setattr(
        webhooks.socket,
        "getaddrinfo",
        lambda _host, port, *given, **named: found("127.0.0.1", port, *given, **named),
    )
    WebhookHost.objects.create(host="erp.example", private=True)
    with hosted(takes) as host:
        deliveries(world, host.url.replace("http://127.0.0.1", "https://erp.example"))
        webhooks.deliver_due()
    assert asked == ["erp.example"]
    assert "not this name" in Delivery.objects.get().told


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.8", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "fd00::1", "fe80::1%eth0",
        "::ffff:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:8", "2002:7f00:1::", "ff0e::1", "::7f00:1",
        "::ffff:0:7f00:1", "fec0::1",
    ],
)  # fmt: skip
def test_a_name_that_leads_to_an_internal_address_is_never_called(monkeypatch, address):
    """Also if only one of the name's addresses is internal: a name server may change its answers (DNS
    rebinding)."""
    answers = [(None, None, None, "", (ip, 443)) for ip in ("93.184.216.34", address)]
    monkeypatch.setattr(webhooks.socket, "getaddrinfo", lambda *_given, **_named: answers)
    with pytest.raises(webhooks.NotSent, match="internal network"):
        webhooks._address("erp.example", 443, private=False, left=lambda: 5.0)
    monkeypatch.setattr(webhooks.socket, "getaddrinfo", lambda *_given, **_named: answers[:1])
    assert webhooks._address("erp.example", 443, private=False, left=lambda: 5.0) == "93.184.216.34"
