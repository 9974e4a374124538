"""The standing of an amended version against the versions before it (R-007, R-080 to R-089, R-133, R-134)."""

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
    """An earlier version, in its current state on the recipient's desk. `closed` means that GSTR-3B of the
    version's period is filed, or that the version has left IMS for good. `too_late` means that the version
    lands in a 2B period after its last claim period (R-066)."""

    route: Route
    filing: Filing
    claim_period: TaxPeriod
    action: Action
    closed: bool
    superseded: bool
    reverse_charge: bool
    tax: TaxAmounts
    too_late: bool = False
    # The 2B period to which the version moved after it was pending. None if it did not move.
    land: TaxPeriod | None = None
    held: bool = False  # The version waits until the version before it is closed.
    takes_back: bool = False  # True for the reduction record of a moved bill of entry (R-133 b).
    # The ITC reduction that the recipient declared. None means the full reduction.
    declared: TaxAmounts | None = None

    @property
    def gave_credit(self) -> bool:
        """True if the recipient took the credit of this version. For a credit note, True if the recipient
        reduced its ITC because of the note (R-084)."""
        if not self.closed or self.superseded or self.filing is not Filing.FILED:
            return False
        if self.route is Route.IMS:
            return self.action in (Action.ACCEPTED, Action.NONE) and not self.too_late
        return self.route in DIRECT_CREDIT

    @property
    def uses_up_baseline(self) -> bool:
        """True if this version took back an earlier forward-charge credit (R-088, R-089)."""
        return (
            self.filing is Filing.FILED
            and not self.superseded
            and self.route in (Route.REVERSE_CHARGE, Route.PLACE_OF_SUPPLY)
        )

    @property
    def uses_up_forward_credit(self) -> bool:
        """True if this version has reverse charge and came after its time limit (R-032). Such a version takes
        back earlier forward-charge credit (R-088), but leaves the amounts of earlier reverse-charge versions
        unchanged."""
        return (
            self.filing is Filing.FILED
            and not self.superseded
            and self.route is Route.TIME_BAR
            and self.reverse_charge
        )


def since_it_came(earlier: Sequence[Version]) -> Sequence[Version]:
    """Return the versions of a bill of entry that count at this GSTIN.

    A bill that moves to another GSTIN leaves a reduction record at this GSTIN. The reduction record takes the
    earlier credit back. If the bill then comes back to this GSTIN, only the versions after the reduction
    record count (R-133 a)."""
    moved = [i for i, version in enumerate(earlier) if version.takes_back and version.route not in GONE]
    return earlier[moved[-1] + 1 :] if moved else earlier


@dataclass(frozen=True, slots=True)
class Stand:
    standing: Standing
    direction: Direction
    baseline: int | None  # index into the earlier versions


def direction_of(tax: TaxAmounts, reference: TaxAmounts) -> Direction:
    """Return whether the total tax of an amendment is higher than, lower than or equal to the total tax of
    `reference` (R-007)."""
    if tax.total > reference.total:
        return Direction.UP
    return Direction.DOWN if tax.total < reference.total else Direction.LEVEL


def baseline_of(earlier: Sequence[Version], *, reverse_charge: bool) -> int | None:
    """Return the index of the baseline among `earlier` (oldest first), or None. The baseline is the earlier
    version with whose tax the amendment is compared (R-084).

    The baseline of a forward-charge amendment is a forward-charge version. The baseline of a reverse-charge
    amendment may have either charge. A forward-charge credit is taken back only once (R-088), so a version
    whose credit is already taken back is no baseline for a forward-charge amendment."""
    taken_back = False
    for index in range(len(earlier) - 1, -1, -1):
        version = earlier[index]
        if version.takes_back and version.route not in GONE:
            return None  # R-133(b): the bill moved to another GSTIN, and its credit was taken back
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
    """Return the standing of an amended version: its position in the recipient's chain of versions.

    `earlier` holds this recipient's versions of the root document, oldest first. If the recipient has no
    earlier version, the original was addressed to another GSTIN. In this case, the whole tax of the amendment
    counts."""
    if not earlier:
        return Stand(Standing.NO_BASELINE, Direction.LEVEL, None)
    previous = earlier[-1]
    index = baseline_of(earlier, reverse_charge=reverse_charge)
    reference = earlier[index].tax if index is not None else previous.tax
    direction = direction_of(tax, reference)
    same_period = not previous.closed and previous.claim_period == claim_period
    if not previous.closed and not same_period and route is Route.IMS:
        # The amendment is held. It is not known yet whether the version before it or the baseline will count.
        # The amendment therefore counts as lowering ITC if its tax is lower than the tax of one of these two.
        # R-063 never purges a record that lowers ITC.
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
    """True if a filed amendment supersedes an open version of the same 2B period (R-083)."""
    return filing is Filing.FILED and not previous.closed and previous.claim_period == claim_period


def withdraws_pending(
    *, route: Route, filing: Filing, previous: Version, claim_period: TaxPeriod | None = None
) -> bool:
    """True if a filed amendment takes the previous version out of IMS (R-088, R-089), so that the two
    versions do not both count. This happens if the amendment goes directly to GSTR-2B, without IMS, and the
    previous version is pending or has moved to the amendment's 2B period (`claim_period`)."""
    together = claim_period is not None and previous.land == claim_period
    return (
        filing is Filing.FILED
        and route in (Route.REVERSE_CHARGE, Route.PLACE_OF_SUPPLY)
        and previous.route is Route.IMS
        and not previous.closed
        and (previous.action is Action.PENDING or together)
    )
