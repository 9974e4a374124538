"""Functions that build the sample world. Each function runs one of the portal's own events, at the time of
the portal clock."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from gstr2b import midnight
from ims_portal.kernel import clock
from ims_portal.kernel.money import TaxAmounts, paise
from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from invoices import portal_clock
from invoices.desk import actions
from invoices.desk.actions import Asked
from invoices.documents import changed_invoice, saving
from invoices.documents.customs import bills_of_entry
from invoices.documents.saving import Incoming
from invoices.journal.writing import By
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.people import registrations
from invoices.rules.attribution import RegistrationType
from invoices.rules.calendar import Form
from invoices.rules.documents import SEZ_TYPES, Draft, RateLine
from invoices.rules.reduction import Declaration
from invoices.rules.situation import Action, Kind
from returns.outward import save_and_file as outward
from returns.sandbox.world.cast import PLAYERS

SOURCE = "command"
ACTIONS = {
    "accept": Action.ACCEPTED,
    "reject": Action.REJECTED,
    "pending": Action.PENDING,
    "reset": Action.NONE,
}


class Unplayable(Exception):
    """Raised if the portal refuses an event of the sample world's story. This means that the story or the
    portal has a mistake."""


@dataclass(frozen=True, slots=True)
class Doc:
    """One document of the story. Amounts are in rupees, and the rate is in per cent. `amends` is true if the
    document amends an earlier version with the same number. If the document amends an earlier version with
    another number, `was` is the earlier number."""

    kind: str
    number: str
    to: str
    on: str
    taxable: float
    rate: float = 18
    pos: str = ""
    type: str = "R"
    rcm: bool = False
    cess: float = 0
    amends: bool = False
    was: str = ""
    irn: bool = False
    # further rate lines of the document, each as (taxable value, rate)
    also: tuple[tuple[float, float], ...] = ()
    # The tax that a GSTR-5 or GSTR-6 states: "igst", or "local" for CGST and SGST. If the text is empty, the
    # tax follows from the place of supply.
    heads: str = ""
    # the number and the date of the invoice that a distributor's credit note changes
    changes: tuple[str, str] | None = None


def inv(number: str, on: str, taxable: float, rate: float = 18, *, to: str = "sahyadri", **more: Any) -> Doc:
    return Doc("INV", number, to, on, taxable, rate, **more)


def cn(number: str, on: str, taxable: float, rate: float = 18, *, to: str = "sahyadri", **more: Any) -> Doc:
    return Doc("CN", number, to, on, taxable, rate, **more)


def dn(number: str, on: str, taxable: float, rate: float = 18, *, to: str = "sahyadri", **more: Any) -> Doc:
    return Doc("DN", number, to, on, taxable, rate, **more)


def eco(number: str, on: str, taxable: float, rate: float = 5, *, to: str = "sahyadri", **more: Any) -> Doc:
    return Doc("ECO", number, to, on, taxable, rate, **more)


def minor(rupees: float) -> int:
    return paise(f"{rupees:.2f}")


def rate_line(taxable: int, rate: float, *, inter: bool, cess: int = 0) -> RateLine:
    """Return a rate line with its tax. Amounts are in paise, and tax is rounded to the nearest paisa. With
    `inter`, the tax is IGST. Otherwise the tax is CGST and SGST in equal parts."""
    hundredths = round(rate * 100)
    if inter:
        return RateLine(hundredths, taxable, igst=(taxable * hundredths + 5000) // 10000, cess=cess)
    half = (taxable * hundredths + 10000) // 20000
    return RateLine(hundredths, taxable, cgst=half, sgst=half, cess=cess)


class Stage:
    """The functions that run the events of the sample world. The stage knows the taxpayers and people by
    short names."""

    def __init__(self, tell: Callable[[str], None] = lambda line: None):
        self.tell = tell
        self.who: dict[str, Taxpayer] = {}
        self.people: dict[str, Any] = {}

    # Moving the clock

    def begins(self, moment: str) -> None:
        """Set the portal clock to this moment, forward or back."""
        portal_clock.forget()
        portal_clock.set_to(datetime.fromisoformat(moment), frozen=True)

    def goes_to(self, moment: str | datetime, *, ticking: bool = False) -> None:
        """Move the clock forward. The portal runs the jobs of every midnight on the way. If the moment has
        passed, do nothing."""
        target = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        target = target.replace(tzinfo=target.tzinfo or clock.IST)
        if target > clock.now():
            midnight.move_clock(target)
        portal_clock.set_to(max(target, clock.now()), frozen=not ticking, run_nights=True)

    def later(self, minutes: int = 7) -> None:
        """Move the clock forward by some minutes."""
        self.goes_to(clock.now() + timedelta(minutes=minutes))

    # Finding taxpayers and people

    def at(self, name: str) -> Taxpayer:
        return self.who[name]

    def by(self, person: str | None) -> By:
        return By(user=self.people.get(person) if person else None, source=SOURCE)

    # Events of suppliers

    def saves(
        self,
        supplier: str | Taxpayer,
        period: str,
        docs: Iterable[Doc],
        *,
        form: Form = Form.GSTR1,
        person: str | None = None,
    ) -> list[Record]:
        """Save documents in a form. If the portal refuses a document, raise `Unplayable`."""
        owner = self.at(supplier) if isinstance(supplier, str) else supplier
        incoming = [self._incoming(owner, doc) for doc in docs]
        outcomes = outward.save_many(owner, form, TaxPeriod.parse(period), incoming, by=self.by(person))
        for outcome in outcomes:
            if outcome.problem is not None:
                p = outcome.problem
                raise Unplayable(
                    f"{owner.gstin} {form.value} {period} {outcome.incoming.draft.number}: {p.code} {p.message}"
                )
        return [o.record for o in outcomes if o.record is not None]

    def edits(
        self, supplier: str, kind: str, number: str, changed: Doc, *, person: str | None = None
    ) -> None:
        """Replace a document that is saved and not yet filed."""
        owner = self.at(supplier)
        record = self.record(owner, kind, number)
        assert record is not None
        saving.edit(record.pk, owner, self.draft(owner, changed), by=self.by(person))

    def files(
        self, supplier: str | Taxpayer, period: str, *, form: Form = Form.GSTR1, person: str | None = None
    ) -> None:
        owner = self.at(supplier) if isinstance(supplier, str) else supplier
        owner.refresh_from_db(fields=["open_period"])
        outward.file(owner, form, TaxPeriod.parse(period), by=self.by(person))

    def _incoming(self, owner: Taxpayer, doc: Doc) -> Incoming:
        amends = None
        if doc.amends or doc.was:
            original = self.record(owner, doc.kind, doc.was or doc.number)
            if original is None:
                raise Unplayable(f"{owner.gstin} has no {doc.kind} {doc.was or doc.number} to amend")
            amends = original.pk
        details = None
        if doc.changes is not None:
            number, on = doc.changes
            details = changed_invoice.as_details(number, date.fromisoformat(on))
        return Incoming(self.draft(owner, doc), amends=amends, details=details)

    def draft(self, owner: Taxpayer, doc: Doc) -> Draft:
        recipient = self.at(doc.to)
        pos = doc.pos or recipient.state
        inter = owner.registration.is_sez or doc.type in SEZ_TYPES or owner.state != pos
        if doc.heads:
            inter = doc.heads == "igst"
        cess = minor(doc.cess)
        rate = 0 if doc.type == "SEWOP" else doc.rate
        lines = [rate_line(minor(doc.taxable), rate, inter=inter, cess=cess)]
        lines += [rate_line(minor(amount), more, inter=inter) for amount, more in doc.also]
        on = date.fromisoformat(doc.on)
        irn = hashlib.sha256(f"{owner.gstin} {doc.number} {doc.on}".encode()).hexdigest() if doc.irn else ""
        return Draft(
            kind=Kind(doc.kind),
            recipient=recipient.gstin,
            number=doc.number,
            document_date=on,
            place_of_supply=pos,
            taxable=sum(line.taxable for line in lines),
            tax=total(lines),
            invoice_type=doc.type,
            reverse_charge=doc.rcm,
            rate_lines=tuple(lines),
            irn=irn,
            irn_date=on if irn else None,
        )

    # Events of customs

    def imports(
        self,
        recipient: str,
        number: str,
        on: str,
        taxable: float,
        *,
        port: str,
        rate: float = 18,
        cess: float = 0,
        sez: str = "",
    ) -> Record:
        """Receive a bill of entry from customs. `sez` names the SEZ unit from which the goods come."""
        amount = minor(taxable)
        bill = bills_of_entry.BillOfEntry(
            number=number,
            reference_date=date.fromisoformat(on),
            port=port,
            sez=bool(sez),
            taxable=amount,
            igst=round(amount * rate / 100),
            cess=minor(cess),
            sez_supplier=self.at(sez).gstin if sez else "",
        )
        record = bills_of_entry.receive(self.at(recipient), bill, by=self.by(None))
        if record is None:
            raise Unplayable(f"bill of entry {number} is there already")
        return record

    # Events of recipients

    def acts(
        self,
        recipient: str,
        action: str,
        documents: Sequence[tuple[str, str, str]],
        *,
        remarks: str = "",
        declaration: Declaration | None = None,
        person: str | None = "prakash",
    ) -> None:
        """Act on documents. Each document is given as (supplier, kind, number). If the portal refuses the
        action, raise `Unplayable`."""
        owner = self.at(recipient)
        found = [self.record(self.at(s), kind, number) for s, kind, number in documents]
        if None in found:
            raise Unplayable(f"{recipient} acts on a document that is not there: {documents}")
        taken = actions.take(
            owner,
            [r.pk for r in found if r is not None],
            Asked(ACTIONS[action], remarks, declaration),
            by=self.by(person),
        )
        if taken.refused_count:
            raise Unplayable(f"{recipient} {action} {documents}: refused {dict(taken.refused)}")

    # Finding documents

    def record(self, supplier: Taxpayer, kind: str, number: str) -> Record | ArchivedRecord | None:
        """Return the latest version of a document, live or archived, or None if there is no such document."""
        key = {"supplier_id": supplier.pk, "kind": kind, "number_key": number.upper()}
        live = Record.objects.filter(**key).order_by("-pk").first()
        gone = (
            ArchivedRecord.objects.filter(**key)
            .exclude(why=ArchivedRecord.Why.DELETED)
            .order_by("-pk")
            .first()
        )
        found = [r for r in (live, gone) if r is not None]
        return max(found, key=lambda r: r.pk) if found else None

    def bill(self, recipient: str, number: str) -> Record | ArchivedRecord | None:
        """Return the first version of a bill of entry, live or archived, or None if there is no such bill."""
        key = {"recipient_id": self.at(recipient).pk, "number_key": number, "form": Form.ICEGATE.value}
        live = Record.objects.filter(**key).order_by("pk").first()
        return live or ArchivedRecord.objects.filter(**key).order_by("pk").first()


def total(lines: Iterable[RateLine]) -> TaxAmounts:
    tax = TaxAmounts()
    for line in lines:
        tax += TaxAmounts(line.igst, line.cgst, line.sgst, line.cess)
    return tax


def fy(day: date) -> str:
    """Return the financial year in the form that document numbers use, for example "24-25"."""
    return FinancialYear.of(day).label[2:]


def open_players(stage: Stage) -> None:
    """Register the taxpayers of the sample world. GSTR-3B of September 2024 (Jul-Sep for quarterly filers)
    counts as filed."""
    for key, player in PLAYERS.items():
        stage.who[key] = registrations.register(
            player.gstin,
            legal_name=player.name,
            trade_name=player.trade_name or player.name,
            registration=RegistrationType(player.registration),
            frequency=Frequency(player.frequency),
            district=player.district,
            by=stage.by("staff"),
        )
