"""The worker is killed (kill -9) while it moves records of a filed period to the archive."""

from __future__ import annotations

import random
import time

from invoices.documents import archive
from invoices.models import ArchivedRecord, Record, Taxpayer
from returns.gstr3b import filing
from tools.faults import looks
from tools.faults.frame import Fault, Tally
from tools.faults.stage import Stage, send, wait_for

EACH = 10
TASK = "invoices.archive_departed"


def _ids(recipients: list[Taxpayer]) -> tuple[list[int], list[int]]:
    live = Record.objects.filter(recipient__in=recipients).values_list("pk", flat=True)
    gone = ArchivedRecord.objects.filter(recipient__in=recipients).values_list("pk", flat=True)
    return list(live), list(gone)


def _left(recipients: list[Taxpayer]) -> bool:
    return any(archive.departed(recipient).exists() for recipient in recipients)


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    with stage.running("worker"):
        span = 0.4
        for number in range(rounds):
            some = stage.recipients(EACH)
            # Read the ids of live records before the filing. The archive task of the previous round may still
            # run. This task could archive records directly after the filing, and their ids would be missing.
            received = sorted(_ids(some)[0])
            for recipient in some:
                looks.with_statement(recipient)
                filing.file(recipient, looks.OCTOBER, by=looks.BY)
            send(TASK)
            wait_for(lambda some=some: _ids(some)[1], 20, every=0.005)  # type: ignore[misc]
            time.sleep(dice.uniform(0, span))
            whole = number % 3 == 2
            if whole:
                stage.kill("worker")
            else:
                stage.kill_children("worker")
            killed = time.monotonic()
            live, gone = _ids(some)
            told.torn += len(set(live) & set(gone))
            told.lost += len(set(received) - set(live) - set(gone))
            if whole:
                stage.start("worker")
            # The killed task's message is lost. Beat would send a new message within an hour. The test does
            # not wait for beat, and sends the new message itself.
            send(TASK)
            if not wait_for(lambda some=some: not _left(some), 60):  # type: ignore[misc]
                told.broken.append("departed records were left where they were")
            told.recovered.append(time.monotonic() - killed)
            live, gone = _ids(some)
            told.lost += len(set(received) - set(live) - set(gone))
            told.doubled += len(live) + len(gone) - len(received)
            told.rounds += 1
    return told


FAULT = Fault(
    "worker-archive",
    "kill -9 of the worker while records move to the archive: live and archived are all that was received",
    run,
    recipients=EACH,
    recover_within=60,
)
