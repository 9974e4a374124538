"""The host of a webhook accepts connections and never answers. Meanwhile the portal must finish drafts,
exports and a midnight in time."""

from __future__ import annotations

import random
import threading
import time
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ims_portal.kernel import clock
from invoices import jobs, portal_clock
from invoices.models import Delivery, Job, PortalClock, Taxpayer, WebhookHost
from invoices.webhooks import sending as webhooks
from tools.faults import looks
from tools.faults.frame import Fault, Tally
from tools.faults.servers import BlackHole, free_port
from tools.faults.stage import AFTER_THE_14TH, Stage, finished, send, wait_for

# two host names of this machine: one for the silent host, one for the good host
SILENT, GOOD = "127.0.0.1", "127.0.0.2"
WAITING, LOT = 100, 10


class _Ear(BaseHTTPRequestHandler):
    """A host of webhooks that accepts every delivery immediately."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_given: object) -> None:
        pass


def add_hooks(taxpayer: Taxpayer, silent: str, good: str) -> None:
    """Add a webhook for each host. The silent host gets a hundred deliveries, and the good host gets five."""
    now = clock.real_now()
    for url, count in ((silent, WAITING), (good, 5)):
        hook, _secret = webhooks.add(taxpayer, url, ["record.arrived"], user=None)
        Delivery.objects.bulk_create(
            Delivery(
                webhook=hook,
                key=f"fault {n}",
                event="record.arrived",
                payload={},
                next_at=now - timedelta(minutes=5 if url == silent else 1),
                created_at=now,
            )
            for n in range(count)
        )


def _midnight_passed(day: str) -> bool:
    return str(PortalClock.objects.get().nights_through) >= day


def _round(stage: Stage, told: Tally, number: int, silent: str, good: str) -> None:
    visited, *drafted = stage.recipients(1 + LOT)
    add_hooks(visited, f"{silent}{number}", f"{good}{number}")
    # send more tasks than the process for deliveries has threads, so that the silent host could occupy every
    # thread
    for _ in range(6):
        send("invoices.deliver_webhooks")
    time.sleep(2)
    took: dict[str, float] = {}
    began = time.monotonic()
    asked = stage.ask("POST", f"/api/v1/taxpayers/{visited.gstin}/exports/", {"what": "ims"})
    told.errors += asked.status >= 500 or asked.status == 0
    due = [[recipient.pk, recipient.open_period] for recipient in drafted]
    draft = jobs.ask("draft", f"silent {number}", payload={"night": "2024-11-14", "due": due}, total=len(due))
    for what, job in (("export", asked.body["id"]), ("drafts", draft.pk)):
        if finished(job, 60) is None:
            told.broken.append(f"{what} of round {number} was not done: {Job.objects.get(pk=job)}")
        took[what] = time.monotonic() - began
    midnight = AFTER_THE_14TH + timedelta(days=1 + number)
    stage.set_clock(midnight, keep_nights=True)
    # workers cache the portal clock for a short time, so wait until they read the new time
    time.sleep(2 * portal_clock.REMEMBER_SECONDS)
    began = time.monotonic()
    send("invoices.heartbeat")
    if not wait_for(lambda: _midnight_passed(midnight.date().isoformat()), 60):
        told.broken.append(f"the midnight of round {number} was not run")
    took["midnight"] = time.monotonic() - began
    told.delays += took.values()
    told.notes.append(", ".join(f"{what} {seconds:.1f} s" for what, seconds in took.items()))
    # the good host must receive all its deliveries, although the silent host does not answer
    heard = Delivery.objects.filter(webhook__host=GOOD, webhook__taxpayer=visited)
    began = time.monotonic()
    if not wait_for(lambda: not heard.exclude(state="done").exists(), 60):
        told.broken.append(f"the host that answers was not told in round {number}")
    told.recovered.append(time.monotonic() - began)
    missing, doubled = looks.drafted(drafted)
    told.lost, told.doubled = told.lost + missing, told.doubled + doubled
    told.torn += looks.torn_statements(drafted)
    told.rounds += 1


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    for host in (SILENT, GOOD):
        WebhookHost.objects.create(host=host, private=True)
    hole = BlackHole(free_port())
    ear = ThreadingHTTPServer((GOOD, 0), _Ear)
    threading.Thread(target=ear.serve_forever, daemon=True).start()
    with closing(hole), closing(ear.socket), stage.running("web", "worker", "deliveries", "beat"):
        wait_for(lambda: stage.get("/readyz").status == 200, 30)
        for number in range(rounds):
            portal_clock.forget()
            _round(stage, told, number, f"http://{SILENT}:{hole.port}/", f"http://{GOOD}:{ear.server_port}/")
        paused = WebhookHost.objects.filter(host=SILENT, paused_at__isnull=False, paused_until__isnull=False)
        if not wait_for(paused.exists, 60):
            told.broken.append("the silent host was not paused")
        row = WebhookHost.objects.get(host=SILENT)
        told.notes.append(
            f"{rounds * WAITING} deliveries waited for the silent host; it was asked {hole.taken} times, paused from "
            f"{row.paused_at} until {row.paused_until}"
        )
    return told


FAULT = Fault(
    "webhook-silent",
    "a webhook's host accepts and never answers: drafts, exports and midnights are done in time",
    run,
    recipients=1 + LOT,
    divide=4,
    recover_within=45,
    delay_within=10,
)
