"""How much of a document's tax its recipient really took: by a credit note (R-084), by a bill of entry (R-133, R-134)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.rules.amendments import GONE, Stand, Version, baseline_of
from invoices.rules.situation import Action, Direction, Kind, Route, Standing


def taken_of(earlier: Sequence[Version], index: int) -> TaxAmounts:
    """R-084: what is still taken of the credit note whose baseline is `earlier[index]`, per head in paise: what its
    closed acceptances really reduced (R-122), less what was given back."""
    version = earlier[index]
    before = baseline_of(earlier[:index], reverse_charge=version.reverse_charge)
    if before is None or earlier[before].reverse_charge is not version.reverse_charge:
        return version.declared if version.declared is not None else version.tax
    reference, taken = earlier[before].tax, taken_of(earlier, before)
    return _by_head(
        lambda head: (
            min(getattr(taken, head), getattr(version.tax, head))
            if getattr(version.tax, head) < getattr(reference, head)
            else getattr(taken, head)
            + (
                getattr(version.declared, head)
                if version.declared is not None
                else getattr(version.tax, head) - getattr(reference, head)
            )
        )
    )


def counted_baseline(tax: TaxAmounts, earlier: Sequence[Version], found: Stand) -> TaxAmounts:
    """R-084: the amounts from which an amendment of a credit note counts. Where the amendment lowers a head, that is
    what was taken there, and at least the amended tax; elsewhere the baseline's tax. `found` has a baseline."""
    assert found.baseline is not None
    reference, taken = earlier[found.baseline].tax, taken_of(earlier, found.baseline)
    if found.standing is Standing.CHARGE_CHANGED:
        return taken  # the whole reduction is undone, so far as it was made
    return _by_head(
        lambda head: (
            max(getattr(tax, head), getattr(taken, head))
            if getattr(tax, head) < getattr(reference, head)
            else getattr(reference, head)
        )
    )


def _by_head(amount: Callable[[str], int]) -> TaxAmounts:
    return TaxAmounts(*(amount(head) for head in HEADS))


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What becomes of a moved bill's versions at the GSTIN it left. `withdrawn` and `superseded` are indexes into the
    versions; `credit` is what the reduction record takes back, None if there is nothing to take back; `held` says
    that the record waits until the version that brings the credit is closed."""

    withdrawn: tuple[int, ...]
    superseded: tuple[int, ...]
    credit: TaxAmounts | None
    held: bool


def take_back(
    earlier: Sequence[Version], *, moved_in: TaxPeriod | None = None, open_period: TaxPeriod | None = None
) -> TakenBack:
    """R-133(b), R-134: the reduction record of a bill moved to another GSTIN. `earlier` are the previous GSTIN's
    versions, oldest first. At the moment of the move `moved_in` is the 2B period of the move, and a pending version
    is withdrawn at once; later, one that is pending when its period is closed (`open_period` is the open one)."""
    withdrawn: list[int] = []
    superseded: list[int] = []
    left = list(range(len(earlier)))

    def pending(index: int) -> bool:
        version = earlier[index]
        if version.held and version.action is not Action.PENDING:
            before = next((i for i in reversed(left[: left.index(index)]) if _stands(earlier[i])), None)
            return before is not None and not earlier[before].closed and pending(before)
        closes = open_period is None or (version.land or version.claim_period) < open_period
        return version.action is Action.PENDING and closes

    while left:
        index = left[-1]
        version = earlier[index]
        if _stands(version):
            if version.closed or version.takes_back:
                break
            if pending(index):
                withdrawn.append(index)
            elif version.claim_period == moved_in:
                superseded.append(index)
            else:
                return TakenBack(tuple(withdrawn), tuple(superseded), version.tax, held=True)
        left.pop()
    rest = [earlier[i] for i in left]
    found = baseline_of(rest, reverse_charge=False)
    credit = rest[found].tax if found is not None else None
    return TakenBack(tuple(withdrawn), tuple(superseded), credit, held=False)


@dataclass(frozen=True, slots=True)
class ReductionStand:
    """Where the reduction record of a moved bill stands. `baseline` is the credit it takes back, None if none."""

    route: Route
    standing: Standing
    direction: Direction
    baseline: TaxAmounts | None


def stand_of_reduction(earlier: Sequence[Version], *, route: Route, open_period: TaxPeriod) -> ReductionStand:
    """R-133(b), R-134: the reduction record waits while the version that brings the credit is open, and is withdrawn
    if there is no credit to take back. `earlier` are the previous GSTIN's versions since the bill came, `route` is
    where the record would go, `open_period` the GSTIN's open 2B period."""
    back = take_back(earlier, open_period=open_period)
    return ReductionStand(
        route=Route.WITHDRAWN if back.credit is None else route,
        standing=Standing.BLOCKED if back.held else Standing.BASELINE,
        direction=Direction.DOWN,
        baseline=back.credit,
    )


def stays_away(route: Route, kind: Kind) -> bool:
    """Does a record with this `route` remain out of IMS, whatever becomes of the versions before it? A reduction
    record alone comes back, once its bill is no longer pending (R-134)."""
    return route in GONE and kind is not Kind.BOE_REDUCTION


def _stands(version: Version) -> bool:
    return version.route not in GONE and not version.superseded
