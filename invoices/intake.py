"""Event: a supplier saved, edited or deleted documents (R-020, R-040 to R-044, R-049).

One path for a form typed by hand and for a file of a thousand documents. Each document is judged on its own;
the caller decides whether refused ones stop the rest. Filing is in `filing.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

from django.db import transaction
from django.db.models import F

from ims_portal.kernel import clock
from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.gstin import BadGstin, Gstin
from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from invoices import archive, journal, situating
from invoices.journal import By
from invoices.models import ArchivedRecord, Decision, JournalLine, Record, Taxpayer
from invoices.models.choices import section_of
from invoices.queries.calendar import annual_returns, calendar
from invoices.rules import documents
from invoices.rules.attribution import provisional_month
from invoices.rules.calendar import Calendar, Form
from invoices.rules.documents import Draft, Problem, number_key
from invoices.rules.refusals import CODES, refused
from invoices.rules.situation import Filing

REPORTED_FIELDS = (
    "recipient_id",
    "number",
    "number_key",
    "document_date",
    "year",
    "place_of_supply",
    "invoice_type",
    "reverse_charge",
    "value",
    "taxable",
    "igst",
    "cgst",
    "sgst",
    "cess",
    "rate_lines",
    "details",
)


class Result(str, Enum):
    SAVED = "saved"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One document to save. `amends`: id of the version it amends; or, from a file, `original_number` and
    `original_date`. `place` says where it stands in its file, for messages."""

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
    problem: Problem | None = None


@dataclass(slots=True)
class Batch:
    """What a save sees of the portal, read once for the whole batch."""

    supplier: Taxpayer
    form: Form
    period: TaxPeriod
    today: date
    calendar: Calendar
    closed: str | None
    upsert: bool
    recipients: dict[str, Taxpayer] = field(default_factory=dict)
    by_number: dict[tuple[str, str, int], Any] = field(default_factory=dict)  # (kind, number, year) -> version
    chains: dict[int, situating.Chain] = field(default_factory=dict)
    versions: dict[int, Any] = field(default_factory=dict)
    amended_by: dict[int, Any] = field(default_factory=dict)
    returns: dict[tuple[int, int], date] = field(default_factory=dict)

    @property
    def natural_month(self) -> TaxPeriod:
        return provisional_month(
            self.calendar,
            self.form,
            self.today,
            form_month=self.period,
            frequency=self.window_frequency,
            state=self.supplier.state,
        )

    @property
    def window_frequency(self) -> Frequency:
        return self.supplier.files


def save(
    supplier: Taxpayer,
    form: Form,
    period: TaxPeriod,
    incoming: Incoming,
    *,
    by: By,
    closed: str | None = None,
) -> Record:
    """Save one new document; raises `Refused` with the code of section 19. `closed` is the sentence why the
    form is not open, as the package above found it: it is the last thing checked."""
    outcome = save_many(supplier, form, period, [incoming], by=by, closed=closed, upsert=False)[0]
    if outcome.problem is not None:
        raise refusal_of(outcome.problem)
    assert outcome.record is not None
    return outcome.record


def refusal_of(problem: Problem) -> Exception:
    return refused(problem.code, problem.message, field=problem.field)


def save_many(
    supplier: Taxpayer,
    form: Form,
    period: TaxPeriod,
    incoming: Sequence[Incoming],
    *,
    by: By,
    closed: str | None = None,
    upsert: bool = True,
    all_or_nothing: bool = False,
) -> list[Outcome]:
    """Save documents of one form. With `upsert`, a document whose number is already saved in this form and
    period is an edit of it (or nothing, if equal); otherwise it is a duplicate. With `all_or_nothing`, one
    refusal leaves everything as it was. Outcomes come back in the order given."""
    with transaction.atomic():
        batch = _read(supplier, form, period, incoming, closed=closed, upsert=upsert)
        outcomes = [_judge(batch, item) for item in incoming]
        if all_or_nothing and any(o.problem for o in outcomes):
            return outcomes
        _write(batch, outcomes, by)
    return outcomes


