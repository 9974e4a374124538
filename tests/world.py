"""A small portal for tests: suppliers save and file documents, recipients act, and the clock moves
forward."""

from __future__ import annotations

from datetime import date, datetime
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model

from gstr2b import generation, midnight
from gstr2b.models import Statement
from ims_portal.kernel import clock
from ims_portal.kernel.gstin import check_character
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices import portal_clock
from invoices.desk import actions
from invoices.desk.actions import Asked
from invoices.desk.taken import Taken
from invoices.documents import saving
from invoices.documents.saving import Incoming
from invoices.journal.writing import By
from invoices.models import Membership, PortalClock, Record, Role, Taxpayer
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView, ruling_of
from invoices.rules.calendar import Form
from invoices.rules.documents import Draft
from invoices.rules.reduction import Declaration
from invoices.rules.situation import Action, Kind
from returns.gstr3b import filing
from returns.outward import save_and_file as outward

BY = By(source="test")
NUMBERS = count(1)
ACTIONS = {
    "accept": Action.ACCEPTED,
    "reject": Action.REJECTED,
    "pending": Action.PENDING,
    "reset": Action.NONE,
}


def gstin(state: str, serial: int) -> str:
    """Return a valid GSTIN. `state` is the two-digit code of the State."""
    first = f"{state}AAACT{serial:04d}A1Z"
    return first + check_character(first)


class World:
    def __init__(self, now: str, *, filed_through: str = "2024-09"):
        self.filed_through = TaxPeriod.parse(filed_through)
        portal_clock.forget()
        portal_clock.set_to(datetime.fromisoformat(now), frozen=True)
        self.supplier = self.taxpayer("27", 1001, "Konkan Steel Traders")
        self.recipient = self.taxpayer("29", 2001, "Sahyadri Tools Pvt Ltd")

    # taxpayers and users

    def taxpayer(
        self, state: str, serial: int, name: str = "", *, frequency: str = "M", registration: str = "normal"
    ) -> Taxpayer:
        files = Frequency(frequency)
        return Taxpayer.objects.create(
            gstin=gstin(state, serial),
            legal_name=name or f"Taxpayer {serial}",
            trade_name=name,
            frequency=frequency,
            registration_type=registration,
            open_period=files.next(self.filed_through).number,
        )

    def person(self, name: str, *roles: Role, at: Taxpayer | None = None, **extra: Any):
        """Return a user with roles at the taxpayer `at`, or at the recipient by default. The password is
        `practice`."""
        user = get_user_model().objects.filter(username=name).first()
        user = user or get_user_model().objects.create_user(name, password="practice", **extra)
        for role in roles:
            Membership.objects.get_or_create(user=user, taxpayer=at or self.recipient, role=role)
        return user

    # clock

    def goes_to(self, moment: str) -> None:
        """Move the portal clock to the moment and run the jobs of every midnight on the way."""
        target = portal_clock.in_ist(datetime.fromisoformat(moment))
        if target > portal_clock.portal_now():
            list(midnight.move_clock(target))
        portal_clock.set_to(target, frozen=True, run_nights=True)
        for taxpayer in (self.supplier, self.recipient):
            taxpayer.refresh_from_db()

    # suppliers

    def draft(self, **given: Any) -> Draft:
        """Return a valid document with the values in `given`. Amounts in `given` are in rupees. Without
        `tax`, the document has IGST of 18 % of the taxable value."""
        taxable = given.pop("taxable", 10_000) * 100
        tax = given.pop("tax", None)
        values: dict[str, Any] = {
            "kind": Kind.INVOICE,
            "recipient": self.recipient.gstin,
            "number": f"INV-{next(NUMBERS)}",
            "document_date": clock.today().replace(day=10),
            "place_of_supply": self.recipient.state,
        }
        values.update(given)
        if isinstance(values["document_date"], str):
            values["document_date"] = date.fromisoformat(values["document_date"])
        amounts = (
            TaxAmounts(*(rupees * 100 for rupees in tax)) if tax else TaxAmounts(igst=taxable * 18 // 100)
        )
        return Draft(taxable=taxable, tax=amounts, **values)

    def saves(
        self,
        *,
        by: Taxpayer | None = None,
        form: Form = Form.GSTR1,
        period: str | None = None,
        amends: Record | None = None,
        **given: Any,
    ) -> Record:
        tax_period = TaxPeriod.parse(period) if period else TaxPeriod.of(clock.today())
        if amends is not None:
            given.setdefault("number", amends.number)
            given.setdefault("document_date", amends.document_date)
            given.setdefault("kind", Kind(amends.kind))
        incoming = Incoming(self.draft(**given), amends=amends.pk if amends is not None else None)
        return outward.save(by or self.supplier, form, tax_period, incoming, by=BY)

    def edits(self, record: Record, **given: Any) -> Record:
        given.setdefault("number", record.number)
        given.setdefault("document_date", record.document_date)
        given.setdefault("kind", Kind(record.kind))
        return saving.edit(record.pk, record.supplier, self.draft(**given), by=BY)

    def files(self, period: str, *, by: Taxpayer | None = None, form: Form = Form.GSTR1):
        return outward.file(by or self.supplier, form, TaxPeriod.parse(period), by=BY)

    # recipients

    def acts(
        self,
        action: str,
        *records: Record,
        by: Taxpayer | None = None,
        remarks: str = "",
        declaration: Declaration | None = None,
    ) -> Taken:
        recipient = by or self.recipient
        asked = Asked(ACTIONS[action], remarks, declaration)
        if len(records) == 1:
            return actions.take_one(recipient, records[0].pk, asked, by=BY)
        return actions.take(recipient, [r.pk for r in records], asked, by=BY)

    def recomputes(self, period: str, *, by: Taxpayer | None = None) -> Statement:
        return generation.recompute(by or self.recipient, TaxPeriod.parse(period), by=BY)

    def files_3b(self, period: str, *, by: Taxpayer | None = None):
        filed = filing.file(by or self.recipient, TaxPeriod.parse(period), by=BY)
        self.recipient.refresh_from_db()
        return filed

    # current state

    def statement(self, period: str, *, of: Taxpayer | None = None) -> Statement | None:
        number = TaxPeriod.parse(period).number
        return Statement.objects.filter(
            recipient=of or self.recipient, period=number, is_current=True
        ).first()

    def now(self, record: Record) -> Record:
        return Record.objects.select_related("decision", "recipient", "supplier").get(pk=record.pk)

    def ruling(self, record: Record):
        fresh = self.now(record)
        return ruling_of(fresh, DeskView.of(fresh.recipient, clock.today(), calendar()))

    def allowed(self, record: Record) -> set[str]:
        return {a.name.lower() for a in self.ruling(record).allowed}

    @staticmethod
    def clock_row() -> PortalClock:
        return portal_clock.state()
