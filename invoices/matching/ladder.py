"""The ladder: the class of a pair of a bill and a record.

A rung has a rank and its conditions. The class of a pair is the first rung of which all conditions hold. A lower rank
is surer. The page *Why not?* walks the same rungs and names the first condition of each that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from invoices.matching.documents import Bill, Reported
from invoices.matching.numbers import Relation
from invoices.matching.relations import Amounts, Days, Facts, Party, facts
from invoices.matching.settings import Settings


class Class(str, Enum):
    """The classes of matches, the surest first."""

    MANUAL = "MANUAL"
    EXACT = "EXACT"
    ROUNDING = "ROUNDING"
    DATE = "DATE"
    NUMBER = "NUMBER"
    PLACE = "PLACE"
    VALUE = "VALUE"
    YEAR = "YEAR"
    KIND = "KIND"
    SUPPLIER = "SUPPLIER"
    BRANCH = "BRANCH"
    GSTIN = "GSTIN"
    GROUP = "GROUP"
    RESIDUAL = "RESIDUAL"


# The last rank that the first assignment solves, the rank of GSTIN, and the first rank of what is left after it.
LAST_SURE, OTHER_GSTIN, LEFT = 100, 110, 120


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a rung. `code` names it for the page *Why not?*."""

    code: str
    holds: Callable[[Facts, Settings], bool]


