"""Help: every clause of the rulebook with its source, and every refusal code. Made from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ims_portal.kernel.errors import NotFound
from invoices.queries.clauses import NOTHING, closing, situations, title_of
from invoices.rules.books import BOOK_2024_10, BOOKS
from invoices.rules.refusals import CODES
from invoices.rules.ruling import CLAUSES, Clause
from invoices.rules.situation import Action
from invoices.web import words
from invoices.web.examples import Example, examples
from invoices.web.rows import rule_url, since

ACTION_WORDS = {
    Action.ACCEPTED: gettext_noop("Accept"),
    Action.REJECTED: gettext_noop("Reject"),
    Action.PENDING: gettext_noop("Pending"),
    Action.NONE: gettext_noop("Reset to No action"),
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
    letters: str
    codes: tuple[str, ...]
    instead: str
    places: tuple[str, ...]
    example: Example | None


def clauses() -> tuple[Shown, ...]:
    """Every clause, by its number, in the reader's language."""
    return _clauses(get_language() or "")


@lru_cache(maxsize=4)
def _clauses(_language: str) -> tuple[Shown, ...]:
    # what each closes is found by asking it about every situation there is
    legal = {law.clause.name: law for book in BOOKS for law in book.legality}
    placing = {law.clause.name: law for law in BOOK_2024_10.disposition}
    closes = {name: closing(law.rule) for name, law in legal.items()}
    places = _places()
    shown = []
    for clause in CLAUSES.values():
        if clause.name in placing and placing[clause.name].clause is clause:
            found, lines = NOTHING, places.get(clause.name, ())
        else:
            found, lines = closes.get(clause.name, NOTHING), ()
        actions, codes, instead = found
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
                _(instead) if instead else "",
                lines,
                examples().get(clause.name),
            )
        )
    return tuple(sorted(shown, key=lambda s: (int(s.clause.code[2:]), s.clause.name)))


def _ended(name: str) -> str:
    """Records of later books are not bound by it."""
    if any(law.clause.name == name for law in BOOKS[-1].legality + BOOKS[-1].disposition):
        return ""
    return _("records of GSTR-2B before %(period)s") % {"period": BOOKS[-1].since.label}


def _places() -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for situation in situations():
        for action in (Action.ACCEPTED, Action.REJECTED, Action.PENDING):
            asked = situation.with_action(action)
            for law in BOOK_2024_10.disposition:
                lines = law.rule(asked)
                if lines is not None:
                    known = found.setdefault(law.clause.name, {})
                    known.update(dict.fromkeys(words.place(line) for line in lines))
                    break
    return {name: tuple(sorted(known)) for name, known in found.items()}


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
        title, names = _(CODES[code].sentence), [code]
    else:
        shown = [s for s in clauses() if s.clause.code == code]
        names = sorted(
            {name for s in shown for name in s.codes} | {n for n, c in CODES.items() if c.rule == code}
        )
        if not shown and not names:
            raise NotFound("NOT_FOUND", _("There is no such rule."))
        title = shown[0].title if shown else _(CODES[names[0]].sentence)
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
        {"code": n, "sentence": _(CODES[n].sentence), "rule": CODES[n].rule, "url": rule_url(n)}
        for n in names
    ]


def _near(shown: Shown | None) -> list[Shown]:
    if shown is None:
        return []
    every = list(clauses())
    here = every.index(shown)
    beside = every[max(0, here - 2) : here + 3]
    return [s for s in beside if s.clause.code != shown.clause.code]