def edit(record_id: int, supplier: Taxpayer, changed: Draft, *, by: By, details: dict[str, Any] | None = None) -> Record:
    """Replace a saved document (R-040): its recipient's action is cleared whatever changed; a new recipient
    GSTIN moves it there (R-042). Raises `Refused` (DOC_LOCKED, ...) or `NotFound`."""
    with transaction.atomic():
        record = _own_saved(record_id, supplier)
        form, period = Form(record.form), TaxPeriod.from_number(record.tax_period)
        incoming = Incoming(changed, amends=record.amends_id, details=details)
        batch = _read(supplier, form, period, [incoming], closed=None, upsert=True)
        problem = _problem(batch, incoming, current=record)
        if problem is not None:
            raise refusal_of(problem)
        return _replace(batch, record, incoming, by)


def delete(record_id: int, supplier: Taxpayer, *, by: By) -> None:
    """Remove a saved document (R-041): it leaves its recipient's IMS whatever the action was."""
    with transaction.atomic():
        record = _own_saved(record_id, supplier)
        entry = journal.write(supplier.pk, "document deleted", by, period=record.tax_period, record_count=1)
        journal.lines(entry, [_line(record, after="", detail={"number": record.number})])
        _remove(record)


def _own_saved(record_id: int, supplier: Taxpayer) -> Record:
    found = (
        Record.objects.select_related("decision", "recipient")
        .filter(pk=record_id, supplier_id=supplier.pk)
        .first()
    )
    if found is None:
        if ArchivedRecord.objects.filter(pk=record_id, supplier_id=supplier.pk).exclude(why="D").exists():
            raise refused("DOC_LOCKED")
        raise NotFound("NOT_FOUND", "There is no such document of this supplier.")
    if found.filing == Filing.FILED.value:
        raise refused("DOC_LOCKED")
    return found


# reading and judging


def _read(
    supplier: Taxpayer,
    form: Form,
    period: TaxPeriod,
    incoming: Sequence[Incoming],
    *,
    closed: str | None,
    upsert: bool,
) -> Batch:
    batch = Batch(supplier, form, period, clock.today(), calendar(), closed, upsert)
    gstins = {i.draft.recipient for i in incoming if Gstin.is_valid(i.draft.recipient)}
    batch.recipients = {t.gstin: t for t in Taxpayer.objects.filter(gstin__in=gstins)}
    missing = sorted(gstins - set(batch.recipients))
    if missing:
        # a GSTIN nobody here works for: its records wait for whoever will
        Taxpayer.objects.bulk_create([Taxpayer(gstin=g, listed=False) for g in missing], ignore_conflicts=True)
        batch.recipients.update({t.gstin: t for t in Taxpayer.objects.filter(gstin__in=missing)})
    numbers = {number_key(i.draft.number) for i in incoming} | {
        number_key(i.original_number) for i in incoming if i.original_number
    }
    wanted = {i.amends for i in incoming if i.amends is not None}
    live = Record.objects.filter(supplier_id=supplier.pk).select_related("decision", "recipient")
    gone = ArchivedRecord.objects.filter(supplier_id=supplier.pk).exclude(why=ArchivedRecord.Why.DELETED)
    found: list[Any] = []
    for chunk in _chunks(sorted(numbers)):
        found += live.filter(number_key__in=chunk)
        found += gone.filter(number_key__in=chunk)
    if wanted:
        found += live.filter(pk__in=wanted)
        found += gone.filter(pk__in=wanted)
    for version in sorted(found, key=lambda v: v.pk):
        batch.versions[version.pk] = version
        # the latest version answers for the number; its root answers for being a duplicate
        batch.by_number[(version.kind, version.number_key, version.year)] = version
        if version.amends_id is not None:
            batch.amended_by[version.amends_id] = version
    if any(i.is_amendment for i in incoming):
        roots = {v.root_id or v.pk for v in batch.versions.values()}
        batch.chains = situating.chains(roots)
    batch.returns = annual_returns({t.pk for t in batch.recipients.values()})
    return batch


def _chunks(items: list[str], size: int = 500) -> list[list[str]]:
    return [items[i : i + size] for i in range(0, len(items), size)]


def _same_number(batch: Batch, item: Incoming) -> Any:
    draft = item.draft
    key = (draft.kind.value, number_key(draft.number), FinancialYear.of(draft.document_date).start)
    return batch.by_number.get(key)


def _original(batch: Batch, item: Incoming) -> Any:
    """The latest filed version the document amends, or None."""
    if item.amends is not None:
        return batch.versions.get(item.amends)
    day = item.original_date or item.draft.document_date
    key = (item.draft.kind.value, number_key(item.original_number), FinancialYear.of(day).start)
    found = batch.by_number.get(key)
    if found is not None and found.filing == Filing.SAVED.value and found.amends_id is not None:
        # a saved amendment of the same form is being edited: what it amends stays what it was
        return batch.versions.get(found.amends_id, found)
    return found


