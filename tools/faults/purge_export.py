"""GSTR-3B is filed and the period's records move to the archive. Meanwhile the portal writes a workbook, and
a person still acts."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from invoices.desk import actions
from invoices.desk.actions import Asked
from invoices.documents import archive
from invoices.models import ArchivedRecord, JournalEntry, Record, Taxpayer
from invoices.rules.situation import Action
from invoices.workbooks.ims_by_cell import ims_rows
from returns.files import downloads
from returns.files.downloads import Wanted
from returns.gstr3b import filing
from tools.faults import looks
from tools.faults.frame import Fault, Tally
from tools.faults.stage import Stage, at_once

EVENT = actions.EVENTS[Action.REJECTED]
# the number of records that stay in IMS as pending, so that the workbook is never empty
WAITING = 5


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    seen = {"before": 0, "after": 0}
    purged = 0
    for _ in range(rounds):
        recipient = stage.recipients(1)[0]
        waiting = [pk for pk, _revision, _version in looks.versions(recipient)[:WAITING]]
        actions.take(recipient, waiting, Asked(Action.PENDING), by=looks.BY)
        looks.with_statement(recipient)
        received = set(Record.objects.filter(recipient=recipient).values_list("pk", flat=True))
        before, pk = ims_rows(recipient), recipient.pk

        def export(pk: int = pk) -> int:
            with tempfile.TemporaryDirectory() as folder:
                target, mine = Path(folder) / "ims.xlsx", Taxpayer.objects.get(pk=pk)
                return downloads.write(mine, Wanted("ims"), target, workdir=Path(folder)).rows

        def file(pk: int = pk) -> int:
            mine = Taxpayer.objects.get(pk=pk)
            filing.file(mine, looks.OCTOBER, by=looks.BY)
            return archive.move_all(Taxpayer.objects.get(pk=pk))

        def reject(pk: int = pk, waiting: list[int] = waiting) -> int:
            mine, desk = Taxpayer.objects.get(pk=pk), Record.objects.filter(recipient_id=pk)
            return actions.take_all(
                mine, desk.exclude(pk__in=waiting), Asked(Action.REJECTED), by=looks.BY
            ).saved

        written, filed, acted = at_once(
            (dice.uniform(0, 0.6), export), (dice.uniform(0, 0.03), file), (dice.uniform(0.02, 0.3), reject)
        )
        told.rounds += 1
        live = set(Record.objects.filter(recipient=recipient).values_list("pk", flat=True))
        gone = set(ArchivedRecord.objects.filter(recipient=recipient).values_list("pk", flat=True))
        told.lost += len(received - live - gone)
        told.doubled += len(live & gone)
        told.lost += (
            bool(acted.get("result")) != JournalEntry.objects.filter(taxpayer=recipient, event=EVENT).exists()
        )
        # The action and the filing must not both succeed. If the action comes first, GSTR-2B is stale, and
        # the portal refuses to file.
        told.torn += bool(acted.get("result")) and "result" in filed
        told.broken += [
            answer.get("text", "killed")
            for answer, allowed in ((written, ()), (filed, ("STALE_2B",)), (acted, ()))
            if "result" not in answer and answer.get("refused") not in allowed
        ]
        recipient.refresh_from_db()
        after = ims_rows(recipient)
        purged += "result" in filed
        if "result" in written:
            told.torn += written["result"] not in (before, after)
            seen["after" if written["result"] == after != before else "before"] += 1
    told.notes.append(
        f"{purged} rounds purged; the workbook held the desk before it {seen['before']} times, after it {seen['after']} times"
    )
    return told


FAULT = Fault(
    "purge-export",
    "records leave while a workbook is written and somebody acts: one snapshot, and the action is refused",
    run,
    bar=100,
)
