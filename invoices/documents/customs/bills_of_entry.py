"""Event: customs reports a bill of entry or amends one (R-074, R-130 to R-135)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from ims_portal.kernel import clock
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices import locks
from invoices.documents import placing
from invoices.journal import writing as journal
from invoices.journal.writing import SYSTEM, By
from invoices.models import ArchivedRecord, Decision, JournalLine, RecipientDesk, Record, Taxpayer
from invoices.models.choices import section_of
from invoices.queries.versions import Chain, chains, earlier_versions
from invoices.rules.attribution import import_month
from invoices.rules.calendar import Form
from invoices.rules.credit_taken import take_back
from invoices.rules.documents import DOCUMENT_NUMBER, PORT_CODE, number_key
from invoices.rules.refusals import refused
from invoices.rules.situation import Filing, Kind, Route


@dataclass(frozen=True, slots=True)
class BillOfEntry:
    """A bill of entry as ICEGATE reports it. Amounts are in paise. `reference_date` is the out-of-charge
    date."""

    number: str
    reference_date: date
    port: str
    sez: bool
    taxable: int
    igst: int
    cess: int = 0
    sez_supplier: str = ""


def receive(recipient: Taxpayer, bill: BillOfEntry, *, by: By = SYSTEM) -> Record | None:
    """Put a bill of entry on its importer's desk and return the record.

    Return None if the importer already has the bill, for example from an earlier load of the same file."""
    _check(bill)
    with transaction.atomic():
        locks.open_desk(recipient)
        if _known(recipient, bill):
            return None
        record = _record(recipient, bill, amends=None, kind=Kind.BILL_OF_ENTRY)
        return _save(record, recipient, [], by, "bill of entry received")


def amend_value(
    original_id: int,
    *,
    on: date,
    igst: int,
    taxable: int | None = None,
    cess: int | None = None,
    by: By = SYSTEM,
) -> Record:
    """Amend the value of a bill of entry as an ordinary amendment, and return the new record (R-132).

    Amounts are in paise. None leaves an amount unchanged."""
    with transaction.atomic():
        original = _version(original_id)
        recipient = Taxpayer.objects.get(pk=original.recipient_id)
        locks.open_desk(recipient)
        bill = BillOfEntry(
            number=original.number,
            reference_date=on,
            port=(original.details or {}).get("port", ""),
            sez=original.section.startswith("impgsez"),
            sez_supplier=(original.details or {}).get("sez_supplier", ""),
            taxable=original.taxable if taxable is None else taxable,
            igst=igst,
            cess=original.cess if cess is None else cess,
        )
        _check(bill)
        record = _record(recipient, bill, amends=original, kind=Kind.BILL_OF_ENTRY)
        record.details = {**(record.details or {}), "amendment": "value"}
        chain = chains([original.root_id or original.pk])[original.root_id or original.pk]
        saved = _save(
            record,
            recipient,
            earlier_versions(chain, before=None, recipient_id=recipient.pk),
            by,
            "bill of entry amended",
        )
        placing.settle_filed_amendments([saved])
        return saved


def amend_gstin(
    original_id: int,
    *,
    to: Taxpayer,
    on: date,
    igst: int | None = None,
    taxable: int | None = None,
    by: By = SYSTEM,
) -> tuple[Record, Record | None]:
    """Move a bill of entry to another GSTIN (R-133, R-134). Return the new record, and the reduction record
    or None.

    The new GSTIN `to` gets the full amended value. The previous GSTIN gets a reduction record, which takes
    the credit back. If the previous GSTIN never took credit, there is no reduction record."""
    with transaction.atomic():
        original = _version(original_id)
        previous_owner = Taxpayer.objects.get(pk=original.recipient_id)
        for desk_of in sorted((previous_owner, to), key=lambda t: t.pk):
            locks.open_desk(desk_of)
        root = original.root_id or original.pk
        chain = chains([root])[root]
        bill = BillOfEntry(
            number=original.number,
            reference_date=on,
            port=(original.details or {}).get("port", ""),
            sez=original.section.startswith("impgsez"),
            sez_supplier=(original.details or {}).get("sez_supplier", ""),
            taxable=original.taxable if taxable is None else taxable,
            igst=original.igst if igst is None else igst,
            cess=original.cess,
        )
        _check(bill)
        new = _record(to, bill, amends=original, kind=Kind.BILL_OF_ENTRY)
        new.details = {**(new.details or {}), "amendment": "gstin", "previous_gstin": previous_owner.gstin}
        new = _save(new, to, [], by, "bill of entry moved here")
        return new, _take_back(original, previous_owner, chain, bill, to, by)


def _take_back(
    original: Record | ArchivedRecord,
    owner: Taxpayer,
    chain: Chain,
    bill: BillOfEntry,
    to: Taxpayer,
    by: By,
) -> Record | None:
    theirs = [(pk, version) for pk, of, version in chain if of == owner.pk]
    month = import_month(bill.reference_date, _first_open_month(owner))
    found = take_back([version for _pk, version in theirs], moved_in=owner.files.period_of(month))
    for event, indexes, facet in (
        ("bill of entry withdrawn", found.withdrawn, {"route": Route.WITHDRAWN.value}),
        ("bill of entry superseded", found.superseded, {"superseded": "X"}),
    ):
        ids = [theirs[index][0] for index in indexes]
        if ids:
            gone = [JournalLine(record_id=pk, recipient_id=owner.pk, after="") for pk in ids]
            journal.write(owner.pk, event, by, record_count=len(gone), lines=gone)
            Record.objects.filter(pk__in=ids).update(**facet)
    if found.credit is None:
        return None
    back = BillOfEntry(bill.number, bill.reference_date, bill.port, bill.sez, 0, 0, 0)
    record = _record(owner, back, amends=original, kind=Kind.BOE_REDUCTION)
    record.details = {**(record.details or {}), "amendment": "gstin", "new_gstin": to.gstin}
    out = {*found.withdrawn, *found.superseded}
    earlier = [version for index, (_pk, version) in enumerate(theirs) if index not in out]
    return _save(record, owner, earlier, by, "bill of entry moved away")


def _check(bill: BillOfEntry) -> None:
    if bill.reference_date > clock.today():
        raise refused("BAD_DOC", "The ICEGATE reference date is in the future.", field="reference_date")
    if min(bill.taxable, bill.igst, bill.cess) < 0:
        raise refused("BAD_DOC", "Amounts of a bill of entry cannot be negative.", field="igst")
    if not (DOCUMENT_NUMBER.match(bill.number) or (bill.number.isdigit() and len(bill.number) <= 20)):
        raise refused(
            "BAD_DOC_NO",
            "A bill of entry number has 1 to 16 characters (letters, digits, - and /) or 1 to 20 digits.",
            field="number",
        )
    if not PORT_CODE.match(bill.port):
        raise refused(
            "BAD_DOC", "A port code has six capital letters and digits, as INNSA1.", field="port_code"
        )


def _known(recipient: Taxpayer, bill: BillOfEntry) -> bool:
    same = {
        "number_key": number_key(bill.number, bill=True),
        "kind": Kind.BILL_OF_ENTRY.value,
        "form": Form.ICEGATE.value,
    }
    year = FinancialYear.of(bill.reference_date).start
    live = Record.objects.filter(year=year, amends_id=None, recipient=recipient, **same)
    gone = ArchivedRecord.objects.filter(year=year, amends_id=None, recipient=recipient, **same)
    return any((r.details or {}).get("port", "") == bill.port for r in [*live, *gone])


def _version(record_id: int) -> Record | ArchivedRecord:
    live = Record.objects.filter(pk=record_id, form=Form.ICEGATE.value).first()
    found = live or ArchivedRecord.objects.filter(pk=record_id, form=Form.ICEGATE.value).first()
    if found is None:
        raise refused("BAD_DOC", "The bill of entry was not found.")
    return found


def _first_open_month(recipient: Taxpayer) -> TaxPeriod:
    """Return the first month of the recipient's earliest period without a GSTR-2B (R-074)."""
    desk = RecipientDesk.objects.filter(recipient=recipient, filed_at=None).first()
    period = recipient.opens
    if desk is not None and desk.statement_version:
        period = recipient.files.next(period)
    return recipient.files.first_month(period)


