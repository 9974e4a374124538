"""Everything the rulebook may look at, as a small finite value.

A record's *situation* is a handful of enumerated facets. Because it is finite, one ruling serves
a single record and a million alike: a bulk job asks which situations are present, has each ruled
once, and writes with one statement that lists labels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum


class Book(str, Enum):
    """Which rulebook governs a record for life (R-008), chosen by its natural 2B month."""

    B2410 = "2410"
    B2510 = "2510"


class Kind(str, Enum):
    """What the document is (R-001). BOE_REDUCTION is the record that takes a bill of entry's
    credit back from the GSTIN it was first addressed to (R-133 b)."""

    INVOICE = "INV"
    DEBIT_NOTE = "DN"
    CREDIT_NOTE = "CN"
    ECO = "ECO"
    BILL_OF_ENTRY = "BOE"
    BOE_REDUCTION = "BOR"

    @property
    def is_import(self) -> bool:
        return self in (Kind.BILL_OF_ENTRY, Kind.BOE_REDUCTION)

    @property
    def takes_credit(self) -> bool:
        """INV, DN and ECO give the recipient credit from a supplier (R-032 speaks of these)."""
        return self in (Kind.INVOICE, Kind.DEBIT_NOTE, Kind.ECO)

    @property
    def sign(self) -> int:
        """+1 if accepting the document raises ITC, -1 if it lowers it."""
        return -1 if self is Kind.CREDIT_NOTE else 1


class Route(str, Enum):
    """Where the record goes: to the IMS desk, or past it (R-030), or nowhere any more."""

    IMS = "M"
    REVERSE_CHARGE = "V"
    ISD = "D"
    NON_RESIDENT = "F"
    ICEGATE = "G"
    PLACE_OF_SUPPLY = "P"
    TIME_BAR = "T"
    NO_ACCESS = "X"
    BEFORE_IMS = "B"
    WITHDRAWN = "W"
    PURGED = "U"


class Filing(str, Enum):
    """Has the supplier filed the form (R-002)?"""

    SAVED = "S"
    FILED = "F"


class Standing(str, Enum):
    """Place in the amendment chain, as far as this recipient is concerned (R-081 to R-084)."""

    ORIGINAL = "O"
    BASELINE = "A"  # an earlier version was accepted and is closed
    CHARGE_CHANGED = "C"  # that baseline was a forward-charge version and this one is reverse charge
    NO_BASELINE = "R"  # every earlier version was rejected, or gave no credit
    PREVAILS = "S"  # takes the place of an open version of the same 2B period
    PREVAILS_REJECTED = "Q"  # the same, and that version is rejected at present
    BLOCKED = "B"  # waits for the version it amends to be closed


class Direction(str, Enum):
    """Total tax against the reference version (R-007)."""

    NONE = "-"
    UP = "U"
    DOWN = "D"
    LEVEL = "L"


class Action(str, Enum):
    """The recipient's decision as stored (R-003)."""

    NONE = "N"
    ACCEPTED = "A"
    REJECTED = "R"
    PENDING = "P"


class Answer(str, Enum):
    """Answer to "Does ITC need to be reduced?" (R-120). NONE means not asked, or the default."""

    NONE = "-"
    FULL = "F"
    PART = "P"
    NO = "N"


@dataclass(frozen=True, slots=True)
class Situation:
    """Stored facets, then clock facets: those that depend on the period or day being asked about."""

    book: Book
    kind: Kind
    route: Route
    filing: Filing
    standing: Standing
    direction: Direction
    superseded: bool
    action: Action = Action.NONE
    answer: Answer = Answer.NONE
    closed: bool = False
    time_barred: bool = False
    pending_limit_reached: bool = False
    past_cutoff: bool = False  # the section 16(4) cut-off day of its root document's year is over

    @property
    def record_label(self) -> str:
        """The facets the supplier's side fixes, as stored in `Record.label`."""
        return " ".join(
            (
                self.book.value,
                self.kind.value,
                self.route.value,
                self.filing.value,
                self.standing.value,
                self.direction.value,
                "X" if self.superseded else "-",
            )
        )

    @property
    def decision_label(self) -> str:
        """The facets the recipient fixes, as stored in `Decision.label`."""
        return f"{self.action.value} {self.answer.value}"

    def with_action(self, action: Action, answer: Answer = Answer.NONE) -> Situation:
        return replace(self, action=action, answer=answer)

    @property
    def is_amendment(self) -> bool:
        return self.standing is not Standing.ORIGINAL


def from_labels(
    record_label: str,
    decision_label: str,
    *,
    closed: bool = False,
    time_barred: bool = False,
    pending_limit_reached: bool = False,
    past_cutoff: bool = False,
) -> Situation:
    """Read back what `record_label` and `decision_label` wrote; ValueError for anything else."""
    book, kind, route, filing, standing, direction, superseded = record_label.split(" ")
    action, answer = decision_label.split(" ")
    return Situation(
        book=Book(book),
        kind=Kind(kind),
        route=Route(route),
        filing=Filing(filing),
        standing=Standing(standing),
        direction=Direction(direction),
        superseded=superseded == "X",
        action=Action(action),
        answer=Answer(answer),
        closed=closed,
        time_barred=time_barred,
        pending_limit_reached=pending_limit_reached,
        past_cutoff=past_cutoff,
    )
