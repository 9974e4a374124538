"""Writes a record's facets: where it goes, which period it belongs to, where it stands in its chain.

What is judged again is locked first, in the order of the ids, so that an edit meanwhile is not written over.
This is the only module that sets `book`, `route`, `standing`, `direction`, `superseded`, the periods and the
baseline; every event calls it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from django.db.models import F, Q

from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices import locks
from invoices.models import ArchivedRecord, Decision, RecipientDesk, Record, Taxpayer
from invoices.queries.calendar import annual_returns, book_for
from invoices.rules import amendments, attribution
from invoices.rules.amendments import Version
from invoices.rules.calendar import Form
from invoices.rules.situation import Action, Direction, Filing, Kind, Route, Standing

HEADS = ("igst", "cgst", "sgst", "cess")
PLACED_FIELDS = [
    "natural_period",
    "claim_period",
    "last_claim_period",
    "book",
    "route",
    "standing",
    "direction",
    *(f"baseline_{head}" for head in HEADS),
]
CHUNK = 2000


def tax_of(record: Record | ArchivedRecord) -> TaxAmounts:
    return TaxAmounts(record.igst, record.cgst, record.sgst, record.cess)


def _live_version(record: Record, open_period: int) -> Version:
    decision = record.decision
    route = Route(record.route)
    land = decision.moved_to or record.claim_period
    undecided = (decision.action == "P" or record.standing == "B") and record.superseded != "X"
    closed = route in amendments.GONE or (
        record.filing == Filing.FILED.value and not (route is Route.IMS and undecided) and land < open_period
    )
    return Version(
        route=route,
        filing=Filing(record.filing),
        claim_period=TaxPeriod.from_number(record.claim_period),
        action=Action(decision.action),
        closed=closed,
        superseded=record.superseded == "X",
        reverse_charge=record.reverse_charge,
        tax=tax_of(record),
        too_late=land > record.last_claim_period,
        land=TaxPeriod.from_number(decision.moved_to) if decision.moved_to else None,
    )


def _archived_version(record: ArchivedRecord) -> Version:
    gone = {ArchivedRecord.Why.PURGED: Route.PURGED, ArchivedRecord.Why.WITHDRAWN: Route.WITHDRAWN}
    return Version(
        route=gone.get(ArchivedRecord.Why(record.why), Route(record.route)),
        filing=Filing(record.filing),
        claim_period=TaxPeriod.from_number(record.claim_period),
        action=Action(record.action),
        closed=True,
        superseded=record.superseded == "X",
        reverse_charge=record.reverse_charge,
        tax=tax_of(record),
        too_late=record.land_period > record.last_claim_period,
    )


Chain = list[tuple[int, int, Version]]  # (record id, recipient id, version), oldest first


def chains(root_ids: Iterable[int]) -> dict[int, Chain]:
    """Every version of these documents, live or archived, oldest first. Two queries for any number of roots."""
    roots = list(set(root_ids))
    found: dict[int, Chain] = defaultdict(list)
    if not roots:
        return found
    of_roots = Q(pk__in=roots) | Q(root_id__in=roots)
    live = Record.objects.filter(of_roots).select_related("decision", "recipient")
    for record in live:
        version = _live_version(record, record.recipient.open_period)
        found[record.root_id or record.pk].append((record.pk, record.recipient_id, version))
    for gone in ArchivedRecord.objects.filter(of_roots).exclude(why=ArchivedRecord.Why.DELETED):
        found[gone.root_id or gone.pk].append((gone.pk, gone.recipient_id, _archived_version(gone)))
    for chain in found.values():
        chain.sort(key=lambda item: item[0])
    return found


def place(
    record: Record,
    natural_month: TaxPeriod,
    *,
    supplier_state: str,
    recipient: Taxpayer,
    earlier: Sequence[Version] = (),
    annual_return_on: date | None = None,
) -> None:
    """Set every facet of `record` but filing, in memory. `earlier` are this recipient's earlier versions."""
    claim = recipient.files.period_of(natural_month)
    kind, form = Kind(record.kind), Form(record.form)
    tax = tax_of(record)
    reported = attribution.Reported(
        form=form,
        kind=kind,
        book=book_for(natural_month),
        natural_month=natural_month,
        claim_period=claim,
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
    standing, direction, baseline = Standing.ORIGINAL, Direction.NONE, None
    if record.amends_id is not None and kind is not Kind.BOE_REDUCTION:
        found = amendments.stand(
            claim_period=claim,
            route=Route.IMS if route is Route.TIME_BAR and not record.reverse_charge else route,
            tax=tax,
            reverse_charge=record.reverse_charge,
            earlier=earlier,
        )
        standing, direction = found.standing, found.direction
        baseline = earlier[found.baseline].tax if found.baseline is not None else None
        if standing is Standing.BASELINE and direction is Direction.DOWN:
            reported = replace(reported, lowers_baseline=True)
            route = attribution.route(reported)
    if kind is Kind.BOE_REDUCTION:
        # the version the credit was taken by: one that was withdrawn or superseded gave none
        counting = [v for v in earlier if v.route not in amendments.GONE and not v.superseded]
        previous = counting[-1] if counting else earlier[-1]
        blocked = not previous.closed
        # nothing is taken back if the credit never was, or if its bill is pending when its period closes
        passed = previous.claim_period < recipient.opens and previous.action is Action.PENDING
        if (previous.closed and not previous.gave_credit) or (blocked and passed):
            route = Route.WITHDRAWN
        standing = Standing.BLOCKED if blocked else Standing.BASELINE
        direction, baseline = Direction.DOWN, previous.tax
    record.natural_period = natural_month.number
    record.claim_period = claim.number
    record.last_claim_period = attribution.claim_limit(reported).number
    record.book = reported.book.value
    record.route = route.value
    record.standing = standing.value
    record.direction = direction.value
    for head in HEADS:
        setattr(record, f"baseline_{head}", getattr(baseline, head) if baseline is not None else None)


def earlier_versions(chain: Chain, *, before: int | None, recipient_id: int) -> list[Version]:
    """The versions of a chain that this recipient had before record `before` (None: all)."""
    return [
        version for pk, owner, version in chain if owner == recipient_id and (before is None or pk < before)
    ]


def restand(records: Iterable[Record]) -> list[Record]:
    """Judge again where amendments stand, after something earlier in their chains changed; saves and returns
    those that changed. A record that was held joins its recipient's open period (R-066, R-082)."""
    changed, freed = _placed_again([r for r in records if r.amends_id is not None])
    by_period: Mapping[int, list[int]] = defaultdict(list)
    for record in freed:
        by_period[record.recipient.open_period].append(record.pk)  # type: ignore[index]
    for period, ids in by_period.items():
        Decision.objects.filter(record_id__in=ids).update(moved_to=period)
    _note_freed(freed)
    return changed


def place_again(records: Iterable[Record]) -> list[Record]:
    """Place these records anew, after their recipient's way of filing changed (R-005); saves and returns those
    that changed."""
    return _placed_again(list(records))[0]


def _placed_again(records: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """Those that changed, and among them those that were held and are free now; saved."""
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
    freed: list[Record] = []
    for record in records:
        before = [getattr(record, name) for name in PLACED_FIELDS]
        recipient = owners[record.recipient_id]
        place(
            record,
            TaxPeriod.from_number(record.natural_period),
            supplier_state=owners[record.supplier_id].state if record.supplier_id else "",
            recipient=recipient,
            earlier=earlier_versions(
                known[record.root_id or record.pk], before=record.pk, recipient_id=record.recipient_id
            ),
            annual_return_on=returns.get((record.recipient_id, record.root_year)),
        )
        if [getattr(record, name) for name in PLACED_FIELDS] != before:
            changed.append(record)
            if before[PLACED_FIELDS.index("standing")] == "B" and record.claim_period < recipient.open_period:
                record.recipient = recipient
                freed.append(record)
    Record.objects.bulk_update(changed, PLACED_FIELDS, batch_size=500)
    return changed, freed


def _note_freed(freed: Iterable[Record]) -> None:
    """A filed record that joins a period already drafted makes that GSTR-2B out of date, as R-065 has it."""
    joined = Counter(r.recipient_id for r in freed if r.filing == Filing.FILED.value)
    for recipient_id, count in joined.items():
        RecipientDesk.objects.filter(
            recipient_id=recipient_id, filed_at=None, statement_version__gt=0
        ).update(changes=F("changes") + count)


def settle_filed_amendments(amended: Iterable[Record]) -> None:
    """After amendments were filed: supersede open versions of the same period (R-083), withdraw pending
    originals of versions that go past IMS (R-088, R-089), and judge standings again."""
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
        claim, filing = TaxPeriod.from_number(record.claim_period), Filing(record.filing)
        route = Route(record.route)
        if amendments.takes_place_of(claim_period=claim, filing=filing, previous=previous):
            superseded.append(pk)
            # the original of a version that goes past IMS is gone from IMS as well
            if route in (Route.REVERSE_CHARGE, Route.PLACE_OF_SUPPLY):
                withdrawn.append(pk)
        elif amendments.withdraws_pending(route=route, filing=filing, previous=previous, claim_period=claim):
            withdrawn.append(pk)
    Record.objects.filter(pk__in=superseded).update(superseded="X")
    Record.objects.filter(pk__in=withdrawn, route=Route.IMS.value).update(route=Route.WITHDRAWN.value)
    # the reduction record of a bill that became pending is gone, and the bill is another's by now
    moved_away = [
        r.amends_id
        for r in restand(amended)
        if r.amends_id and r.kind == Kind.BOE_REDUCTION.value and r.route == Route.WITHDRAWN.value
    ]
    Record.objects.filter(pk__in=moved_away, route=Route.IMS.value, decision__action="P").update(
        route=Route.WITHDRAWN.value
    )
