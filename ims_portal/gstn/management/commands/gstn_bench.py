"""How long SAVE takes: one recipient's records sent in requests of so many, encrypted, in a scratch database."""

from __future__ import annotations

import json
import secrets
import time
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from django.db.models.functions import Upper
from django.test import Client as Http

from ims_portal.gstn import clients, crypto, sessions
from ims_portal.gstn.models import Request
from ims_portal.kernel import clock
from ims_portal.support.scratch import scratch_database
from invoices import jobs
from invoices.api import wire_out
from invoices.models import Decision, Job, Membership, Record, Role
from invoices.queries import records as queries
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from returns.benchmarks import world

AT = "2024-11-05 10:00"


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--records", type=int, default=110_000, help="of which a tenth goes past IMS")
        parser.add_argument("--at-once", type=int, default=5000)

    def handle(self, *args: Any, **options: Any) -> None:
        settings.ALLOWED_HOSTS = ["*"]
        settings.SECURE_SSL_REDIRECT = False
        with scratch_database(), clock.at(datetime.fromisoformat(AT)):
            self._run(options["records"], options["at_once"])

    def _run(self, records: int, at_once: int) -> None:
        scene = world.build("one", records)
        # the multiplied numbers and their keys were not made by one rule
        Record.objects.update(number_key=Upper("number"))
        user = get_user_model().objects.create_user("bench")
        Membership.objects.create(user=user, taxpayer=scene.recipient, role=Role.PREPARER)
        made = clients.create("bench", ["bench"])
        body = {"username": "bench", "otp": made.otp}
        signed = sessions.sign_in(made.client, body, plain_allowed=True)
        key = crypto.new_key()
        # an encrypted session, as if its key had been agreed on
        session, _ = sessions.find(made.client, "bench", signed["auth_token"])
        session.sealed_key = crypto.seal(crypto.derived(signed["auth_token"], sessions.PURPOSE), key)
        session.save()
        headers = {
            "clientid": made.client.client_id,
            "client-secret": made.secret,
            "username": "bench",
            "auth-token": signed["auth_token"],
        }
        taken, done, sizes = [], [], []
        http = Http(headers=headers)
        sent = 0
        for body_sent, count in self._requests(scene, at_once, key):
            sent += count
            sizes.append(len(body_sent))
            started = time.perf_counter()
            answer = http.put(
                "/taxpayerapi/v1.0/returns/ims", body_sent, content_type="application/json"
            ).json()
            taken.append(time.perf_counter() - started)
            if answer["status_cd"] != "1":
                raise SystemExit(str(answer))
            started = time.perf_counter()
            for pk in Job.objects.filter(kind="gstn request", state=Job.State.QUEUED).values_list(
                "pk", flat=True
            ):
                job = jobs.run(pk)
                if job is None or job.state != Job.State.DONE:
                    raise SystemExit(job.error if job else "not run")
            done.append(time.perf_counter() - started)
        saved = Decision.objects.filter(recipient=scene.recipient).exclude(action="N").count()
        refused = sum(Request.objects.values_list("failed", flat=True))
        reports: list[Any] = list(Request.objects.exclude(report=None).values_list("report", flat=True))
        self.stdout.write(f"{len(taken)} requests of {at_once}, largest {max(sizes) / 1e6:.2f} MB")
        self.stdout.write(f"request   slowest {max(taken):.2f} s   mean {sum(taken) / len(taken):.2f} s")
        self.stdout.write(f"work      slowest {max(done):.2f} s   mean {sum(done) / len(done):.2f} s")
        self.stdout.write(f"together  slowest {max(a + b for a, b in zip(taken, done, strict=True)):.2f} s")
        codes = sorted({e["error_cd"] for r in reports for part in r.values() for e in part})
        self.stdout.write(
            f"sent {sent}: saved {saved}, refused {refused} {codes or ''}, lost {sent - saved - refused}"
        )

    def _requests(self, scene: Any, at_once: int, key: bytes) -> Any:
        """Bodies as a client sends them: every third document rejected with a remark of its own."""
        recipient = scene.recipient
        view = DeskView.of(recipient, clock.today(), calendar())
        last = 0
        while True:
            rows = list(
                queries.on_desk(recipient, view)
                .filter(pk__gt=last)
                .select_related("decision", "supplier", "recipient")
                .order_by("pk")[:at_once]
            )
            if not rows:
                return
            last = rows[-1].pk
            sections: dict[str, list[dict[str, Any]]] = {}
            for nth, (record, row) in enumerate(zip(rows, wire_out.records_to_wire(rows, view), strict=True)):
                reject = nth % 3 == 0
                row |= {"prev_status": row["action"], "action": "R" if reject else "A"}
                if reject:
                    row["remarks"] = f"Not ours, {secrets.token_hex(4)}"
                for name in ("tradenm", "ispendactblocked", "isRemarksBlocked", "isItcRedReqBlocked", "hash"):
                    row.pop(name, None)
                sections.setdefault(record.section, []).append(row)
            data = {"rtin": recipient.gstin, "reqtyp": "SAVE", "invdata": sections}
            plain = crypto.encode(json.dumps(data, separators=(",", ":")).encode()).encode()
            sealed = {"data": crypto.encrypt(key, plain), "hmac": crypto.signature(key, plain)}
            yield json.dumps({"action": "SAVE", **sealed}), len(rows)
