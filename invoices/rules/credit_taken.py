"""The amounts by which documents really changed the recipient's ITC.

A credit note may have reduced ITC by less than the note's tax (R-084). A bill of entry may have moved to
another GSTIN, so that its credit at the previous GSTIN must be taken back (R-133, R-134)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.rules.amendments import GONE, Stand, Version, baseline_of
from invoices.rules.situation import Action, Direction, Kind, Route, Standing


def taken_of(earlier: Sequence[Version], index: int) -> TaxAmounts:
    """Return by how much a credit note reduces the recipient's ITC, per tax head in paise (R-084).

    The function reads the accepted versions of the note, from the oldest version to `earlier[index]`. If a
    version raises the note's tax, ITC falls further: by the reduction that the recipient declared, or by the
    full increase if the recipient declared nothing (R-122). If a version lowers the note's tax below the
    reduction that was made before, the recipient gets the difference back."""
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
    """Return the amounts from which the effect of an amended credit note is counted, in paise (R-084).

    `tax` is the tax of the amendment. `found` is the standing of the amendment, which must have a baseline.
    Each tax head has its own amount. If the amendment does not lower the head, the amount is the baseline's
    tax. Otherwise the amount is the ITC that the recipient really gave up for the baseline, but at least the
    amendment's tax."""
    assert found.baseline is not None
    reference, taken = earlier[found.baseline].tax, taken_of(earlier, found.baseline)
    if found.standing is Standing.CHARGE_CHANGED:
        return taken  # the amendment undoes the whole reduction that the recipient really made
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
    """The changes at the previous GSTIN after a bill of entry has moved to another GSTIN. The previous GSTIN gets
    a reduction record, which takes back the credit of the bill.

    `withdrawn` and `superseded` are the indexes of the previous GSTIN's versions that are withdrawn or
    superseded. `credit` is the credit that the reduction record takes back, or None. `held` is True if the
    reduction record must wait until the version with this credit is closed."""

    withdrawn: tuple[int, ...]
    superseded: tuple[int, ...]
    credit: TaxAmounts | None
    held: bool


def take_back(
    earlier: Sequence[Version], *, moved_in: TaxPeriod | None = None, open_period: TaxPeriod | None = None
) -> TakenBack:
    """Return what happens at the previous GSTIN when a bill of entry moves to another GSTIN (R-133(b),
    R-134). `earlier` holds the bill's versions at the previous GSTIN, oldest first.

    When the bill moves, the caller passes `moved_in`, the 2B period of the move. Every pending version is
    then withdrawn. After the move, the caller passes `open_period`, the open 2B period. A pending version is
    then withdrawn only if the period of the version is before `open_period`."""
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
    """The route and the standing of the reduction record of a moved bill of entry. `baseline` is the credit
    that the reduction record takes back, or None."""

    route: Route
    standing: Standing
    direction: Direction
    baseline: TaxAmounts | None


def stand_of_reduction(earlier: Sequence[Version], *, route: Route, open_period: TaxPeriod) -> ReductionStand:
    """Return the route and the standing of the reduction record of a moved bill of entry (R-133(b), R-134).

    The reduction record waits while the version that brings the credit is open. The reduction record is
    withdrawn if there is no credit to take back. In all other cases its route is `route`. `earlier` holds the
    bill's versions at the previous GSTIN, oldest first."""
    back = take_back(earlier, open_period=open_period)
    return ReductionStand(
        route=Route.WITHDRAWN if back.credit is None else route,
        standing=Standing.BLOCKED if back.held else Standing.BASELINE,
        direction=Direction.DOWN,
        baseline=back.credit,
    )


def stays_away(route: Route, kind: Kind) -> bool:
    """True if a record has left IMS for good. A withdrawn or purged record has left IMS for good, unless it
    is a reduction record. A reduction record returns when its bill of entry is no longer pending (R-134)."""
    return route in GONE and kind is not Kind.BOE_REDUCTION


def _stands(version: Version) -> bool:
    return version.route not in GONE and not version.superseded
