"""Reads the uploads of a register, and the rows of one upload by what became of them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, QuerySet

from invoices.models import Taxpayer
from invoices.register.models import Bill, MatchRun, RegisterRow, RegisterUpload

# what became of a row
DOCUMENTS, JOINED, LEFT_OUT = "documents", "joined", "left-out"
NEW, SAME, CHANGED = "new", "same", "changed"
PARTS = (DOCUMENTS, JOINED, LEFT_OUT, NEW, SAME, CHANGED)


def uploads_of(taxpayer: Taxpayer) -> QuerySet[RegisterUpload]:
    """Return the uploads of a GSTIN, the latest first."""
    return RegisterUpload.objects.filter(taxpayer=taxpayer).select_related("taken_by").order_by("-pk")


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
    before = RegisterRow.objects.filter(upload=upload, bill=OuterRef("bill"), pk__lt=OuterRef("pk"))
    used = rows.filter(bill__isnull=False)
    if part == JOINED:
        return used.filter(Exists(before))
    first = used.filter(~Exists(before))
    if part == NEW:
        return first.filter(bill__upload=upload, bill__identity=F("bill_id"))
    if part == CHANGED:
        return first.filter(bill__upload=upload).exclude(bill__identity=F("bill_id"))
    return first.exclude(bill__upload=upload) if part == SAME else first
