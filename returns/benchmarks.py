"""How fast the set-based ways are against record-by-record ways of the same work, in one run.

Seconds depend on the machine; ratios and growth do not, so those are what is reported.
"""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import F

from gstr2b import generation
from gstr2b.models import StatementLine
from ims_portal.kernel import clock
from ims_portal.kernel.gstin import check_character
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices import actions
from invoices.actions import Asked
from invoices.intake import Incoming
from invoices.journal import By
from invoices.models import Decision, JournalLine, Record, Taxpayer
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.rules.calendar import Form
from invoices.rules.documents import Draft
from invoices.rules.situation import Action, Kind
from returns import outward

BY = By(source="benchmark")
SUPPLIERS = 20
CHUNK = 2000
# a loop over every record would take minutes: it is timed on these and scaled
NAIVE_MOST = 1000


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure: seconds for `records`, and how many times longer the record-by-record way takes per record."""

    name: str
    records: int
    seconds: float
    naive_per_record: float | None = None

    @property
    def rate(self) -> float:
        return self.records / self.seconds

    @property
    def ratio(self) -> float | None:
        if self.naive_per_record is None:
            return None
        return self.naive_per_record * self.records / self.seconds


def peak_megabytes() -> float:
    """Largest memory this process has had (Linux counts kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(records: int, only: str = "") -> Iterator[Measured]:
    """Measure each step at `records` records for one recipient; `only` keeps the named ones (set-up still runs)."""
    with clock.at(datetime(2024, 11, 9, 10, tzinfo=clock.IST)):
        recipient, suppliers = _world()
        found = [_intake(recipient, suppliers, records)]
        found += [_bulk_action(recipient)]
    with clock.at(datetime(2024, 11, 15, 10, tzinfo=clock.IST)):
        found += _drafts(recipient)
    yield from (m for m in found if only in m.name)


def _gstin(serial: int) -> str:
    first = f"27AABCB{serial:04d}A1Z"
    return first + check_character(first)


def _world() -> tuple[Taxpayer, list[Taxpayer]]:
    made = [
        Taxpayer.objects.create(gstin=_gstin(n), legal_name=f"Benchmark {n}") for n in range(SUPPLIERS + 1)
    ]
    return made[0], made[1:]


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return max(time.perf_counter() - started, 1e-9)


def _documents(recipient: Taxpayer, count: int) -> list[Incoming]:
    dice = random.Random(1)
    made = []
    for number in range(count):
        taxable = dice.randint(1, 5000) * 10_000
        half = taxable * 9 // 100
        made.append(
            Incoming(
                Draft(
                    kind=Kind.CREDIT_NOTE if number % 20 == 0 else Kind.INVOICE,
                    recipient=recipient.gstin,
                    number=f"B-{number}",
                    document_date=date(2024, 10, 1 + number % 28),
                    place_of_supply="27",
                    taxable=taxable,
                    tax=TaxAmounts(cgst=half, sgst=half),
                )
            )
        )
    return made


def _intake(recipient: Taxpayer, suppliers: list[Taxpayer], records: int) -> Measured:
    october = TaxPeriod(2024, 10)
    per_supplier = max(1, records // len(suppliers))
    documents = _documents(recipient, per_supplier)

    def load() -> None:
        for supplier in suppliers:
            for start in range(0, len(documents), CHUNK):
                outward.save_many(supplier, Form.GSTR1, october, documents[start : start + CHUNK], by=BY)
            outward.file(supplier, Form.GSTR1, october, by=BY)

    seconds = _timed(load)
    some = [Incoming(_renumbered(i.draft)) for i in documents[: min(100, len(documents))]]

    def one_by_one() -> None:
        with transaction.atomic():
            for incoming in some:
                outward.save(suppliers[0], Form.GSTR1, TaxPeriod(2024, 11), incoming, by=BY)
            transaction.set_rollback(True)

    return Measured(
        "intake with checks and filing",
        per_supplier * len(suppliers),
        seconds,
        _timed(one_by_one) / len(some),
    )


def _renumbered(draft: Draft) -> Draft:
    return Draft(
        kind=draft.kind,
        recipient=draft.recipient,
        number=f"X{draft.number}",
        document_date=draft.document_date,
        place_of_supply=draft.place_of_supply,
        taxable=draft.taxable,
        tax=draft.tax,
    )


def _bulk_action(recipient: Taxpayer) -> Measured:
    mine = Record.objects.filter(recipient=recipient)
    total = mine.count()
    seconds = _timed(lambda: actions.take_all(recipient, mine, Asked(Action.ACCEPTED), by=BY))
    view = DeskView.of(recipient, clock.today(), calendar())
    entry = JournalLine.objects.order_by("-id").values_list("entry_id", flat=True)[0]

    def loop() -> None:
        with transaction.atomic():
            for record in mine.select_related("decision", "recipient")[:NAIVE_MOST]:
                if Action.ACCEPTED in situations.ruling_of(record, view).allowed:
                    Decision.objects.filter(pk=record.pk).update(action="A", version=F("version") + 1)
                    JournalLine.objects.create(
                        entry_id=entry,
                        record_id=record.pk,
                        recipient_id=recipient.pk,
                        before="N -",
                        after="A -",
                    )
            transaction.set_rollback(True)

    return Measured(
        "bulk action with legality and journal", total, seconds, _timed(loop) / min(total, NAIVE_MOST)
    )


def _drafts(recipient: Taxpayer) -> list[Measured]:
    october = TaxPeriod(2024, 10)
    total = Record.objects.filter(recipient=recipient).count()
    first = _timed(lambda: generation.generate(recipient, october, by=BY))
    view = DeskView.of(recipient, clock.today(), calendar())
    statement = recipient.statements.get(is_current=True)

    def loop() -> None:
        with transaction.atomic():
            for record in generation.scope(recipient, october).select_related("decision", "recipient")[
                :NAIVE_MOST
            ]:
                for line in situations.ruling_of(record, view).lines:
                    StatementLine.objects.create(
                        statement=statement,
                        record_id=record.pk,
                        recipient_id=recipient.pk,
                        section=line.section.value,
                        table=record.section,
                        kind=record.kind,
                        form=record.form,
                        tax_period=record.tax_period,
                        number=record.number,
                        document_date=record.document_date,
                        invoice_type=record.invoice_type,
                        label=record.label,
                        decision=record.decision.label,
                    )
            transaction.set_rollback(True)

    naive = _timed(loop) / min(total, NAIVE_MOST)
    some = list(
        Record.objects.filter(recipient=recipient, kind="INV").values_list("pk", flat=True)[
            : max(1, total // 100)
        ]
    )
    actions.take(recipient, some, Asked(Action.REJECTED), by=BY)
    again = _timed(lambda: generation.recompute(recipient, october, by=BY))
    return [
        Measured("draft GSTR-2B: lines, supplier and section totals", total, first, naive),
        Measured("recompute after 1 % of actions changed", total, again, naive),
    ]


def machine() -> str:
    """What the figures were measured on."""
    return f"{connection.vendor}, {SUPPLIERS} suppliers"