def _record(
    recipient: Taxpayer, bill: BillOfEntry, *, amends: Record | ArchivedRecord | None, kind: Kind
) -> Record:
    year = FinancialYear.of(bill.reference_date).start
    return Record(
        recipient=recipient,
        supplier=None,
        form=Form.ICEGATE.value,
        tax_period=TaxPeriod.of(bill.reference_date).number,
        section=section_of(kind, form=Form.ICEGATE, amended=amends is not None, sez=bill.sez),
        number=bill.number,
        number_key=number_key(bill.number, bill=True),
        document_date=bill.reference_date,
        year=year,
        place_of_supply=recipient.state,
        value=bill.taxable + bill.igst + bill.cess,
        taxable=bill.taxable,
        igst=bill.igst,
        cess=bill.cess,
        details={"port": bill.port, **({"sez_supplier": bill.sez_supplier} if bill.sez_supplier else {})},
        saved_at=clock.now(),
        filed_on=clock.today(),
        amends_id=amends.pk if amends is not None else None,
        root_id=(amends.root_id or amends.pk) if amends is not None else None,
        root_year=amends.root_year if amends is not None else year,
        kind=kind.value,
        filing=Filing.FILED.value,
    )


def _save(record: Record, recipient: Taxpayer, earlier: list, by: By, event: str) -> Record:
    month = import_month(record.document_date, _first_open_month(recipient))
    placing.place(record, month, supplier_state="", recipient=recipient, earlier=earlier)
    record.save(force_insert=True)
    Decision.objects.create(record_id=record.pk, recipient_id=recipient.pk)
    journal.write(
        recipient.pk,
        event,
        by,
        record_count=1,
        after={"number": record.number},
        lines=[JournalLine(record_id=record.pk, recipient_id=recipient.pk, after="N -")],
    )
    return Record.objects.select_related("decision", "recipient").get(pk=record.pk)
