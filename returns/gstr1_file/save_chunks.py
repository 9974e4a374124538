"""Save the chunks of a file. Each chunk is saved in a separate transaction, together with its journal
entries. Usually the chunks are saved one after the other. On PostgreSQL, several chunks of a long file are
saved in parallel, each on its own connection (`UPLOAD_CHUNKS_AT_ONCE`). Meanwhile another transaction holds
the lock on the supplier, which stops all other writers of this supplier.

A chunk is saved in parallel only if all its documents are new and usual. A chunk with other documents, edits
or deletions is saved alone. If the portal cannot save a chunk in parallel, the portal tries again and saves
the chunk alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from itertools import islice

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from ims_portal.support.database import planner
from ims_portal.support.database.retry import retried
from invoices import locks
from invoices.documents import amended, saving
from invoices.documents.bulk.compare import NotFresh, Staging
from invoices.documents.saving import Result
from invoices.journal.writing import By
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.queries.calendar import annual_returns
from invoices.rules import documents as documents_rules
from invoices.rules.documents import DocumentFault, number_key
from invoices.rules.refusals import CODES, refused
from invoices.rules.retail_price import DocumentWarning
from invoices.rules.situation import Filing
from returns.gstr1_file.chunks import Chunk
from returns.gstr1_file.read import Entry, Removal
from returns.gstr1_file.report import DELETED, Report
from returns.outward import save_and_file as outward
from returns.outward.document_lists import late_amendment, moving_amendment, originals_of

LOOKED_UP = 5000
RECORDS = Record._meta.db_table


@dataclass(slots=True)
class Saved:
    """The result of a saved chunk. `problems` contains (place in the chunk, number, problem), and `warnings`
    contains (place in the chunk, number, warning)."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[int, str, DocumentFault]] = field(default_factory=list)
    warnings: list[tuple[int, str, DocumentWarning]] = field(default_factory=list)


