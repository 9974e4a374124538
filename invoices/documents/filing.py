"""Event: a supplier files a form, and the form's saved documents become filed (R-002, R-021, R-070 to R-073).

The caller has already checked that the form may be filed."""

from __future__ import annotations

from datetime import date

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from ims_portal.kernel.periods import Frequency, TaxPeriod
from ims_portal.support.database.planner import for_many_rows
from invoices import locks
from invoices.documents import placing
from invoices.documents.staleness import mark_statements_stale
from invoices.documents.voiding import void_decisions
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import Decision, JournalEntry, Record, Taxpayer
from invoices.queries.calendar import book_for, calendar
from invoices.queries.routes import route_in_month
from invoices.queries.situations import land_period
from invoices.rules import amendments
from invoices.rules.attribution import filed_month
from invoices.rules.calendar import Form
from invoices.rules.situation import Action, Filing, Route, Standing


def mark_filed(supplier: Taxpayer, form: Form, period: TaxPeriod, *, on: date, by: By) -> int:
    """Mark all saved documents of this form as filed. Return the number of these documents.

    The caller must have opened a transaction. The caller may call the function twice without harm: the second
    call finds no saved document and the entry of the first call, and changes nothing. The function locks no
    desk, because one form may have thousands of recipients. Only a form that is filed after the drafts of its
    month locks the desks of its recipients (see `_reach_open_period`)."""
    for_many_rows()
    saved = Record.objects.filter(
        supplier_id=supplier.pk, form=form.value, tax_period=period.number, filing=Filing.SAVED.value
    )
    month = filed_month(calendar(), form, on, form_month=period, frequency=supplier.files, seat=supplier.seat)
    # Before the nominal draft date there is no GSTR-2B of the month. A form that is filed later is in the month
    # only because an extension moved the supplier's window.
    after_drafts = on >= calendar().nominal_draft_date(month)
    if after_drafts:
        locks.open_desks(list(Taxpayer.objects.filter(pk__in=saved.values("recipient_id"), listed=True)))
    # Lock originals before their amendments. Actions on originals lock in the same order, which prevents
    # deadlocks.
    roots = list(saved.filter(amends_id__isnull=False).values_list("root_id", flat=True).distinct())
    if roots:
        locks.records(Record.objects.filter(Q(pk__in=roots) | Q(root_id__in=roots)))
    move_to_month(saved, month)
    if after_drafts:
        _reach_open_period(saved)
    ids = list(saved.filter(amends_id__isnull=False).values_list("pk", flat=True))
    count = saved.update(filing=Filing.FILED.value, filed_on=on)
    for start in range(0, len(ids), placing.CHUNK):
        amended = Record.objects.filter(pk__in=ids[start : start + placing.CHUNK])
        placing.settle_filed_amendments(amended.select_related("decision").order_by("pk"))
    if not count and _is_noted(supplier, form, period):
        return 0
    journal.write(
        supplier.pk,
        "form filed",
        by,
        period=period.number,
        record_count=count,
        after={"form": form.value, "natural_period": month.number},
    )
    return count


def _reach_open_period(documents: QuerySet[Record]) -> None:
    """Put documents into the next GSTR-2B of their recipients, although the drafts of their 2B period may be
    made (R-067, R-090). `documents` are about to be filed, and the caller has locked the recipients' desks.

    If a recipient has filed the GSTR-3B of the 2B period, the document moves to the recipient's open period.
    If a recipient has a draft, the draft becomes stale (R-086)."""
    carry_to_open_period(documents)
    mark_statements_stale(_for_gstr2b(documents).exclude(superseded="X"))


def carry_to_open_period(documents: QuerySet[Record]) -> None:
    """Move documents of a period before their recipient's open period to the open period. A filed document
    that stays behind would be closed without a line in any GSTR-2B (R-090).

    Pending and held documents do not move. They are in no GSTR-2B, and move when their wait ends (R-066,
    R-082)."""
    late = _for_gstr2b(documents).annotate(land=land_period()).filter(land__lt=F("recipient__open_period"))
    locks.records(late)
    opens = Taxpayer.objects.filter(pk=OuterRef("recipient_id")).values("open_period")
    Decision.objects.filter(record_id__in=late.values("pk")).update(moved_to=Subquery(opens))


def _for_gstr2b(documents: QuerySet[Record]) -> QuerySet[Record]:
    """Return the documents that are in a GSTR-2B as soon as they are filed."""
    return (
        documents.exclude(standing=Standing.BLOCKED.value)
        .exclude(route=Route.IMS.value, decision__action=Action.PENDING.value)
        .exclude(route__in=[route.value for route in amendments.GONE])
    )


def _is_noted(supplier: Taxpayer, form: Form, period: TaxPeriod) -> bool:
    """True if the journal has the filing of this form already. A form without documents is filed too."""
    entries = JournalEntry.objects.filter(taxpayer=supplier, event="form filed", period=period.number)
    return entries.filter(after__form=form.value).exists()


def move_to_month(records: QuerySet[Record], month: TaxPeriod) -> int:
    """Move these records to the natural 2B month `month`. Return how many moved. The caller must not pass a
    closed record.

    The 2B period, the rulebook and the time bar follow the month (R-008, R-033, R-073). If a record leaves
    IMS, its action becomes void (R-033). Originals move with a fixed number of SQL statements. Amendments are
    placed again in chunks."""
    moving = records.exclude(natural_period=month.number)
    ids = list(moving.filter(amends_id__isnull=False).values_list("pk", flat=True))
    moving = moving.filter(amends_id__isnull=True)
    quarterly = Taxpayer.objects.filter(frequency=Frequency.QUARTERLY.value).values("pk")
    barred_before = set(
        moving.filter(route=Route.IMS.value, last_claim_period__lt=month.quarter_end.number)
        .exclude(decision__action="N")
        .values_list("pk", flat=True)
    )
    moved, book = 0, book_for(month)
    for frequency, whose in (
        (Frequency.QUARTERLY, Q(recipient__in=quarterly)),
        (Frequency.MONTHLY, ~Q(recipient__in=quarterly)),
    ):
        claim = frequency.period_of(month).number
        moved += moving.filter(whose).update(
            natural_period=month.number,
            claim_period=claim,
            book=book.value,
            route=route_in_month(month, book, claim),
        )
    if barred_before:
        still = set(
            Record.objects.filter(pk__in=barred_before, route=Route.IMS.value).values_list("pk", flat=True)
        )
        void_decisions(sorted(barred_before - still), "time-barred before filing")
    for start in range(0, len(ids), placing.CHUNK):
        chunk = Record.objects.filter(pk__in=ids[start : start + placing.CHUNK])
        chunk.update(natural_period=month.number)
        left = [r for r in placing.restand(chunk.select_related("decision")) if r.route != Route.IMS.value]
        void_decisions([r.pk for r in left], "left IMS by its period or place of supply")
        moved += len(ids[start : start + placing.CHUNK])
    return moved
