"""Checks a supplier's documents. The data is read once for a whole batch, and then each document is judged.

The checks run in a fixed order, and the first failing check gives the refusal. The checks write nothing. A
recipient that the portal does not know is created when a document of it is saved (`create_recipients`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

from django.db.models import Q

from ims_portal.kernel import clock
from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices.documents import amended, placing
from invoices.documents.recipients import foreseen, known_or_created
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.models.choices import section_of
from invoices.queries.calendar import annual_returns, calendar
from invoices.queries.versions import Chain, chains, earlier_versions
from invoices.rules import documents
from invoices.rules.attribution import provisional_month
from invoices.rules.calendar import Calendar, Form
from invoices.rules.documents import DocumentFault, Draft, number_key
from invoices.rules.situation import Filing


class Result(str, Enum):
    SAVED = "saved"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One document to save.

    An amendment names the earlier version: by its id (`amends`) or, in a file, by its number and date
    (`original_number`, `original_date`). `place` is the document's place in the file, for messages."""

    draft: Draft
    amends: int | None = None
    original_number: str = ""
    original_date: date | None = None
    place: str = ""
    details: dict[str, Any] | None = None

    @property
    def is_amendment(self) -> bool:
        return self.amends is not None or bool(self.original_number)


@dataclass(slots=True)
class Outcome:
    result: Result
    incoming: Incoming
    record: Record | None = None
    problem: DocumentFault | None = None


@dataclass(slots=True)
class Batch:
    """The portal's data that the checks of a batch need. The data is read once.

    `closed` is a sentence that says why the form is not open, or None. With `upsert`, a document that is
    already saved in this form and period is an edit. Without `upsert`, such a document is a duplicate."""

    supplier: Taxpayer
    form: Form
    period: TaxPeriod
    today: date
    calendar: Calendar
    closed: str | None
    upsert: bool
    recipients: dict[str, Taxpayer] = field(default_factory=dict)
    by_pk: dict[int, Taxpayer] = field(default_factory=dict)
    # the latest version of each number, by kind, number and year
    by_number: dict[tuple[str, str, int], Any] = field(default_factory=dict)
    chains: dict[int, Chain] = field(default_factory=dict)
    versions: dict[int, Any] = field(default_factory=dict)
    amended_by: dict[int, Any] = field(default_factory=dict)
    # the latest filed version with each number and date, by kind, number and date
    named: dict[tuple[str, str, date], Any] = field(default_factory=dict)
    # all versions with each number, by kind, number and year, and then by id
    numbered: dict[tuple[str, str, int], dict[int, Any]] = field(default_factory=dict)
    returns: dict[tuple[int, int], date] = field(default_factory=dict)

    def remember(self, version: Any) -> None:
        """Remember a version that the portal has, by its id, its number and its date."""
        self.versions[version.pk] = version
        number = (version.kind, version.number_key, version.year)
        self.numbered.setdefault(number, {})[version.pk] = version
        name = (version.kind, version.number_key, version.document_date)
        known = self.named.get(name)
        if version.filing == Filing.FILED.value and (known is None or known.pk < version.pk):
            self.named[name] = version

    def know(self, recipients: dict[str, Taxpayer]) -> None:
        """Remember the documents' recipients, by GSTIN, and read their annual returns."""
        self.recipients = recipients
        self.by_pk = {taxpayer.pk: taxpayer for taxpayer in recipients.values()}
        self.returns = annual_returns(self.by_pk)

    def look_again(self, gstins: Iterable[str], root_ids: Iterable[int]) -> None:
        """Read these recipients and these documents' versions again, after the edited records are locked.
        Before the lock, a recipient may have acted on an earlier version or changed its filing frequency.
        Create the recipients that the portal does not know."""
        self.know(known_or_created({str(Gstin.parse(gstin)) for gstin in gstins}))
        self.chains = chains(root_ids)

    @property
    def natural_month(self) -> TaxPeriod:
        return provisional_month(
            self.calendar,
            self.form,
            self.today,
            form_month=self.period,
            frequency=self.supplier.files,
            seat=self.supplier.seat,
        )


