"""The situation: all facts about a record that the rulebook needs for its ruling, as a small value.

A record's *situation* consists of a few properties (facets). Each facet has a few possible values. All
records in the same situation get the same ruling. A bulk job therefore needs one ruling for each situation
among its records. The job updates all records with the same ruling by one SQL statement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum


class Book(str, Enum):
    """The rulebook that applies to a record (R-008). The rulebook depends only on the record's natural 2B
    month, not on the day of an action."""

    B2410 = "2410"
    B2510 = "2510"


class Kind(str, Enum):
    """The kind of a document (R-001). BOE_REDUCTION is the reduction record of a moved bill of entry. This
    record takes the credit back from the previous GSTIN (R-133 b)."""

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
        """True for INV, DN and ECO: the kinds that bring credit from a supplier and have a time limit
        (R-032)."""
        return self in (Kind.INVOICE, Kind.DEBIT_NOTE, Kind.ECO)

    @property
    def sign(self) -> int:
        """+1 if accepting the document raises ITC, -1 if accepting the document lowers ITC."""
        return -1 if self is Kind.CREDIT_NOTE else 1


class Route(str, Enum):
    """The route of a record (R-030): to the IMS desk, directly to GSTR-2B without IMS, or to neither."""

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
    """Whether the supplier has filed the document's form, or has only saved the document (R-002). A lapsed
    document is saved in a form that can no longer be filed (R-045, R-075)."""

    SAVED = "S"
    FILED = "F"
    LAPSED = "L"


class Standing(str, Enum):
    """The position of a version among the versions of the same document with the same recipient (R-081 to
    R-084)."""

    ORIGINAL = "O"
    # The baseline of this version is an earlier version that was accepted and is closed.
    BASELINE = "A"
    # This version has a baseline. The baseline has forward charge, and this version has reverse charge.
    CHARGE_CHANGED = "C"
    # This version has no baseline, because every earlier version was rejected or gave no credit.
    NO_BASELINE = "R"
    # This version takes the place of an open version of the same 2B period.
    PREVAILS = "S"
    # This version takes the place of an open version that the recipient has rejected.
    PREVAILS_REJECTED = "Q"
    # This version waits until the version before it is closed.
    BLOCKED = "B"


class Direction(str, Enum):
    """Whether the total tax of an amendment is higher than, lower than or equal to the total tax of the
    version with which the amendment is compared (R-007). NONE is for originals."""

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
    """The answer to "Does ITC need to be reduced?" (R-120). NONE means that the portal did not ask, or that
    the recipient did not answer and the default applies."""

    NONE = "-"
    FULL = "F"
    PART = "P"
    NO = "N"


@dataclass(frozen=True, slots=True)
class Situation:
    """All facts about a record on which the law decides. The last four fields depend on the period or the day
    for which the caller asks."""

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
    past_cutoff: bool = False  # the section 16(4) date of the root document's year is over

    @property
    def record_label(self) -> str:
        """The fields that depend on the supplier's document (`book` to `superseded`), as the text in
        `Record.label`."""
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
        """The fields that depend on the recipient (`action` and `answer`), as the text in
        `Decision.label`."""
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
    """Return the situation for a record's two labels. The labels have the form of `Situation.record_label`
    and `Situation.decision_label`. Raise ValueError for other texts."""
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
