"""Random steps of suppliers, recipients and the clock over some months. The portal's invariants stay true in
any order of steps.

The counters are checked after every step, and the other invariants after every fifth step."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.core.management import call_command

from gstr2b import generation
from gstr2b.models import Statement
from gstr2b.statement import table4
from ims_portal.kernel import clock
from ims_portal.kernel.errors import PortalError
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices import counters
from invoices.documents import archive, saving
from invoices.documents.customs import bills_of_entry
from invoices.models import ArchivedRecord, Decision, JournalEntry, RecipientDesk, Record, Taxpayer
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.rules.calendar import Form
from invoices.rules.situation import Kind
from returns.gstr3b import annual_return as annual
from returns.gstr3b import filing
from returns.models import AddBack, Gstr3b
from returns.outward import save_and_file as outward
from tests.world import BY, World

KINDS = [Kind.INVOICE, Kind.INVOICE, Kind.CREDIT_NOTE, Kind.CREDIT_NOTE, Kind.DEBIT_NOTE, Kind.ECO]
STEPS = 70


class Months:
    """One random sequence of steps, which depends only on the seed. The portal may refuse a step; every other
    error is a failure."""

    def __init__(self, seed: int, start: str, filed_through: str):
        self.dice = random.Random(seed)
        self.world = World(start, filed_through=filed_through)
        self.suppliers = [self.world.supplier, self.world.taxpayer("07", 1002, frequency="Q")]
        self.recipients = [self.world.recipient, self.world.taxpayer("33", 2002, frequency="Q")]
        self.received = 0
        # bills of entry are in IMS only from October 2025, so a run of 2024 makes none
        self.imports = start >= "2025-09"
        self.refused: Counter[str] = Counter()

    def step(self) -> None:
        moves = [self.save] * 5 + [self.act] * 7 + [self.days_pass] * 4 + [self.file_form] * 3
        moves += [
            self.edit,
            self.delete,
            self.amend,
            self.amend,
            self.compute,
            self.file_3b,
            self.file_3b,
            self.archive,
        ]
        moves += [self.bill, self.amend_bill, self.move_bill] if self.imports else []
        moves += [self.annual_return] if self.dice.random() < 0.1 else []
        try:
            self.dice.choice(moves)()
        except PortalError as refusal:
            self.refused[refusal.code] += 1

    def save(self, **given) -> Record:
        supplier, recipient = self.dice.choice(self.suppliers), self.dice.choice(self.recipients)
        kind = self.dice.choice(KINDS)
        today = clock.today()
        period = TaxPeriod.of(today).offset(self.dice.choice([0, -1]))
        form = Form.GSTR1
        if supplier.frequency == "Q" and not period.is_quarter_end:
            form = Form.IFF
        old = self.dice.random() < 0.25
        day = min(today, period.last_day) - timedelta(days=self.dice.randint(0, 240 if old else 5))
        values = {
            "by": supplier,
            "form": form,
            "period": period.iso,
            "kind": kind,
            "recipient": recipient.gstin,
            "place_of_supply": self.dice.choice([recipient.state, recipient.state, supplier.state]),
            "document_date": day,
            "taxable": self.dice.randint(1, 90) * 100,
            "reverse_charge": self.dice.random() < 0.08,
        } | given
        if values["place_of_supply"] == values["by"].state:
            half = values["taxable"] * 9 // 100
            values["tax"] = (0, half, half, 0)
        record = self.world.saves(**values)
        self.received += 1
        return record

    def amend(self) -> None:
        filed = Record.objects.filter(filing="F").exclude(form="ICEGATE")
        live = list(filed.values_list("pk", flat=True))
        left = ArchivedRecord.objects.filter(filing="F").exclude(form="ICEGATE")
        gone = list(left.values_list("pk", flat=True))
        if not live + gone:
            return
        pk = self.dice.choice(live + gone)
        original = Record.objects.filter(pk=pk).first() or ArchivedRecord.objects.get(pk=pk)
        owner = Taxpayer.objects.get(pk=original.recipient_id)
        supplier = Taxpayer.objects.get(pk=original.supplier_id)
        period = TaxPeriod.of(clock.today())
        form = Form.GSTR1 if supplier.files.is_period(period) else Form.IFF
        if self.dice.random() < 0.3:
            form, period = Form.GSTR1A, TaxPeriod.from_number(original.tax_period)
        self.save(
            by=supplier,
            form=form,
            period=period.iso,
            amends=original,
            kind=Kind(original.kind),
            number=original.number,
            document_date=original.document_date,
            recipient=owner.gstin,
            reverse_charge=self.dice.random() < 0.2,
        )

    def _saved(self) -> Record | None:
        saved = list(Record.objects.filter(filing="S").select_related("supplier", "recipient"))
        return self.dice.choice(saved) if saved else None

    def edit(self) -> None:
        if record := self._saved():
            self.world.edits(
                record,
                recipient=record.recipient.gstin,
                place_of_supply=record.recipient.state,
                taxable=self.dice.randint(1, 90) * 100,
            )

    def delete(self) -> None:
        if record := self._saved():
            saving.delete(record.pk, record.supplier, by=BY)

    def act(self) -> None:
        recipient = self.dice.choice(self.recipients)
        mine = list(Record.objects.filter(recipient=recipient).values_list("pk", flat=True))
        if mine:
            some = self.dice.sample(mine, min(len(mine), self.dice.randint(1, 5)))
            records = [Record(pk=pk) for pk in some]
            self.world.acts(
                self.dice.choice(["accept", "reject", "pending", "pending", "reset"]), *records, by=recipient
            )

    def days_pass(self) -> None:
        later = clock.now() + timedelta(days=self.dice.randint(1, 12))
        self.world.goes_to(later.replace(tzinfo=None).isoformat(sep=" ", timespec="minutes"))

    def file_form(self) -> None:
        saved = list(
            Record.objects.filter(filing="S")
            .exclude(supplier=None)
            .values_list("supplier_id", "form", "tax_period")
        )
        if saved:
            supplier, form, period = self.dice.choice(saved)
            outward.file(Taxpayer.objects.get(pk=supplier), Form(form), TaxPeriod.from_number(period), by=BY)

    def compute(self) -> None:
        recipient = self._fresh()
        generation.generate(recipient, recipient.opens, by=BY)

    def file_3b(self) -> None:
        recipient = self._fresh()
        desk = RecipientDesk.objects.filter(recipient=recipient, filed_at=None).first()
        if desk and desk.is_stale:
            generation.recompute(recipient, recipient.opens, by=BY)
        filing.file(recipient, recipient.opens, by=BY)

    def archive(self) -> None:
        archive.move_departed(self._fresh(), limit=5)

    def bill(self) -> None:
        recipient, today = self._fresh(), clock.today()
        old = timedelta(days=self.dice.choice([0, 5, 240]))
        number = str(7_000_000 + self.received)
        bill = bills_of_entry.BillOfEntry(
            number, today - old, "INNSA1", False, 0, self.dice.randint(1, 90) * 1800
        )
        if bills_of_entry.receive(recipient, bill, by=BY):
            self.received += 1

    def _bill(self) -> Record | ArchivedRecord | None:
        """Return the latest version of a random bill of entry, live or archived, or None if there is no
        bill."""
        versions = [
            *Record.objects.filter(kind=Kind.BILL_OF_ENTRY.value),
            *ArchivedRecord.objects.filter(kind=Kind.BILL_OF_ENTRY.value),
        ]
        last = {v.root_id or v.pk: v for v in sorted(versions, key=lambda v: v.pk)}
        return self.dice.choice(list(last.values())) if last else None

    def amend_bill(self) -> None:
        if found := self._bill():
            bills_of_entry.amend_value(
                found.pk, on=clock.today(), igst=self.dice.randint(1, 90) * 1800, by=BY
            )
            self.received += 1

    def move_bill(self) -> None:
        if found := self._bill():
            to = next(r for r in self.recipients if r.pk != found.recipient_id)
            _new, back = bills_of_entry.amend_gstin(
                found.pk, to=Taxpayer.objects.get(pk=to.pk), on=clock.today(), by=BY
            )
            self.received += 1 + (back is not None)

    def annual_return(self) -> None:
        year = TaxPeriod.of(clock.today()).financial_year
        annual.furnish(self._fresh(), type(year)(year.start - 1), by=BY)

    def _fresh(self) -> Taxpayer:
        return Taxpayer.objects.get(pk=self.dice.choice(self.recipients).pk)

    # the invariants

    def hold(self) -> None:
        live, gone = Record.objects.count(), ArchivedRecord.objects.count()
        assert Decision.objects.count() == live
        # I12: live and archived records together are all records that were ever received
        assert live + gone >= self.received
        assert live + gone == len(
            set(Record.objects.values_list("pk", flat=True))
            | set(ArchivedRecord.objects.values_list("pk", flat=True))
        )
        for recipient in Taxpayer.objects.filter(pk__in=[r.pk for r in self.recipients]):
            self._hold_desk(recipient)
        self._hold_bills()
        for posted in AddBack.objects.all():
            assert Gstr3b.objects.filter(recipient=posted.recipient, period=posted.recipient_period).exists()

    def _hold_bills(self) -> None:
        """Check R-063 and R-133: after a bill of entry moved to another GSTIN, the first GSTIN keeps no
        credit of the bill.

        The check leaves out a GSTIN while one of its records of the bill waits. A record waits if its
        period is open, or if the record is pending or blocked."""
        live = list(Record.objects.filter(form="ICEGATE").select_related("decision", "recipient"))
        gone = list(ArchivedRecord.objects.filter(form="ICEGATE"))
        by_root: dict[int, list[Record | ArchivedRecord]] = {}
        for version in sorted([*live, *gone], key=lambda v: v.pk):
            by_root.setdefault(version.root_id or version.pk, []).append(version)
        for versions in by_root.values():
            here = [v for v in versions if v.kind == Kind.BILL_OF_ENTRY.value][-1].recipient_id
            for owner in {v.recipient_id for v in versions} - {here}:
                theirs = [v for v in versions if v.recipient_id == owner]
                waits = any(
                    isinstance(v, Record)
                    and v.route == "M"
                    and v.superseded != "X"
                    and (v.decision.moved_to or v.claim_period) >= v.recipient.open_period
                    or isinstance(v, Record)
                    and v.route == "M"
                    and (v.decision.action == "P" or v.standing == "B")
                    for v in theirs
                )
                assert waits or sum(map(_brought, theirs)) == 0, [str(v) for v in theirs]

    def _hold_desk(self, recipient: Taxpayer) -> None:
        view = DeskView.of(recipient, clock.today(), calendar())
        records = Record.objects.filter(recipient=recipient).select_related("decision", "recipient")
        marked = {r.pk: r for r in situations.with_clock_facets(records, view)}
        in_scope = set(generation.scope(recipient, recipient.opens).values_list("pk", flat=True))
        expected: Counter[int] = Counter()
        for pk, record in marked.items():
            ruling = situations.ruling_of(record, view)
            assert record.closed is ruling.situation.closed
            if record.closed:
                assert not ruling.allowed
            if record.route == "M" and record.decision.action == "P" and not record.closed:
                assert not ruling.lines
            if pk in in_scope:
                expected[pk] = len(ruling.lines)
        statement = Statement.objects.filter(
            recipient=recipient, period=recipient.open_period, is_current=True
        ).first()
        desk = RecipientDesk.objects.filter(recipient=recipient, filed_at=None).first()
        if statement is None:
            return
        lines = Counter(statement.lines.values_list("record_id", flat=True))
        if desk.changes == 0:
            assert lines == +expected, "a statement that is not stale says what the records say"
        total = TaxAmounts()
        for line in statement.lines.filter(row="4A5"):
            total += TaxAmounts(line.effect_igst, line.effect_cgst, line.effect_sgst, line.effect_cess)
        assert table4.fill(statement)["4A5"] == total
        assert (
            Statement.objects.filter(
                recipient=recipient, is_current=True, period=recipient.open_period
            ).count()
            == 1
        )


def _brought(version: Record | ArchivedRecord) -> int:
    """Return the ITC in paise that this version of a bill brought, or 0 if the version brought no ITC."""
    action = version.decision.action if isinstance(version, Record) else version.action
    out = version.route not in ("M", "G") or version.superseded == "X"
    out = out or (isinstance(version, ArchivedRecord) and version.why != ArchivedRecord.Why.CLOSED)
    return 0 if out or action == "P" else situations.effect_of(version).total


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("start", "through"), [("2024-10-15 10:00", "2024-09"), ("2025-09-20 10:00", "2025-08")]
)
def test_the_invariants_are_true_through_random_months(seed, start, through):
    months = Months(seed, start, through)
    for number in range(STEPS):
        months.step()
        assert counters.drifts() == []
        if number % 5 == 0:
            months.hold()
    months.hold()
    assert JournalEntry.objects.count() > 20
    call_command("verify")
