"""Event: read, check and save a supplier's file of documents (R-020, R-040, R-041, R-049).

The portal checks each document separately. The person chooses whether one refused document stops the whole
file. Loading the same file again changes nothing and writes no journal entry."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import replace
from datetime import timedelta
from io import SEEK_END, BytesIO
from typing import BinaryIO, cast

from django.db import IntegrityError, OperationalError, transaction

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Busy, Conflict, Invalid
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.kernel.wording import say
from ims_portal.support import collecting
from ims_portal.support.ahead import ahead
from ims_portal.support.database.retry import DEADLOCK
from ims_portal.support.web import screen_messages
from invoices.documents import recipients
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import Taxpayer
from invoices.rules.calendar import Form
from invoices.rules.refusals import refused
from invoices.rules.remembered_checks import RememberedChecks
from returns.gstr1_file import stated
from returns.gstr1_file.chunks import Chunks
from returns.gstr1_file.read import ReturnFile, open_file
from returns.gstr1_file.report import Mode, Report
from returns.gstr1_file.save_chunks import Saving
from returns.outward import save_and_file as outward

__all__ = ["Mode", "Report", "load", "opened"]

CHUNK = 25_000
# A file of at most MOST_UNREAD bytes is one chunk. The portal reads the whole file before it saves this
# chunk. Therefore `load` need not first read such a file from beginning to end.
MOST_UNREAD = 1024 * 1024
A_YEAR = timedelta(days=366)


class _NothingSaved(Exception):
    """Raised inside the transaction of a file to roll the transaction back."""


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
    """Load a file into a form, and return the report. `data` is the file's bytes, or an open file that can
    seek. If `period` is given, the file must be for this period. After each chunk, `progress` gets the number
    of documents read.

    In the mode GOOD_ONES, the portal first reads a long file from beginning to end. If the file is
    incomplete, nothing is saved. Then the portal saves each chunk in a separate transaction, together with
    its journal entries. If the function stops between two chunks, load the file again to save the rest. The
    modes ALL_OR_NOTHING and CHECK use one transaction for the file.

    Raises `Invalid` for a file that is not a return of this taxpayer and period, or that has no documents for
    IMS. Raises `Refused` (BAD_PERIOD, FORM_CLOSED) for a form that is not open, `Conflict` if somebody saved
    the same documents at the same moment, and `Busy` after a deadlock with other writers."""
    source = _Source(data)
    found = opened(supplier, form, source.file, period)
    report = Report(form, found.period, mode, source.whole())
    one_by_one = mode is Mode.GOOD_ONES
    long = source.size > MOST_UNREAD
    try:
        with collecting.seldom() if long else nullcontext():
            if one_by_one and long:
                # Read the whole file once before saving. If the file ends too early, this reading fails
                # before anything is saved or locked.
                for _piece in replace(found, source=source.another(), outside={}, stated={}).pieces():
                    pass
            with nullcontext() if one_by_one else transaction.atomic():
                _load(supplier, found, report, by, progress, long=long)
                if found.stated:
                    again = replace(found, source=source.another(), outside={}, stated={})
                    report.warn_stated(stated.differences(found.stated, again.entries()))
                if mode is Mode.CHECK or (report.refused and not one_by_one):
                    raise _NothingSaved
        report.written = report.changes > 0
    except _NothingSaved:
        pass
    except IntegrityError:
        message = "Somebody else saved documents of this form at the same moment. Load the file again. Saved documents stay saved."
        raise Conflict("ROW_CHANGED", message) from None
    except OperationalError as failure:
        if getattr(failure.__cause__, "pgcode", None) != DEADLOCK:
            raise
        raise Busy(
            "BUSY", "Other users are changing the same records at this moment. Load the file again."
        ) from None
    if not report.read:
        raise Invalid("IMP-EMPTY", "The file contains no documents that reach IMS." + _outside(report))
    return report


def opened(supplier: Taxpayer, form: Form, file: BinaryIO, period: TaxPeriod | None) -> ReturnFile:
    """Open a file for loading and return it as a `ReturnFile`. The beginning of the file must show a return
    of this taxpayer and period, and the form must be open. Raises `Invalid` and `Refused` as `load` does."""
    found = open_file(file)
    if found.gstin != supplier.gstin:
        message = screen_messages.in_english("IMP-GSTIN", found=found.gstin, here=supplier.gstin)
        raise Invalid("IMP-GSTIN", message)
    if period is not None and found.period != period:
        message = screen_messages.in_english("IMP-PERIOD", found=found.period.label, here=period.label)
        raise Invalid("IMP-PERIOD", message)
    if found.period.first_day > clock.today() + A_YEAR:
        raise Invalid(
            "IMP-PERIOD",
            say(
                "The file is for %(period)s, more than a year ahead. Correct the period (fp) in the file.",
                period=found.period.label,
            ),
        )
    closed = outward.why_closed(supplier, form, found.period)
    if closed is not None:
        raise refused("FORM_CLOSED", closed)
    return found


class _Source:
    """A file that can be read several times from its beginning, with its size and its SHA-256 hash."""

    def __init__(self, data: bytes | BinaryIO):
        self.file: BinaryIO = BytesIO(data) if isinstance(data, bytes) else data
        self.size = self.file.seek(0, SEEK_END)

    def another(self) -> BinaryIO:
        """Return a second reader of the file. It does not move the read position of the first reader."""
        if isinstance(self.file, BytesIO):
            return BytesIO(self.file.getvalue())
        return cast("BinaryIO", _Reader(self.file.fileno()))

    def whole(self) -> str:
        self.file.seek(0)
        return hashlib.file_digest(self.file, "sha256").hexdigest()  # type: ignore[arg-type]


class _Reader:
    """Reads an open file without changing the read position of other readers."""

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
    return f" The file contains only: {', '.join(report.outside)}." if report.outside else ""


def _load(
    supplier: Taxpayer,
    found: ReturnFile,
    report: Report,
    by: By,
    progress: Callable[[int], None] | None,
    *,
    long: bool,
) -> None:
    saving = Saving(supplier, report, by, beside=long)
    checks = RememberedChecks(
        supplier=supplier.gstin,
        supplier_is_sez=supplier.registration.is_sez,
        form=report.form,
        period_end=report.period.last_day,
        today=clock.today(),
        sez=recipients.sez_registrations(),
    )
    tell = progress or (lambda _read: None)
    # A thread makes the next chunks while earlier chunks are saved. To limit memory, at most one finished
    # chunk waits.
    chunks = ahead(iter(Chunks(found, checks, CHUNK)), most=1)
    with closing(chunks), closing(saving.all_of(chunks)) as saved:
        for _chunk in saved:
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
