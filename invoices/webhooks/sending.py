"""Adds and ends webhooks, and sends deliveries until the hosts accept them.

Only this module sends requests to other hosts. A request goes only to a host that an administrator has
allowed, and only to the IP address that this module has just checked. The module follows no redirect, and
reads only the status of an answer. `hosts` decides which hosts may get deliveries now."""

from __future__ import annotations

import http.client
import ipaddress
import logging
import re
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from queue import Empty, Queue
from typing import Any

from django.db.models import F

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.wording import say
from invoices.journal import outbox
from invoices.models import Delivery, Taxpayer, Webhook
from invoices.webhooks import hosts, letters
from invoices.webhooks.letters import Letter

# real seconds for one attempt, from the look-up of the host's name to the status of the answer
DEADLINE_SECONDS = 10.0
# the largest number of bytes to read of an answer: interim answers and the status
MOST_READ = 8192
STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])[^\n]*\n")
MOST_WEBHOOKS, MOST_ATTEMPTS = 20, 10
# Limits of one run of `deliver_due`: the number of hosts, the number of deliveries to one host, and the
# seconds after which no further delivery begins.
MOST_HOSTS, MOST_OF_HOST, RUN_SECONDS = 20, 50, 20.0
# A run's right to send to a host lasts this long. This time must be longer than `RUN_SECONDS` and
# `DEADLINE_SECONDS` together.
HOLD = timedelta(minutes=1)
LEASE = timedelta(minutes=2)
# the portal gives up a delivery that has waited longer than this
KEPT = timedelta(days=3)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(hours=6)
log = logging.getLogger(__name__)


class NotSent(Exception):
    """The error for a request that the portal did not send. The webhook's page shows the message."""


def add(taxpayer: Taxpayer, url: str, events: list[str], *, user: Any) -> tuple[Webhook, str]:
    """Add a webhook. Return the webhook and its secret, which is shown only once. Raises `Invalid` if the
    address or the events are wrong, or if the taxpayer has too many webhooks."""
    letters.checked(url)
    wanted = [event for event in outbox.EVENTS if event in events]
    if not wanted or len(wanted) != len(set(events)):
        raise Invalid("BAD_EVENTS", "Choose at least one event.")
    if Webhook.objects.filter(taxpayer=taxpayer, active=True).count() >= MOST_WEBHOOKS:
        raise Invalid(
            "TOO_MANY",
            say(
                "This GSTIN already has %(count)d webhooks. End a webhook before you add another.",
                count=MOST_WEBHOOKS,
            ),
        )
    secret = "whsec_" + secrets.token_urlsafe(32)
    hook = Webhook.objects.create(
        taxpayer=taxpayer,
        url=url,
        events=" ".join(wanted),
        sealed_secret=letters.seal(secret),
        created_at=clock.real_now(),
        created_by=user if getattr(user, "pk", None) else None,
    )
    outbox.forget()
    return hook, secret


def end(taxpayer: Taxpayer, webhook_id: int) -> bool:
    """End a webhook, so that it gets no more events. Return False if the taxpayer has no such active
    webhook."""
    ended = bool(Webhook.objects.filter(pk=webhook_id, taxpayer=taxpayer, active=True).update(active=False))
    outbox.forget()
    return ended


def deliver_due() -> int:
    """Send the deliveries that are due. Return how many the hosts accepted. Two runs at the same time are
    safe.

    A run sends to many hosts in parallel. One host gets at most `hosts.AT_ONCE` deliveries at the same time,
    and only from one run. After `RUN_SECONDS` a run begins no further delivery, and the rest waits for the
    next run."""
    outbox.note_stale()
    _end_left()
    until = time.monotonic() + RUN_SECONDS
    taken = 0
    queues: list[_Queue] = []
    with ThreadPoolExecutor(MOST_HOSTS * hosts.AT_ONCE, thread_name_prefix="webhook") as pool:
        try:
            queues = [queue for host in hosts.due(MOST_HOSTS) if (queue := _queue(host))]
            flying: dict[Future[_Outcome], tuple[_Queue, Delivery]] = {}
            while True:
                for queue in queues:
                    while queue.waiting and len(queue.flying) < queue.held.width and time.monotonic() < until:
                        delivery = queue.waiting.pop(0)
                        if _leased(delivery):
                            sent = pool.submit(_to_send(delivery))
                            queue.flying.add(delivery.pk)
                            flying[sent] = (queue, delivery)
                if not flying:
                    return taken
                for sent in wait(flying, return_when=FIRST_COMPLETED).done:
                    queue, delivery = flying.pop(sent)
                    queue.flying.discard(delivery.pk)
                    outcome = sent.result()
                    taken += _noted(delivery, outcome)
                    if outcome.status:
                        hosts.answered(queue.held.host)
                    elif outcome.silent and hosts.silent(queue.held.host):
                        queue.waiting.clear()
        finally:
            for queue in queues:
                hosts.release(queue.held)