def read_batch(
    supplier: Taxpayer,
    form: Form,
    period: TaxPeriod,
    incoming: Sequence[Incoming],
    *,
    closed: str | None,
    upsert: bool,
) -> Batch:
    batch = Batch(supplier, form, period, clock.today(), calendar(), closed, upsert)
    gstins = {str(Gstin.parse(g)) for i in incoming if Gstin.is_valid(g := i.draft.recipient)}
    batch.know(foreseen(gstins))
    numbers = {number_key(i.draft.number) for i in incoming} | {
        number_key(i.original_number) for i in incoming if i.original_number
    }
    wanted = {i.amends for i in incoming if i.amends is not None}
    live = Record.objects.filter(supplier_id=supplier.pk)
    # A document that was never filed and left IMS keeps neither its number nor its original: the supplier
    # cannot delete the document any more.
    gone = ArchivedRecord.objects.filter(supplier_id=supplier.pk).exclude(
        Q(why=ArchivedRecord.Why.DELETED) | Q(filing=Filing.LAPSED.value)
    )
    found: list[Any] = []
    for chunk in _chunks(sorted(numbers)):
        found += [*live.filter(number_key__in=chunk), *gone.filter(number_key__in=chunk)]
    found += [*live.filter(pk__in=wanted), *gone.filter(pk__in=wanted)]
    for version in sorted(found, key=lambda v: v.pk):
        batch.remember(version)
        # versions of one document may have the same number: `by_number` then keeps the latest version
        batch.by_number[(version.kind, version.number_key, version.year)] = version
        if version.amends_id is not None:
            batch.amended_by[version.amends_id] = version
    if any(i.is_amendment for i in incoming):
        # read the amendments of all found versions: an amendment may have another number
        for chunk in _chunks(sorted(batch.versions)):
            for version in [*live.filter(amends_id__in=chunk), *gone.filter(amends_id__in=chunk)]:
                batch.remember(version)
                batch.amended_by[version.amends_id or 0] = version
        roots = {v.root_id or v.pk for v in batch.versions.values()}
        for chunk in _chunks(sorted(roots - batch.versions.keys())):
            for version in [*live.filter(pk__in=chunk), *gone.filter(pk__in=chunk)]:
                batch.remember(version)
        batch.chains = chains(roots)
    return batch


def _chunks(items: list[Any], size: int = 5000) -> list[list[Any]]:
    return [items[i : i + size] for i in range(0, len(items), size)]


def _same_number(batch: Batch, item: Incoming) -> Any:
    draft = item.draft
    key = (draft.kind.value, number_key(draft.number), FinancialYear.of(draft.document_date).start)
    return batch.by_number.get(key)


def judge(batch: Batch, item: Incoming) -> Outcome:
    current = _editable(batch, item) if batch.upsert else None
    problem = problem_with(batch, item, current=current)
    if problem is not None:
        return Outcome(Result.REFUSED, item, problem=problem)
    if current is None:
        record = new_record(batch, item)
        # after this entry, a later document of the batch with the same number counts as a duplicate
        batch.by_number[(record.kind, record.number_key, record.year)] = record
        return Outcome(Result.SAVED, item, record=record)
    original = amended.relinked_to(batch, item, current)
    if original is not None:
        # After this entry, another document of the batch cannot amend the same version. The version that was
        # amended before stays taken, because new documents are inserted before edits are written.
        batch.amended_by[original.pk] = current
    same = original is None and all(
        getattr(current, name) == value for name, value in reported_values(batch, item).items()
    )
    return Outcome(Result.SAME if same else Result.CHANGED, item, record=current)


def _editable(batch: Batch, item: Incoming) -> Record | None:
    found = _same_number(batch, item)
    if (
        isinstance(found, Record)
        and found.pk is not None
        and found.filing == Filing.SAVED.value
        and found.form == batch.form.value
        and found.tax_period == batch.period.number
        and (found.amends_id is not None) == item.is_amendment
    ):
        return found
    return None


def problem_with(batch: Batch, item: Incoming, *, current: Record | None) -> DocumentFault | None:
    """Return the fault from the first failing check, or None.

    The function checks the document's number, its other data, an amendment's reference and the form, in this
    order. `current` is the saved record that the document edits."""
    draft = item.draft
    clash = _same_number(batch, item)
    original = amended.original_of(batch, item) if item.is_amendment else None
    if clash is not None and clash is not current and (current is None or clash.pk != current.pk):
        root = (original.root_id or original.pk) if original is not None else None
        if clash.pk is None or (clash.root_id or clash.pk) != root:
            return already_used(draft.number, FinancialYear.of(draft.document_date), clash)
    elif current is not None and original is not None:
        # the edited amendment hides other documents with its number
        clash = amended.other_document(batch, item, original, current)
        if clash is not None:
            return already_used(draft.number, FinancialYear.of(draft.document_date), clash)
    problem = _fault(batch, draft)
    if problem is not None:
        return problem
    if item.is_amendment:
        problem = amended.amendment_problem(batch, item, original, current)
        if problem is not None:
            return problem
    if batch.closed is not None:
        return DocumentFault("FORM_CLOSED", "form", batch.closed)
    return None


