"""The part "Books and portal" of a record's page: the record's bills, the relation in words, the suggestion, and other
bills that come near."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ims_portal.kernel.periods import TaxPeriod
from invoices.matching import reasons
from invoices.matching.ladder import Class
from invoices.matching.run import Match
from invoices.matching.settings import Settings
from invoices.matching.words import ACTIONS, REASONS, class_words
from invoices.models import Record
from invoices.people.access import Access
from invoices.queries import effects
from invoices.queries.situations import DeskView
from invoices.register import matching_job
from invoices.register.beside import Beside, Candidate, beside
from invoices.register.both_sides import OnDesk, bill_of
from invoices.register.models import Bill, Finding
from invoices.rules.ruling import Ruling
from invoices.rules.situation import Action
from invoices.web.page import words
from invoices.web.register import fields

# the codes that say that something agrees: they are no reason why a candidate is worse
AGREE = frozenset(
    {"NUM_SAME", "NUM_FORMAT", "DATE_SAME", "AMT_EXACT", "IRN_SAME", "PORT_SAME", "ORIGINAL_SAME"}
)
NO_CLASS = gettext_noop("None")
TONES = {"accept": "A", "pending": "P"}


def part_of(access: Access, live: Record, view: DeskView, ruling: Ruling) -> dict[str, Any] | None:
    """Return what the template needs, or None for a taxpayer without a register."""
    found = beside(access.taxpayer, live)
    if found is None:
        return None
    finding = found.finding
    name, sentence = class_of(finding)
    here = found.here.document
    one = found.bills[0] if found.facts is not None else None
    return {
        "root": found.root,
        "finding": finding,
        "name": name,
        "sentence": sentence,
        "reasons": said(finding.reasons) if finding else [],
        "suggestion": suggestion_of(finding),
        "bills": [booked(bill, found) for bill in found.bills],
        "documents": found.documents,
        "sums": found.sums,
        "lines": lines_of(one, found.here, found) if one else [],
        "one": one,
        "candidates": [_candidate(each) for each in found.candidates],
        "decision": _decision(live),
        "outcome": _outcome(live, view, ruling),
        "running": matching_job.under_way(access.taxpayer) is not None,
        "supplier": here.supplier,
        "latest": found.here.record if found.here.record.pk != live.pk else None,
    }


def class_of(finding: Finding | None) -> tuple[str, str]:
    """Return the name and the sentence of a finding's class."""
    if finding is None:
        return _("Not matched yet"), _("The matcher has not run since this document came.")
    name, sentence = class_words(finding.match_class, finding.sub)
    return _(name), _(sentence)


def said(codes: Iterable[str]) -> list[str]:
    """Return the sentences of reasons."""
    return [_(REASONS[code]) for code in codes if code in REASONS]


def suggestion_of(finding: Finding | None) -> dict[str, str]:
    """Return the words of the suggestion and of its fallback."""
    if finding is None or not finding.suggestion:
        return {}
    return {
        "word": _(ACTIONS[finding.suggestion]),
        "tone": TONES.get(finding.suggestion, "I"),
        "fallback": _(ACTIONS[finding.fallback]) if finding.fallback else "",
        "fallback_tone": TONES.get(finding.fallback, "N"),
    }


def booked(bill: Bill, found: Beside) -> dict[str, Any]:
    return {"bill": bill, "heads": bill_of(bill).heads, "by_hand": bill.identity in found.by_hand}


def lines_of(bill: Bill, here: OnDesk, found: Beside) -> list[fields.Line]:
    """Return the lines of the pair."""
    assert found.facts is not None
    ours, theirs = bill_of(bill), here.document
    originals = bill.original_number, str((here.record.details or {}).get("original_number", ""))
    shown = fields.lines(ours, theirs, found.facts, Settings(), originals=originals)
    return [fields.both_gstins(ours, theirs), *shown] if ours.own != theirs.own else shown


def _candidate(one: Candidate) -> dict[str, Any]:
    why = []
    if one.apart:
        why.append(_(REASONS["KEPT_APART"]))
    why += [_("It is joined with %(number)s.") % {"number": each.document.number} for each in one.joined]
    why += differing(one)
    if one.edge:
        name = _(class_words(one.edge.class_.value, one.edge.sub)[0])
    else:
        name = _(NO_CLASS)
    return {"bill": one.bill, "tax": one.view.heads.tax, "name": name, "why": why, "apart": one.apart}


def differing(one: Candidate) -> list[str]:
    """Return the sentences of what differs between a candidate and the document."""
    return said(code for code in codes_of(one) if code not in AGREE)


def codes_of(one: Candidate) -> tuple[str, ...]:
    """Return the reasons of a candidate as if it was paired."""
    class_ = one.edge.class_ if one.edge else Class.RESIDUAL
    return reasons.of_match(Match((one.view,), (one.document,), class_, facts=one.facts))


def _decision(live: Record) -> str:
    decision = live.decision
    word = _(words.STATUS_WORDS[Action(decision.action)])
    if not decision.acted_at:
        return word
    return f"{word} · {decision.acted_at:%d-%m-%Y}"


def _outcome(live: Record, view: DeskView, ruling: Ruling) -> str:
    """Return what became of the document."""
    period = TaxPeriod.from_number(max(effects.land_period(live), view.open_period))
    if not ruling.in_ims:
        period = TaxPeriod.from_number(effects.land_period(live))
        return _("Closed with GSTR-2B of %(period)s.") % {"period": view.files.label(period)}
    if live.decision.action == Action.PENDING.value:
        return _("Open: a pending document stays in IMS.")
    return _("Open until GSTR-3B of %(period)s is filed.") % {"period": view.files.label(period)}
