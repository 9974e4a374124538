"""Event: a supplier's file of documents is read, checked and saved (R-020, R-040, R-041, R-049).

Each document is judged on its own; the person chooses whether refused ones stop the rest. The same file again
changes nothing and leaves no trace in the journal.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from io import SEEK_END, BytesIO
from typing import BinaryIO, cast

from django.db import IntegrityError, OperationalError, transaction

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Busy, Conflict, Invalid
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from ims_portal.kernel.wording import say
from ims_portal.support import screen_messages
from ims_portal.support.ahead import ahead
from ims_portal.support.retry import DEADLOCK, retried
from invoices import intake, journal, judging, locks
from invoices.intake import Result
from invoices.journal import By
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.rules.calendar import Form
from invoices.rules.documents import Problem, number_key
from invoices.rules.plain import PlainChecks
from invoices.rules.refusals import CODES, refused
from invoices.rules.situation import Filing
from invoices.staging import Staging
from returns import outward, wire
from returns.chunks import Chunk, Chunks
from returns.wire import Removal, ReturnFile

CHUNK = 25_000
# a shorter file is one chunk: it is read whole before anything is saved
MOST_UNREAD = 1024 * 1024
A_YEAR = timedelta(days=366)
LOOKED_UP = 5000
MOST_LISTED = 1000  # refusals kept with their sentences; all are counted
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

    def note(self, place: str, number: str, problem: Problem) -> None:
        self.counts[Result.REFUSED.value] += 1
        self.codes[problem.code] += 1
        if len(self.refusals) < MOST_LISTED:
            rule = CODES[problem.code].rule if problem.code in CODES else ""
            self.refusals.append(Refusal(place, number, problem.field, problem.code, rule, problem.message))


class _NothingSaved(Exception):
    """Takes the transaction back."""


def load(
    supplier: Taxpayer,
    form: Form,
    data: bytes | BinaryIO,
    *,
    by: By,
    period: TaxPeriod | None = None,
    mode: Mode = Mode.GOOD_ONES,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Load a file (its bytes, or open and seekable) into a form; `period` is the one it must be for, if the
    caller knows; `progress` is told after each chunk how many documents are read.

    A file longer than a chunk is read through once before anything is saved, so that one that breaks off is
    refused whole. Then each chunk is a transaction with its journal entries; cut short between two, the load is
    finished by loading the file again. All or nothing, and a check, are one transaction.

    Raises `Invalid` for a file that is not a return of this taxpayer and period, `Refused` (BAD_PERIOD,
    FORM_CLOSED) for a form that is not open, `Conflict` if somebody saved the same documents at the same moment."""
    source = _Source(data)
    found = opened(supplier, form, source.file, period)
    report = Report(form, found.period, mode, source.whole())
    one_by_one = mode is Mode.GOOD_ONES
    try:
        if one_by_one and source.size > MOST_UNREAD:
            # what breaks off is found before anything is saved, and without holding back other writers
            for _piece in replace(found, source=source.another(), outside={}).pieces():
                pass
        with nullcontext() if one_by_one else transaction.atomic():
            _load(supplier, found, report, by, progress)
            if mode is Mode.CHECK or (report.refused and not one_by_one):
                raise _NothingSaved
        report.written = report.changes > 0
    except _NothingSaved:
        pass
    except IntegrityError:
        message = "Somebody saved documents of this form at the same moment. Load the file again: what is saved stays."
        raise Conflict("ROW_CHANGED", message) from None
    except OperationalError as failure:
        if getattr(failure.__cause__, "pgcode", None) != DEADLOCK:
            raise
        raise Busy(
            "BUSY", "Others are changing the same records at this moment. Load the file again."
        ) from None
    if not report.read:
        raise Invalid("IMP-EMPTY", "The file holds no documents that reach IMS." + _outside(report))
    return report


def opened(supplier: Taxpayer, form: Form, file: BinaryIO, period: TaxPeriod | None) -> ReturnFile:
    """A file that begins as a return of this taxpayer and period, for a form that is open. Raises as `load`."""
    found = wire.open_file(file)
    if found.gstin != supplier.gstin:
        message = screen_messages.in_english("IMP-GSTIN", found=found.gstin, here=supplier.gstin)
        raise Invalid("IMP-GSTIN", message)
    if period is not None and found.period != period:
        message = screen_messages.in_english("IMP-PERIOD", found=found.period.label, here=period.label)
        raise Invalid("IMP-PERIOD", message)
    if found.period.first_day > clock.today() + A_YEAR:
        raise Invalid(
            "IMP-PERIOD",
            say("The file is for %(period)s, more than a year ahead.", period=found.period.label),
        )
    closed = outward.why_closed(supplier, form, found.period)
    if closed is not None:
        raise refused("FORM_CLOSED", closed)
    return found


