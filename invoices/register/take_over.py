"""Event: the bills of a register are taken over.

A register is compared bill by bill with the registers before it. A new bill begins, a changed bill gets a new version,
and the same bill stays as it is. A bill of the same months that the new register has no more is marked, and a person
confirms that it is gone. The whole event is one transaction, so a register is taken over as a whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from ims_portal.kernel import clock
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import Taxpayer
from invoices.register import identity
from invoices.register.models import Bill, RegisterRow, RegisterUpload

AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class BookedBill:
    """A bill of a register that was read, and the rows that it came from. `bill` is not saved."""

    bill: Bill
    rows: Sequence[RegisterRow]


@transaction.atomic
def take_over(
    taxpayer: Taxpayer,
    upload: RegisterUpload,
    booked: Sequence[BookedBill],
    left_out: Iterable[RegisterRow],
    *,
    by: By,
    whole: bool = True,
) -> RegisterUpload:
    """Save the upload with its bills and rows, and return it with its counts. Without `whole`, the register is only a
    part of its months, so no bill is missing in it.

    `upload` and all rows are not saved. The rows of `left_out` say why they are left out. A second call with the same
    register writes an upload without new bills."""
    now = clock.now()
    Taxpayer.objects.select_for_update().get(pk=taxpayer.pk)
    upload.taxpayer, upload.taken_at, upload.taken_by = taxpayer, now, by.user
    left = list(left_out)
    upload.documents, upload.rows_left_out = len(booked), len(left)
    upload.rows_used = sum(len(one.rows) for one in booked)
    upload.rows = upload.rows_used + upload.rows_left_out
    upload.save(force_insert=True)
    versions = _versions(taxpayer, upload, [one.bill for one in booked], now)
    if whole:
        upload.documents_gone = _mark_gone(taxpayer, upload, [one.bill for one in booked])
    upload.save()
    for one, bill in zip(booked, versions, strict=True):
        for row in one.rows:
            row.upload, row.bill = upload, bill
    for row in left:
        row.upload = upload
    every = sorted(
        (*(row for one in booked for row in one.rows), *left), key=lambda row: (row.sheet, row.number)
    )
    RegisterRow.objects.bulk_create(every, batch_size=AT_ONCE)
    journal.write(
        taxpayer.pk,
        "register taken over",
        by,
        record_count=upload.documents,
        after={
            "upload": upload.pk,
            "name": upload.name,
            "rows": upload.rows,
            "left_out": upload.rows_left_out,
            "new": upload.documents_new,
            "same": upload.documents_same,
            "changed": upload.documents_changed,
            "gone": upload.documents_gone,
        },
    )
    return upload


def compared(taxpayer: Taxpayer, bills: Sequence[Bill]) -> dict[str, int]:
    """Return how many bills of a register are new, the same or changed, and how many bills it has no more. Nothing is
    saved."""
    for bill, key in zip(bills, identity.natural_keys(bills), strict=True):
        bill.natural_key, bill.content = key, identity.content(bill)
    held = _held(taxpayer, [bill.natural_key for bill in bills])
    found = Counter(
        "new"
        if (before := held.get(bill.natural_key)) is None
        else "same"
        if before.content == bill.content
        else "changed"
        for bill in bills
    )
    gone = len(_missing(taxpayer, bills))
    return {"new": found["new"], "same": found["same"], "changed": found["changed"], "gone": gone}


def _versions(taxpayer: Taxpayer, upload: RegisterUpload, bills: Sequence[Bill], now: datetime) -> list[Bill]:
    """Return the present version of each bill: the version held, or a new one. Count them in the upload."""
    for bill, key in zip(bills, identity.natural_keys(bills), strict=True):
        bill.taxpayer, bill.upload, bill.since = taxpayer, upload, now
        bill.natural_key, bill.content = key, identity.content(bill)
    held = _held(taxpayer, [bill.natural_key for bill in bills])
    present: list[Bill] = []
    new: list[Bill] = []
    ended: list[int] = []
    back: list[int] = []
    for bill in bills:
        before = held.get(bill.natural_key)
        if before is None:
            upload.documents_new += 1
        elif before.content == bill.content:
            upload.documents_same += 1
            if before.gone_from_id is not None:
                back.append(before.pk)
            present.append(before)
            continue
        else:
            upload.documents_changed += 1
            bill.identity = before.identity
            ended.append(before.pk)
        new.append(bill)
        present.append(bill)
    for some in _parts(ended):
        Bill.objects.filter(pk__in=some).update(until=now)
    for some in _parts(back):
        Bill.objects.filter(pk__in=some).update(gone_from=None)
    Bill.objects.bulk_create(new, batch_size=AT_ONCE)
    Bill.objects.filter(upload=upload, identity__isnull=True).update(identity=F("pk"))
    return present


def _held(taxpayer: Taxpayer, keys: Sequence[str]) -> dict[str, Bill]:
    found: dict[str, Bill] = {}
    for some in _parts(keys):
        held = Bill.objects.filter(taxpayer=taxpayer, natural_key__in=some, until__isnull=True)
        found.update(
            (bill.natural_key, bill) for bill in held.only("natural_key", "content", "identity", "gone_from")
        )
    return found


def _mark_gone(taxpayer: Taxpayer, upload: RegisterUpload, bills: Sequence[Bill]) -> int:
    """Mark the bills of the months of this register that the register has no more. Return their number."""
    gone = _missing(taxpayer, bills)
    for some in _parts(gone):
        Bill.objects.filter(pk__in=some).update(gone_from=upload)
    return len(gone)


def _missing(taxpayer: Taxpayer, bills: Sequence[Bill]) -> list[int]:
    """Return the ids of the present bills of these months that are not among `bills`, and are not marked yet."""
    if not bills:
        return []
    days = [bill.document_date for bill in bills]
    here = {bill.natural_key for bill in bills}
    held = Bill.objects.filter(
        taxpayer=taxpayer,
        until__isnull=True,
        document_date__range=(min(days), max(days)),
        gone_from__isnull=True,
    )
    return [pk for pk, key in held.values_list("pk", "natural_key") if key not in here]


def _parts(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[n : n + AT_ONCE] for n in range(0, len(items), AT_ONCE))
