"""The figures of the page that compares the books with IMS: records by class and suggestion, the two exposures, and the
proofs that every record and every bill is counted once.

All figures of records are about the documents that land in GSTR-2B of the open period or before. Documents that can
never be filed are left out. The tax of a record is its effect on ITC as it stands, as in the record list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import BooleanField, Case, F, FilteredRelation, Q, Value, When

from invoices.matching.ladder import Class
from invoices.matching.suggestions import Action as Suggested
from invoices.models import Taxpayer
from invoices.queries import effects, situations
from invoices.queries.record_list import findings, records
from invoices.queries.record_list.counts import Desk
from invoices.queries.record_list.filters import Filters
from invoices.queries.situations import DeskView, Group
from invoices.register.models import MatchRun
from invoices.rules.situation import Action, Filing

OPEN = Filters(lands="this", filing=(Filing.SAVED.value, Filing.FILED.value))
BY = ("found_class", "found_sub", "found_suggestion", "found_reduction", "lowers")


@dataclass(frozen=True, slots=True)
class Sum:
    """A number of records and their tax in paise."""

    count: int = 0
    tax: int = 0

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.count + other.count, self.tax + other.tax)


@dataclass(frozen=True, slots=True)
class Part:
    """Records with the same answer of the matcher and the same action. `class_` is "" for records without a finding.
    `reduction` is the credit to give back on acceptance, or "". `lowers` is True if accepting the records lowers ITC.
    `asks` is True if the law asks on acceptance by how much ITC is reduced."""

    class_: str
    sub: str
    suggestion: str
    reduction: str
    lowers: bool
    asks: bool
    superseded: bool
    action: Action
    sum: Sum

    @property
    def told(self) -> str:
        """Return the suggestion as the record list's filter names it."""
        return self.suggestion if self.suggestion in findings.TOLD else findings.NONE


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: one or several classes. `match` are the values of the record list's filter that select its
    records."""

    key: str
    match: tuple[str, ...]


def _row_of(class_: str) -> Row:
    return Row(class_, (class_,))


OTHER_NUMBER = tuple(one for one in findings.SUBCLASSES if one.startswith("NUMBER-") and one != "NUMBER-year")
ROWS = (
    *(_row_of(one) for one in ("MANUAL", "EXACT", "ROUNDING", "DATE")),
    Row("NUMBER-year", ("NUMBER-year",)),
    Row("NUMBER", OTHER_NUMBER),
    *(
        _row_of(one.value)
        for one in Class
        if one.value not in ("MANUAL", "EXACT", "ROUNDING", "DATE", "NUMBER")
    ),
    *(_row_of(one) for one in (findings.ALONE, findings.DOUBLE, findings.WAITING)),
)


def row_key(class_: str, sub: str) -> str:
    """Return the key of the row in which records of a class stand."""
    if not class_:
        return findings.WAITING
    return "NUMBER-year" if (class_, sub) == ("NUMBER", "year") else class_


def last_run(taxpayer: Taxpayer) -> MatchRun | None:
    return MatchRun.objects.filter(taxpayer=taxpayer).order_by("-pk").first()


def parts(taxpayer: Taxpayer, view: DeskView, *, status: Iterable[Action] = ()) -> list[Part]:
    """Return the records of the open period by the matcher's answer and the action, only those with an action of
    `status` if it is given. One query for any number of records, and one more if amendments with a declared reduction
    are among them."""
    asked = Filters(lands=OPEN.lands, filing=OPEN.filing, status=tuple(one.value for one in status))
    found = records.matching(taxpayer, view, asked).annotate(
        found=FilteredRelation(
            "findings", condition=Q(findings__until__isnull=True, findings__taxpayer_id=taxpayer.pk)
        ),
        found_class=F("found__match_class"),
        found_sub=F("found__sub"),
        found_suggestion=F("found__suggestion"),
        found_reduction=F("found__reduction"),
        lowers=Case(When(effect__lt=0, then=Value(True)), default=Value(False), output_field=BooleanField()),
    )
    groups = effects.completed(situations.tally(found, view, by=BY, sums=True), found, view, by=BY)
    return [_part(group) for group in groups]


def _part(group: Group) -> Part:
    class_, sub, suggestion, reduction, lowers = group.keys
    return Part(
        class_ or "",
        sub or "",
        suggestion or "",
        reduction or "",
        bool(lowers),
        group.ruling.asks_reduction,
        group.situation.superseded,
        group.situation.action,
        Sum(group.count, effects.of_group(group).total),
    )


def total(found: Iterable[Part], keep: Callable[[Part], bool] = lambda part: True) -> Sum:
    return sum((part.sum for part in found if keep(part)), Sum())


@dataclass(frozen=True, slots=True)
class Exposure:
    """Records without an action, which count as accepted. `credit` raises ITC or leaves it as it is, and `reductions`
    lower it. Both are never netted."""

    credit: Sum
    reductions: Sum

    @property
    def count(self) -> int:
        return self.credit.count + self.reductions.count


def silence(found: Iterable[Part]) -> Exposure:
    """Return the exposure of all records without an action."""
    return _exposure(part for part in found if part.action is Action.NONE)


def unsupported(found: Iterable[Part]) -> Exposure:
    """Return the part of `silence` that the matcher does not suggest to accept."""
    return _exposure(
        part for part in found if part.action is Action.NONE and part.told != Suggested.ACCEPT.value
    )


def _exposure(found: Iterable[Part]) -> Exposure:
    there = list(found)
    return Exposure(total(there, lambda part: not part.lowers), total(there, lambda part: part.lowers))


@dataclass(frozen=True, slots=True)
class Proof:
    """The records of the open period: each has a bill, is not in the books, is reported twice, or is not matched yet.
    `replaced` of the waiting records are earlier versions of amended documents, which no bill is compared with."""

    records: Sum
    paired: Sum
    alone: Sum
    double: Sum
    waiting: Sum
    replaced: int


def proof(found: Iterable[Part]) -> Proof:
    there = list(found)

    def of(*classes: str) -> Sum:
        return total(there, lambda part: part.class_ in classes)

    pairs = tuple(one.value for one in Class)
    waiting = [part for part in there if not part.class_]
    return Proof(
        records=total(there),
        paired=of(*pairs),
        alone=of(findings.ALONE),
        double=of(findings.DOUBLE),
        waiting=total(waiting),
        replaced=total(waiting, lambda part: part.superseded).count,
    )


@dataclass(frozen=True, slots=True)
class Outside:
    """Numbers of records that the figures of the open period leave out: those that land later, and those that can never
    be filed."""

    later: int
    lapsed: int


def outside(taxpayer: Taxpayer, view: DeskView) -> Outside:
    """Return the records that the figures leave out, from the counters. One query."""
    desk = Desk(taxpayer, view)
    later, lapsed = Filters(lands="later", filing=OPEN.filing), Filters(filing=(Filing.LAPSED.value,))
    counted = [desk.count(asked) for asked in (later, lapsed)]
    return Outside(*(one.count if one else 0 for one in counted))
