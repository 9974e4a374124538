"""GSTR-3B is filed while an action on many records runs."""

from __future__ import annotations

import random

from invoices.desk import actions
from invoices.desk.actions import Asked
from invoices.models import JournalEntry, Record, Taxpayer
from invoices.rules.situation import Action
from returns.gstr3b import filing as gstr3b
from tools.faults import looks
from tools.faults.frame import Fault, Tally
from tools.faults.stage import Stage, at_once

EVENT = actions.EVENTS[Action.REJECTED]


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    first = {"action": 0, "filing": 0}
    for _ in range(rounds):
        recipient = stage.recipients(1)[0]
        looks.with_statement(recipient)
        pk = recipient.pk

        def reject(pk: int = pk) -> int:
            mine = Taxpayer.objects.get(pk=pk)
            return actions.take_all(
                mine, Record.objects.filter(recipient_id=pk), Asked(Action.REJECTED), by=looks.BY
            ).saved

        def file(pk: int = pk) -> str:
            return gstr3b.file(Taxpayer.objects.get(pk=pk), looks.OCTOBER, by=looks.BY).reference

        acted, filed = at_once((dice.uniform(0, 0.03), reject), (dice.uniform(0, 0.03), file))
        told.rounds += 1
        action = JournalEntry.objects.filter(taxpayer=recipient, event=EVENT).first()
        filing = JournalEntry.objects.filter(taxpayer=recipient, event="GSTR-3B filed").first()
        told.lost += bool(acted.get("result")) != bool(action) or ("result" in filed) != bool(filing)
        # rejections make GSTR-2B stale, so the portal must refuse either the action or the filing
        told.torn += bool(action and filing)
        told.broken += [
            answer.get("text", "killed")
            for answer, allowed in ((acted, ()), (filed, ("STALE_2B",)))
            if "result" not in answer and answer.get("refused") not in allowed
        ]
        first["action" if action else "filing"] += 1
    told.notes.append(f"the action was first {first['action']} times, the filing {first['filing']} times")
    return told


FAULT = Fault(
    "filing-bulk", "filing against a bulk action: all before it, or refused after it", run, times=10, bar=200
)