class _Source:
    """A file that can be read again from its beginning, and what it is known by."""

    def __init__(self, data: bytes | BinaryIO):
        self.file: BinaryIO = BytesIO(data) if isinstance(data, bytes) else data
        self.size = self.file.seek(0, SEEK_END)

    def another(self) -> BinaryIO:
        """The same file with a place of its own to read at."""
        if isinstance(self.file, BytesIO):
            return BytesIO(self.file.getvalue())
        return cast("BinaryIO", _Reader(self.file.fileno()))

    def whole(self) -> str:
        self.file.seek(0)
        return hashlib.file_digest(self.file, "sha256").hexdigest()  # type: ignore[arg-type]


class _Reader:
    """Reads an open file without moving where others read it."""

    def __init__(self, number: int):
        self.number, self.at = number, 0

    def seek(self, at: int) -> int:
        self.at = at
        return at

    def read(self, most: int) -> bytes:
        found = os.pread(self.number, most, self.at)
        self.at += len(found)
        return found


def _outside(report: Report) -> str:
    return f" It has only: {', '.join(report.outside)}." if report.outside else ""


def _load(
    supplier: Taxpayer,
    found: ReturnFile,
    report: Report,
    by: By,
    progress: Callable[[int], None] | None,
) -> None:
    stage = Staging(supplier, report.form, report.period, by=by)
    checks = PlainChecks(
        supplier=supplier.gstin,
        supplier_is_sez=supplier.registration.is_sez,
        form=report.form,
        period_end=report.period.last_day,
        today=stage.batch.today,
        sez=judging.sez_registrations(),
    )
    tell = progress or (lambda _read: None)
    chunks = ahead(iter(Chunks(found, checks, CHUNK)))
    with closing(chunks):
        for chunk in chunks:
            _load_chunk(supplier, stage, chunk, report, by)
            tell(report.read)
    report.outside = dict(found.outside)
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


@retried
def _load_chunk(supplier: Taxpayer, stage: Staging, chunk: Chunk, report: Report, by: By) -> None:
    with transaction.atomic():
        # a form is not filed between the look and the save
        locks.supplier(supplier)
        closed = outward.why_closed(supplier, report.form, report.period)
        if closed is not None:
            raise refused("FORM_CLOSED", closed)
        counts: Counter[str] = Counter()
        problems = [
            (place, chunk.entries[place].number if place in chunk.entries else "", problem)
            for place, problem in chunk.problems
        ]
        removals = [(place, entry.removal) for place, entry in chunk.removals]
        for place, problem in _remove(supplier, removals, report, counts, by):
            problems.append((place, chunk.entries[place].number, problem))
        merged = stage.merge(list(chunk.rows()), chunk.refused)
        problems += merged.problems
        counts.update({Result.SAVED.value: merged.saved, Result.CHANGED.value: merged.changed})
        counts[Result.SAME.value] += merged.same
        amendments = [entry.incoming for _, entry in chunk.amendments if entry.incoming]
        outcomes = (
            intake.save_many(supplier, report.form, report.period, amendments, by=by) if amendments else []
        )
        for (place, entry), outcome in zip(chunk.amendments, outcomes, strict=True):
            if outcome.problem is not None:
                problems.append((place, entry.number, outcome.problem))
            else:
                counts[outcome.result.value] += 1
    report.counts.update(+counts)
    for place, number, problem in sorted(problems, key=lambda told: told[0]):
        report.note(chunk.place(place, number), number, problem)


def _remove(
    supplier: Taxpayer,
    asked: Sequence[tuple[int, Removal | None]],
    report: Report,
    counts: Counter[str],
    by: By,
) -> Iterator[tuple[int, Problem]]:
    """Flag D: delete what is saved in this form. What was deleted before is nothing to do."""
    keys = sorted({number_key(removal.number) for _, removal in asked if removal})
    live: dict[tuple, Record] = {}
    gone: set[tuple] = set()
    for start in range(0, len(keys), LOOKED_UP):
        part = keys[start : start + LOOKED_UP]
        for record in Record.objects.filter(supplier_id=supplier.pk, number_key__in=part).order_by("pk"):
            live[(record.kind, record.number_key, record.year)] = record
        archived = ArchivedRecord.objects.filter(supplier_id=supplier.pk, number_key__in=part)
        gone |= set(archived.values_list("kind", "number_key", "year"))
    leaving: list[int] = []
    for nth, removal in asked:
        assert removal is not None
        found = _candidates(removal)
        standing: Record | None = next((live[key] for key in found if key in live), None)
        if standing is None and gone.intersection(found):
            counts[Result.SAME.value] += 1
            continue
        problem = _why_not_removed(standing, removal, report)
        if problem is not None:
            yield nth, problem
        elif standing is not None:
            leaving.append(standing.pk)
    intake.delete_many(leaving, supplier, by=by)
    counts[DELETED] += len(leaving)


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
