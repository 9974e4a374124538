"""The ruling: the rulebook's answer, and the clauses that led to the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from invoices.rules.situation import Action, Situation


class Section(str, Enum):
    """Tables of GSTR-2B (T2)."""

    ALL_OTHER_ITC = "AV_A1"
    ISD = "AV_A2"
    REVERSE_CHARGE = "AV_A3"
    IMPORTS = "AV_A4"
    CREDIT_NOTES = "AV_B"
    NOT_AVAILABLE = "NA_A"
    NOT_AVAILABLE_NOTES = "NA_B"
    RULE_37A = "REV_37A"
    REJECTED = "REJ"


class Table4Row(str, Enum):
    """Rows of GSTR-3B Table 4 that are filled from GSTR-2B (R-100)."""

    IMPORTS = "4A1"
    REVERSE_CHARGE = "4A3"
    ISD = "4A4"
    ALL_OTHER = "4A5"
    REVERSED = "4B1"
    REVERSED_OTHER = "4B2"
    NOT_AVAILABLE = "4D2"
    NONE = ""


class Treated(str, Enum):
    """How the record was treated. The text is printed on the GSTR-2B line."""

    ACCEPTED = "ACCEPTED"
    DEEMED = "DEEMED_ACCEPTED"
    CHARGE_CHANGED = "FCM_TO_RCM"
    REJECTED = "REJECTED"
    DIRECT = ""


class Reason(str, Enum):
    """Why the credit is not available."""

    PLACE_OF_SUPPLY = "POS"
    TIME_BAR = "16(4)"
    NONE = ""


class Effect(str, Enum):
    """The signed change to ITC in Table 4(A) of GSTR-3B, as a formula over the record's stored amounts."""

    NONE = "0"
    FULL = "+"  # sign x (tax - baseline)
    WHOLE = "w"  # sign x tax, without regard to earlier versions
    DECLARED = "d"  # An increase counts in full, a decrease only as declared.
    # Takes the baseline's credit back. If the baseline is a credit note, gives its reduction back.
    MINUS_BASELINE = "-"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of GSTR-2B that a record brings."""

    section: Section
    row: Table4Row = Table4Row.NONE
    treated: Treated = Treated.DIRECT
    reason: Reason = Reason.NONE
    effect: Effect = Effect.NONE
    # Amounts outside 4(A). If `not_available`, 4(D)(2) gets the document's tax minus the baseline's tax. If
    # `reverses_baseline`, 4(B)(1) gets the tax of the baseline.
    not_available: bool = False
    reverses_baseline: bool = False
    # True if another line of the same record takes the baseline's credit back. In this case, 4(D)(2) gets the
    # whole tax of the document.
    beside_baseline: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """A rule with its number, the sentence for the user, the month from which it applies, and its source.
    `several_cases` is True if the sentence lists several cases, of which a record is only one."""

    code: str
    sentence: str
    since: str
    source: str
    name: str = ""
    several_cases: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action is not available: the refusal code, the clause, what to do instead, and the reason in one short
    line, in the words of this kind of record."""

    code: str
    clause: Clause
    instead: str = ""
    short: str = ""

    @property
    def full(self) -> str:
        """Return the clause's sentence. If the sentence lists several cases, return only this record's case."""
        return self.short if self.clause.several_cases else self.clause.sentence


@dataclass(frozen=True, slots=True)
class Ruling:
    """The rulebook's complete answer for one situation."""

    situation: Situation
    in_ims: bool
    refusals: Mapping[Action, Refusal]
    asks_reduction: bool  # if the record is accepted, the portal asks how much ITC is reduced
    one_period: bool  # the record may be pending for only one further period
    purgeable: bool  # The pending record leaves IMS after the section 16(4) date.
    # Acceptance lowers ITC, so the pending record returns to No action after the section 16(4) date.
    reverts: bool
    adds_back: bool
    lines: tuple[Line, ...]
    trail: tuple[Clause, ...] = field(default=())

    @property
    def allowed(self) -> frozenset[Action]:
        """Return which of Accept, Reject and Pending are available now."""
        return frozenset({Action.ACCEPTED, Action.REJECTED, Action.PENDING} - set(self.refusals))

    @property
    def can_reset(self) -> bool:
        return Action.NONE not in self.refusals

    @property
    def in_statement(self) -> bool:
        return bool(self.lines)


# A legality clause returns the actions that it forbids, the refusal code, what to do instead, and the reason in one
# short line, in the words of this kind of record. It returns None if it forbids no action. A disposition clause returns the record's GSTR-2B lines, or None if the clause
# does not apply to the situation.
Closes = tuple[frozenset[Action], str, str, str]
LegalityRule = Callable[[Situation], Closes | None]
DispositionRule = Callable[[Situation], tuple[Line, ...] | None]

CLAUSES: dict[str, Clause] = {}


@dataclass(frozen=True, slots=True)
class Legality:
    clause: Clause
    rule: LegalityRule


@dataclass(frozen=True, slots=True)
class Disposition:
    clause: Clause
    rule: DispositionRule


def _clause(
    code: str, since: str, source: str, rule: Callable[..., object], *, several_cases: bool = False
) -> Clause:
    sentence = " ".join((rule.__doc__ or "").split())
    found = Clause(code, sentence, since, source, rule.__name__, several_cases)
    CLAUSES[f"{code} {rule.__name__}"] = found
    return found


def legality(
    code: str, *, since: str = "2024-10", source: str, several_cases: bool = False
) -> Callable[[LegalityRule], Legality]:
    """Return a decorator that makes a function a legality clause with the rule number `code`. The function's
    docstring is the sentence that users read. `several_cases` says that this sentence lists several cases."""
    return lambda rule: Legality(_clause(code, since, source, rule, several_cases=several_cases), rule)


def disposition(
    code: str, *, since: str = "2024-10", source: str
) -> Callable[[DispositionRule], Disposition]:
    """Return a decorator that makes a function a disposition clause with the rule number `code`. The
    function's docstring is the sentence that users read."""
    return lambda rule: Disposition(_clause(code, since, source, rule), rule)