@dataclass(frozen=True, slots=True)
class Rung:
    rank: int
    class_: Class
    sub: str
    conditions: tuple[Condition, ...]

    def failing(self, found: Facts, settings: Settings) -> Condition | None:
        """Return the first condition that does not hold, or None."""
        return next((one for one in self.conditions if not one.holds(found, settings)), None)


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A pair that has a class. `score` orders the pairs of one rank and is never shown as a degree of likeness."""

    bill: Bill
    record: Reported
    rank: int
    class_: Class
    sub: str
    score: int
    facts: Facts


def _is(code: str, holds: Callable[[Facts], bool]) -> Condition:
    return Condition(code, lambda f, _settings: holds(f))


SUPPLIER = _is("supplier", lambda f: f.party is Party.SAME)
OWN = _is("own", lambda f: f.same_own)
KIND = _is("kind", lambda f: f.same_group)
PORT = _is("port", lambda f: f.port_agrees or not f.import_)
IRN = _is("irn", lambda f: f.irns is not False)
NUMBER = _is("number", lambda f: f.number_agrees)
YEAR = _is("year", lambda f: f.same_year)
NEAR = _is("amounts", lambda f: f.near)
PLAIN = _is("place", lambda f: not f.place_differs and not f.charge_differs)
SAME_DAY = _is("day", lambda f: f.days is Days.SAME)
SAME_AMOUNTS = _is("amounts", lambda f: f.amounts is Amounts.SAME)
NEAR_DAY = Condition("day", lambda f, s: f.apart <= s.near_days)
WINDOW = Condition("day", lambda f, s: f.apart <= s.window_days)
NOTE_WINDOW = Condition("day", lambda f, s: f.apart <= s.note_days)
LEFT_WINDOW = Condition("day", lambda f, s: f.apart <= (s.note_days if f.note else s.window_days))
NOT_FAR = Condition("day", lambda f, s: not f.short_number or f.apart <= s.far_days)
FAR = Condition("day", lambda f, s: f.short_number and f.apart > s.far_days)
BASE = (SUPPLIER, OWN, KIND, PORT, IRN)
WRITTEN = _is("number", lambda f: f.number in (Relation.SAME, Relation.FORMAT))


def _number(*relations: Relation) -> Condition:
    return _is("number", lambda f: f.number in relations)


def _amounts(*relations: Amounts) -> Condition:
    return _is("amounts", lambda f: f.amounts in relations)


SHORT_PREFIX = _is(
    "number",
    lambda f: (
        f.number is Relation.PREFIX
        or (f.number is Relation.SHORT_PREFIX and f.days is Days.SAME and f.amounts is Amounts.SAME)
    ),
)
OTHER_DAY = Condition(
    "day",
    lambda f, s: f.days is not Days.SAME and (f.number is not Relation.YEAR or f.apart > s.near_days),
)
SAME_PAN = _is("supplier", lambda f: f.party is Party.SAME_PAN)
OTHER_OWN = _is("own", lambda f: f.same_own_pan and not f.same_own)
VALUES = {
    "heads": Amounts.HEADS,
    "taxable": Amounts.TAXABLE,
    "higher": Amounts.HIGHER,
    "lower": Amounts.LOWER,
}

RUNGS: tuple[Rung, ...] = (
    Rung(10, Class.EXACT, "", (*BASE, WRITTEN, SAME_DAY, SAME_AMOUNTS, PLAIN)),
    Rung(20, Class.ROUNDING, "", (*BASE, WRITTEN, SAME_DAY, NEAR, PLAIN)),
    Rung(
        30,
        Class.DATE,
        "swapped",
        (*BASE, NUMBER, _is("day", lambda f: f.days is Days.SWAPPED), NEAR, PLAIN),
    ),
    Rung(30, Class.DATE, "", (*BASE, NUMBER, YEAR, OTHER_DAY, NOT_FAR, NEAR, PLAIN)),
    Rung(40, Class.NUMBER, "year", (*BASE, _number(Relation.YEAR), NEAR_DAY, NEAR, PLAIN)),
    Rung(40, Class.NUMBER, "prefix", (*BASE, SHORT_PREFIX, WINDOW, NEAR, PLAIN)),
    Rung(40, Class.NUMBER, "look-alike", (*BASE, _number(Relation.LOOK_ALIKE), NEAR_DAY, NEAR, PLAIN)),
    Rung(
        40,
        Class.NUMBER,
        "note",
        (
            *BASE,
            _is("kind", lambda f: f.note),
            _is("number", lambda f: not f.number_agrees),
            _is("original", lambda f: f.same_original),
            NOTE_WINDOW,
            NEAR,
            PLAIN,
        ),
    ),
    Rung(
        40,
        Class.NUMBER,
        "boe",
        (*BASE, _is("kind", lambda f: f.import_), _is("number", lambda f: f.boe_suffix), NEAR_DAY, NEAR),
    ),
    Rung(45, Class.DATE, "far", (*BASE, NUMBER, YEAR, FAR, NEAR)),
    Rung(50, Class.PLACE, "rcm", (*BASE, NUMBER, YEAR, NEAR, _is("charge", lambda f: f.charge_differs))),
    Rung(50, Class.PLACE, "pos", (*BASE, NUMBER, YEAR, NEAR, _is("place", lambda f: f.place_differs))),
    Rung(52, Class.SUPPLIER, "", (SAME_PAN, OWN, KIND, IRN, NUMBER, SAME_DAY, SAME_AMOUNTS)),
    Rung(54, Class.BRANCH, "", (SUPPLIER, OTHER_OWN, KIND, IRN, PORT, NUMBER, SAME_DAY, SAME_AMOUNTS)),
    *(
        Rung(60, Class.VALUE, sub, (*BASE, NUMBER, YEAR, NOT_FAR, _amounts(relation)))
        for sub, relation in VALUES.items()
    ),
    Rung(70, Class.YEAR, "near", (*BASE, NUMBER, NEAR, Condition("day", lambda f, s: f.apart <= s.far_days))),
    Rung(70, Class.YEAR, "far", (*BASE, NUMBER, NEAR, _is("year", lambda f: not f.same_year))),
    Rung(
        80,
        Class.KIND,
        "",
        (
            SUPPLIER,
            OWN,
            IRN,
            _is("kind", lambda f: not f.same_group and not f.credit_note and not f.import_),
            NUMBER,
            YEAR,
            NEAR,
        ),
    ),
    Rung(90, Class.SUPPLIER, "", (SAME_PAN, OWN, KIND, NUMBER, YEAR, NEAR)),
    Rung(100, Class.BRANCH, "", (SUPPLIER, OTHER_OWN, KIND, PORT, NUMBER, YEAR, NEAR)),
    Rung(
        OTHER_GSTIN,
        Class.GSTIN,
        "typo",
        (
            _is("supplier", lambda f: f.party is Party.TYPO),
            OWN,
            KIND,
            _is("number", lambda f: f.number not in (Relation.DIFFERENT, Relation.MISSING)),
            WINDOW,
            NEAR,
        ),
    ),
    Rung(
        OTHER_GSTIN,
        Class.GSTIN,
        "blank",
        (
            _is("supplier", lambda f: f.party is Party.EMPTY),
            OWN,
            KIND,
            _is("name", lambda f: f.same_name),
            WINDOW,
            NEAR,
        ),
    ),
    Rung(
        LEFT, Class.RESIDUAL, "note", (SUPPLIER, OWN, KIND, _is("kind", lambda f: f.note), NOTE_WINDOW, NEAR)
    ),
    Rung(LEFT, Class.RESIDUAL, "boe", (OWN, KIND, PORT, _is("kind", lambda f: f.import_), WINDOW, NEAR)),
    Rung(
        LEFT,
        Class.RESIDUAL,
        "",
        (SUPPLIER, OWN, KIND, _is("kind", lambda f: not f.import_), LEFT_WINDOW, NEAR),
    ),
    Rung(130, Class.VALUE, "far", (*BASE, NUMBER, YEAR, FAR)),
)

NUMBER_SCORE = {
    Relation.SAME: 400,
    Relation.FORMAT: 390,
    Relation.YEAR: 370,
    Relation.PREFIX: 300,
    Relation.LOOK_ALIKE: 260,
    Relation.SHORT_PREFIX: 200,
}
AMOUNT_SCORE = {Amounts.SAME: 400, Amounts.ROUNDING: 380, Amounts.HEADS: 200}


def score(found: Facts) -> int:
    """Return the score of a pair. It orders pairs of the same rank."""
    days = max(0, 200 - 4 * found.apart)
    return NUMBER_SCORE.get(found.number, 0) + AMOUNT_SCORE.get(found.amounts, 0) + days


def classified(bill: Bill, record: Reported, settings: Settings) -> Edge | None:
    """Return the pair with its class, or None if the bill and the record are no pair."""
    found = facts(bill, record, settings)
    for rung in RUNGS:
        if rung.failing(found, settings) is None:
            return Edge(bill, record, rung.rank, rung.class_, rung.sub, score(found), found)
    return None


def why_not(bill: Bill, record: Reported, settings: Settings) -> Iterator[tuple[Rung, Condition | None]]:
    """Yield each rung with the first of its conditions that fails, up to the rung to which the pair belongs. That rung
    comes with None."""
    found = facts(bill, record, settings)
    for rung in RUNGS:
        failing = rung.failing(found, settings)
        yield rung, failing
        if failing is None:
            return
