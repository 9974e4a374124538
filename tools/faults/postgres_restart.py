"""PostgreSQL is stopped or crashes while people act."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field

from django.db import connections

from invoices.models import Decision, JournalLine, Taxpayer
from tools.faults import looks
from tools.faults.frame import Fault, Tally
from tools.faults.stage import Stage

WRITERS = 4
Records = list[tuple[int, int, int]]


@dataclass(slots=True)
class _Writers:
    """People who act without pause. No two people act on the same record. A person repeats a request with the
    same Idempotency-Key until the portal answers."""

    stage: Stage
    recipient: Taxpayer
    shares: list[Records]
    answered: list[tuple[float, int]] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def work(self, share: Records) -> None:
        for record in share:
            for _attempt in range(600):
                answer = self.stage.act(self.recipient, record, "accept", key=f"restart {record[0]}")
                self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
                if answer.status == 200:
                    self.answered.append((time.monotonic(), record[0]))
                    break
                time.sleep(0.1)
            if self.over.is_set():
                return


def _round(stage: Stage, dice: random.Random, told: Tally, how: str) -> None:
    recipient = stage.recipients(1)[0]
    records = looks.versions(recipient)
    writers = _Writers(stage, recipient, [records[n::WRITERS] for n in range(WRITERS)])
    connections.close_all()
    threads = [threading.Thread(target=writers.work, args=(share,), daemon=True) for share in writers.shares]
    for thread in threads:
        thread.start()
    time.sleep(dice.uniform(0.3, 1.0))
    stage.postgres.stop(how)
    time.sleep(dice.uniform(0.5, 2.0))
    stage.postgres.start()
    back = time.monotonic()
    for _ in range(400):
        if any(when > back for when, _pk in writers.answered) or not any(t.is_alive() for t in threads):
            break
        time.sleep(0.05)
    later = [when for when, _pk in writers.answered if when > back]
    told.recovered.append(min(later) - back if later else 20.0)
    writers.over.set()
    for thread in threads:
        thread.join(timeout=60)
    told.rounds += 1
    told.errors += sum(n for status, n in writers.statuses.items() if status >= 500 and status != 503)
    acted = [pk for _when, pk in writers.answered]
    told.lost += len(acted) - Decision.objects.filter(record_id__in=acted, action="A").count()
    lines = JournalLine.objects.filter(record_id__in=acted, after="A -").count()
    told.doubled += max(0, lines - len(acted))
    told.lost += max(0, len(acted) - lines)
    told.notes.append(
        f"{how}: {len(acted)} actions answered, statuses {dict(sorted(writers.statuses.items()))}"
    )


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    with stage.running("web"):
        for number in range(rounds):
            _round(stage, dice, told, "immediate" if number % 2 else "fast")
    return told


FAULT = Fault(
    "postgres-restart",
    "PostgreSQL restarted under load: 503, then recovery without a restart of ours; no answered write lost",
    run,
    divide=2,
    recover_within=10,
)
