"""The portal clock jumps back to a time before the 14th, on a host in another time zone."""

from __future__ import annotations

import os
import random
import time
from datetime import datetime

from ims_portal.kernel import clock
from invoices.desk import actions
from invoices.desk.actions import Asked
from invoices.models import JournalSeal
from invoices.rules.situation import Action
from tools.faults import beat_away, looks
from tools.faults.frame import Fault, Tally
from tools.faults.stage import Stage, wait_for

BEFORE = datetime(2024, 11, 12, 10, 0, tzinfo=clock.IST)


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    due = beat_away.to_the_eve()
    zone = os.environ.get("TZ")
    os.environ["TZ"] = "America/New_York"
    try:
        with stage.running("worker", "beat"):
            if beat_away.drafts():
                told.broken.append("a draft was made before the 14th")
            if not wait_for(lambda: beat_away.drafts() >= len(due), 120, every=0.2):
                told.broken.append(f"{beat_away.drafts()} of {len(due)} drafts were made")
            for _ in range(rounds):
                stage.set_clock(BEFORE, keep_nights=True)
                recipient = dice.choice(due)
                pk, _revision, _version = dice.choice(looks.versions(recipient))
                actions.take(
                    recipient, [pk], Asked(dice.choice([Action.REJECTED, Action.ACCEPTED])), by=looks.BY
                )
                time.sleep(dice.uniform(0, 1))
                stage.set_clock(beat_away.EVE, keep_nights=True)
                wait_for(beat_away.passed, 30)
                told.rounds += 1
            # The portal clock has reached the 14th again. The next heartbeat must not make a second draft,
            # and this pause leaves time for this heartbeat.
            time.sleep(25)
    finally:
        if zone is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = zone
    missing, doubled = looks.drafted(due)
    told.lost, told.doubled, told.torn = missing, doubled, looks.torn_statements(due)
    # in each journal chain, the sequence numbers must follow the order of the entries, although the clock was
    # set back
    for recipient in due:
        seals = JournalSeal.objects.filter(taxpayer=recipient).order_by("entry_id")
        places = list(seals.values_list("sequence", flat=True))
        told.torn += places != list(range(1, len(places) + 1))
    return told


FAULT = Fault(
    "clock-back",
    "the clock jumps back over the 14th, host in New York: no second draft, order by the chain",
    run,
    divide=2,
)
