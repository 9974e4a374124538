"""Event: flag a supplier's non-payment. Each recipient must then reverse the credit that the recipient took
(R-098)."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from gstr2b.models import Reversal37A
from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices import locks
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.queries.situations import tax_of
from invoices.rules import gates
from invoices.rules.attribution import rule_37a_due
from invoices.rules.reduction import credit_held
from invoices.rules.refusals import refused
from invoices.rules.situation import Kind, Route

COPIED = [
    "section",
    "kind",
    "form",
    "tax_period",
    "number",
    "document_date",
    "place_of_supply",
    "invoice_type",
    "filed_on",
    "label",
    "value",
    "taxable",
]


def flag(supplier: Taxpayer, period: TaxPeriod, *, by: By) -> int:
    """Flag the supplier's documents of `period` whose credit a recipient has taken and must reverse. Return
    the number of newly flagged documents. A second call does not flag a document again. Raises `Refused` if
    the supplier's GSTR-3B is filed."""
    own = supplier.files.period_of(period)
    why = gates.flag_non_payment(own, open_period=supplier.opens)
    if why:
        raise refused("BAD_PERIOD", why, rule=gates.NON_PAYMENT_RULE)
    with transaction.atomic():
        locks.supplier(supplier)
        flagged = 0
        by_recipient: dict[int, list[Any]] = {}
        for document in _credited(supplier, period):
            by_recipient.setdefault(document.recipient_id, []).append(document)
        for recipient in Taxpayer.objects.filter(pk__in=by_recipient).order_by("pk"):
            flagged += _flag_for(recipient, supplier, by_recipient[recipient.pk], by)
    return flagged


def _credited(supplier: Taxpayer, period: TaxPeriod) -> Any:
    """Return the supplier's documents of `period` that meet two conditions: a recipient took the credit in a
    period that is closed now, and the document is not flagged yet. The documents come from the archive and
    from the desks."""
    months = [supplier.files.first_month(period).number, supplier.files.period_of(period).number]
    about = {"supplier": supplier, "tax_period__range": months, "route": Route.IMS.value, "superseded": "-"}
    kinds = {"kind__in": [Kind.INVOICE.value, Kind.DEBIT_NOTE.value, Kind.ECO.value]}
    done = Reversal37A.objects.filter(supplier=supplier).values("record_id")
    gone = ArchivedRecord.objects.filter(action__in="AN", why=ArchivedRecord.Why.CLOSED, **about, **kinds)
    # leave out documents whose GSTR-2B came after the last period for the credit; they gave no credit
    gone = gone.filter(land_period__lte=F("last_claim_period"))
    live = Record.objects.filter(decision__action__in="AN", filing="F", **about, **kinds).exclude(
        standing="B"
    )
    live = live.select_related("decision", "recipient")
    closed = (
        r
        for r in live.exclude(pk__in=done)
        if (r.decision.moved_to or r.claim_period) < r.recipient.open_period
        and (r.decision.moved_to or r.claim_period) <= r.last_claim_period
    )
    return chain(gone.exclude(pk__in=done), closed)


USED_UP = {Route.REVERSE_CHARGE.value, Route.PLACE_OF_SUPPLY.value}


def _left_by_later(documents: list[Any]) -> dict[int, list[TaxAmounts]]:
    """Return, by document id, the credit that the recipient still had after each later version of the
    document. Two kinds of later versions count: a version that was accepted and whose period is closed, and a
    version outside IMS that took the credit back (R-088, R-089). Needs two queries for any number of
    documents."""
    roots = {document.pk: document.root_id or document.pk for document in documents}
    later: dict[int, list[tuple[int, TaxAmounts | None]]] = {}
    about = Q(root_id__in=set(roots.values()), superseded="-", filing="F")
    live = Record.objects.filter(about).select_related("decision", "recipient")
    for version in live:
        land = version.decision.moved_to or version.claim_period
        if land < version.recipient.open_period and version.standing != "B":
            later.setdefault(version.root_id or version.pk, []).append(
                (version.pk, _left(version, version.decision, version.decision.action))
            )
    for gone in ArchivedRecord.objects.filter(about, why=ArchivedRecord.Why.CLOSED):
        later.setdefault(gone.root_id or gone.pk, []).append((gone.pk, _left(gone, gone, gone.action)))
    return {
        pk: [left for version, left in later.get(root, []) if version > pk and left is not None]
        for pk, root in roots.items()
    }


def _left(version: Any, decided: Any, action: str) -> TaxAmounts | None:
    if version.route in USED_UP:
        return TaxAmounts()
    if version.route != Route.IMS.value or action not in ("A", "N"):
        return None
    if decided.reduction_igst is None:
        return tax_of(version)
    # for each tax head, take the higher of the earlier and the amended tax. The credit that is left is
    # this tax less the declared reduction.
    fallen = {}
    for head in HEADS:
        base = getattr(version, f"baseline_{head}") or 0
        fallen[head] = max(base, getattr(version, head)) - (getattr(decided, f"reduction_{head}") or 0)
    return TaxAmounts(**fallen)


def _flag_for(recipient: Taxpayer, supplier: Taxpayer, documents: list[Any], by: By) -> int:
    desk = locks.open_desk(recipient)
    period = recipient.opens
    if desk.statement_version:
        # this period's statement is drafted already, so the reversal belongs to the next period's statement
        period = recipient.files.next(period)
    later = _left_by_later(documents)
    new = []
    for document in documents:
        archived = isinstance(document, ArchivedRecord)
        taken_in = document.land_period if archived else document.decision.moved_to or document.claim_period
        if not rule_37a_due(TaxPeriod.from_number(taken_in), clock.today()):
            continue
        base = TaxAmounts(*(getattr(document, f"baseline_{head}") or 0 for head in HEADS))
        credit = credit_held(tax_of(document), base, later[document.pk])
        if credit.is_zero:
            continue
        decision = f"{document.action} {document.answer}" if archived else document.decision.label
        new.append(
            Reversal37A(
                recipient=recipient,
                supplier=supplier,
                period=period.number,
                record_id=document.pk,
                availed_period=taken_in,
                flagged_at=clock.now(),
                decision=decision,
                **{name: getattr(document, name) for name in COPIED},
                **credit.as_dict(),
            )
        )
    if new:
        Reversal37A.objects.bulk_create(new, batch_size=1000)
        journal.write(
            recipient.pk,
            "Rule 37A reversal flagged",
            by,
            period=period.number,
            record_count=len(new),
            after={"supplier": supplier.gstin},
        )
    return len(new)
