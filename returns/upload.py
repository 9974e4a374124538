"""Event: a supplier's file of documents is read, checked and saved (R-020, R-040, R-041, R-049).

Each document is judged on its own; the person chooses whether refused ones stop the rest. The same file again
changes nothing and leaves no trace in the journal.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from itertools import islice

from django.db import IntegrityError, transaction

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, Invalid, Refused
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices import intake, journal
from invoices.intake import Result
from invoices.journal import By
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.rules.calendar import Form
from invoices.rules.documents import Problem, number_key
from invoices.rules.refusals import CODES, refused
from invoices.rules.situation import Filing
from returns import outward, wire
from returns.wire import Entry, Removal, ReturnFile

CHUNK = 2000
A_YEAR = timedelta(days=366)
MOST_LISTED = 1000  # refusals kept with their sentences; all are counted
MOST_PAGE_BYTES = 20 * 1024 * 1024
DELETED = "deleted"


class Mode(str, Enum):
    """What refused documents do to the rest of their file."""

    GOOD_ONES = "good"
    ALL_OR_NOTHING = "all"
    CHECK = "check"  # judge everything, save nothing


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one document of the file was not taken, and where it stands."""

    place: str
    number: str
    field: str
    code: str
    rule: str
    message: str


@dataclass(slots=True)
class Report:
    """The account of a file: counts by result add up to the documents read."""

    form: Form
    period: TaxPeriod
    mode: Mode
    sha256: str
    counts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)
    outside: dict[str, int] = field(default_factory=dict)
    written: bool = False

    @property
    def read(self) -> int:
        return sum(self.counts.values())

    @property
    def saved(self) -> int:
        return self.counts[Result.SAVED.value]

    @property
    def changed(self) -> int:
        return self.counts[Result.CHANGED.value]

    @property
    def same(self) -> int:
        return self.counts[Result.SAME.value]

    @property
    def deleted(self) -> int:
        return self.counts[DELETED]

    @property
    def refused(self) -> int:
        return self.counts[Result.REFUSED.value]

    @property
    def changes(self) -> int:
        return self.saved + self.changed + self.deleted

    @property
    def unlisted(self) -> int:
        return self.refused - len(self.refusals)

    def note(self, entry: Entry, problem: Problem) -> None:
        self.counts[Result.REFUSED.value] += 1
        self.codes[problem.code] += 1
        if len(self.refusals) < MOST_LISTED:
            rule = CODES[problem.code].rule if problem.code in CODES else ""
            self.refusals.append(
                Refusal(entry.place, entry.number, problem.field, problem.code, rule, problem.message)
            )


class _NothingSaved(Exception):
    """Takes the transaction back."""


def load(
    supplier: Taxpayer,
    form: Form,
    data: bytes,
    *,
    by: By,
    period: TaxPeriod | None = None,
    mode: Mode = Mode.GOOD_ONES,
) -> Report:
    """Load a file into a form; `period` is the one it must be for, if the caller knows. Raises `Invalid` for a
    file that is not a return of this taxpayer and period, `Refused` (BAD_PERIOD, FORM_CLOSED) for a form that is
    not open, `Conflict` if somebody saved the same documents at the same moment."""
    found = wire.open_file(data)
    if found.gstin != supplier.gstin:
        raise Invalid("IMP-GSTIN", f"The file is for {found.gstin}; you are working on {supplier.gstin}.")
    if period is not None and found.period != period:
        raise Invalid(
            "IMP-PERIOD", f"The file is for {found.period.label}; you are working on {period.label}."
        )
    if found.period.first_day > clock.today() + A_YEAR:
        raise Invalid("IMP-PERIOD", f"The file is for {found.period.label}, more than a year ahead.")
    closed = outward.why_closed(supplier, form, found.period)
    if closed is not None:
        raise refused("FORM_CLOSED", closed)
    report = Report(form, found.period, mode, hashlib.sha256(data).hexdigest(), outside=dict(found.outside))
    one_by_one = mode is Mode.GOOD_ONES
    try:
        with nullcontext() if one_by_one else transaction.atomic():
            _load(supplier, found, report, by)
            if mode is Mode.CHECK or (report.refused and not one_by_one):
                raise _NothingSaved
        report.written = report.changes > 0
    except _NothingSaved:
        pass
    except IntegrityError:
        message = "Somebody saved documents of this form at the same moment. Load the file again: what is saved stays."
        raise Conflict("ROW_CHANGED", message) from None
    if not report.read:
        raise Invalid("IMP-EMPTY", "The file holds no documents that reach IMS." + _outside(report))
    return report


