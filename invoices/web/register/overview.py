"""The page Match: records by class and suggestion, the exposures, the proofs, and the hit rate by month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from ims_portal.kernel import clock
from ims_portal.kernel.money import format_count
from invoices.matching.words import class_words
from invoices.models import Taxpayer
from invoices.people.access import Access, for_taxpayer
from invoices.queries.record_list import findings
from invoices.register import expected, hit_rate, overview
from invoices.register.overview import Part, Row, Sum
from invoices.rules.situation import Action
from invoices.web.page.crumbs import crumbs
from invoices.web.record_list import found_words
from invoices.web.record_list.row import desk_view
from invoices.web.register import exposures
from invoices.web.register.exposures import CREDIT, LESS, list_url, undecided_url

ACCEPT = "accept"
BLOCKS = (
    (CREDIT, gettext_noop("Adds credit"), gettext_noop("Credit")),
    (LESS, gettext_noop("Reduces credit: credit notes and lowered documents"), gettext_noop("Reductions")),
)
NOT_YET = gettext_noop("It came after the last run, or an amendment replaced it.")
# credit to give back on acceptance -> the word on the button
BUTTONS = {
    "": gettext_noop("Accept %(n)s"),
    "full": gettext_noop("Accept %(n)s, reduce in full"),
    "none": gettext_noop("Accept %(n)s, reduce nothing"),
}


@for_taxpayer()
@require_safe
def match(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the comparison of the books with IMS for the open period."""
    taxpayer, view = access.taxpayer, desk_view(access)
    context: dict[str, Any] = {"access": access, "crumbs": crumbs(access, here=_("Match"))}
    if access.books:
        found = overview.parts(taxpayer, view)
        undecided = [part for part in found if part.action is Action.NONE]
        months = hit_rate.months(taxpayer)
        context |= {
            **exposures.of(taxpayer, found),
            "period_name": taxpayer.opens.label,
            "run": overview.last_run(taxpayer),
            "suggestions": [found_words.suggestion(one) for one in findings.SUGGESTIONS],
            "blocks": [_block(taxpayer, undecided, *block) for block in BLOCKS],
            "proof": _proof(taxpayer, overview.proof(found)),
            "outside": overview.outside(taxpayer, view),
            "later_url": list_url(taxpayer, lands="later"),
            "lapsed_url": list_url(taxpayer, lands="", filing="L"),
            "months": [
                {
                    "month": one,
                    "share": "" if one.share is None else f"{one.share:.1f}",
                    "now": one.period == taxpayer.opens,
                }
                for one in months
            ],
            "any_month": any(one.share is not None for one in months),
            "as_of": clock.now().isoformat(),
        }
        context["bill_proof"] = _bill_proof(taxpayer, context["bills"])
    return render(request, "invoices/register/match.html", context)


def _block(
    taxpayer: Taxpayer, undecided: Sequence[Part], effect: str, title: str, total: str
) -> dict[str, Any]:
    """Return one of the two blocks of the table, with its sums."""
    mine = [part for part in undecided if part.lowers == (effect == LESS)]
    rows = []
    for row in overview.ROWS:
        there = [part for part in mine if overview.row_key(part.class_, part.sub) == row.key]
        if there:
            rows.append(_row(taxpayer, row, there, effect))
    return {
        "title": _(title),
        "total": _(total),
        "rows": rows,
        "cells": _cells(taxpayer, mine, effect=effect),
        "all": _linked(overview.total(mine), undecided_url(taxpayer, effect=effect)),
    }


