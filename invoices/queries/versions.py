"""Reads the versions of a document in the form that the rules for amendments need. Archived versions are
included."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import ArchivedRecord, Decision, Record
from invoices.queries.situations import tax_of
from invoices.rules import amendments
from invoices.rules.amendments import Version
from invoices.rules.situation import Action, Answer, Filing, Kind, Route, Standing


def _declared(decided: Decision | ArchivedRecord) -> TaxAmounts | None:
    """Return the reduction that an acceptance declared, or None if the full reduction applies (R-122)."""
    if decided.answer not in (Answer.PART.value, Answer.NO.value):
        return None
    return TaxAmounts(*(getattr(decided, f"reduction_{head}") or 0 for head in HEADS))


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
        held=record.standing == Standing.BLOCKED.value,
        takes_back=record.kind == Kind.BOE_REDUCTION.value,
        declared=_declared(decision),
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
        takes_back=record.kind == Kind.BOE_REDUCTION.value,
        declared=_declared(record),
    )


Chain = list[tuple[int, int, Version]]  # (record id, recipient id, version), oldest first


def chains(root_ids: Iterable[int]) -> dict[int, Chain]:
    """Return all versions of these documents, oldest first, by root id (the id of a document's first
    version). The result includes archived versions, but no deleted versions.

    Two queries for any number of documents."""
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


def earlier_versions(chain: Chain, *, before: int | None, recipient_id: int) -> list[Version]:
    """Return this recipient's versions in a chain before the record `before`. If `before` is None, return all
    versions of this recipient."""
    return [
        version for pk, owner, version in chain if owner == recipient_id and (before is None or pk < before)
    ]