def _outside(report: Report) -> str:
    return f" It has only: {', '.join(report.outside)}." if report.outside else ""


def _load(supplier: Taxpayer, found: ReturnFile, report: Report, by: By) -> None:
    seen: set[tuple] = set()
    for entries in _chunks(found.entries()):
        with transaction.atomic():
            _load_chunk(supplier, entries, report, seen, by)
    if report.changes and report.mode is not Mode.CHECK:
        with transaction.atomic():
            journal.write(
                supplier.pk,
                "file loaded",
                by,
                period=report.period.number,
                record_count=report.changes,
                after={"form": report.form.value, "sha256": report.sha256, **report.counts},
            )


def _chunks(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    entries = iter(entries)
    while chunk := list(islice(entries, CHUNK)):
        yield chunk


def _load_chunk(supplier: Taxpayer, entries: list[Entry], report: Report, seen: set[tuple], by: By) -> None:
    problems: dict[int, Problem] = {}
    saves: list[int] = []
    removals: list[int] = []
    for nth, entry in enumerate(entries):
        if entry.problem is not None:
            problems[nth] = entry.problem
        elif _again(entry, seen):
            problems[nth] = Problem("DUPLICATE_DOC", "number", f"{entry.number} stands twice in this file.")
        else:
            (removals if entry.removal else saves).append(nth)
    for nth, problem in _remove(supplier, [(n, entries[n].removal) for n in removals], report, by):
        problems[nth] = problem
    wanted = [found for n in saves if (found := entries[n].incoming)]
    outcomes = outward.save_many(supplier, report.form, report.period, wanted, by=by) if wanted else []
    for nth, outcome in zip(saves, outcomes, strict=True):
        if outcome.problem is not None:
            problems[nth] = outcome.problem
        else:
            report.counts[outcome.result.value] += 1
    for nth in sorted(problems):
        report.note(entries[nth], problems[nth])


def _again(entry: Entry, seen: set[tuple]) -> bool:
    """Is this number already in the file, in an earlier chunk perhaps (R-049)?"""
    if entry.incoming is not None:
        draft = entry.incoming.draft
        keys = {(draft.kind, number_key(draft.number), FinancialYear.of(draft.document_date))}
    else:
        assert entry.removal is not None
        year = FinancialYear.of(entry.removal.document_date)
        keys = {(kind, number_key(entry.removal.number), year) for kind in entry.removal.kinds}
    if keys & seen:
        return True
    seen |= keys
    return False


def _remove(
    supplier: Taxpayer, asked: Sequence[tuple[int, Removal | None]], report: Report, by: By
) -> Iterator[tuple[int, Problem]]:
    """Flag D: delete what is saved in this form. What was deleted before is nothing to do."""
    keys = sorted({number_key(removal.number) for _, removal in asked if removal})
    live: dict[tuple, Record] = {}
    gone: set[tuple] = set()
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        for record in Record.objects.filter(supplier_id=supplier.pk, number_key__in=part).order_by("pk"):
            live[(record.kind, record.number_key, record.year)] = record
        archived = ArchivedRecord.objects.filter(supplier_id=supplier.pk, number_key__in=part)
        gone |= set(archived.values_list("kind", "number_key", "year"))
    for nth, removal in asked:
        assert removal is not None
        found = _candidates(removal)
        standing: Record | None = next((live[key] for key in found if key in live), None)
        if standing is None and gone.intersection(found):
            report.counts[Result.SAME.value] += 1
            continue
        problem = _why_not_removed(standing, removal, report)
        if problem is None and standing is not None:
            try:
                intake.delete(standing.pk, supplier, by=by)
            except Refused as error:
                problem = Problem(error.code, "number", error.message)
        if problem is not None:
            yield nth, problem
        else:
            report.counts[DELETED] += 1


def _candidates(removal: Removal) -> list[tuple]:
    year = FinancialYear.of(removal.document_date).start
    return [(kind.value, number_key(removal.number), year) for kind in removal.kinds]


def _why_not_removed(record: Record | None, removal: Removal, report: Report) -> Problem | None:
    if record is None:
        return Problem("BAD_DOC", "number", f"{removal.number} is not saved here, so it cannot be removed.")
    if record.filing == Filing.FILED.value:
        return Problem("DOC_LOCKED", "number", CODES["DOC_LOCKED"].sentence)
    if (record.form, record.tax_period) != (report.form.value, report.period.number):
        where = f"{record.form} of {TaxPeriod.from_number(record.tax_period).label}"
        return Problem("BAD_DOC", "number", f"{removal.number} is saved in {where}; remove it there.")
    return None
