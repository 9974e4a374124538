"""Random actions on one recipient's records, compared with a small model of the law.

The model is written from the text of the rules. After every step, the model and the portal agree on every
record, on GSTR-2B, and on the tax that rejections add to the supplier's liability. The journal's chain is
unbroken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gstr2b import generation
from gstr2b.models import StatementTotal
from gstr2b.statement import table4
from ims_portal.kernel import clock
from ims_portal.kernel.errors import Refused
from ims_portal.kernel.periods import TaxPeriod
from invoices import portal_clock
from invoices.documents import saving
from invoices.journal import chain
from invoices.models import RecipientDesk
from invoices.rules.calendar import Form
from invoices.rules.situation import Kind
from returns.gstr3b import filing
from returns.models import AddBack
from returns.outward import save_and_file as outward
from tests.world import BY, World

STARTS = [("2024-10-28", "2024-09"), ("2025-09-28", "2025-08"), ("2025-10-28", "2025-09")]
KINDS = {"INV": Kind.INVOICE, "DN": Kind.DEBIT_NOTE, "CN": Kind.CREDIT_NOTE}
EVERY = {"accepted", "rejected", "pending"}
SAID = {"accept": "accepted", "reject": "rejected", "pending": "pending", "reset": "none"}
STORED = {"accepted": "A", "rejected": "R", "pending": "P", "none": "N"}


def window(day: date) -> TaxPeriod:
    """Return the GSTR-2B period of a form that a monthly filer files on this day (R-070)."""
    return TaxPeriod.of(day).offset(-1 if day.day <= 11 else 0)


@dataclass
class Doc:
    """One document in the model. The tax is in paise, and periods are GSTR-2B periods of the recipient."""

    record: object
    kind: str
    tax: int
    year: int  # the year in which the financial year of the document begins
    form: TaxPeriod
    filed: bool = False
    natural: TaxPeriod | None = None
    moved: TaxPeriod | None = None
    action: str = "none"
    closed: bool = False
    purged: bool = False

    @property
    def cutoff(self) -> date:
        return date(self.year + 1, 11, 30)  # the section 16(4) cut-off

    @property
    def land(self) -> TaxPeriod:
        return self.moved or self.natural

    @property
    def new_book(self) -> bool:
        return self.natural >= TaxPeriod(2025, 10)  # the October 2025 rulebook governs the record

    @property
    def specified(self) -> bool:
        return self.kind == "CN"  # credit notes and some amendments; the model has no amendments

    def late(self, period: TaxPeriod) -> bool:
        """Return whether the document is too late for credit in GSTR-2B of the period (R-032). This GSTR-2B
        is made on the 14th of the next month, and the document is too late if the 14th is after the cut-off.
        A credit note is never too late."""
        return self.kind != "CN" and period.offset(1).first_day.replace(day=14) > self.cutoff

    @property
    def barred(self) -> bool:
        return self.late(self.natural)

    def limit(self) -> date:
        # the last day on which a monthly filer can keep the record pending
        return self.natural.offset(2).first_day.replace(day=20)

    def refusal(self, action: str, today: date) -> str | None:
        """Return the code of the refusal (section 19 of the rules), or None if the recipient may take the
        action."""
        if self.closed and not self.barred:
            return "RECORD_CLOSED"
        if self.barred or self.purged:
            return "NOT_IN_IMS"
        if action != "pending":
            return None
        if self.specified:
            open_still = self.new_book and today <= self.limit()
        else:
            open_still = today <= self.cutoff
        return None if open_still else "PENDING_NOT_ALLOWED"

    def allowed(self, today: date) -> set[str]:
        return {action for action in EVERY if self.refusal(action, today) is None}

    def line(self) -> tuple[str, int] | None:
        """Return the document's section of GSTR-2B (T2) and the document's effect on ITC in paise. Return
        None if the document is not in GSTR-2B."""
        if self.purged or (self.action == "pending" and not self.barred):
            return None
        if self.barred:
            return "NA_A", 0
        if self.action == "rejected":
            return "REJ", 0
        if self.late(self.land):
            return "NA_A", 0  # the record moved to a period that is too late for credit
        return ("AV_B", -self.tax) if self.kind == "CN" else ("AV_A1", self.tax)


class LifeOfADesk(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)
        portal_clock.forget()

    @initialize(start=st.sampled_from(STARTS))
    def begins(self, start: tuple[str, str]) -> None:
        self.world = World(f"{start[0]} 10:00", filed_through=start[1])
        self.docs: list[Doc] = []
        self.open = TaxPeriod.parse(start[1]).offset(1)
        self.forms: set[TaxPeriod] = set()
        self.lines: dict[int, tuple[str, int]] | None = None
        self.stale = False
        self.last_filing = date.min
        self.owed: dict[int, int] = {}

    # steps of suppliers

    @rule(
        kind=st.sampled_from(sorted(KINDS)),
        rupees=st.integers(1, 90),
        back=st.sampled_from([0, 0, 1]),
        old=st.sampled_from([False, False, True]),
    )
    def saves(self, kind: str, rupees: int, back: int, old: bool) -> None:
        today = clock.today()
        form = TaxPeriod.of(today).offset(-back)
        day = date(form.financial_year.start, 3, 15) if old else form.first_day
        self._expect(
            "FORM_CLOSED" if form in self.forms else None,
            lambda: self._keep(
                Doc(
                    self.world.saves(
                        kind=KINDS[kind], period=form.iso, document_date=day, taxable=rupees * 100
                    ),
                    kind,
                    rupees * 1800,
                    day.year if day.month > 3 else day.year - 1,
                    form,
                )
            ),
        )

    def _keep(self, doc: Doc) -> None:
        doc.natural = max(doc.form, window(clock.today()))  # not earlier than the form's period
        self.docs.append(doc)

    @precondition(lambda self: self.docs)
    @rule(data=st.data(), rupees=st.integers(1, 90))
    def edits(self, data, rupees: int) -> None:
        doc = self._pick(data)
        if doc.closed:
            return
        self._expect(
            "DOC_LOCKED" if doc.filed else None,
            lambda: self.world.edits(doc.record, taxable=rupees * 100),
        )
        if not doc.filed:  # an edit clears the action
            doc.tax, doc.action, doc.natural = rupees * 1800, "none", max(doc.form, window(clock.today()))

    @precondition(lambda self: self.docs)
    @rule(data=st.data())
    def deletes(self, data) -> None:
        doc = self._pick(data)
        if doc.closed:
            return
        self._expect(
            "DOC_LOCKED" if doc.filed else None,
            lambda: saving.delete(doc.record.pk, self.world.supplier, by=BY),
        )
        if not doc.filed:
            self.docs.remove(doc)

    @precondition(lambda self: any(not doc.filed for doc in self.docs))
    @rule(data=st.data())
    def files_gstr1(self, data) -> None:
        form = data.draw(st.sampled_from(sorted({doc.form for doc in self.docs if not doc.filed})))
        outward.file(self.world.supplier, Form.GSTR1, form, by=BY)
        self.forms.add(form)
        for doc in self.docs:
            if doc.form == form:
                doc.filed, doc.natural = True, window(clock.today())
                doc.action = "none" if doc.barred else doc.action

    # steps of the recipient

    @precondition(lambda self: self.docs)
    @rule(data=st.data(), action=st.sampled_from(["accept", "reject", "pending", "pending", "reset"]))
    def acts(self, data, action: str) -> None:
        doc, today = self._pick(data), clock.today()
        refusal = doc.refusal(SAID[action], today)
        self._expect(refusal, lambda: self.world.acts(action, doc.record))
        if refusal is None:
            doc.action = SAID[action]
            if doc.natural < self.open:
                doc.moved = self.open  # the record moves to the open period
            self.stale |= self.lines is not None and doc.filed and doc.natural <= self.open

    @rule()
    def recomputes(self) -> None:
        refusal = "NO_2B" if self.lines is None else None
        self._expect(refusal, lambda: self.world.recomputes(self.open.iso))
        if refusal is None:
            self._compute()

    @rule(ahead=st.sampled_from([0, 0, 1, -1]))
    def generates(self, ahead: int) -> None:
        period = self.open.offset(ahead)
        refusal = {1: "PREV_3B_PENDING", -1: "FINAL_2B"}.get(ahead)
        if ahead == 0 and clock.today() < period.offset(1).first_day.replace(day=14):
            refusal = "TOO_EARLY"
        if period < TaxPeriod(2024, 10):
            refusal = "BAD_PERIOD"
        self._expect(refusal, lambda: generation.generate(self.world.recipient, period, by=BY))
        if refusal is None:
            self._compute()

    @rule()
    def files_gstr3b(self) -> None:
        refusal = "NO_2B" if self.lines is None else "STALE_2B" if self.stale else None
        self._expect(refusal, lambda: filing.file(self.world.recipient, self.open, by=BY))
        if refusal is not None:
            return
        for doc in self.docs:
            if doc.filed and not doc.closed and doc.land <= self.open and doc.line() is not None:
                doc.closed = True
                if doc.action == "rejected" and doc.kind == "CN" and not doc.barred:
                    self.owed[doc.record.pk] = doc.tax  # the tax is added to the supplier's liability
        self.open, self.lines, self.stale = self.open.offset(1), None, False
        self.last_filing = clock.today()
        self.world.recipient.refresh_from_db()

    # steps of time

    @rule(days=st.integers(1, 12))
    def days_pass(self, days: int) -> None:
        today = clock.today()
        self._walk(today + timedelta(days=days))

    @rule(day=st.sampled_from([14, 20, 21, 30]))
    def a_day_of_law_comes(self, day: int) -> None:
        today = clock.today()
        month = TaxPeriod.of(today)
        month = month if today.day < day else month.offset(1)
        self._walk(month.first_day.replace(day=min(day, month.last_day.day)))

    def _walk(self, target: date) -> None:
        night = clock.today()
        while night < target:
            night += timedelta(days=1)
            self._midnight(night)
        self.world.goes_to(f"{target.isoformat()} 10:00")

    def _midnight(self, night: date) -> None:
        """Change the model as the portal changes at one midnight, in the order of section 15 of the rules:
        purge, expiry, provisional periods, draft."""
        for doc in self.docs:
            waits = doc.specified and doc.new_book
            if doc.action != "pending" or doc.barred or doc.purged:
                continue
            if not waits and night > doc.cutoff:
                doc.purged = True
            elif waits and night > doc.limit():
                doc.action = "none"
                if doc.natural < self.open:
                    doc.moved = self.open
                self.stale |= self.lines is not None and doc.filed and doc.natural <= self.open
        for doc in self.docs:
            if not doc.filed:
                doc.natural = max(doc.natural, window(night))
                doc.action = "none" if doc.barred else doc.action
        drafted = self.open.offset(1).first_day.replace(day=14)
        due = TaxPeriod.of(night - timedelta(days=13)).offset(-1) == self.open
        if self.lines is None and due and self.last_filing < drafted:
            self._compute()

    def _compute(self) -> None:
        self.lines = {
            doc.record.pk: found
            for doc in self.docs
            if doc.filed and not doc.closed and doc.land <= self.open and (found := doc.line())
        }
        self.stale = False

    # comparisons of the model with the portal

    def _pick(self, data) -> Doc:
        return self.docs[data.draw(st.integers(0, len(self.docs) - 1))]

    def _expect(self, refusal: str | None, event) -> None:
        if refusal is None:
            event()
            return
        with pytest.raises(Refused) as told:
            event()
        assert told.value.code == refusal

    @invariant()
    def records_are_where_the_model_says(self) -> None:
        if not hasattr(self, "docs"):
            return
        today = clock.today()
        for doc in self.docs:
            now, ruling = self.world.now(doc.record), self.world.ruling(doc.record)
            seen = (now.decision.action, now.natural_period, ruling.situation.closed)
            assert doc.purged or seen == (STORED[doc.action], doc.natural.number, doc.closed)
            assert {action.name.lower() for action in ruling.allowed} == doc.allowed(today)

    @invariant()
    def gstr2b_is_what_the_model_computed(self) -> None:
        if not hasattr(self, "docs"):
            return
        statement = self.world.statement(self.open.iso)
        assert (statement is None) is (self.lines is None)
        desk = RecipientDesk.objects.filter(recipient=self.world.recipient, filed_at=None).first()
        assert bool(desk and desk.is_stale) is self.stale
        if statement is None or self.lines is None:
            return
        rows = list(statement.lines.values_list("record_id", "section", "effect_igst"))
        assert max(Counter(pk for pk, _, _ in rows).values(), default=1) == 1
        assert {pk: (section, effect) for pk, section, effect in rows} == self.lines
        total = sum(effect for _, effect in self.lines.values())
        assert table4.fill(statement)["4A5"].igst == total
        totals = StatementTotal.objects.filter(statement=statement).values_list("effect_igst", flat=True)
        assert sum(totals) == total

    @invariant()
    def rejections_add_back_once_and_the_journal_is_whole(self) -> None:
        if not hasattr(self, "docs"):
            return
        assert dict(AddBack.objects.values_list("record_id", "igst")) == self.owed
        for taxpayer in (self.world.supplier, self.world.recipient):
            assert not list(chain.breaks(taxpayer.pk))


@pytest.mark.django_db
def test_a_random_story_of_a_desk_agrees_with_the_model_of_the_rules():
    run_state_machine_as_test(
        LifeOfADesk,
        settings=settings(
            deadline=None,
            max_examples=12,
            stateful_step_count=25,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
