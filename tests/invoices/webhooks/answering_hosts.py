"""Hosts that answer webhooks in several ways, and deliveries to them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from ims_portal.kernel import clock
from invoices.journal import outbox
from invoices.models import Delivery, Webhook, WebhookHost
from invoices.webhooks import sending as webhooks

Answer = Callable[[socket.socket], None]


class Host:
    """A test server that calls `answer` for each connection, and counts the connections that are open at the
    same time."""

    def __init__(self, answer: Answer, address: str = "127.0.0.1"):
        self.answer, self.at_once, self.most, self.seen = answer, 0, 0, 0
        self._lock, self._over = threading.Lock(), threading.Event()
        self._listener = socket.create_server((address, 0))
        self.url = f"http://{address}:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                line, _whence = self._listener.accept()
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with self._lock:
            self.seen, self.at_once = self.seen + 1, self.at_once + 1
            self.most = max(self.most, self.at_once)
        with suppress(OSError):
            self.answer(line)
        with self._lock:
            self.at_once -= 1
        line.close()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def read_request(line: socket.socket) -> None:
    said = b""
    while b"\r\n\r\n" not in said and (part := line.recv(4096)):
        said += part


def takes(line: socket.socket) -> None:
    read_request(line)
    line.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def silent(line: socket.socket) -> None:
    """Read until the client closes the connection, and never answer."""
    while line.recv(4096):
        pass


def drips(line: socket.socket) -> None:
    """Send the status line byte by byte, without end. No single pause between two bytes reaches a time
    limit."""
    read_request(line)
    line.sendall(b"HTTP/1.1 2")
    while True:
        time.sleep(0.05)
        line.sendall(b"0")


def drips_interim(line: socket.socket) -> None:
    """Send well-formed interim responses without end."""
    read_request(line)
    while True:
        line.sendall(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n")
        time.sleep(0.02)


def floods(line: socket.socket) -> None:
    read_request(line)
    while True:
        line.sendall(b"x" * 65536)


def slow(line: socket.socket) -> None:
    read_request(line)
    time.sleep(0.3)
    line.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


@contextmanager
def hosted(answer: Answer, address: str = "127.0.0.1") -> Iterator[Host]:
    host = Host(answer, address)
    WebhookHost.objects.get_or_create(host=address, defaults={"private": True})
    try:
        yield host
    finally:
        host.close()


def deliveries(world, url: str, count: int = 1, user=None) -> Webhook:
    """Make a webhook with deliveries that are due now, and return the webhook."""
    hook, _secret = webhooks.add(world.recipient, url, [outbox.ARRIVED], user=user)
    now = clock.real_now() - timedelta(seconds=1)
    Delivery.objects.bulk_create(
        Delivery(webhook=hook, key=f"{n}", event=outbox.ARRIVED, payload={}, next_at=now, created_at=now)
        for n in range(count)
    )
    return hook


def end_all_waits() -> None:
    """End the pauses of all hosts and the waiting times of all deliveries."""
    past = clock.real_now() - timedelta(seconds=1)
    Delivery.objects.filter(state="waiting").update(next_at=past)
    WebhookHost.objects.filter(paused_until__isnull=False).update(paused_until=past)
