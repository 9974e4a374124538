"""Help pages of the rules: every rule with its statement, every clause with its source, and every refusal
code. The pages are made from the statements and the rulebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.periods import TaxPeriod
from invoices.people.access import last_gstin
from invoices.queries.clauses import NOTHING, closing, situations, title_of
from invoices.rules import gstr2b_placement
from invoices.rules.refusals import CODES
from invoices.rules.rulebooks import BOOK_2024_10, BOOKS
from invoices.rules.ruling import CLAUSES, Clause, Line
from invoices.rules.situation import Action, Route, Situation
from invoices.rules.statements import STATEMENTS
from invoices.rules.statements.sources import SOURCES
from invoices.rules.statements.statement import Statement
from invoices.web.help import guide
from invoices.web.help.examples import Example, example
from invoices.web.page import words
from invoices.web.record_list.row import rule_url, since

ACTION_WORDS = {
    Action.ACCEPTED: gettext_noop("Accept"),
    Action.REJECTED: gettext_noop("Reject"),
    Action.PENDING: gettext_noop("Pending"),
    Action.NONE: gettext_noop("Reset to No action"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A clause in the form of the help. `closes` are the actions that the clause refuses, `codes` the refusal
    codes, and `instead` are the texts of advice. `places` are the tables of GSTR-2B to which the clause sends records.
    `screens` are the screens that show the effect of the clause."""

    clause: Clause
    title: str
    url: str
    since: str
    ended: str
    closes: tuple[str, ...]
    letters: str
    codes: tuple[str, ...]
    instead: tuple[str, ...]
    places: tuple[str, ...]
    screens: tuple[guide.Screen, ...]

    @property
    def example(self) -> Example | None:
        """The clause's example. The list of all rules shows no examples, so only the page of a rule searches
        for the examples of its clauses."""
        return example(self.clause)


def clauses() -> tuple[Shown, ...]:
    """Return every clause in the reader's language, ordered by number."""
    return _clauses(get_language() or "")


@lru_cache(maxsize=4)
def _clauses(_language: str) -> tuple[Shown, ...]:
    # `closing` finds the actions that a clause refuses. For this, `closing` applies the clause to all
    # situations (combinations of record properties) that `situations` returns.
    legal = {law.clause.name: law for book in BOOKS for law in book.legality}
    placing = {law.clause.name: law for law in BOOK_2024_10.disposition}
    closes = {name: closing(law.rule) for name, law in legal.items()}
    places = _places()
    shown = []
    for clause in CLAUSES.values():
        if clause.name in placing and placing[clause.name].clause is clause:
            found, (lines, routes) = NOTHING, places.get(clause.name, NOWHERE)
        else:
            found, lines = closes.get(clause.name, NOTHING), frozenset()
            routes = _routes(legal[clause.name].rule)
        actions, codes, instead, _short = found
        shown.append(
            Shown(
                clause,
                _(title_of(clause.name)),
                rule_url(clause.code),
                since(clause.since),
                _ended(clause.name),
                tuple(_(ACTION_WORDS[a]) for a in actions),
                "".join(a.value for a in actions),
                codes,
                tuple(_(text) for text in instead),
                tuple(sorted({words.place(line) for line in lines})),
                guide.of_clause(closes=bool(actions), lines=lines, routes=routes),
            )
        )
    return tuple(sorted(shown, key=lambda s: (int(s.clause.code[2:]), s.clause.name)))


def _ended(name: str) -> str:
    """Return "" for a clause of the latest rulebook. For an older clause, return a text that names the
    periods in which the clause applies."""
    if any(law.clause.name == name for law in BOOKS[-1].legality + BOOKS[-1].disposition):
        return ""
    return _("records of GSTR-2B before %(period)s") % {"period": BOOKS[-1].since.label}


Places = dict[str, tuple[frozenset[Line], frozenset[Route]]]
# used for a clause that is not in `Places`, because the clause sends no record to GSTR-2B
NOWHERE: tuple[frozenset[Line], frozenset[Route]] = (frozenset(), frozenset())


def _places() -> Places:
    """Return, for each clause, the lines of GSTR-2B to which the clause sends records, and the routes of
    these records."""
    lines: dict[str, set[Line]] = {}
    routes: dict[str, set[Route]] = {}
    for situation in situations():
        for action in (Action.ACCEPTED, Action.REJECTED, Action.PENDING):
            asked = situation.with_action(action)
            for law in BOOK_2024_10.disposition:
                found = law.rule(asked)
                if found is not None:
                    lines.setdefault(law.clause.name, set()).update(found)
                    routes.setdefault(law.clause.name, set()).add(situation.route)
                    break
    return {name: (frozenset(lines[name]), frozenset(routes[name])) for name in lines}


