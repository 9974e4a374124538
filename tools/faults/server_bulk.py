"""A page requests an action on many records. The server is killed (kill -9) in the middle of this action."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from django.test import Client

from ims_portal.kernel import clock
from invoices.desk import actions, batches
from invoices.models import ActionBatch, Decision, JournalEntry, Record, Taxpayer
from invoices.queries.record_list.records import Filters
from invoices.rules.situation import Action
from tools.faults.frame import Fault, Tally
from tools.faults.stage import Answer, Child, Stage, wait_for

CSRF = "f" * 32
EVENT = actions.EVENTS[Action.ACCEPTED]


@dataclass(frozen=True, slots=True)
class _Page:
    """A signed-in browser that has the page of a batch open."""

    stage: Stage
    cookie: str

    def run(self, recipient: Taxpayer, batch: ActionBatch) -> Answer:
        sent = {
            "Cookie": f"sessionid={self.cookie}; csrftoken={CSRF}",
            "X-CSRFToken": CSRF,
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": "",
        }
        address = f"/t/{recipient.gstin}/ims/batches/{batch.pk}/run/"
        return self.stage.ask("POST", address, b"remarks=", headers=sent)


def _batch(stage: Stage, recipient: Taxpayer) -> ActionBatch:
    batch, _foreseen = batches.prepare(
        recipient,
        Action.ACCEPTED,
        Filters(),
        user=stage.user,
        address=f"/t/{recipient.gstin}/ims/inward/all/",
        as_of=clock.now(),
    )
    return batch


def _look(told: Tally, recipient: Taxpayer, batch: ActionBatch, *, answered: bool) -> bool:
    """Return true if the batch is done. Also count faults in `told`: a batch that is half done, a batch that
    was done twice, and a batch that is not done although the page reported success."""
    batch.refresh_from_db()
    accepted = Decision.objects.filter(recipient_id=recipient.pk, action="A").count()
    entries = JournalEntry.objects.filter(taxpayer=recipient, event=EVENT)
    lines = sum(entries.values_list("record_count", flat=True))
    done = batch.state == ActionBatch.State.DONE
    told.lost += answered and not done
    told.torn += accepted != lines or bool(accepted) != done
    told.doubled += max(0, entries.count() - 1)
    return done


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    browser = Client()
    browser.force_login(stage.user)
    page = _Page(stage, browser.cookies["sessionid"].value)
    answered_ones = 0
    with stage.running("web"):
        first = stage.recipients(1)[0]
        took = page.run(first, _batch(stage, first))
        if took.status != 302:
            told.broken.append(f"a batch was answered {took.status}: {str(took.body)[:200]}")
            return told
        span = took.seconds
        for number in range(rounds):
            recipient = stage.recipients(1)[0]
            batch = _batch(stage, recipient)
            asking = Child(lambda recipient=recipient, batch=batch: page.run(recipient, batch).status)  # type: ignore[misc]
            asking.go()
            time.sleep(dice.uniform(0, span * 1.2))
            if number % 5 == 4:
                stage.kill("web")
            else:
                stage.kill_children("web")
            killed = time.monotonic()
            answered = asking.answer().get("result") == 302
            answered_ones += answered
            if number % 5 == 4:
                stage.start("web")
            told.rounds += 1
            _look(told, recipient, batch, answered=answered)
            if not wait_for(lambda: stage.get("/livez").status == 200, 60):
                told.broken.append("the server did not come back")
            told.recovered.append(time.monotonic() - killed)
            # a person who gets no answer sends the request again; the batch must then be done exactly once
            again = page.run(recipient, batch)
            if again.status not in (302, 409) or not _look(
                told, recipient, batch, answered=again.status == 302
            ):
                told.broken.append(
                    f"asked again, the batch was answered {again.status} and stands {batch.state}"
                )
    untouched = Record.objects.filter(recipient=first).count()
    told.notes.append(f"{answered_ones} of {rounds} were answered before the kill; {untouched} records each")
    return told


FAULT = Fault(
    "server-bulk",
    "kill -9 of the server in a bulk action: all of it or nothing, no answer lost",
    run,
    times=2,
    bar=50,
)
