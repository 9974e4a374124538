"""Help page: the differences between the two rulebooks."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from invoices.models.choices import KIND_LABELS
from invoices.queries.explain import DIRECTIONS, STANDINGS
from invoices.rules.differences import differences, unchanged
from invoices.rules.ruling import Ruling
from invoices.rules.situation import Book, Direction, Kind, Situation
from invoices.web.record_list.row import VERBS


def _open(ruling: Ruling) -> str:
    return ", ".join(_(word) for action, word in VERBS.items() if action in ruling.allowed) or _("nothing")


@dataclass(slots=True)
class Row:
    """The records of one kind to which the rulebooks give the same answers. `cases` says in words which
    records these are. A row of unchanged rules has only `before`."""

    before: str
    after: str = ""
    late: str = ""
    asks: bool = False
    cases: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Subject:
    """A kind of document, with its rows by their answers."""

    slug: str
    label: str
    rows: dict[tuple[object, ...], Row] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return sum(len(row.cases) for row in self.rows.values())

    def add(self, case: str, row: Row) -> None:
        answers = (row.before, row.after, row.late, row.asks)
        self.rows.setdefault(answers, row).cases.append(case)


def _case(s: Situation) -> str:
    stands = _(STANDINGS[s.standing])
    return stands if s.direction is Direction.NONE else f"{stands} {_(DIRECTIONS[s.direction])}"


def _subject(subjects: dict[Kind, Subject], kind: Kind) -> Subject:
    return subjects.setdefault(kind, Subject(kind.value.lower(), str(_(KIND_LABELS[kind]))))


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Show the situations (kinds of records) on which the two rulebooks differ, each with both rulings, by
    kind of document. The situations on which the rulebooks agree follow, folded."""
    changed: dict[Kind, Subject] = {}
    same: dict[Kind, Subject] = {}
    for found in differences(Book.B2410, Book.B2510):
        pending = " " + _("(Pending for one period)") if found.after.one_period else ""
        row = Row(
            before=_("not in IMS") if found.before is None else _open(found.before),
            after=_open(found.after) + pending,
            late=_open(found.late) if found.after.one_period else "—",
            asks=found.after.asks_reduction,
        )
        _subject(changed, found.situation.kind).add(_case(found.situation), row)
    for situation, ruling in unchanged(Book.B2410, Book.B2510):
        _subject(same, situation.kind).add(_case(situation), Row(before=_open(ruling)))
    context = {
        "changed": list(changed.values()),
        "same": list(same.values()),
        "same_count": sum(subject.count for subject in same.values()),
        "old": _("October 2024"),
        "new": _("October 2025"),
        "crumbs": [
            {"label": _("Help"), "url": "/help/"},
            {"label": _("Rules"), "url": "/help/rules/"},
            {"label": _("Side by side")},
        ],
    }
    return render(request, "invoices/compare_books.html", context)
