"""Measure how long a client of GSTN's API waits.

The client fetches one recipient's records and saves actions on these records, over HTTP and encrypted. The
portal runs in another process on a scratch database, as under `./run demo`."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.models.functions import Upper

from ims_portal.kernel import clock
from ims_portal.support.database.scratch import scratch_database
from invoices import portal_clock
from invoices.models import Decision, Membership, Record, Role
from returns.gstn import clients
from tools.benchmarks import world
from tools.gstn_bench import served

AT = "2024-11-05 10:00"
USER = "bench"
SECTIONS = ("B2B", "DN", "CN")
LIMIT = 3.0


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--records",
            type=int,
            default=112_000,
            help="number of records of the recipient; a tenth of these records are not in IMS",
        )
        parser.add_argument("--at-once", type=int, default=5000)

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError(
                "The portal is served beside this command, so it needs PostgreSQL (DATABASE_URL)."
            )
        with scratch_database():
            recipient = self._scene(options["records"])
            made = clients.create("bench", [USER])
            port = served.free_port()
            with served.served(port):
                client = served.TimedClient(port, made, USER, recipient.gstin)
                client.signs_in()
                sent, account, codes = self._saves(client, options["at_once"])
            saved = Decision.objects.filter(recipient=recipient).exclude(action="N").count()
        self._told(client, options["at_once"], sent, account, codes, saved)

    def _scene(self, records: int) -> Any:
        portal_clock.set_to(datetime.fromisoformat(AT), frozen=True)
        with clock.at(datetime.fromisoformat(AT)):
            scene = world.build("one", records)
        # Make the number keys again. The number keys that `world.build` writes with SQL do not match the
        # document numbers.
        Record.objects.update(number_key=Upper("number"))
        user = get_user_model().objects.create_user(USER)
        Membership.objects.create(user=user, taxpayer=scene.recipient, role=Role.PREPARER)
        return scene.recipient

    def _saves(self, client: served.TimedClient, at_once: int) -> tuple[int, Counter[str], Counter[str]]:
        """Save an action on every record. Return the number of sent actions, the counts of the portal's
        reports, and the counts of error codes."""
        sent, account, codes = 0, Counter[str](), Counter[str]()
        for section in SECTIONS:
            key = section.lower() if section == "B2B" else f"b2b{section.lower()}"
            rows = client.records(section)
            self.stdout.write(f"{section}: {len(rows)} records fetched")
            asked = map(served.decided, range(len(rows)), rows)
            while part := list(islice(asked, at_once)):
                state = client.saves(key, part)
                sent += len(part)
                account["processed"] += int(state["proc_cnt"])
                account["refused"] += int(state["err_cnt"])
                for refused in state.get("error_report", {}).values():
                    codes.update({e["error_cd"]: len(e["inv"]) for e in refused})
        return sent, account, codes

    def _told(
        self,
        client: served.TimedClient,
        at_once: int,
        sent: int,
        account: Counter[str],
        codes: Counter[str],
        saved: int,
    ) -> None:
        self.stdout.write(f"SAVE in requests of {at_once}, largest {client.largest / 1e6:.2f} MB, over HTTP")
        for action, seconds in client.seconds.items():
            self.stdout.write(
                f"  {action:<22} {len(seconds):>4} requests   slowest {max(seconds):.2f} s   "
                f"mean {sum(seconds) / len(seconds):.2f} s"
            )
        of_http = [max(s) for action, s in client.seconds.items() if action != "SAVE until worked off"]
        told = "; ".join(f"{code} {count}" for code, count in sorted(codes.items()))
        lost = sent - saved - account["refused"]
        self.stdout.write(
            f"sent {sent}: saved {saved}, refused {account['refused']}{f' ({told})' if told else ''}, lost {lost}"
        )
        self.stdout.write(f"slowest request of all {max(of_http):.2f} s (limit {LIMIT:.0f} s)")
        if lost or account["processed"] != sent or max(of_http) > LIMIT:
            raise CommandError("A record was lost, or a request took too long.")
