"""Checks of the data after a fault. A statement must be complete or missing, and the journal must have one
entry for each effect."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Sum

from gstr2b import generation
from gstr2b.models import Statement
from ims_portal.kernel.periods import TaxPeriod
from invoices.journal.writing import By
from invoices.models import JournalEntry, Record, Taxpayer

BY = By(source="fault")
OCTOBER = TaxPeriod(2024, 10)


def torn_statements(recipients: Sequence[Taxpayer]) -> int:
    """Return the number of recipients with more than one current statement, plus the number of statements
    whose lines, totals and `line_count` disagree."""
    mine = Statement.objects.filter(recipient__in=recipients, is_current=True)
    torn = mine.order_by().values("recipient_id").annotate(n=Count("pk")).filter(n__gt=1).count()
    for statement in mine:
        summed = statement.totals.aggregate(n=Sum("count"))["n"] or 0
        torn += not statement.lines.count() == summed == statement.line_count
    return torn


def drafted(recipients: Sequence[Taxpayer]) -> tuple[int, int]:
    """Return two numbers: the recipients without a draft in the journal, and the drafts that were made again
    after a recipient's first draft."""
    entries = JournalEntry.objects.filter(taxpayer__in=recipients, event="GSTR-2B drafted")
    by_recipient = dict(entries.order_by().values_list("taxpayer_id").annotate(n=Count("pk")))
    missing = sum(1 for recipient in recipients if not by_recipient.get(recipient.pk))
    return missing, sum(n - 1 for n in by_recipient.values())


def with_statement(recipient: Taxpayer) -> Statement:
    """Generate the recipient's GSTR-2B of October, and return this statement."""
    return generation.generate(recipient, OCTOBER, by=BY)


def versions(recipient: Taxpayer) -> list[tuple[int, int, int]]:
    """Return (id, revision, version) of each record that allows every action: ordinary invoices in IMS."""
    found = Record.objects.filter(recipient=recipient, route="M", kind="INV", superseded="-").order_by("pk")
    return list(found.values_list("pk", "revision", "decision__version"))
