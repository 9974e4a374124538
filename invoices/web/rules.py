"""Help: every clause of the rulebook with its source, and every refusal code. Made from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ims_portal.kernel.errors import NotFound
from invoices.rules.books import BOOK_2024_10, BOOKS
from invoices.rules.refusals import CODES
from invoices.rules.ruling import CLAUSES, Clause
from invoices.rules.situation import Action, Book, Direction, Filing, Kind, Route, Situation, Standing
from invoices.web import words
from invoices.web.examples import Example, examples
from invoices.web.rows import rule_url, since

ORDER = (Action.ACCEPTED, Action.REJECTED, Action.PENDING, Action.NONE)
ACTION_WORDS = {
    Action.ACCEPTED: "Accept",
    Action.REJECTED: "Reject",
    Action.PENDING: "Pending",
    Action.NONE: "Reset to No action",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A clause as the help shows it. `closes` are actions it shuts, with the code of the refusal and what to do
    instead; `places` are tables of GSTR-2B it sends records to."""

    clause: Clause
    title: str
    url: str
    since: str
    ended: str
    closes: tuple[str, ...]
    codes: tuple[str, ...]
    instead: str
    places: tuple[str, ...]
    example: Example | None


@lru_cache(maxsize=1)
def clauses() -> tuple[Shown, ...]:
    """Every clause, by its number. What each closes is found by asking it about every situation there is."""
    legal = {law.clause.name: law for book in BOOKS for law in book.legality}
    placing = {law.clause.name: law for law in BOOK_2024_10.disposition}
    closes = {name: _closes(law.rule) for name, law in legal.items()}
    places = _places()
    shown = []
    for clause in CLAUSES.values():
        if clause.name in placing and placing[clause.name].clause is clause:
            found, lines = _NOTHING, places.get(clause.name, ())
        else:
            found, lines = closes.get(clause.name, _NOTHING), ()
        actions, codes, instead = found
        shown.append(
            Shown(
                clause,
                _title(clause.name),
                rule_url(clause.code),
                since(clause.since),
                _ended(clause.name),
                actions,
                codes,
                instead,
                lines,
                examples().get(clause.name),
            )
        )
    return tuple(sorted(shown, key=lambda s: (int(s.clause.code[2:]), s.clause.name)))


Closing = tuple[tuple[str, ...], tuple[str, ...], str]
_NOTHING: Closing = ((), (), "")


def _title(name: str) -> str:
    text = name.replace("_", " ").capitalize()
    for word, said in (("gstr2b", "GSTR-2B"), ("gstr3b", "GSTR-3B"), (" ims", " IMS")):
        text = text.replace(word, said)
    return text


def _ended(name: str) -> str:
    """Records of later books are not bound by it."""
    if any(law.clause.name == name for law in BOOKS[-1].legality + BOOKS[-1].disposition):
        return ""
    return _("records of GSTR-2B before %(period)s") % {"period": BOOKS[-1].since.label}


def _closes(ask: Any) -> Closing:
    actions: set[Action] = set()
    codes: set[str] = set()
    instead = ""
    for situation in _situations():
        found = ask(situation)
        if found is not None:
            actions |= found[0]
            codes.add(found[1])
            instead = found[2]
    return tuple(ACTION_WORDS[a] for a in ORDER if a in actions), tuple(sorted(codes)), instead


def _places() -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for situation in _situations():
        for action in (Action.ACCEPTED, Action.REJECTED, Action.PENDING):
            asked = situation.with_action(action)
            for law in BOOK_2024_10.disposition:
                lines = law.rule(asked)
                if lines is not None:
                    known = found.setdefault(law.clause.name, {})
                    known.update(dict.fromkeys(words.place(line) for line in lines))
                    break
    return {name: tuple(sorted(known)) for name, known in found.items()}


@lru_cache(maxsize=1)
def _situations() -> tuple[Situation, ...]:
    """Every situation that a clause could tell from another."""
    return tuple(
        Situation(
            Book.B2510, kind, route, Filing.FILED, standing, direction, False,
            closed=closed, time_barred=flag, pending_limit_reached=flag,
        )
        for kind, route, standing, direction, closed, flag in product(
            Kind, Route, Standing, Direction, (False, True), (False, True)
        )
    )  # fmt: skip


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    every = clauses()
    return render(
        request,
        "invoices/rules.html",
        {
            "crumbs": [{"label": _("Help"), "url": "/help/"}, {"label": _("Rules"), "url": ""}],
            "legality": [s for s in every if s.closes],
            "disposition": [s for s in every if not s.closes],
            "codes": _codes(CODES),
        },
    )


@require_safe
def one_rule(request: HttpRequest, code: str) -> HttpResponse:
    """A rule by its number (R-053), or a refusal by its code."""
    code = code.upper()
    if code in CODES:
        shown = [s for s in clauses() if code in s.codes]
        title, names = CODES[code].sentence, [code]
    else:
        shown = [s for s in clauses() if s.clause.code == code]
        names = sorted(
            {name for s in shown for name in s.codes} | {n for n, c in CODES.items() if c.rule == code}
        )
        if not shown and not names:
            raise NotFound("NOT_FOUND", "There is no such rule.")
        title = shown[0].title if shown else CODES[names[0]].sentence
    return render(
        request,
        "invoices/rule.html",
        {
            "crumbs": [
                {"label": _("Help"), "url": "/help/"},
                {"label": _("Rules"), "url": "/help/rules/"},
                {"label": code, "url": ""},
            ],
            "code": code,
            "title": title,
            "shown": shown,
            "codes": _codes(names),
            "near": _near(shown[0] if shown else None),
        },
    )


def _codes(names: Iterable[str]) -> list[dict[str, str]]:
    return [
        {"code": n, "sentence": CODES[n].sentence, "rule": CODES[n].rule, "url": rule_url(n)} for n in names
    ]


def _near(shown: Shown | None) -> list[Shown]:
    if shown is None:
        return []
    every = list(clauses())
    here = every.index(shown)
    beside = every[max(0, here - 2) : here + 3]
    return [s for s in beside if s.clause.code != shown.clause.code]