@dataclass(slots=True)
class _Queue:
    """The deliveries to one host in this run. `flying` has the ids of deliveries that are being sent."""

    held: hosts.Hold
    waiting: list[Delivery]
    flying: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The result of an attempt. `status` is the status of the host's answer. Without an answer, `status` is
    0, and `why` is the reason. `silent` is True if the portal tried to reach the host and got no valid
    answer."""

    status: int = 0
    why: str = ""
    silent: bool = False


def _end_left() -> None:
    """End the webhooks of people who have left the taxpayer or are no longer active. If such a person gets a
    role again, these webhooks remain ended.

    Also give up the deliveries to ended webhooks, and deliveries that have waited longer than `KEPT`."""
    kept = Webhook.objects.in_use().values("pk")
    ended = Webhook.objects.filter(active=True).exclude(pk__in=kept).update(active=False)
    if ended:
        log.info(
            "%d webhooks ended, because the persons who added them no longer have a role at the GSTIN", ended
        )
        outbox.forget()
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING)
    given_up = Delivery.State.GIVEN_UP
    waiting.filter(webhook__active=False).update(state=given_up, told="The webhook was ended.")
    old = waiting.filter(created_at__lt=clock.real_now() - KEPT)
    old.update(state=given_up, told=f"The host gave no answer for {KEPT.days} days.")


def _queue(host: str) -> _Queue | None:
    """Reserve the host for this run and return the host's due deliveries. Return None if another run has the
    host, or if the host is paused."""
    held = hosts.hold(host, HOLD)
    if held is None:
        return None
    due = Delivery.objects.filter(
        state=Delivery.State.WAITING, next_at__lte=clock.real_now(), webhook__host=host
    ).order_by("next_at", "pk")
    most = 1 if held.trial else MOST_OF_HOST
    return _Queue(held, list(due.select_related("webhook")[:most]))


def _leased(delivery: Delivery) -> bool:
    """Count the attempt and lease the delivery. Return False if another run has the delivery, or if its
    webhook is no longer in use. If this worker dies, another worker may send the delivery when the lease
    ends."""
    mine = Delivery.objects.filter(
        pk=delivery.pk,
        state=Delivery.State.WAITING,
        attempts=delivery.attempts,
        webhook__in=Webhook.objects.in_use(),
    )
    return bool(mine.update(attempts=F("attempts") + 1, next_at=clock.real_now() + LEASE))


def _noted(delivery: Delivery, outcome: _Outcome) -> bool:
    """Store the result of an attempt. Return True if the host accepted the delivery (status 2xx)."""
    attempts = delivery.attempts + 1
    good = 200 <= outcome.status < 300
    told = f"HTTP {outcome.status}" if outcome.status else outcome.why
    if 300 <= outcome.status < 400:
        told = f"HTTP {outcome.status}: redirects are not followed"
    over = attempts >= MOST_ATTEMPTS
    wait_for = min(LONGEST_WAIT, FIRST_WAIT * 4 ** (attempts - 1))
    state = Delivery.State.DONE if good else Delivery.State.GIVEN_UP if over else Delivery.State.WAITING
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state, told=told[:120], next_at=clock.real_now() + wait_for
    )
    return good


def _to_send(delivery: Delivery) -> Callable[[], _Outcome]:
    """Return a function that a thread can run without the database. The function sends the request and
    returns the outcome. If the webhook's host is no longer allowed, the function sends nothing, and the
    outcome has the reason."""
    try:
        letter = letters.write(delivery)
    except Invalid as bad:
        return partial(_refused, str(bad.message))
    return partial(_sent, letter)


def _refused(why: str) -> _Outcome:
    return _Outcome(why=why)


def _sent(letter: Letter) -> _Outcome:
    """Send the request and return the outcome. `DEADLINE_SECONDS` limits the whole attempt, from the look-up
    of the host's name to the status of the answer."""
    ends = time.monotonic() + DEADLINE_SECONDS

    def left() -> float:
        rest = ends - time.monotonic()
        if rest <= 0:
            raise TimeoutError
        return rest

    try:
        address = _address(letter.host, letter.port, private=letter.private, left=left)
        return _Outcome(_status(letter, address, left))
    except NotSent as refused:
        return _Outcome(why=f"{refused}")
    except TimeoutError:
        return _Outcome(why=f"No answer within {DEADLINE_SECONDS:g} seconds.", silent=True)
    except (OSError, http.client.HTTPException, ValueError) as failure:
        return _Outcome(why=f"{failure}" or type(failure).__name__, silent=True)


