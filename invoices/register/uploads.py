"""Reads the uploads of a register, and the rows of one upload by what became of them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Min, QuerySet

from invoices.models import Taxpayer
from invoices.register.models import Bill, MatchRun, RegisterRow, RegisterUpload

# what became of a row
DOCUMENTS, JOINED, LEFT_OUT = "documents", "joined", "left-out"
NEW, SAME, CHANGED = "new", "same", "changed"
PARTS = (DOCUMENTS, JOINED, LEFT_OUT, NEW, SAME, CHANGED)


def uploads_of(taxpayer: Taxpayer) -> QuerySet[RegisterUpload]:
    """Return the uploads of a GSTIN, the latest first."""
    found = RegisterUpload.objects.filter(taxpayer=taxpayer).select_related("taken_by")
    return found.defer("mapping").order_by("-pk")


def present_bills(taxpayer: Taxpayer) -> QuerySet[Bill]:
    """Return the present bills of a GSTIN."""
    return Bill.objects.filter(taxpayer=taxpayer, until__isnull=True)


def last_run(taxpayer: Taxpayer) -> MatchRun | None:
    return MatchRun.objects.filter(taxpayer=taxpayer).order_by("-pk").first()


def reasons_of(upload: RegisterUpload) -> list[dict[str, Any]]:
    """Return the reasons why rows of an upload were left out, with the number of rows and a sentence of one row."""
    left = RegisterRow.objects.filter(upload=upload, bill__isnull=True)
    found = left.values("left_out").annotate(count=Count("pk"), why=Min("why"))
    return [dict(one) for one in found.order_by("-count", "left_out")]


def rows_of(upload: RegisterUpload, part: str, reason: str = "") -> QuerySet[RegisterRow]:
    """Return the rows of an upload of one of `PARTS`, in the order of the file. The first row of a document stands for
    the document, and its further rows are joined to it."""
    rows = RegisterRow.objects.filter(upload=upload).select_related("bill").order_by("pk")
    if part == LEFT_OUT:
        left = rows.filter(bill__isnull=True)
        return left.filter(left_out=reason) if reason else left
    used = RegisterRow.objects.filter(upload=upload, bill__isnull=False)
    # The identity of a bill is the id of its first version. PostgreSQL expects one row for an equation of two columns,
    # and then walks through all rows for each bill. It expects many for an inequation.
    if part == NEW:
        used = used.filter(bill__upload=upload, bill__identity__gte=F("bill_id"))
    elif part == CHANGED:
        used = used.filter(bill__upload=upload, bill__identity__lt=F("bill_id"))
    elif part == SAME:
        used = used.exclude(bill__upload=upload)
    first = used.order_by().values("bill").annotate(first=Min("pk")).values("first")
    if part == JOINED:
        return rows.filter(bill__isnull=False).exclude(pk__in=first)
    return rows.filter(pk__in=first)
