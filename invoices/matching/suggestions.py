"""Suggestions: which action follows from the class of a match, and which never follows without a person.

The rulebook is asked first: an action that is not open is never suggested. A rejection is never suggested, because it is
the dearest action and the slowest to undo. A suggestion, the person's action and the outcome are three facts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from ims_portal.kernel.money import HEADS
from ims_portal.kernel.periods import TaxPeriod
from invoices.matching import reasons
from invoices.matching.documents import Claim, Group
from invoices.matching.ladder import Class
from invoices.matching.run import Match
from invoices.rules.situation import Book, Filing


class Action(str, Enum):
    """LOOK suggests no action: a person decides. NONE stands only for a fallback."""

    ACCEPT = "accept"
    PENDING = "pending"
    LOOK = "look"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Desk:
    """The facts of a record's desk on the day of the suggestion.

    `open` are the actions that the rulebook allows. `period` is the record's GSTR-2B period, `open_period` the one that
    is open now. `last_period` is True in the last period in which the credit can be claimed. `pending_until` is the last
    day on which the record may be pending, if the law gives one. `new_supplier` is True if nothing was ever bought from
    the supplier."""

    group: Group
    book: Book
    filing: Filing
    open: Collection[Action | str]
    period: TaxPeriod
    open_period: TaxPeriod
    last_period: bool = False
    pending_until: date | None = None
    new_supplier: bool = False
    lowers: bool = False

    @property
    def gives_back(self) -> bool:
        """True if accepting the record lowers the credit."""
        return self.lowers or self.group is Group.CREDIT_NOTE


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`fallback` is what an unanswered LOOK becomes when a person finishes many records at once. `auto` is True if an
    approved rule may take the action without a person. `reduction` is the credit to give back, for an accepted credit
    note since October 2025. `until` is the last day of a pending action. `why` is the reason that changed the
    suggestion of the class, "" if none did."""

    action: Action
    auto: bool = False
    fallback: Action | None = None
    reduction: Claim | None = None
    until: date | None = None
    why: str = ""
    reasons: tuple[str, ...] = ()


# Classes and sub-classes whose suggestion is to accept. All others are looked at or kept pending.
ACCEPTED = frozenset(
    {
        (Class.EXACT, ""),
        (Class.ROUNDING, ""),
        (Class.DATE, ""),
        (Class.DATE, "swapped"),
        (Class.NUMBER, "year"),
        (Class.PLACE, "pos"),
        (Class.VALUE, "taxable"),
        (Class.GROUP, "net"),
    }
)
# Classes and sub-classes that are kept pending without the question.
KEPT = frozenset({(Class.PLACE, "rcm"), (Class.VALUE, "higher"), (Class.VALUE, "heads"), (Class.BRANCH, "")})
BY_RULE = frozenset({Class.EXACT, Class.ROUNDING})


def suggested(desk: Desk, match: Match | None, *, double: bool = False) -> Suggestion:
    """Return the suggestion for a record. `match` is None for a record without a bill. `double` is True if the record
    reports a bill again that has its record already."""
    found = _without_bill(desk, double) if match is None else _with_bill(desk, match)
    if match is not None:
        found = replace(found, reasons=(*reasons.of_match(match), *found.reasons))
    if found.action is Action.LOOK and desk.last_period:
        found = _because(replace(found, fallback=Action.NONE), "LAST_PERIOD")
    return _open(desk, found)


def _without_bill(desk: Desk, double: bool) -> Suggestion:
    if double:
        return Suggestion(Action.LOOK, fallback=Action.PENDING, reasons=("DOUBLE_IN_IMS",))
    if desk.new_supplier:
        return Suggestion(Action.LOOK, fallback=Action.PENDING, reasons=("NOT_IN_BOOKS", "SUPPLIER_NEW"))
    found = Suggestion(Action.PENDING, reasons=("NOT_IN_BOOKS",))
    if desk.last_period:
        found = _because(found, "LAST_PERIOD")
    return found