class Saving:
    """Saves the chunks of one file and notes the results in the file's report. With `beside`, PostgreSQL
    saves several chunks at the same time, each on its own connection. If the caller has an open transaction,
    the chunks are saved one by one, because other connections would not see the changes of this
    transaction."""

    def __init__(self, supplier: Taxpayer, report: Report, by: By, *, beside: bool):
        self.supplier, self.report, self.by = supplier, report, by
        room = beside and connection.vendor == "postgresql" and not connection.in_atomic_block
        self.at_once = settings.UPLOAD_CHUNKS_AT_ONCE if room else 1
        # Each connection needs its own `Staging`, because a `Staging` collects data about recipients during
        # the saving.
        self.stages = [Staging(supplier, report.form, report.period, by=by) for _ in range(self.at_once)]

    def all_of(self, chunks: Iterator[Chunk]) -> Generator[Chunk, None, None]:
        """Save the chunks, and yield each chunk when it is saved. Raises `Refused` (FORM_CLOSED)."""
        counted = planner.counted(RECORDS)
        with ThreadPoolExecutor(self.at_once, thread_name_prefix="saving") as pool:
            while some := list(islice(chunks, self.at_once if counted else 1)):
                several = len(some) > 1 and not any(chunk.judged_in_full() for chunk in some)
                done = self._beside(some, pool) if several else [None] * len(some)
                for chunk, saved in zip(some, done, strict=True):
                    self._note(chunk, saved or self._alone(chunk))
                    yield chunk
                if not counted:
                    # Collect statistics of the table of records after the first chunk. In a new portal, the
                    # database has no statistics, and would read the whole table for each further document.
                    planner.count(RECORDS)
                    counted = True

    @retried
    def _alone(self, chunk: Chunk) -> Saved:
        saved = Saved()
        with transaction.atomic():
            self._hold()
            others = chunk.judged_in_full()
            # lock desks before the records that removals and edits lock
            amended.hold_desks(entry.incoming for _, entry in others if entry.incoming)
            removals = [(place, entry.removal) for place, entry in others if entry.removal]
            for place, problem in _remove(self.supplier, removals, self.report, saved.counts, self.by):
                saved.problems.append((place, chunk.entries[place].number, problem))
            self._merge(self.stages[0], chunk, saved)
            self._save([(place, entry) for place, entry in others if entry.incoming], saved)
        return saved

    def _beside(self, chunks: Sequence[Chunk], pool: ThreadPoolExecutor) -> list[Saved | None]:
        """Save these chunks in parallel, and return their results in the order of the chunks. The result is
        None for a chunk that could not be saved in parallel. The caller saves that chunk alone."""
        with transaction.atomic():
            self._hold()
            holder = locks.transaction_id()
            # the threads get the caller's clock and language
            going = [
                pool.submit(copy_context().run, self._fresh, stage, chunk, holder)
                for stage, chunk in zip(self.stages, chunks, strict=False)
            ]
            return [one.result() for one in going]

    def _fresh(self, stage: Staging, chunk: Chunk, holder: str) -> Saved | None:
        saved = Saved()
        try:
            with transaction.atomic():
                self._merge(stage, chunk, saved, only_fresh=True)
                if not locks.goes_on(holder):
                    # the lock on the supplier is gone, so other writers may have changed the documents
                    raise NotFresh
        except (NotFresh, DatabaseError):
            return None
        finally:
            connection.close()  # each thread has its own connection, so the thread must close the connection
        return saved

    def _hold(self) -> None:
        """Lock the supplier, and check that the form is open. Nobody else can file the form until this
        transaction ends. Raises `Refused` (FORM_CLOSED) if the form is closed."""
        locks.supplier(self.supplier)
        closed = outward.why_closed(self.supplier, self.report.form, self.report.period)
        if closed is not None:
            raise refused("FORM_CLOSED", closed)

    def _merge(self, stage: Staging, chunk: Chunk, saved: Saved, *, only_fresh: bool = False) -> None:
        saved.problems += [
            (place, chunk.entries[place].number if place in chunk.entries else "", problem)
            for place, problem in chunk.problems.items()
        ]
        merged = stage.merge([(lot.recipient, lot.rows) for lot in chunk.lots], only_fresh=only_fresh)
        saved.problems += merged.problems
        saved.counts.update({Result.SAVED.value: merged.saved, Result.CHANGED.value: merged.changed})
        saved.counts[Result.SAME.value] += merged.same

    def _save(self, documents: Sequence[tuple[int, Entry]], saved: Saved) -> None:
        """Check each of these documents completely, and save the documents without faults."""
        if not documents:
            return
        form, period = self.report.form, self.report.period
        incoming = [entry.incoming for _, entry in documents if entry.incoming]
        outcomes = saving.save_many(self.supplier, form, period, incoming, by=self.by)
        amends = any(one.is_amendment for one in incoming)
        returns = annual_returns([self.supplier.pk]) if amends else {}
        originals = originals_of(outcome.record for outcome in outcomes if outcome.record) if amends else {}
        for (place, entry), outcome in zip(documents, outcomes, strict=True):
            if outcome.problem is not None:
                saved.problems.append((place, entry.number, outcome.problem))
            else:
                saved.counts[outcome.result.value] += 1
                told = documents_rules.warnings(outcome.incoming.draft, form)
                if outcome.record is not None:
                    told += late_amendment(outcome.record, returns)
                    recipient = Gstin.parse(outcome.incoming.draft.recipient)
                    told += moving_amendment(outcome.record, str(recipient), originals)
                saved.warnings += [(place, entry.number, warning) for warning in told]

    def _note(self, chunk: Chunk, saved: Saved) -> None:
        self.report.counts.update(+saved.counts)
        for place, number, problem in sorted(saved.problems, key=lambda told: told[0]):
            self.report.note(chunk.place(place, number), number, problem)
        for place, number, warning in saved.warnings:
            self.report.warn(chunk.place(place, number), number, warning)


def _remove(
    supplier: Taxpayer,
    asked: Sequence[tuple[int, Removal]],
    report: Report,
    counts: Counter[str],
    by: By,
) -> Iterator[tuple[int, DocumentFault]]:
    """Delete the saved documents that the file marks with flag D. Yield the problems. A document that is
    already deleted counts as unchanged."""
    keys = sorted({number_key(removal.number) for _, removal in asked})
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
    saving.delete_many(leaving, supplier, by=by)
    counts[DELETED] += len(leaving)


def _candidates(removal: Removal) -> list[tuple]:
    year = FinancialYear.of(removal.document_date).start
    return [(kind.value, number_key(removal.number), year) for kind in removal.kinds]


def _why_not_removed(record: Record | None, removal: Removal, report: Report) -> DocumentFault | None:
    if record is None:
        return DocumentFault(
            "BAD_DOC", "number", f"{removal.number} is not saved here, so it cannot be removed."
        )
    if record.filing == Filing.FILED.value:
        return DocumentFault("DOC_LOCKED", "number", CODES["DOC_LOCKED"].sentence)
    if (record.form, record.tax_period) != (report.form.value, report.period.number):
        where = f"{record.form} of {TaxPeriod.from_number(record.tax_period).label}"
        return DocumentFault(
            "BAD_DOC", "number", f"{removal.number} is saved in {where}. Remove the document there."
        )
    return None
