"""Event: a taxpayer files GSTR-3B (R-101, R-102). One transaction does four things. GSTR-2B becomes final.
The period is closed. The decided records leave IMS. The tax that rejections add back is posted to the
suppliers."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import BigIntegerField, Case, F, Q, Value, When
from django.db.models.functions import Cast, Coalesce, Greatest

from gstr2b import generation
from gstr2b.models import Statement
from gstr2b.statement import table4
from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, Invalid
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import Frequency, TaxPeriod
from ims_portal.kernel.wording import say
from ims_portal.support.database.insert_select import insert_select
from invoices import locks
from invoices.documents import lapsing, placing
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import RecipientDesk, Record, Taxpayer
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.rules import gates
from invoices.rules.calendar import Form
from invoices.rules.refusals import refused
from returns import own_gstr1
from returns.acknowledgement import practice_reference
from returns.models import AddBack, Gstr3b


def prepare(recipient: Taxpayer, period: TaxPeriod) -> dict[str, TaxAmounts]:
    """Return the figures of Table 4 that would be filed now, in paise. Without a GSTR-2B, all rows are
    zero."""
    statement = Statement.objects.filter(recipient=recipient, period=period.number, is_current=True).first()
    return table4.fill(statement)


def why_not(recipient: Taxpayer, period: TaxPeriod) -> str | None:
    """Return the refusal code that stops filing now, or None if nothing stops filing."""
    desk = RecipientDesk.objects.filter(recipient=recipient, period=period.number).first()
    return gates.file_gstr3b(
        period,
        frequency=recipient.files,
        open_period=recipient.opens,
        exists=desk is not None and desk.statement_version > 0,
        stale=desk is not None and desk.is_stale,
        waits_for_gstr1=own_gstr1.stops_gstr3b() and own_gstr1.is_missing(recipient, period),
    )


def file(
    recipient: Taxpayer,
    period: TaxPeriod,
    *,
    by: By,
    table: Mapping[str, TaxAmounts] | None = None,
    reason: str = "",
    seen_version: int | None = None,
) -> Gstr3b:
    """File GSTR-3B. `table` has the rows in which the person replaced the figures of the auto-filled Table 4
    (R-104), and `reason` says why. The journal entry contains the reason. `seen_version` is the GSTR-2B
    version that the person reviewed. Raises `Refused`: BAD_PERIOD, FINAL_2B, PREV_3B_PENDING, NO_2B,
    STALE_2B, GSTR1_PENDING. Raises `Conflict` if GSTR-2B was computed again after the review."""
    with transaction.atomic():
        if not gates.is_statement_period(period, recipient.files):
            raise refused("BAD_PERIOD")
        # Lock the taxpayer before the desk. All code uses this order, so that no two transactions wait for
        # each other. Without this lock, the desk would be locked first, because this transaction writes the
        # taxpayer's row only at its end.
        locks.supplier(recipient)
        desk = locks.open_desk(recipient)
        code = why_not(recipient, period)
        if code is not None:
            raise refused(code)
        if seen_version is not None and desk.statement_version != seen_version:
            raise Conflict(
                "STATEMENT_CHANGED",
                "GSTR-2B was computed again after your review. Nothing was filed. Check the figures again.",
            )
        filled = dict(prepare(recipient, period))
        filled.update(table or {})
        _no_negative(table or {})
        statement = generation.freeze(recipient, desk)
        now = clock.now()
        posted = _post_add_backs(recipient, period)
        filed = Gstr3b.objects.create(
            recipient=recipient,
            period=period.number,
            statement=statement,
            table4={row: amounts.as_dict() for row, amounts in filled.items()},
            filed_at=now,
            filed_on=now.date(),
            filed_by=by.user if getattr(by.user, "pk", None) else None,
            reference=practice_reference(recipient, "GSTR-3B", period),
        )
        _close(recipient, desk, period)
        lapsing.mark_lapsed(recipient, Form.GSTR3B, period, by=by)
        journal.write(
            recipient.pk,
            "GSTR-3B filed",
            by,
            period=period.number,
            record_count=statement.line_count,
            after={
                "reference": filed.reference,
                "statement": statement.version,
                "add_backs": posted,
                **({"typed_over": sorted(table), "reason": reason} if table else {}),
            },
        )
    return filed


def _no_negative(table: Mapping[str, TaxAmounts]) -> None:
    """Raise `Invalid` if a typed row is negative and cannot be negative, like 4(D)(1)."""
    for row, tax in table.items():
        if row not in table4.MAY_BE_NEGATIVE and any(getattr(tax, head) < 0 for head in HEADS):
            raise Invalid("BAD_AMOUNT", say("Row %(row)s cannot be negative.", row=row))


def _close(recipient: Taxpayer, desk: RecipientDesk, period: TaxPeriod) -> None:
    """Close the period, and open the next period. The decided records of the closed period are then no longer
    in IMS (R-047)."""
    following = recipient.files.next(period)
    RecipientDesk.objects.filter(pk=desk.pk).update(filed_at=clock.now())
    Taxpayer.objects.filter(pk=recipient.pk).update(open_period=following.number)
    recipient.open_period = following.number
    RecipientDesk.objects.create(recipient=recipient, period=following.number)
    # Find the amendments that the closing of this period affects. Some amendments waited for the recipient's
    # decision on an earlier version. Other amendments are now compared with an earlier version of this
    # period.
    waiting = Record.objects.filter(recipient=recipient, amends_id__isnull=False).filter(
        Q(standing="B") | Q(claim_period__gte=following.number)
    )
    ids = list(waiting.values_list("pk", flat=True))
    for start in range(0, len(ids), placing.CHUNK):
        chunk = Record.objects.filter(pk__in=ids[start : start + placing.CHUNK])
        locks.records(chunk)  # without the lock, a supplier could file a record between the next two queries
        placing.settle_filed_amendments(chunk.filter(filing="F").select_related("decision").order_by("pk"))
        placing.restand(chunk.filter(filing="S").select_related("decision"))


def _post_add_backs(recipient: Taxpayer, period: TaxPeriod) -> int:
    """Post the tax that the recipient's rejections in this period add back to the suppliers, and return the
    number of postings. A rejected document lowered its supplier's liability, and the same amount is added
    back (R-110, R-111)."""
    view = DeskView.of(recipient, clock.today(), calendar())
    # this condition does not change the result; it lets the database find this desk's rejections by an index
    rejected = generation.scope(recipient, period).filter(decision__recipient_id=recipient.pk)
    records = rejected.filter(decision__action="R", supplier__isnull=False)
    groups = [g for g in situations.tally(records, view) if g.ruling.adds_back]
    if not groups:
        return 0
    chosen = situations.with_clock_facets(records, view).filter(situations.where(groups))
    after = {
        f: gates.add_back_period(period, supplier_frequency=f, supplier_open_period=period) for f in Frequency
    }
    number = BigIntegerField()
    earliest = Case(
        When(supplier__frequency="Q", then=Value(after[Frequency.QUARTERLY].number)),
        default=Value(after[Frequency.MONTHLY].number),
        output_field=number,
    )
    amounts = {}
    for head in HEADS:
        # Subtract the whole tax of the earlier version, as the supplier reported it. A smaller
        # reduction that the recipient declared for the earlier version makes no difference.
        tax, base = F(head), Coalesce(F(f"baseline_{head}"), 0) + Coalesce(F(f"untaken_{head}"), 0)
        amounts[head] = Case(When(kind="CN", then=tax - base), default=base - tax, output_field=number)
    return insert_select(
        AddBack,
        chosen,
        {
            "supplier_id": F("supplier_id"),
            "period": Greatest(earliest, Cast(F("supplier__open_period"), number)),
            "recipient_id": F("recipient_id"),
            "recipient_period": period.number,
            "record_id": F("pk"),
            **amounts,
            "posted_at": clock.now(),
        },
    )
