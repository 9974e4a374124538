"""Event: a supplier saves, edits or deletes documents (R-020, R-040 to R-044, R-049).

This module saves documents that a person types, and unusual documents of a file. The package `bulk` saves the
usual documents of a file. This module writes the edits of all documents, also for `bulk`. `checking` judges
each document separately. The caller decides whether one refused document stops the others. `filing` marks
documents as filed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, NotFound, Refused
from ims_portal.kernel.money import HEADS
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.kernel.wording import say
from ims_portal.support.database import json_rows
from invoices import locks
from invoices.documents import amended, archive, checking, placing, revised, voiding
from invoices.documents.checking import Batch, Incoming, Outcome, Result
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import ArchivedRecord, Decision, JournalLine, Record, Taxpayer
from invoices.rules.calendar import Form
from invoices.rules.documents import DocumentFault, Draft
from invoices.rules.refusals import refused
from invoices.rules.situation import Filing

__all__ = [
    "Incoming",
    "Outcome",
    "Result",
    "delete",
    "edit",
    "save",
    "save_many",
]

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
    *HEADS,
    "rate_lines",
    "details",
)


def save(
    supplier: Taxpayer,
    form: Form,
    period: TaxPeriod,
    incoming: Incoming,
    *,
    by: By,
    closed: str | None = None,
) -> Record:
    """Save one new document and return its record. Raises `Refused` with the code of the first failing check.

    `closed` is the caller's sentence that says why the form is not open, or None. This sentence is the
    refusal only if the document itself has no fault."""
    outcome = save_many(supplier, form, period, [incoming], by=by, closed=closed, upsert=False)[0]
    if outcome.problem is not None:
        raise refusal_of(outcome.problem)
    assert outcome.record is not None
    return outcome.record


def refusal_of(problem: DocumentFault) -> Refused:
    """Return the `Refused` error for this fault."""
    return refused(problem.code, problem.message, rule=problem.rule, field=problem.field)


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
    """Save documents of one form. Return their outcomes in the order of `incoming`.

    If the number of a document is already saved in this form and period, `upsert` decides. With `upsert`, the
    document edits the saved document, and an equal document changes nothing. Without `upsert`, the document
    is refused as a duplicate. With `all_or_nothing`, no document is saved if one document is refused."""
    with transaction.atomic():
        locks.supplier(supplier)
        amended.hold_desks(incoming)
        batch = checking.read_batch(supplier, form, period, incoming, closed=closed, upsert=upsert)
        outcomes = [checking.judge(batch, item) for item in incoming]
        if all_or_nothing and any(o.problem for o in outcomes):
            return outcomes
        _write(batch, outcomes, by)
    return outcomes


def edit(
    record_id: int,
    supplier: Taxpayer,
    changed: Draft,
    *,
    by: By,
    details: dict[str, Any] | None = None,
    revision: int | None = None,
    closed: str | None = None,
    amends: int | None = None,
    named: tuple[str, date] | None = None,
) -> Record:
    """Replace the content of a saved document and return its record (R-040).

    Every edit resets the recipient's action. A new recipient GSTIN moves the document to that recipient
    (R-042). `amends` is the id of the version that an amendment amends after the edit (R-080). `named` gives
    the number and the date of this version instead. Without both, the version stays. `revision` is the revision that the person saw. `closed` is the caller's sentence that says why
    the form is not open, or None. Raises `Refused` (DOC_LOCKED, ...), `NotFound`, or `Conflict` if somebody
    edited the document meanwhile."""
    with transaction.atomic():
        locks.supplier(supplier)
        amendment = Record.objects.filter(pk=record_id, supplier_id=supplier.pk, amends_id__isnull=False)
        if (recipient_id := amendment.values_list("recipient_id", flat=True).first()) is not None:
            amended.hold_desks([Incoming(changed, amends=record_id)], {recipient_id})
        record = _own_saved(record_id, supplier)
        if revision is not None and record.revision != revision:
            raise Conflict(
                "ROW_CHANGED",
                say(
                    "%(number)s was edited by somebody else. Nothing was saved. Open the document again.",
                    number=record.number,
                ),
            )
        form, period = Form(record.form), TaxPeriod.from_number(record.tax_period)
        if (amends is not None or named is not None) and record.amends_id is None:
            raise refused(
                "BAD_DOC", say("%(number)s is not an amendment.", number=record.number), field="original"
            )
        if named is not None:
            number, dated = named
            incoming = Incoming(changed, original_number=number, original_date=dated, details=details)
        else:
            incoming = Incoming(changed, amends=amends or record.amends_id, details=details)
        batch = checking.read_batch(supplier, form, period, [incoming], closed=closed, upsert=True)
        problem = checking.problem_with(batch, incoming, current=record)
        if problem is not None:
            raise refusal_of(problem)
        [saved] = replace_many(batch, [(record.pk, incoming)], by)
        return Record.objects.select_related("decision", "recipient").get(pk=saved.pk)


def delete(record_id: int, supplier: Taxpayer, *, by: By) -> None:
    """Delete a saved document. The document leaves the recipient's IMS, even if the recipient has acted on
    the document (R-041)."""
    with transaction.atomic():
        locks.supplier(supplier)
        record = _own_saved(record_id, supplier)
        gone = _line(record, before=record.decision.label, after="", detail={"number": record.number})
        journal.write(
            supplier.pk, "document deleted", by, period=record.tax_period, record_count=1, lines=[gone]
        )
        _remove(record)


def delete_many(record_ids: Sequence[int], supplier: Taxpayer, *, by: By) -> None:
    """Delete saved documents of one form (R-041).

    The caller must have opened a transaction and locked the supplier. The caller must have checked that the
    documents are saved and belong to this supplier. Each chunk of `archive.CHUNK` documents has one journal
    entry and a fixed number of SQL statements."""
    for start in range(0, len(record_ids), archive.CHUNK):
        some = record_ids[start : start + archive.CHUNK]
        theirs = Record.objects.filter(pk__in=some, supplier_id=supplier.pk)
        locks.records(theirs)
        records = list(theirs.select_related("decision").order_by("pk"))
        journal.write(
            supplier.pk,
            "document deleted" if len(records) == 1 else "documents deleted",
            by,
            period=records[0].tax_period,
            record_count=len(records),
            lines=(_line(r, before=r.decision.label, after="", detail={"number": r.number}) for r in records),
        )
        archive.move_ids([r.pk for r in records], ArchivedRecord.Why.DELETED)


def _own_saved(record_id: int, supplier: Taxpayer) -> Record:
    wanted = Record.objects.filter(pk=record_id, supplier_id=supplier.pk)
    # lock first, so that the decisions that this transaction reads are the latest
    locks.records(wanted)
    found = wanted.select_related("decision", "recipient").first()
    if found is None:
        if ArchivedRecord.objects.filter(pk=record_id, supplier_id=supplier.pk).exclude(why="D").exists():
            raise refused("DOC_LOCKED")
        raise NotFound("NOT_FOUND", "This supplier has no such document.")
    if found.filing == Filing.FILED.value:
        raise refused("DOC_LOCKED")
    return found


def _write(batch: Batch, outcomes: list[Outcome], by: By) -> None:
    new = [o.record for o in outcomes if o.result is Result.SAVED and o.record]
    if new:
        checking.create_recipients(batch, new)
        lines = _insert(new)
        journal.write(
            batch.supplier.pk,
            "document saved" if len(new) == 1 else "documents saved",
            by,
            period=batch.period.number,
            record_count=len(new),
            after={"form": batch.form.value, "number": new[0].number}
            if len(new) == 1
            else {"form": batch.form.value},
            lines=lines,
        )
    edited = [o for o in outcomes if o.result is Result.CHANGED and o.record]
    if not edited:
        return
    # lock before `replace_many` reads the decisions: a recipient may have acted on a document after the check
    locks.records(Record.objects.filter(pk__in=[o.record.pk for o in edited if o.record]))
    now = replace_many(batch, [(o.record.pk, o.incoming) for o in edited if o.record], by)
    for outcome, record in zip(edited, now, strict=True):
        outcome.record = record


def replace_many(batch: Batch, wanted: Sequence[tuple[int, Incoming]], by: By) -> list[Record]:
    """Replace the content of saved records. Return the records in the order of `wanted` (R-040, R-042).

    `wanted` has pairs: the id of a record, and the new document. Each recipient's action is reset to No
    action. If the recipient changes, the old record leaves the old recipient's IMS and a new record arrives
    at the new recipient.

    The caller has locked the records. This function reads the recipients and the earlier versions again,
    because another transaction may have changed them before the lock. The journal gets one entry with a line
    for each record. The number of SQL statements does not depend on the number of records."""
    if not wanted:
        return []
    # read only the label of each decision: a decision object would keep the old action after the reset
    found = Record.objects.annotate(decided=F("decision__label")).in_bulk([pk for pk, _ in wanted])
    relinked = {
        pk: original
        for pk, incoming in wanted
        if (original := amended.relinked_to(batch, incoming, found[pk])) is not None
    }
    batch.look_again(
        {incoming.draft.recipient for _, incoming in wanted},
        {record.root_id for record in found.values() if record.root_id is not None}
        | {original.root_id or original.pk for original in relinked.values()},
    )
    # call `_edited` before the records change, because the journal entry contains the old number
    edited = _edited(batch, wanted, found, by)
    lines, staying, leaving = [], [], []
    # the new recipient's record, by the id of the record that leaves the old recipient
    arriving: dict[int, Record] = {}
    for pk, incoming in wanted:
        record, reported = found[pk], checking.reported_values(batch, incoming)
        moves = reported["recipient_id"] != record.recipient_id or pk in relinked
        detail = {
            name: [_plain(getattr(record, name)), _plain(value)]
            for name, value in reported.items()
            if getattr(record, name) != value and name not in ("number_key", "recipient_id", "year")
        }
        if pk in relinked:
            detail["amends_id"] = [record.amends_id, relinked[pk].pk]
        lines.append(_line(record, before=record.decided, after="" if moves else "N -", detail=detail))
        if moves:
            leaving.append(pk)
            arriving[pk] = revised.copy_for(batch, record, reported, relinked.get(pk))
        else:
            revised.revise(batch, record, reported)
            staying.append(record)
    with edited as entry:
        journal.add_lines(entry, lines)
        if leaving:
            archive.move_ids(leaving, ArchivedRecord.Why.DELETED)
            arrived = _insert(list(arriving.values()))
            journal.add_lines(entry, arrived)
            _note_cleared(
                {arriving[pk].pk: found[pk].decided[0] for pk in relinked if _stays(found[pk], arriving[pk])}
            )
    if staying:
        names = [*REPORTED_FIELDS, "root_year", "revision", *placing.PLACED_FIELDS]
        rows = [json_rows.row_of(record, ["id", *names]) for record in staying]
        json_rows.update(Record, rows, saved_at=clock.now())
        voiding.clear_decisions([record.pk for record in staying])
    return [arriving.get(pk, found[pk]) for pk, _ in wanted]


def _edited(
    batch: Batch, wanted: Sequence[tuple[int, Incoming]], found: Mapping[int, Record], by: By
) -> AbstractContextManager[journal.Written]:
    """Return the context manager that writes the journal entry for edited documents.

    If only one document is edited, the entry contains the number and recipient of this document."""
    before: dict[str, Any] = {"form": batch.form.value}
    after: dict[str, Any] = {"form": batch.form.value}
    if len(wanted) == 1:
        pk, incoming = wanted[0]
        before = {"number": found[pk].number, "recipient": found[pk].recipient.gstin}
        after = {"number": incoming.draft.number, "recipient": incoming.draft.recipient}
    return journal.entry(
        batch.supplier.pk,
        "document edited" if len(wanted) == 1 else "documents edited",
        by,
        period=batch.period.number,
        record_count=len(wanted),
        before=before,
        after=after,
    )


def _insert(records: Sequence[Record]) -> list[JournalLine]:
    """Insert new records with their decisions. Return one journal line for each record."""
    Record.objects.bulk_create(records, batch_size=1000)
    Decision.objects.bulk_create(
        [Decision(record_id=r.pk, recipient_id=r.recipient_id) for r in records], batch_size=2000
    )
    return [_line(r, after="N -") for r in records]


def _stays(old: Record, new: Record) -> bool:
    """True if a re-linked amendment stays at its recipient."""
    return old.recipient_id == new.recipient_id


def _note_cleared(actions: Mapping[int, str]) -> None:
    """Note in new decisions the action that the edit has reset (R-040), by record id. The recipient then sees
    these records among the edited ones."""
    for action in {"A", "R", "P"} & set(actions.values()):
        pks = [pk for pk, reset in actions.items() if reset == action]
        Decision.objects.filter(record_id__in=pks).update(cleared_action=action, cleared_at=clock.now())


def _remove(record: Record) -> None:
    archive.move_ids([record.pk], ArchivedRecord.Why.DELETED)


def _line(
    record: Record, *, after: str, before: str = "", detail: dict[str, Any] | None = None
) -> JournalLine:
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
