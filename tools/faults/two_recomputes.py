"""Two processes recompute one GSTR-2B statement at the same moment."""

from __future__ import annotations

import random

from gstr2b import generation
from gstr2b.models import Statement
from invoices.models import RecipientDesk, Taxpayer
from tools.faults import looks
from tools.faults.frame import Fault, Tally
from tools.faults.stage import Stage, at_once

RECIPIENTS = 10


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    some = stage.recipients(RECIPIENTS)
    for recipient in some:
        looks.with_statement(recipient)
    for number in range(rounds):
        # all rounds use the same few recipients, so that each recipient gets many versions of GSTR-2B
        recipient = some[number % RECIPIENTS]

        def again(pk: int = recipient.pk) -> int:
            return generation.recompute(Taxpayer.objects.get(pk=pk), looks.OCTOBER, by=looks.BY).version

        answers = at_once((0.0, again), (dice.uniform(0, 0.02), again))
        told.rounds += 1
        made = [answer["result"] for answer in answers if "result" in answer]
        told.broken += [
            answer.get("text", "a recompute was killed")
            for answer in answers
            if answer.get("refused") not in (None, "BUSY")
        ]
        found = Statement.objects.filter(recipient=recipient)
        kept = sorted(found.values_list("version", flat=True))
        told.doubled += len(kept) - len(set(kept)) + len(made) - len(set(made))
        told.lost += kept != list(range(1, len(kept) + 1)) or not set(made) <= set(kept)
        desk = RecipientDesk.objects.get(recipient=recipient, filed_at=None)
        told.torn += looks.torn_statements([recipient])
        told.torn += list(found.filter(is_current=True).values_list("version", flat=True)) != [
            desk.statement_version
        ]
    return told


FAULT = Fault(
    "two-recomputes",
    "two recomputes at once: versions in a row, one of them current",
    run,
    recipients=0,
    shared=RECIPIENTS,
    times=5,
    bar=1000,
)
