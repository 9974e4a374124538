"""Which situations a record can be in. The examples of the rule pages show only such
situations."""

from __future__ import annotations

from invoices.rules.rulebooks import imports_in_ims
from invoices.rules.situation import Action, Book, Filing, Kind, Route, Situation, Standing

# routes of supplies, which a bill of entry never takes
OF_SUPPLIES = (
    Route.REVERSE_CHARGE,
    Route.ISD,
    Route.NON_RESIDENT,
    Route.PLACE_OF_SUPPLY,
    Route.TIME_BAR,
    Route.NO_ACCESS,
)
# routes of an amendment from forward charge to reverse charge; the bars of come first
CHARGE_CHANGES = (Route.REVERSE_CHARGE, Route.PLACE_OF_SUPPLY, Route.TIME_BAR, Route.BEFORE_IMS)


def can_occur(s: Situation) -> bool:
    """False for a situation in which no record is.

    A bill of entry has no supplier's form, so it is filed from the start (R-131). It goes directly to GSTR-2B under the book of October 2024
    and to IMS afterwards (R-130). A reduction record exists only in IMS (R-133). A credit note is never
    barred by time (R-032). An amendment from forward charge to reverse charge never enters IMS. Its
    route is reverse charge, a bar, or a month before IMS (R-088). Only a record in IMS has an action, and a record is closed
    only after filing."""
    if s.kind.is_import:
        if s.filing is not Filing.FILED or s.route in OF_SUPPLIES:
            return False
        direct = s.route is Route.ICEGATE
        if direct and (s.kind is Kind.BOE_REDUCTION or imports_in_ims(s.book)):
            return False
        if s.route is Route.IMS and not imports_in_ims(s.book):
            return False
    elif s.route is Route.ICEGATE:
        return False
    if s.kind is Kind.CREDIT_NOTE and s.route is Route.TIME_BAR:
        return False
    if s.route is Route.BEFORE_IMS and s.book is not Book.B2410:
        return False
    if s.standing is Standing.CHARGE_CHANGED and s.route not in CHARGE_CHANGES:
        return False
    if s.action is not Action.NONE and s.route is not Route.IMS:
        return False
    return s.filing is Filing.FILED or not s.closed
