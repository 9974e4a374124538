"""Celery's scheduler (beat) does not run when the portal clock reaches the 14th. Afterwards two beats start
without a stored schedule, and run at the same time."""

from __future__ import annotations

import random
import time
from datetime import datetime

from ims_portal.kernel import clock
from invoices import portal_clock
from invoices.models import JournalEntry, PortalClock, Taxpayer
from tools.faults import looks
from tools.faults.frame import Fault, Tally
from tools.faults.stage import Stage, wait_for

EVE = datetime(2024, 11, 13, 23, 59, 57, tzinfo=clock.IST)
THE_14TH = "2024-11-14"


def drafts() -> int:
    return JournalEntry.objects.filter(event="GSTR-2B drafted").count()


def to_the_eve() -> list[Taxpayer]:
    """Set the portal clock to three seconds before the 14th, and start the clock. Return the recipients whose
    draft is due on the 14th."""
    portal_clock.set_to(EVE)
    return list(Taxpayer.objects.filter(listed=True))


def passed() -> bool:
    portal_clock.forget()
    return portal_clock.portal_now().date().isoformat() >= THE_14TH


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    due = to_the_eve()
    with stage.running("worker1", "worker2"):
        wait_for(passed, 30)
        time.sleep(dice.uniform(0, 2))
        if drafts():
            told.broken.append("drafts were made with nobody to ask for them")
        began = time.monotonic()
        # the two beats start without a stored schedule
        stage.start("beat1", "beat2")
        if not wait_for(lambda: drafts() >= len(due), 120, every=0.2):
            told.broken.append(f"{drafts()} of {len(due)} drafts were made")
        told.recovered.append(time.monotonic() - began)
        # wait until both beats have sent two more heartbeats, which must not make second drafts
        time.sleep(45)
        told.rounds += 1
        missing, doubled = looks.drafted(due)
        told.lost, told.doubled, told.torn = missing, doubled, looks.torn_statements(due)
        if str(PortalClock.objects.get().nights_through) != THE_14TH:
            told.broken.append("the night is not noted as run")
    told.notes.append(
        f"{len(due)} drafts; beat was away over the 14th, then two beats and two workers for 45 s"
    )
    return told


FAULT = Fault(
    "beat-away",
    "beat stopped over the 14th, then two beats: every draft is made, once",
    run,
    recipients=20,
    divide=1000,
    recover_within=60,
)
