"""Eight processes write to one SQLite file.

Each writer must wait for the other writers, no writer may get a lock error, and no update may be lost. The
run's own database is PostgreSQL, so `main` makes the SQLite database in a process of its own."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.faults.frame import Fault, Tally

if TYPE_CHECKING:
    from tools.faults.stage import Stage

WRITERS, BAR_SECONDS, RECORDS = 8, 20, 12


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    folder = stage.folder / f"sqlite-{dice.randrange(10**9)}"
    folder.mkdir()
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")
    }
    command = [sys.executable, "-m", "tools.faults.sqlite_writers", str(rounds), str(dice.random())]
    done = subprocess.run(  # noqa: S603  the interpreter, and this module
        command,
        env=environment | {"PORTAL_VAR": str(folder)},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-600:])
    return Tally(**json.loads(done.stdout.splitlines()[-1]))


def main(rounds: int, seed: str) -> dict[str, Any]:
    """Let each of eight writers take `rounds` actions. Return the values of a `frame.Tally`."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from invoices.models import Decision, JournalLine
    from tools.faults.stage import Child, Stage

    call_command("migrate", verbosity=0)
    recipient, records = _world()
    began_at = dict(Decision.objects.filter(record_id__in=records).values_list("record_id", "version"))
    lines_before = JournalLine.objects.filter(record_id__in=records).count()
    writers = [Child(lambda n=n: _write(recipient, records, rounds, f"{seed} {n}")) for n in range(WRITERS)]  # type: ignore[misc]
    for writer in writers:
        writer.go()
    answers = [writer.answer() for writer in writers]
    connections.close_all()
    results = [answer["result"] for answer in answers if "result" in answer]
    saved: dict[int, int] = {}
    for result in results:
        for pk in result["saved"]:
            saved[pk] = saved.get(pk, 0) + 1
    stands = dict(Decision.objects.filter(record_id__in=records).values_list("record_id", "version"))
    lines = JournalLine.objects.filter(record_id__in=records).count() - lines_before
    verified = Stage.verify()
    locked = sum(result["locked"] for result in results)
    broken = [answer.get("text", "a writer was killed") for answer in answers if "result" not in answer]
    broken += [f"{locked} writers were told of a lock"] if locked else []
    broken += [f"verify: {verified}"] if verified else []
    total = sum(saved.values())
    return {
        "rounds": sum(result["asked"] for result in results),
        "lost": sum(began_at[pk] + saved.get(pk, 0) != stands[pk] for pk in records) + abs(lines - total),
        "delays": [max((result["slowest"] for result in results), default=0.0)],
        "broken": broken,
        "notes": [
            f"{total} actions saved, {sum(r['late'] for r in results)} came second on a record and were told so"
        ],
    }


def _world() -> tuple[int, list[int]]:
    """Make a recipient with filed invoices of one supplier. The portal clock is before the 14th. Return the
    ids of recipient and invoices."""
    from ims_portal.kernel import clock
    from ims_portal.kernel.money import TaxAmounts
    from invoices import portal_clock
    from invoices.documents.saving import Incoming
    from invoices.models import Record, Taxpayer
    from invoices.rules.calendar import Form
    from invoices.rules.documents import Draft
    from invoices.rules.situation import Kind
    from returns.outward import save_and_file as outward
    from tools.benchmarks.world import OCTOBER, gstin
    from tools.faults import looks

    portal_clock.set_to(datetime(2024, 11, 9, 10, tzinfo=clock.IST))
    recipient = Taxpayer.objects.create(gstin=gstin(0), legal_name="Recipient", listed=True)
    supplier = Taxpayer.objects.create(gstin=gstin(1), legal_name="Supplier")
    drafts = [
        Draft(
            kind=Kind.INVOICE,
            recipient=recipient.gstin,
            number=f"W-{n}",
            document_date=date(2024, 10, 10),
            place_of_supply="27",
            taxable=100_000,
            tax=TaxAmounts(cgst=9_000, sgst=9_000),
        )
        for n in range(RECORDS)
    ]
    outward.save_many(supplier, Form.GSTR1, OCTOBER, [Incoming(draft) for draft in drafts], by=looks.BY)
    outward.file(supplier, Form.GSTR1, OCTOBER, by=looks.BY)
    return recipient.pk, list(Record.objects.filter(recipient=recipient).values_list("pk", flat=True))


def _write(recipient_id: int, records: list[int], rounds: int, seed: str) -> dict[str, Any]:
    """Act as one writer, who reads a record and takes an action on this record, again and again. Return the
    counts."""
    from django.db import OperationalError

    from ims_portal.kernel.errors import Busy, Conflict
    from invoices.desk import actions
    from invoices.desk.actions import Asked, Seen
    from invoices.models import Record, Taxpayer
    from invoices.rules.situation import Action
    from tools.faults import looks

    dice, told = random.Random(seed), {"asked": 0, "late": 0, "locked": 0, "slowest": 0.0}
    saved: list[int] = []
    recipient = Taxpayer.objects.get(pk=recipient_id)
    for _ in range(rounds):
        pk = dice.choice(records)
        revision, version = Record.objects.values_list("revision", "decision__version").get(pk=pk)
        # a person needs some time between reading and deciding
        time.sleep(dice.uniform(0, 0.02))
        asked = Asked(dice.choice([Action.ACCEPTED, Action.REJECTED]))
        began = time.monotonic()
        told["asked"] += 1
        try:
            actions.take_one(recipient, pk, asked, by=looks.BY, seen=Seen(revision, version))
            saved.append(pk)
        except Conflict:
            told["late"] += 1
        except (OperationalError, Busy):
            told["locked"] += 1
        told["slowest"] = max(told["slowest"], time.monotonic() - began)
    return {**told, "saved": saved}


FAULT = Fault(
    "sqlite-writers",
    "eight writers on one SQLite file: nobody hears of a lock within 20 s, no update is lost",
    run,
    delay_within=BAR_SECONDS,
)

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ims_portal.settings")
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), sys.argv[2])) + "\n")
