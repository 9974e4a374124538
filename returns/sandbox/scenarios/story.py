"""Runs one scenario with the portal's own events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from gstr2b import generation, midnight
from ims_portal.kernel.errors import PortalError
from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.money import HEADS, TaxAmounts, paise
from ims_portal.kernel.periods import BadPeriod, FinancialYear, Frequency, TaxPeriod
from invoices import portal_clock
from invoices.desk import actions
from invoices.desk.actions import Asked
from invoices.documents import saving
from invoices.documents.customs import bills_of_entry
from invoices.documents.saving import Incoming
from invoices.journal.writing import By
from invoices.models import PortalClock, RecipientDesk, Record, Taxpayer
from invoices.rules.attribution import registration_of
from invoices.rules.calendar import Form
from invoices.rules.documents import Draft
from invoices.rules.reduction import Declaration
from invoices.rules.refusals import refused
from invoices.rules.situation import Action, Kind
from returns.gstr3b import annual_return, filing
from returns.outward import save_and_file as outward
from returns.sandbox.scenarios.schema import ACTIONS, moment

BY = By(source="scenario")
LAST_BEFORE_IMS = TaxPeriod(2024, 9)
NO_RECORD = -1


class Failed(Exception):
    """Raised if an expectation is false, or if an event does not end as the scenario says."""


class Story:
    """One scenario while it runs. The story knows the taxpayers and records by the names in the scenario.
    `hold` is a function that raises `Failed` unless an expectation is true."""

    def __init__(self, scenario: dict[str, Any], hold: Callable[[Story, dict[str, Any]], None]):
        self.scenario, self.hold = scenario, hold
        self.gstins: dict[str, str] = {}
        self.taxpayers: dict[str, Taxpayer] = {}
        self.records: dict[str, int] = {}
        self.drafts: dict[str, dict[str, Any]] = {}
        filed = scenario["given"].get("filed_3b_through") or {}
        self.through = {alias: TaxPeriod.parse(str(period)) for alias, period in filed.items()}
        for alias, given in scenario["given"]["taxpayers"].items():
            self.gstins[alias] = str(given["gstin"])
            # No taxpayer is created for an invalid GSTIN. A scenario uses such an alias only as the recipient
            # (`to`) of a document that the portal must refuse.
            if not Gstin.is_valid(self.gstins[alias]):
                continue
            frequency = Frequency.QUARTERLY if given.get("filing") == "quarterly" else Frequency.MONTHLY
            through = self.through.get(alias, LAST_BEFORE_IMS)
            self.taxpayers[alias] = Taxpayer.objects.create(
                gstin=str(Gstin.parse(self.gstins[alias])),
                legal_name=alias,
                registration_type=given.get("type") or registration_of(Gstin(self.gstins[alias])).value,
                frequency=frequency.value,
                open_period=frequency.period_of(through.offset(1)).number,
            )

    # Time of the scenario

    def goes_to(self, text: Any) -> None:
        """Move the clock to this moment. The portal runs the jobs of every midnight on the way."""
        target = moment(text)
        if not PortalClock.objects.exists():
            portal_clock.set_to(target, frozen=True)
            self._begins()
            return
        target = portal_clock.in_ist(target)
        if target > portal_clock.portal_now():
            list(midnight.move_clock(target))
        portal_clock.set_to(target, frozen=True, run_nights=True)

    def _begins(self) -> None:
        """Mark the period before each taxpayer's open period as filed at the current time. The portal then
        makes no draft GSTR-2B for that period."""
        for taxpayer in self.taxpayers.values():
            RecipientDesk.objects.create(
                recipient=taxpayer,
                period=taxpayer.files.previous(taxpayer.opens).number,
                filed_at=portal_clock.portal_now(),
            )

    # Events of the scenario

    def play(self, event: dict[str, Any]) -> None:
        """Run one event of the scenario, and compare the outcome with the refusal that the event names.
        Raises `Failed`."""
        self.goes_to(event["at"])
        expected = event.get("error")
        try:
            getattr(self, f"do_{event['do']}")(event)
        except BadPeriod as bad:
            self._compare(expected, "BAD_PERIOD", str(bad))
        except PortalError as error:
            errors = event.get("errors")
            if errors and set(errors) == set(event["on"]) and set(errors.values()) == {error.code}:
                return  # the whole action was refused, and the scenario expects this refusal for each record
            self._compare(expected, error.code, error.message)
        else:
            if expected:
                raise Failed(f"expected the refusal {expected}, but it was done")

    @staticmethod
    def _compare(expected: str | None, code: str, message: str) -> None:
        if expected != code:
            wanted = f"the refusal {expected}" if expected else "it to be done"
            raise Failed(f"expected {wanted}, got {code}: {message}")

    def do_clock(self, event: dict[str, Any]) -> None:
        """Do nothing: `goes_to` has already moved the clock."""

    def do_check(self, event: dict[str, Any]) -> None:
        for expectation in event["expect"]:
            self.hold(self, expectation)

    def do_save(self, event: dict[str, Any]) -> None:
        doc = event["doc"]
        period = TaxPeriod.parse(str(event["period"]))
        amends = doc.get("amends")
        # If the scenario has not saved the original, use an id that no record has. The portal then checks the
        # number and the other fields first, and reports the missing original last.
        original = None if amends is None else self.records.get(str(amends), NO_RECORD)
        incoming = Incoming(self.draft(doc), amends=original)
        record = outward.save(self.taxpayers[event["by"]], Form(event["form"]), period, incoming, by=BY)
        self.records[doc["ref"]] = record.pk
        self.drafts[doc["ref"]] = dict(doc)

    def do_edit(self, event: dict[str, Any]) -> None:
        ref = event["doc"]
        record_id = self._record(ref)
        if ref not in self.drafts:
            raise Failed(f"{ref} is a bill of entry; suppliers edit their own documents only")
        changed = _edited(self.drafts[ref], event["set"])
        amends = event["set"].get("amends")
        record = outward.edit(
            record_id,
            self.taxpayers[event["by"]],
            self.draft(changed),
            by=BY,
            amends=None if amends is None else self.records.get(str(amends), NO_RECORD),
        )
        self.records[ref] = record.pk
        self.drafts[ref] = changed

    def do_delete(self, event: dict[str, Any]) -> None:
        saving.delete(self._record(event["doc"]), self.taxpayers[event["by"]], by=BY)

    def do_file(self, event: dict[str, Any]) -> None:
        period = TaxPeriod.parse(str(event["period"]))
        outward.file(self.taxpayers[event["by"]], Form(event["form"]), period, by=BY)

    def do_boe(self, event: dict[str, Any]) -> None:
        doc = event["doc"]
        bill = bills_of_entry.BillOfEntry(
            number=str(doc["no"]),
            reference_date=_day(doc["date"]),
            port=str(doc.get("port", "")),
            sez=bool(doc.get("sez", False)),
            taxable=_paise(doc.get("txval", 0)),
            igst=_paise(doc.get("igst", 0)),
            cess=_paise(doc.get("cess", 0)),
        )
        record = bills_of_entry.receive(self._addressed(doc["to"]), bill, by=BY)
        if record is None:
            raise refused("DUPLICATE_DOC")
        self.records[doc["ref"]] = record.pk

    def do_boe_amend(self, event: dict[str, Any]) -> None:
        if event["amends"] not in self.records:
            raise refused("BAD_DOC", f"There is no bill of entry {event['amends']} to amend.")
        original, on = self._record(event["amends"]), _day(event["date"])
        igst = _paise(event["igst"]) if "igst" in event else None
        taxable = _paise(event["txval"]) if "txval" in event else None
        if "to" in event:
            new, back = bills_of_entry.amend_gstin(
                original, to=self._addressed(event["to"]), on=on, igst=igst, taxable=taxable, by=BY
            )
            self._name(event.get("ref_new"), new.pk)
            if back is not None:
                self._name(event.get("ref_old"), back.pk)
            return
        cess = _paise(event["cess"]) if "cess" in event else None
        amended = bills_of_entry.amend_value(
            original, on=on, igst=igst or 0, taxable=taxable, cess=cess, by=BY
        )
        self._name(event.get("ref_new"), amended.pk)

    def do_act(self, event: dict[str, Any]) -> None:
        recipient = self.taxpayers[event["by"]]
        # A document that the portal refused to save has no record. Such a document gets a negative id here,
        # which no record has.
        ids = {ref: self.records.get(ref, -place) for place, ref in enumerate(event["on"], start=1)}
        asked = Asked(
            Action(ACTIONS[event["action"]]),
            str(event.get("remarks") or ""),
            _declaration(event.get("itc_reduction")),
        )
        taken = actions.take(recipient, list(ids.values()), asked, by=BY)
        names = {pk: ref for ref, pk in ids.items()}
        codes = {names[pk]: code for code, refused_ids in taken.refused.items() for pk in refused_ids}
        expected = event.get("errors") or {}
        if codes == expected and (codes or taken.saved):
            return
        if not expected and len(set(codes.values())) == 1 and len(codes) == len(ids):
            raise refused(next(iter(codes.values())))
        raise Failed(f"expected refusals {expected or 'none'}, got {codes or 'none'}")

    def do_generate(self, event: dict[str, Any]) -> None:
        generation.generate(self._fresh(event["by"]), TaxPeriod.parse(str(event["period"])), by=BY)

    def do_recompute(self, event: dict[str, Any]) -> None:
        generation.recompute(self._fresh(event["by"]), TaxPeriod.parse(str(event["period"])), by=BY)

    def do_file_3b(self, event: dict[str, Any]) -> None:
        filing.file(self._fresh(event["by"]), TaxPeriod.parse(str(event["period"])), by=BY)

    def do_annual_return(self, event: dict[str, Any]) -> None:
        annual_return.furnish(self.taxpayers[event["by"]], FinancialYear.parse(str(event["fy"])), by=BY)

    # Helpers of the events

    def draft(self, doc: dict[str, Any]) -> Draft:
        return Draft(
            kind=Kind(doc["kind"]),
            recipient=self.gstins[doc["to"]],
            number=str(doc["no"]),
            document_date=_day(doc["date"]),
            place_of_supply=str(doc.get("pos", self.gstins[doc["to"]][:2])).zfill(2),
            taxable=_paise(doc.get("txval", 0)),
            tax=tax_of(doc),
            invoice_type=doc.get("inv_type", "R"),
            reverse_charge=bool(doc.get("rcm", False)),
        )

    def _record(self, ref: str) -> int:
        if ref not in self.records:
            raise Failed(f"{ref} names no document that was saved")
        return self.records[ref]

    def _fresh(self, alias: str) -> Taxpayer:
        self.taxpayers[alias].refresh_from_db()
        return self.taxpayers[alias]

    def _name(self, ref: str | None, record_id: int) -> None:
        if ref is not None:
            self.records[ref] = record_id

    def _addressed(self, alias: str) -> Taxpayer:
        if alias not in self.taxpayers:
            raise refused("BAD_GSTIN", f"{self.gstins[alias]} is not a GSTIN.")
        return self.taxpayers[alias]

    def live(self, ref: str) -> Record | None:
        pk = self.records.get(ref)
        return Record.objects.select_related("decision", "recipient").filter(pk=pk).first() if pk else None


def _edited(draft: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return the document with some fields replaced. If only IGST is new, CGST and SGST become 0. If only
    CGST or SGST is new, IGST becomes 0."""
    changed = {**draft, **values}
    if "igst" in values and not {"cgst", "sgst"} & set(values):
        changed.update(dict.fromkeys(("cgst", "sgst"), 0))
    elif {"cgst", "sgst"} & set(values) and "igst" not in values:
        changed["igst"] = 0
    return changed


def _day(text: Any) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise refused("BAD_DOC", f"{text!r} is not a date.") from None


def _paise(value: Any) -> int:
    return paise(Decimal(str(value)))


def tax_of(values: dict[str, Any]) -> TaxAmounts:
    return TaxAmounts(*(_paise(values.get(head, 0)) for head in HEADS))


def _declaration(given: dict[str, Any] | None) -> Declaration | None:
    if given is None:
        return None
    amounts = tax_of(given) if any(head in given for head in HEADS) else None
    return Declaration(bool(given.get("required", True)), amounts)