def _judge(batch: Batch, item: Incoming) -> Outcome:
    current = _editable(batch, item) if batch.upsert else None
    problem = _problem(batch, item, current=current)
    if problem is not None:
        return Outcome(Result.REFUSED, item, problem=problem)
    if current is None:
        record = _new(batch, item)
        # a second document of the same number in one file is a duplicate of the first
        batch.by_number[(record.kind, record.number_key, record.year)] = record
        return Outcome(Result.SAVED, item, record=record)
    same = all(getattr(current, name) == value for name, value in _reported(batch, item).items())
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


def _problem(batch: Batch, item: Incoming, *, current: Record | None) -> Problem | None:
    """First failing check in the order of section 19."""
    draft = item.draft
    clash = _same_number(batch, item)
    original = None
    if item.is_amendment:
        original = (
            batch.versions.get(current.amends_id) or _original(batch, item) if current is not None else _original(batch, item)
        )
    if clash is not None and clash is not current and (current is None or clash.pk != current.pk):
        root = (original.root_id or original.pk) if original is not None else None
        if clash.pk is None or (clash.root_id or clash.pk) != root:
            return Problem(
                "DUPLICATE_DOC",
                "number",
                f"{draft.number} is already used for this kind of document in "
                f"FY {FinancialYear.of(draft.document_date).label} (reported in {clash.form} of "
                f"{TaxPeriod.from_number(clash.tax_period).label}).",
            )
    problem = documents.check(
        draft,
        supplier=batch.supplier.gstin,
        supplier_is_sez=batch.supplier.registration.is_sez,
        form=batch.form,
        period_end=batch.period.last_day,
        today=batch.today,
    )
    if problem is not None:
        return problem
    if item.is_amendment:
        problem = _amendment_problem(batch, item, original, current)
        if problem is not None:
            return problem
    if batch.closed is not None:
        return Problem("FORM_CLOSED", "form", batch.closed)
    return None


def _amendment_problem(batch: Batch, item: Incoming, original: Any, current: Record | None) -> Problem | None:
    """References, and GSTR-1A's own limits (R-043, R-045, R-080)."""
    if original is None or original.pk is None or original.kind != item.draft.kind.value:
        what = item.original_number or item.draft.number
        return Problem(
            "BAD_DOC", "original", f"There is no filed original {what} of this kind to amend. Check its number and date."
        )
    if original.filing != Filing.FILED.value:
        return Problem("BAD_DOC", "original", f"{original.number} is not filed yet: edit it instead of amending it.")
    later = batch.amended_by.get(original.pk)
    if later is not None and (current is None or later.pk != current.pk):
        return Problem("BAD_DOC", "original", f"{original.number} was amended already; amend its latest version.")
    if batch.form is Form.GSTR1A:
        first_month = batch.supplier.files.first_month(batch.period)
        if not first_month.number <= original.tax_period <= batch.period.number:
            return Problem(
                "BAD_DOC",
                "original",
                f"GSTR-1A of {batch.period.label} amends documents reported for that period; {original.number} was "
                f"reported for {TaxPeriod.from_number(original.tax_period).label}. Amend it in a later GSTR-1.",
            )
        recipient = batch.recipients[Gstin.parse(item.draft.recipient)]
        if original.recipient_id != recipient.pk:
            return Problem("GSTIN_CHANGE_IN_1A", "recipient", CODES["GSTIN_CHANGE_IN_1A"].sentence)
    return None


# writing


def _reported(batch: Batch, item: Incoming) -> dict[str, Any]:
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
        "recipient_id": batch.recipients[Gstin.parse(draft.recipient)].pk,
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


def _new(batch: Batch, item: Incoming) -> Record:
    original = _original(batch, item) if item.is_amendment else None
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
        **_reported(batch, item),
    )
    record.root_year = original.root_year if original is not None else record.year
    _place(batch, record)
    if original is not None:
        batch.amended_by[original.pk] = record
    return record


def _place(batch: Batch, record: Record) -> None:
    recipient = next(t for t in batch.recipients.values() if t.pk == record.recipient_id)
    chain = batch.chains.get(record.root_id, []) if record.root_id else []
    situating.place(
        record,
        batch.natural_month,
        supplier_state=batch.supplier.state,
        recipient=recipient,
        earlier=situating.earlier_versions(chain, before=record.pk, recipient_id=record.recipient_id),
        annual_return_on=batch.returns.get((recipient.pk, record.root_year)),
    )


