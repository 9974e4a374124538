"""Where an amended version stands against the versions before it (R-007, R-080 to R-089, R-133, R-134)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.rules.situation import Action, Direction, Filing, Route, Standing

DIRECT_CREDIT = (Route.REVERSE_CHARGE, Route.ISD, Route.NON_RESIDENT, Route.ICEGATE, Route.BEFORE_IMS)
GONE = (Route.WITHDRAWN, Route.PURGED)


@dataclass(frozen=True, slots=True)
class Version:
    """An earlier version as its recipient's desk has it now. `closed`: the GSTR-3B it counts in is filed, or
    it has left IMS for good. `too_late`: it was taken up after its last claim period (R-066)."""

    route: Route
    filing: Filing
    claim_period: TaxPeriod
    action: Action
    closed: bool
    superseded: bool
    reverse_charge: bool
    tax: TaxAmounts
    too_late: bool = False
    land: TaxPeriod | None = None  # the 2B period it was carried to, if it was
    held: bool = False  # it waits for the version before it
    takes_back: bool = False  # the reduction record of a moved bill of entry (R-133 b)
    declared: TaxAmounts | None = None  # the reduction its acceptance declared, if not the full one

    @property
    def gave_credit(self) -> bool:
        """Was this version's credit taken, or its note's reduction made (R-084)?"""
        if not self.closed or self.superseded or self.filing is not Filing.FILED:
            return False
        if self.route is Route.IMS:
            return self.action in (Action.ACCEPTED, Action.NONE) and not self.too_late
        return self.route in DIRECT_CREDIT

    @property
    def uses_up_baseline(self) -> bool:
        """R-088, R-089: this version took an earlier forward-charge credit back."""
        return (
            self.filing is Filing.FILED
            and not self.superseded
            and self.route in (Route.REVERSE_CHARGE, Route.PLACE_OF_SUPPLY)
        )

    @property
    def uses_up_forward_credit(self) -> bool:
        """R-088: a reverse-charge version past its time limit (R-032) took forward-charge credit back all the same;
        what an earlier reverse-charge version brought, it left."""
        return (
            self.filing is Filing.FILED
            and not self.superseded
            and self.route is Route.TIME_BAR
            and self.reverse_charge
        )


def since_it_came(earlier: Sequence[Version]) -> Sequence[Version]:
    """Those of a bill's versions that count at a GSTIN to which it came back: after the record that took its credit
    back (R-133 a)."""
    moved = [i for i, version in enumerate(earlier) if version.takes_back and version.route not in GONE]
    return earlier[moved[-1] + 1 :] if moved else earlier


@dataclass(frozen=True, slots=True)
class Stand:
    standing: Standing
    direction: Direction
    baseline: int | None  # index into the earlier versions


def direction_of(tax: TaxAmounts, reference: TaxAmounts) -> Direction:
    """R-007: on total tax only."""
    if tax.total > reference.total:
        return Direction.UP
    return Direction.DOWN if tax.total < reference.total else Direction.LEVEL


def baseline_of(earlier: Sequence[Version], *, reverse_charge: bool) -> int | None:
    """Index of the baseline (R-084) among versions ordered oldest first, or None.

    A forward-charge version may stand on a forward-charge baseline only; a reverse-charge one on either
    (taking a forward baseline back is R-088, and is done once)."""
    taken_back = False
    for index in range(len(earlier) - 1, -1, -1):
        version = earlier[index]
        if version.takes_back and version.route not in GONE:
            return None  # R-133(b): the bill moved away, and its credit went back
        counts = reverse_charge if version.reverse_charge else not taken_back
        if version.gave_credit and counts:
            return index
        if version.uses_up_baseline and version.closed:
            return None
        taken_back = taken_back or (version.closed and version.uses_up_forward_credit)
    return None


def stand(
    *,
    claim_period: TaxPeriod,
    route: Route,
    tax: TaxAmounts,
    reverse_charge: bool,
    earlier: Sequence[Version],
) -> Stand:
    """Standing of an amended version at its recipient. `earlier` holds that recipient's versions of the same
    root document, oldest first; none (the original went to another GSTIN) means full value."""
    if not earlier:
        return Stand(Standing.NO_BASELINE, Direction.LEVEL, None)
    previous = earlier[-1]
    index = baseline_of(earlier, reverse_charge=reverse_charge)
    reference = earlier[index].tax if index is not None else previous.tax
    direction = direction_of(tax, reference)
    same_period = not previous.closed and previous.claim_period == claim_period
    if not previous.closed and not same_period and route is Route.IMS:
        # The effect of a held amendment is open until the version before it is closed. A held amendment that may
        # lower ITC, against that version or against the baseline, counts as lowering: R-063 purges no lowering
        # record.
        against_previous = direction_of(tax, previous.tax)
        return Stand(
            Standing.BLOCKED, Direction.DOWN if direction is Direction.DOWN else against_previous, None
        )
    if index is not None:
        changed = reverse_charge and not earlier[index].reverse_charge
        return Stand(Standing.CHARGE_CHANGED if changed else Standing.BASELINE, direction, index)
    if same_period:
        rejected = previous.action is Action.REJECTED
        return Stand(Standing.PREVAILS_REJECTED if rejected else Standing.PREVAILS, direction, None)
    return Stand(Standing.NO_BASELINE, direction, None)


def takes_place_of(*, claim_period: TaxPeriod, filing: Filing, previous: Version) -> bool:
    """R-083: a filed amendment supersedes an open version of the same natural 2B period."""
    return filing is Filing.FILED and not previous.closed and previous.claim_period == claim_period


def withdraws_pending(
    *, route: Route, filing: Filing, previous: Version, claim_period: TaxPeriod | None = None
) -> bool:
    """R-088, R-089: a filed amendment that goes past IMS takes a pending original out of IMS, and one that was
    pending and has been taken up into the very 2B period of the amendment: both would count there."""
    together = claim_period is not None and previous.land == claim_period
    return (
        filing is Filing.FILED
        and route in (Route.REVERSE_CHARGE, Route.PLACE_OF_SUPPLY)
        and previous.route is Route.IMS
        and not previous.closed
        and (previous.action is Action.PENDING or together)
    )