def _routes(ask: Callable[[Situation], object]) -> frozenset[Route]:
    """Return the routes (ways into GSTR-2B) of the records to which a clause about actions applies. `ask` is
    the clause's function."""
    return frozenset(situation.route for situation in situations() if ask(situation) is not None)


@dataclass(frozen=True, slots=True)
class Said:
    """The statement of a rule in the reader's language. `holds` says to which records the rule applies."""

    code: str
    title: str
    url: str
    text: str
    example: str
    holds: str
    sources: tuple[tuple[str, str], ...]  # short name and name in words
    sure: str


def said(statement: Statement) -> Said:
    """Return a statement in the reader's language."""
    first = since(statement.since)
    if statement.until:
        last = TaxPeriod.parse(statement.until).offset(-1).label
        holds = _("records of GSTR-2B from %(first)s to %(last)s") % {"first": first, "last": last}
    elif first:
        holds = _("from %(first)s") % {"first": first}
    else:
        holds = _("The law is older than IMS.")
    return Said(
        statement.code,
        _(statement.title),
        rule_url(statement.code),
        _(statement.text),
        _(statement.example),
        holds,
        tuple((key, _(SOURCES[key])) for key in statement.sources),
        _(statement.sure.value),
    )


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """Show all rules: the clauses of the rulebook, the refusal codes, every rule by number, the sources."""
    every = clauses()
    return render(
        request,
        "invoices/rules.html",
        {
            "crumbs": [{"label": _("Help"), "url": "/help/"}, {"label": _("Rules"), "url": ""}],
            "legality": [s for s in every if s.closes],
            "disposition": [s for s in every if not s.closes],
            "codes": _codes(CODES),
            "statements": [said(statement) for statement in STATEMENTS.values()],
            "sources": [(key, _(text)) for key, text in SOURCES.items()],
        },
    )


@require_safe
def one_rule(request: HttpRequest, code: str) -> HttpResponse:
    """Show a rule by its number (R-053), or a refusal by its code. Raise `NotFound` for an unknown number or
    code."""
    code = code.upper()
    if code in CODES:
        shown = [s for s in clauses() if code in s.codes]
        statement = STATEMENTS[CODES[code].rule]
        title, names = _(CODES[code].sentence), [code]
    elif code in STATEMENTS:
        shown = [s for s in clauses() if s.clause.code == code]
        statement = STATEMENTS[code]
        names = sorted(
            {name for s in shown for name in s.codes} | {n for n, c in CODES.items() if c.rule == code}
        )
        title = _(statement.title)
    else:
        raise NotFound(
            "NOT_FOUND", _("There is no rule with this number. Choose a rule from the list of rules.")
        )
    return render(
        request,
        "invoices/rule.html",
        {
            "crumbs": [
                {"label": _("Help"), "url": "/help/"},
                {"label": _("Rules"), "url": "/help/rules/"},
                {"label": title if code in CODES else code, "url": ""},
            ],
            "code": code,
            "title": title,
            "said": said(statement),
            "shown": shown,
            "tables": _tables(statement),
            "codes": _codes(names),
            "shared_codes": any(CODES[name].rule != statement.code for name in names),
            # A code that belongs to a clause on this page is left out, because `Shown.screens` of the clause
            # already has the code's screens. The code that the page is about is kept in any case.
            "screens": _screens(
                request, shown, [n for n in names if n == code or not any(n in s.codes for s in shown)]
            ),
            "near": _near(statement),
        },
    )


def _tables(statement: Statement) -> list[Shown]:
    """Return all clauses that send records to GSTR-2B, for the page of the rule about the tables of GSTR-2B.
    Other rules get an empty list."""
    if statement.code != gstr2b_placement.straight_to_gstr2b.clause.code:
        return []
    return [s for s in clauses() if not s.closes]


def _codes(names: Iterable[str]) -> list[dict[str, str]]:
    return [
        {"code": n, "sentence": _(CODES[n].sentence), "rule": CODES[n].rule, "url": rule_url(n)}
        for n in names
    ]


def _screens(request: HttpRequest, shown: list[Shown], names: Iterable[str]) -> list[dict[str, str]]:
    """Return links to the screens on which a person sees a rule. `shown` are the rule's clauses, and `names`
    are the rule's refusal codes. A link leads to the screen at the GSTIN that the person opened before, or
    else to the screen's description in the help."""
    keys = {screen.key for clause in shown for screen in clause.screens}
    keys |= {key for name in names for key in guide.MET.get(name, ())}
    gstin = last_gstin(request) if request.user.is_authenticated else ""
    return [{"label": _(screen.label), "url": screen.url(gstin)} for screen in guide.ordered(keys)]


def _near(statement: Statement) -> list[Said]:
    """Return the two rules before and the two rules after a rule, by number."""
    every = list(STATEMENTS.values())
    here = every.index(statement)
    return [said(s) for s in every[max(0, here - 2) : here + 3] if s is not statement]