def _with_bill(desk: Desk, match: Match) -> Suggestion:
    kind = (match.class_, match.sub)
    accept = kind in ACCEPTED or (kind == (Class.VALUE, "lower") and _may_take_less(desk, match))
    if match.class_ is Class.MANUAL:
        accept = match.facts is not None and match.facts.near
    if kind == (Class.GROUP, "net") and _note_since_2025(desk, match):
        accept = False
    if not accept:
        action = Action.PENDING if kind in KEPT else Action.LOOK
        told = ("SUPPLIER_CAN_EDIT",) if match.class_ is Class.VALUE and desk.filing is Filing.SAVED else ()
        return Suggestion(action, fallback=None if action is Action.PENDING else Action.PENDING, reasons=told)
    return _shifted(desk, match, _accepted(desk, match))


def _accepted(desk: Desk, match: Match) -> Suggestion:
    bill = match.bills[0]
    told: tuple[str, ...] = ()
    if match.class_ is Class.VALUE and match.sub == "lower" and desk.filing is Filing.SAVED:
        told = ("SUPPLIER_CAN_EDIT",)
    if bill.itc is Claim.NONE:
        told = (*told, "ITC_NOT_TAKEN")
    since_2025 = desk.book is Book.B2510
    reduction = (bill.itc or Claim.FULL) if desk.gives_back and since_2025 else None
    claimed = bill.claimed is not None and bill.claimed < desk.open_period
    if claimed and not desk.gives_back:
        return Suggestion(Action.LOOK, fallback=Action.PENDING, reasons=(*told, "CLAIMED_BEFORE"))
    auto = (
        match.class_ in BY_RULE
        and not desk.gives_back
        and not desk.new_supplier
        and not desk.last_period
        and not match.several
        and not bill.date_unsure
        and bill.itc is not Claim.NONE
        and len(match.bills) == len(match.records) == 1
    )
    return Suggestion(Action.ACCEPT, auto=auto, reduction=reduction, reasons=told)


def _shifted(desk: Desk, match: Match, found: Suggestion) -> Suggestion:
    """Return the suggestion, moved to a later period if the goods came later than the credit could be taken (section
    16(2)(b))."""
    received = max((bill.received for bill in match.bills if bill.received), default=None)
    if found.action is not Action.ACCEPT or desk.gives_back or received is None:
        return found
    if received <= max(desk.period, desk.open_period):
        return found
    if desk.last_period:
        return _because(replace(found, auto=False), "LAST_PERIOD")
    return _because(replace(found, action=Action.PENDING, auto=False), "PERIOD_LATER")


def _open(desk: Desk, found: Suggestion) -> Suggestion:
    """Return the suggestion if its action is open, and otherwise LOOK."""
    may_wait = Action.PENDING in desk.open
    told = found.reasons
    if not may_wait:
        told = (*told, "PENDING_BLOCKED")
    if desk.group is Group.BILL_OF_ENTRY:
        told = (*told, "REJECT_NEVER")
    found = replace(found, reasons=told)
    if found.action is Action.LOOK:
        return replace(found, fallback=found.fallback if may_wait else Action.NONE)
    if found.action not in desk.open:
        return replace(found, action=Action.LOOK, auto=False, fallback=Action.NONE, reduction=None)
    if found.action is Action.PENDING and desk.pending_until is not None and desk.gives_back:
        return replace(found, until=desk.pending_until, reasons=(*found.reasons, "PENDING_ONE_PERIOD"))
    return found


def _may_take_less(desk: Desk, match: Match) -> bool:
    """True if a record with less tax than its bill may be taken as it is: within 31 days, at least half of the tax, and
    no head above the bill's. A credit note with less tax gives back less."""
    if desk.gives_back:
        return True
    assert match.facts is not None
    bill, record = match.bills[0].heads, match.records[0].heads
    above = any(getattr(record, head) > getattr(bill, head) for head in HEADS)
    return match.facts.apart <= 31 and 2 * record.tax >= bill.tax and not above


def _note_since_2025(desk: Desk, match: Match) -> bool:
    note = any(record.group is Group.CREDIT_NOTE for record in match.records)
    return (note and desk.book is Book.B2510) or desk.gives_back


def _because(found: Suggestion, code: str) -> Suggestion:
    return replace(found, why=code, reasons=(*found.reasons, code))