def _write(batch: Batch, outcomes: list[Outcome], by: By) -> None:
    new = [o.record for o in outcomes if o.result is Result.SAVED and o.record]
    if new:
        Record.objects.bulk_create(new, batch_size=1000)
        Decision.objects.bulk_create(
            [Decision(record_id=r.pk, recipient_id=r.recipient_id) for r in new], batch_size=2000
        )
        entry = journal.write(
            batch.supplier.pk,
            "document saved" if len(new) == 1 else "documents saved",
            by,
            period=batch.period.number,
            record_count=len(new),
            after={"form": batch.form.value, "number": new[0].number} if len(new) == 1 else {"form": batch.form.value},
        )
        journal.lines(entry, (_line(r, after="N -") for r in new))
    for outcome in outcomes:
        if outcome.result is Result.CHANGED and outcome.record is not None:
            outcome.record = _replace(batch, outcome.record, outcome.incoming, by)


def _replace(batch: Batch, record: Record, incoming: Incoming, by: By) -> Record:
    """R-040: the new content takes the old one's place and the action falls back to No action."""
    reported = _reported(batch, incoming)
    detail = {
        name: [_plain(getattr(record, name)), _plain(value)]
        for name, value in reported.items()
        if getattr(record, name) != value and name not in ("number_key", "recipient_id", "year")
    }
    moved = reported["recipient_id"] != record.recipient_id
    entry = journal.write(
        batch.supplier.pk,
        "document edited",
        by,
        period=record.tax_period,
        record_count=1,
        before={"number": record.number, "recipient": record.recipient.gstin},
        after={"number": reported["number"], "recipient": incoming.draft.recipient},
    )
    if moved:
        # the old recipient loses it, the new one gets it as No action
        journal.lines(entry, [_line(record, after="", detail=detail)])
        _remove(record)
        fresh = _copy_for(batch, record, reported)
        fresh.save(force_insert=True)
        Decision.objects.create(record_id=fresh.pk, recipient_id=fresh.recipient_id)
        journal.lines(entry, [_line(fresh, after="N -")])
        return fresh
    journal.lines(entry, [_line(record, after="N -", detail=detail)])
    for name, value in reported.items():
        setattr(record, name, value)
    record.revision += 1
    record.saved_at = clock.now()
    if record.amends_id is None:
        record.root_year = record.year
    _place(batch, record)
    record.save(update_fields=[*REPORTED_FIELDS, "root_year", "revision", "saved_at", *situating.PLACED_FIELDS])
    clear_decisions([record.pk])
    record.refresh_from_db()
    return Record.objects.select_related("decision", "recipient").get(pk=record.pk)


def _copy_for(batch: Batch, record: Record, reported: dict[str, Any]) -> Record:
    fresh = Record(
        supplier_id=record.supplier_id,
        form=record.form,
        tax_period=record.tax_period,
        section=record.section,
        kind=record.kind,
        filing=record.filing,
        saved_at=clock.now(),
        amends_id=record.amends_id,
        root_id=record.root_id,
        revision=record.revision + 1,
        **reported,
    )
    fresh.root_year = record.root_year if record.amends_id is not None else fresh.year
    _place(batch, fresh)
    return fresh


def clear_decisions(record_ids: Sequence[int]) -> None:
    """Back to No action, remembering what was lost so that the recipient can be told (R-040)."""
    cleared = dict(
        action="N",
        answer="-",
        reduction_igst=None,
        reduction_cgst=None,
        reduction_sgst=None,
        reduction_cess=None,
        remarks="",
        version=F("version") + 1,
    )
    decided = Decision.objects.filter(record_id__in=record_ids).exclude(action="N")
    decided.update(cleared_action=F("action"), cleared_at=clock.now(), **cleared)


def _remove(record: Record) -> None:
    archive.move_ids([record.pk], ArchivedRecord.Why.DELETED)


def _line(record: Record, *, after: str, detail: dict[str, Any] | None = None) -> JournalLine:
    before = ""
    if record.pk is not None and hasattr(record, "decision"):
        before = record.decision.label
    return JournalLine(
        record_id=record.pk,
        recipient_id=record.recipient_id,
        revision=record.revision,
        before=before,
        after=after,
        detail=detail or None,
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value