def _row(taxpayer: Taxpayer, row: Row, there: Sequence[Part], effect: str) -> dict[str, Any]:
    filters = {"effect": effect, "match": ",".join(row.match)}
    if row.key == findings.WAITING:
        name, sentence = found_words.match(row.key), _(NOT_YET)
    else:
        subs = {part.sub for part in there}
        class_, _dash, sub = row.key.partition("-")
        name = found_words.match(row.key)
        # gettext answers the empty text with the header of the catalogue
        sentence = class_words(class_, sub or (subs.pop() if len(subs) == 1 else ""))[1]
        sentence = _(sentence) if sentence else ""
    return {
        "name": name,
        "sentence": sentence,
        "cells": _cells(taxpayer, there, **filters),
        "all": _linked(overview.total(there), undecided_url(taxpayer, **filters)),
        "accepts": _accepts(taxpayer, there, **filters),
        "parts": _left_out(taxpayer, there, **filters),
    }


def _cells(taxpayer: Taxpayer, there: Sequence[Part], **filters: str) -> list[dict[str, Any]]:
    """Return the cell of each suggestion."""
    return [
        {
            "label": found_words.suggestion(told),
            **_linked(
                overview.total(there, lambda part, told=told: part.told == told),  # type: ignore[misc]
                undecided_url(taxpayer, suggests=told, **filters),
            ),
        }
        for told in findings.SUGGESTIONS
    ]


def _linked(found: Sum, url: str) -> dict[str, Any]:
    return {"sum": found, "url": url if found.count else ""}


def _accepts(taxpayer: Taxpayer, there: Sequence[Part], **filters: str) -> list[dict[str, Any]]:
    """Return the batches that accept what is suggested: one for each answer to the question by how much ITC is reduced,
    because a batch has one answer. Records that are reduced in part need an answer each, so no batch has them."""
    accepted = [part for part in there if part.told == ACCEPT]
    answers = {part.reduction for part in accepted}
    found = []
    for answer, word in BUTTONS.items():
        count = overview.total(accepted, lambda part, answer=answer: part.reduction == answer).count  # type: ignore[misc]
        asked = {**filters, "suggests": ACCEPT}
        if answers != {""}:
            asked["reduces"] = answer or findings.UNASKED
        if count:
            found.append(
                {
                    "word": _(word) % {"n": format_count(count)},
                    "count": count,
                    "list": undecided_url(taxpayer, **asked),
                }
            )
    return found


def _left_out(taxpayer: Taxpayer, there: Sequence[Part], **filters: str) -> dict[str, Any] | None:
    count = overview.total(there, lambda part: part.told == ACCEPT and part.reduction == "part").count
    url = undecided_url(taxpayer, suggests=ACCEPT, reduces="part", **filters)
    return {"count": count, "url": url} if count else None


def _proof(taxpayer: Taxpayer, found: overview.Proof) -> dict[str, Any]:
    """Return the lines of the sum of records: label, number and link."""
    lines = (
        (_("with a bill"), found.paired, findings.PAIRED),
        (_("not in the books"), found.alone, findings.ALONE),
        (_("reported twice"), found.double, findings.DOUBLE),
        (_("not matched yet"), found.waiting, findings.WAITING),
    )
    return {
        "count": found.records.count,
        "url": list_url(taxpayer),
        "lines": [
            {"label": label, "count": one.count, "url": list_url(taxpayer, match=match) if one.count else ""}
            for label, one, match in lines
        ],
        "adds_up": sum(one.count for _label, one, _match in lines) == found.records.count,
        "waiting": found.waiting.count - found.replaced,
        "replaced": found.replaced,
    }


def _bill_proof(taxpayer: Taxpayer, found: dict[str, expected.Bills]) -> dict[str, Any]:
    """Return the lines of the sum of bills: label, number and link."""
    labels = {
        expected.PAIRED: _("with a record"),
        expected.EXPECTED: _("expected, not reported"),
        expected.NOT_EXPECTED: _("not expected"),
        expected.TWICE: _("booked twice"),
        expected.WAITING: _("not matched yet"),
    }
    return {
        "count": sum(one.all for one in found.values()),
        "url": exposures.bills_url(taxpayer, ""),
        "lines": [
            {
                "label": label,
                "count": found[state].all,
                "url": exposures.bills_url(taxpayer, state) if found[state].all else "",
            }
            for state, label in labels.items()
        ],
    }
