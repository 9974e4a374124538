"""Places a record: sets its route, its periods, and its standing among the versions of the document.

This module sets `book`, `route`, `standing`, `direction`, `superseded`, the periods and the baseline. Three
modules also write some of these fields themselves: `filing`, `customs.bills_of_entry` and
`desk.midnight_events`. Before records are placed again, they are locked in the order of their ids, so that no
simultaneous edit is lost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from ims_portal.kernel.money import HEADS
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices import locks
from invoices.documents.staleness import mark_open_statement_stale
from invoices.documents.voiding import void_decisions
from invoices.models import Decision, Record, Taxpayer
from invoices.queries.calendar import annual_returns, book_for
from invoices.queries.situations import tax_of
from invoices.queries.versions import Chain, chains, earlier_versions
from invoices.rules import amendments, attribution, credit_taken
from invoices.rules.amendments import Version
from invoices.rules.calendar import Form
from invoices.rules.legality import lowers_credit
from invoices.rules.situation import (
    Action,
    Book,
    Direction,
    Filing,
    Kind,
    Route,
    Situation,
    Standing,
)

PLACED_FIELDS = [
    "natural_period",
    "claim_period",
    "last_claim_period",
    "book",
    "route",
    "standing",
    "direction",
    *(f"baseline_{head}" for head in HEADS),
    *(f"untaken_{head}" for head in HEADS),
]
CHUNK = 2000


def place(
    record: Record,
    natural_month: TaxPeriod,
    *,
    supplier_state: str,
    recipient: Taxpayer,
    earlier: Sequence[Version] = (),
    annual_return_on: date | None = None,
    joins: TaxPeriod | None = None,
) -> None:
    """Set the fields `PLACED_FIELDS` of `record` in memory, without saving the record.

    `earlier` holds this recipient's earlier versions of the document. `joins` is only for an amendment that
    is no longer held. The amendment moves to the 2B period `joins`, and the time limit is checked for this
    period (R-033)."""
    claim = recipient.files.period_of(natural_month)
    kind, form = Kind(record.kind), Form(record.form)
    tax = tax_of(record)
    reported = attribution.Reported(
        form=form,
        kind=kind,
        book=book_for(natural_month),
        natural_month=natural_month,
        claim_period=max(claim, joins or claim),
        root_year=FinancialYear(record.root_year),
        supplier_state=supplier_state,
        recipient_state=recipient.state,
        place_of_supply=record.place_of_supply,
        tax=tax,
        reverse_charge=record.reverse_charge,
        recipient_type=recipient.registration,
        recipient_frequency=recipient.files,
        annual_return_on=annual_return_on,
    )
    route = attribution.route(reported)
    standing, direction, baseline, untaken = Standing.ORIGINAL, Direction.NONE, None, None
    if record.amends_id is not None and kind is not Kind.BOE_REDUCTION:
        if kind.is_import:
            earlier = amendments.since_it_came(earlier)
        found = amendments.stand(
            claim_period=claim,
            route=Route.IMS if route is Route.TIME_BAR and not record.reverse_charge else route,
            tax=tax,
            reverse_charge=record.reverse_charge,
            earlier=earlier,
        )
        standing, direction = found.standing, found.direction
        if found.baseline is not None:
            baseline = reference = earlier[found.baseline].tax
            if kind is Kind.CREDIT_NOTE:
                baseline = credit_taken.counted_baseline(tax, earlier, found)
                untaken = None if baseline == reference else reference - baseline
        if standing is Standing.BASELINE and direction is Direction.DOWN:
            reported = replace(reported, lowers_baseline=True)
            route = attribution.route(reported)
    if kind is Kind.BOE_REDUCTION:
        stand = credit_taken.stand_of_reduction(earlier, route=route, open_period=recipient.opens)
        route, standing, direction, baseline = stand.route, stand.standing, stand.direction, stand.baseline
    record.natural_period = natural_month.number
    record.claim_period = claim.number
    record.last_claim_period = attribution.claim_limit(reported).number
    record.book = reported.book.value
    record.route = route.value
    record.standing = standing.value
    record.direction = direction.value
    for head in HEADS:
        setattr(record, f"baseline_{head}", getattr(baseline, head) if baseline is not None else None)
        setattr(record, f"untaken_{head}", getattr(untaken, head) if untaken is not None else None)


def restand(records: Iterable[Record]) -> list[Record]:
    """Place amendments again after an earlier version changed. Save and return the amendments that changed.

    Records that are not amendments are ignored. An amendment that is no longer held moves to the recipient's
    open period (R-066, R-082)."""
    changed, released = _placed_again([r for r in records if r.amends_id is not None])
    _join(released)
    return changed


def release_from_purged(records: Iterable[Record]) -> list[int]:
    """Place the amendments of purged originals again. Return the ids of the bills of entry that the caller
    must purge too.

    Each amendment is placed as if its original were rejected and closed. A held bill of entry is purged
    together with its original, unless the bill lowers ITC (R-063, R-082)."""
    _changed, released = _placed_again(list(records))
    purged = [r for r in released if r.kind == Kind.BILL_OF_ENTRY.value and not _lowers(r)]
    _join([r for r in released if r not in purged])
    return [r.pk for r in purged]


def _lowers(record: Record) -> bool:
    return lowers_credit(
        Situation(
            book=Book(record.book),
            kind=Kind(record.kind),
            route=Route(record.route),
            filing=Filing(record.filing),
            standing=Standing(record.standing),
            direction=Direction(record.direction),
            superseded=record.superseded == "X",
        )
    )


def _join(released: Sequence[Record]) -> None:
    """Move released amendments to the open period, unless their own 2B period is later. If a filed amendment
    is time-barred in the period to which it moves, the amendment leaves IMS and its action becomes void
    (R-033, R-082)."""
    by_period: Mapping[int, list[int]] = defaultdict(list)
    for record in released:
        if record.claim_period < record.recipient.open_period:
            by_period[record.recipient.open_period].append(record.pk)
    for period, ids in by_period.items():
        Decision.objects.filter(record_id__in=ids).update(moved_to=period)
    barred = [r.pk for r in released if r.route == Route.TIME_BAR.value and r.filing == Filing.FILED.value]
    void_decisions(barred, "released and time-barred")
    _note_joined(released)


def place_again(records: Iterable[Record]) -> list[Record]:
    """Place records again after their recipient changed between monthly and quarterly filing (R-005). Save
    and return the records that changed."""
    return _placed_again(list(records))[0]


def _placed_again(records: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """Place records again and save the records that changed. Return the changed records, and the released
    records.

    A released record is a changed record that was held before and is not held now. The `recipient` of each
    released record is loaded."""
    if not records:
        return [], []
    these = Record.objects.filter(pk__in=[record.pk for record in records])
    locks.records(these)
    records = list(these.select_related("decision").order_by("pk"))
    owners = Taxpayer.objects.in_bulk(
        {r.recipient_id for r in records} | {r.supplier_id for r in records if r.supplier_id}
    )
    returns = annual_returns({r.recipient_id for r in records})
    known = chains(r.root_id for r in records if r.root_id)
    changed: list[Record] = []
    released: list[Record] = []
    for record in records:
        before = {name: getattr(record, name) for name in PLACED_FIELDS}
        recipient = owners[record.recipient_id]
        was_held = record.standing == Standing.BLOCKED.value

        def judge(joins: TaxPeriod | None, record: Record = record, recipient: Taxpayer = recipient) -> None:
            place(
                record,
                TaxPeriod.from_number(record.natural_period),
                supplier_state=owners[record.supplier_id].state if record.supplier_id else "",
                recipient=recipient,
                earlier=earlier_versions(
                    known[record.root_id or record.pk], before=record.pk, recipient_id=record.recipient_id
                ),
                annual_return_on=returns.get((record.recipient_id, record.root_year)),
                joins=joins,
            )

        judge(_joined(record))
        freed = was_held and record.standing != Standing.BLOCKED.value
        if freed:
            judge(recipient.opens)
        if credit_taken.stays_away(Route(before["route"]), Kind(record.kind)):
            record.route, freed = before["route"], False
        if {name: getattr(record, name) for name in PLACED_FIELDS} != before:
            changed.append(record)
            if freed:
                record.recipient = recipient
                released.append(record)
    Record.objects.bulk_update(changed, PLACED_FIELDS, batch_size=500)
    return changed, released


def _joined(record: Record) -> TaxPeriod | None:
    """Return the 2B period to which a time-barred record moved when it was released. Return None for other
    records.

    The caller checks the time limit for this period again, so the record remains time-barred (R-033)."""
    barred = record.route == Route.TIME_BAR.value and record.standing != Standing.BLOCKED.value
    joined = record.decision.moved_to
    return TaxPeriod.from_number(joined) if barred and joined else None


def _note_joined(released: Iterable[Record]) -> None:
    """Mark the GSTR-2B draft of the open period stale if filed records move to that period (R-065).

    Records that are in no GSTR-2B do not count: pending, superseded, withdrawn and purged records."""
    joined = Counter(
        r.recipient_id
        for r in released
        if r.filing == Filing.FILED.value
        and r.claim_period <= r.recipient.open_period
        and r.superseded != "X"
        and Route(r.route) not in amendments.GONE
        and not (r.route == Route.IMS.value and r.decision.action == Action.PENDING.value)
    )
    for recipient_id, count in joined.items():
        mark_open_statement_stale(recipient_id, count)


def settle_filed_amendments(amended: Iterable[Record]) -> None:
    """Apply the effects of filed amendments on earlier versions, and place the amendments again.

    An amendment supersedes the version before it, if this version is open and has the same 2B period (R-083).
    If the amendment goes directly to GSTR-2B, without IMS, the version before it is withdrawn. This happens
    only if this version is pending or has moved to the 2B period of the amendment (R-088, R-089)."""
    amended = list(amended)
    known = chains(r.root_id for r in amended if r.root_id)
    superseded: list[int] = []
    withdrawn: list[int] = []
    for record in amended:
        before = [
            item
            for item in known[record.root_id or record.pk]
            if item[0] < record.pk and item[1] == record.recipient_id
        ]
        if not before:
            continue
        pk, _, previous = before[-1]
        if previous.takes_back or record.kind == Kind.BOE_REDUCTION.value:
            # A reduction record is not a version of the bill of entry. A reduction record supersedes no
            # version, and no version supersedes a reduction record.
            continue
        claim, filing = TaxPeriod.from_number(record.claim_period), Filing(record.filing)
        route = Route(record.route)
        if amendments.takes_place_of(claim_period=claim, filing=filing, previous=previous):
            superseded.append(pk)
            # if the new version is not in IMS, the superseded version leaves IMS too
            if route in (Route.REVERSE_CHARGE, Route.PLACE_OF_SUPPLY):
                withdrawn.append(pk)
        elif amendments.withdraws_pending(route=route, filing=filing, previous=previous, claim_period=claim):
            withdrawn.append(pk)
    Record.objects.filter(pk__in=superseded).update(superseded="X")
    Record.objects.filter(pk__in=withdrawn, route=Route.IMS.value).update(route=Route.WITHDRAWN.value)
    restand(amended)
    _withdraw_moved_bills([r for r in amended if r.kind == Kind.BOE_REDUCTION.value], known)


def _withdraw_moved_bills(reductions: Sequence[Record], known: Mapping[int, Chain]) -> None:
    """Withdraw pending versions of bills of entry that moved from one GSTIN to another GSTIN (R-134).

    Pending versions at the previous GSTIN are withdrawn if their period is before the open period of this
    GSTIN. The other versions keep their credit. `reductions` are the reduction records of previous GSTINs."""
    owners = Taxpayer.objects.in_bulk({r.recipient_id for r in reductions})
    withdrawn: list[int] = []
    for record in reductions:
        theirs = [
            (pk, version)
            for pk, owner, version in known[record.root_id or record.pk]
            if owner == record.recipient_id and pk < record.pk
        ]
        back = credit_taken.take_back(
            [version for _pk, version in theirs], open_period=owners[record.recipient_id].opens
        )
        withdrawn += [theirs[index][0] for index in back.withdrawn]
    Record.objects.filter(pk__in=withdrawn, route=Route.IMS.value).update(route=Route.WITHDRAWN.value)