def _fault(batch: Batch, draft: Draft) -> DocumentFault | None:
    """Return the document's first fault that does not depend on other saved documents, or None."""
    return documents.check(
        draft,
        supplier=batch.supplier.gstin,
        supplier_is_sez=batch.supplier.registration.is_sez,
        form=batch.form,
        period_end=batch.period.last_day,
        today=batch.today,
        recipient_is_sez=_to_sez(batch, draft),
    )


def _to_sez(batch: Batch, draft: Draft) -> bool:
    if not Gstin.is_valid(draft.recipient):
        return False
    recipient = batch.recipients.get(Gstin.parse(draft.recipient))
    return recipient is not None and recipient.registration.is_sez


def already_used(number: str, year: FinancialYear, clash: Record | ArchivedRecord) -> DocumentFault:
    """Return the fault for a number that another document, `clash`, already has (R-049)."""
    used = (
        f"{number} is already used for this kind of document in FY {year.label} (reported in {clash.form} of "
        f"{TaxPeriod.from_number(clash.tax_period).label})."
    )
    if clash.filing == Filing.LAPSED.value:
        used += " That form can no longer be filed. Delete the document there; its number is then free."
    return DocumentFault("DUPLICATE_DOC", "number", used)


def reported_values(batch: Batch, item: Incoming) -> dict[str, Any]:
    """Return the values that the supplier reported, by column of `Record`, including the recipient's id."""
    recipient = batch.recipients[Gstin.parse(item.draft.recipient)]
    return {"recipient_id": recipient.pk, **reported(item)}


def reported(item: Incoming) -> dict[str, Any]:
    """Return the values that the supplier reported, by column of `Record`, without the recipient."""
    draft = item.draft
    lines = [[x.rate, x.taxable, x.igst, x.cgst, x.sgst, x.cess] for x in draft.rate_lines]
    details = dict(item.details or {})
    if draft.irn:
        details["irn"] = draft.irn
    if draft.irn_date:
        details["irn_date"] = draft.irn_date.isoformat()
    if draft.concessional:
        details["diff_percent"] = 65
    return {
        "number": draft.number,
        "number_key": number_key(draft.number),
        "document_date": draft.document_date,
        "year": FinancialYear.of(draft.document_date).start,
        "place_of_supply": draft.place_of_supply,
        "invoice_type": draft.invoice_type,
        "reverse_charge": draft.reverse_charge,
        "value": draft.value or draft.taxable + draft.tax.total,
        "taxable": draft.taxable,
        "igst": draft.tax.igst,
        "cgst": draft.tax.cgst,
        "sgst": draft.tax.sgst,
        "cess": draft.tax.cess,
        "rate_lines": lines or None,
        "details": details or None,
    }


def new_record(batch: Batch, item: Incoming) -> Record:
    original = amended.original_of(batch, item) if item.is_amendment else None
    kind = item.draft.kind
    record = Record(
        supplier_id=batch.supplier.pk,
        form=batch.form.value,
        tax_period=batch.period.number,
        section=section_of(kind, form=batch.form, amended=original is not None),
        kind=kind.value,
        filing=Filing.SAVED.value,
        saved_at=clock.now(),
        amends_id=original.pk if original is not None else None,
        root_id=(original.root_id or original.pk) if original is not None else None,
        **reported_values(batch, item),
    )
    record.root_year = original.root_year if original is not None else record.year
    place_in_batch(batch, record)
    if original is not None:
        batch.amended_by[original.pk] = record
    return record


def create_recipients(batch: Batch, records: Sequence[Record]) -> None:
    """Create the recipients of these new records that the portal does not know, and place their records
    again: meanwhile somebody else may have registered a recipient."""
    arriving = [record for record in records if record.recipient_id < 0]
    if not arriving:
        return
    made = known_or_created({batch.by_pk[record.recipient_id].gstin for record in arriving})
    gstins = {pk: taxpayer.gstin for pk, taxpayer in batch.by_pk.items()}
    batch.know(batch.recipients | made)
    for record in arriving:
        record.recipient_id = made[gstins[record.recipient_id]].pk
        place_in_batch(batch, record)


def place_in_batch(batch: Batch, record: Record) -> None:
    recipient = batch.by_pk[record.recipient_id]
    chain = batch.chains.get(record.root_id, []) if record.root_id else []
    placing.place(
        record,
        batch.natural_month,
        supplier_state=batch.supplier.state,
        recipient=recipient,
        earlier=earlier_versions(chain, before=record.pk, recipient_id=record.recipient_id),
        annual_return_on=batch.returns.get((recipient.pk, record.root_year)),
    )