def _status(letter: Letter, address: str, left: Callable[[], float]) -> int:
    """Post the request to the given IP address and return the status of the answer. The host's name is not
    looked up again."""
    with closing(socket.create_connection((address, letter.port), left())) as line:
        if letter.secure:
            line.settimeout(left())
            line = ssl.create_default_context().wrap_socket(line, server_hostname=letter.host)
        with closing(line):
            line.settimeout(left())
            connection = http.client.HTTPConnection(letter.host, letter.port)
            connection.sock = line
            connection.request("POST", letter.path, letter.body, letter.headers)
            return _first_line(line, left)


def _first_line(line: socket.socket, left: Callable[[], float]) -> int:
    """Return the status of the answer, after interim answers (1xx). All reads together have one deadline, and
    stop after about `MOST_READ` bytes. Raises `ValueError` if the answer is not HTTP, or if the host closes
    the connection. Raises `TimeoutError` at the deadline."""
    said, read = b"", 0
    while True:
        found = STATUS_LINE.match(said)
        interim = found is not None and found[1].startswith(b"1")
        if found is not None and not interim:
            return int(found[1])
        if interim and b"\r\n\r\n" in said:
            said = said.partition(b"\r\n\r\n")[2]
            continue
        if (found is None and b"\n" in said) or read >= MOST_READ:
            raise ValueError("The answer is not valid HTTP.")
        line.settimeout(left())
        part = line.recv(1024)
        if not part:
            raise ValueError("The connection was closed without an answer.")
        said, read = said + part, read + len(part)


# The public addresses of IPv6, without 6to4, whose addresses contain an IPv4 address. Other addresses with an IPv4
# address, such as those of NAT64, are not in this network.
_PUBLIC, _6TO4 = ipaddress.ip_network("2000::/3"), ipaddress.ip_network("2002::/16")


def is_public(address: str) -> bool:
    """True if the IP address is an address of one machine on the internet. An IPv6 address that contains an
    IPv4 address is not public, because the IPv4 address may be internal."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if found.version == 6 and (found not in _PUBLIC or found in _6TO4):
        return False
    return found.is_global and not found.is_multicast


def _address(host: str, port: int, *, private: bool, left: Callable[[], float]) -> str:
    """Return the host's current IP address. Raises `NotSent` for an address of this machine or the internal
    network, unless an administrator allowed such addresses. Raises `TimeoutError` if the look-up takes too
    long. Raises `OSError` if the name is unknown."""
    answers: Queue[list[str]] = Queue(1)

    def look_up() -> None:
        found: list[str] = []
        with suppress(OSError, UnicodeError):
            found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        answers.put(found)

    # Python cannot stop a look-up, so the look-up has its own thread, and this function waits only until the
    # deadline. After that, the thread runs on until the operating system ends the look-up.
    threading.Thread(target=look_up, name="webhook-name", daemon=True).start()
    try:
        found = answers.get(timeout=left())
    except Empty:
        raise TimeoutError from None
    if not found:
        raise OSError("The host's name was not found.")
    for address in found:
        if not private and not is_public(address):
            raise NotSent(
                "The host has an address of the internal network. An administrator must allow this."
            )
    return found[0]
