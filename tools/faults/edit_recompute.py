"""A supplier edits documents and files GSTR-1 while the recipient recomputes GSTR-2B."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

from gstr2b import generation
from ims_portal.kernel.money import TaxAmounts
from invoices.documents.saving import Incoming
from invoices.models import Record, Taxpayer
from invoices.rules.calendar import Form
from invoices.rules.documents import Draft
from invoices.rules.situation import Kind
from returns.outward import save_and_file as outward
from tools.benchmarks.world import gstin
from tools.faults import looks
from tools.faults.frame import Fault, Tally
from tools.faults.stage import Stage, at_once

DOCUMENTS = 5
# the suppliers of this fault get serial numbers that the prepared data does not use
FIRST_SERIAL = 35_000


def _draft(recipient: Taxpayer, number: str, taxable: int) -> Draft:
    return Draft(
        kind=Kind.INVOICE,
        recipient=recipient.gstin,
        number=number,
        document_date=date(2024, 10, 10),
        place_of_supply="27",
        taxable=taxable,
        tax=TaxAmounts(cgst=taxable * 9 // 100, sgst=taxable * 9 // 100),
    )


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    for number in range(rounds):
        recipient = stage.recipients(1)[0]
        looks.with_statement(recipient)
        supplier = Taxpayer.objects.create(
            gstin=gstin(FIRST_SERIAL + number), legal_name=f"Supplier {number}"
        )
        drafts = [_draft(recipient, f"E-{n}", 100_000 * (n + 1)) for n in range(DOCUMENTS)]
        outward.save_many(
            supplier, Form.GSTR1, looks.OCTOBER, [Incoming(draft) for draft in drafts], by=looks.BY
        )
        saved = dict(Record.objects.filter(supplier=supplier).values_list("number", "pk"))

        def edit(drafts: list[Draft] = drafts, saved: dict[str, int] = saved, pk: int = supplier.pk) -> int:
            mine = Taxpayer.objects.get(pk=pk)
            for draft in drafts:
                outward.edit(
                    saved[draft.number], mine, replace(draft, taxable=draft.taxable + 100), by=looks.BY
                )
            outward.file(mine, Form.GSTR1, looks.OCTOBER, by=looks.BY)
            return len(drafts)

        def again(pk: int = recipient.pk) -> int:
            return generation.recompute(Taxpayer.objects.get(pk=pk), looks.OCTOBER, by=looks.BY).version

        edited, recomputed = at_once((dice.uniform(0, 0.05), edit), (dice.uniform(0, 0.1), again))
        told.rounds += 1
        told.broken += [
            answer.get("text", "killed")
            for answer in (edited, recomputed)
            if "result" not in answer and answer.get("refused") != "BUSY"
        ]
        if "result" in edited:
            whole = Record.objects.filter(supplier=supplier, revision=2, filing="F").count()
            told.lost += DOCUMENTS - whole
        told.torn += looks.torn_statements([recipient])
    return told


FAULT = Fault(
    "edit-recompute",
    "a supplier's edits and filing against a recompute: before or after, never half",
    run,
    times=5,
    bar=200,
)
