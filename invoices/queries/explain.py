"""Explains a record's action and period in plain words: the clauses that apply, and the record's facts."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ims_portal.kernel.money import format_inr
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices.models import Record
from invoices.models.choices import ACTION_LABELS, KIND_LABELS
from invoices.queries import other_party
from invoices.queries.situations import DeskView, situation_of, untaken_of
from invoices.rules.calendar import Calendar, cutoff
from invoices.rules.legality import lowers_credit
from invoices.rules.rulebooks import rule
from invoices.rules.ruling import Ruling
from invoices.rules.situation import Action, Book, Direction, Filing, Situation, Standing

STANDINGS = {
    Standing.ORIGINAL: gettext_noop("The record is an original document."),
    Standing.BASELINE: gettext_noop(
        "The record amends a version that you accepted in a closed period, so only the difference counts."
    ),
    Standing.CHARGE_CHANGED: gettext_noop(
        "The record changes an accepted forward-charge version to reverse charge."
    ),
    Standing.NO_BASELINE: gettext_noop(
        "The record amends a document whose earlier versions gave no credit, so the whole value of the "
        "record counts."
    ),
    Standing.PREVAILS: gettext_noop(
        "The record amends a document of the same GSTR-2B period and replaces that document."
    ),
    Standing.PREVAILS_REJECTED: gettext_noop(
        "The record amends a document of the same GSTR-2B period and replaces that document, which is "
        "rejected at present."
    ),
    Standing.BLOCKED: gettext_noop(
        "The record waits, because the amended document is not yet closed by GSTR-3B."
    ),
}
DIRECTIONS = {
    Direction.UP: gettext_noop(
        "The record's tax is higher than the tax of the version with which the record is compared (R-007)."
    ),
    Direction.DOWN: gettext_noop(
        "The record's tax is lower than the tax of the version with which the record is compared (R-007)."
    ),
    Direction.LEVEL: gettext_noop(
        "The record's total tax equals the tax of the version with which the record is compared (R-007)."
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an explanation: a rule number and a sentence. If the step is a clause, `since` and `source`
    are the clause's date and source."""

    rule: str
    sentence: str
    since: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of a record: its facts, the clauses that apply, and the actions that are not available,
    with reasons."""

    ruling: Ruling
    facts: tuple[Step, ...]
    clauses: tuple[Step, ...]
    # for each refused action: the action, the clause, the refusal code, and what to do instead
    blocked: tuple[tuple[str, Step, str, str], ...]

    def lines(self) -> list[str]:
        """Return the explanation as lines of text, one line for each step."""
        told = [f"{step.rule:6} {step.sentence}" for step in self.facts]
        told += [f"{s.rule:6} {s.sentence} [since {s.since}; {s.source}]" for s in self.clauses]
        for action, step, code, instead in self.blocked:
            told.append(
                f"{step.rule:6} {action} is not available ({code}): {step.sentence} {instead}".rstrip()
            )
        return told


def explain(record: Record, view: DeskView, calendar: Calendar) -> Explanation:
    """Return the explanation of one record on the desk. The record's decision and recipient must be loaded.
    The function makes no query."""
    situation = situation_of(record, view)
    ruling = rule(situation)
    clauses = tuple(Step(c.code, _(c.sentence), c.since, c.source) for c in ruling.trail)
    blocked = tuple(
        (
            _verb(action),
            Step(r.clause.code, _(r.clause.sentence), r.clause.since, r.clause.source),
            r.code,
            _(r.instead) if r.instead else "",
        )
        for action, r in sorted(ruling.refusals.items())
        if action is not Action.NONE
    )
    return Explanation(ruling, tuple(_facts(record, situation, calendar)), clauses, blocked)


def _verb(action: Action) -> str:
    return {Action.ACCEPTED: _("Accept"), Action.REJECTED: _("Reject"), Action.PENDING: _("Pending")}[action]


def _facts(record: Record, s: Situation, calendar: Calendar) -> list[Step]:
    natural = TaxPeriod.from_number(record.natural_period)
    claim = TaxPeriod.from_number(record.claim_period)
    kind = _(KIND_LABELS[s.kind])
    party = other_party.of_section(record.section)
    facts = [
        Step(
            "R-001",
            _("%(kind)s %(number)s of %(day)s.")
            % {"kind": kind, "number": record.number, "day": f"{record.document_date:%d-%m-%Y}"},
        )
    ]
    if s.filing is Filing.FILED and record.filed_on:
        facts.append(
            Step(
                "R-074" if party.is_customs else "R-070",
                _(party.step)
                % {
                    "form": record.form,
                    "day": f"{record.filed_on:%d-%m-%Y}",
                    "date": f"{record.document_date:%d-%m-%Y}",
                    "month": natural.label,
                },
            )
        )
    elif s.filing is Filing.SAVED:
        facts.append(
            Step(
                "R-073",
                _(
                    "%(who)s saved this document in %(form)s but has not filed it. Its GSTR-2B month is "
                    "%(month)s if %(they)s files in time. Otherwise the month is later."
                )
                % {
                    "who": _(party.subject),
                    "they": _(party.inside),
                    "form": record.form,
                    "month": natural.label,
                },
            )
        )
    if claim != natural:
        facts.append(
            Step(
                "R-005",
                _("You file quarterly, so the record belongs to your GSTR-2B of %(quarter)s.")
                % {"quarter": claim.quarter_label},
            )
        )
    facts.append(
        Step(
            "R-008",
            _("The rules of %(month)s always apply to this record.")
            % {"month": "October 2025" if s.book is Book.B2510 else "October 2024"},
        )
    )
    if s.is_amendment:
        facts.append(Step("R-084", _(STANDINGS[s.standing])))
        facts.append(Step("R-007", _(DIRECTIONS[s.direction])))
    if untaken := untaken_of(record).total:
        facts.append(
            Step(
                "R-084",
                _(
                    "When you accepted the earlier version, ₹%(tax)s of its tax did not reduce your ITC. So "
                    "this amendment does not give you back ₹%(tax)s."
                )
                % {"tax": format_inr(untaken)},
            )
        )
    if s.superseded:
        facts.append(Step("R-083", _("An amendment in the same statement has replaced this record.")))
    if s.kind.takes_credit and not lowers_credit(s):
        year = FinancialYear(record.root_year)
        facts.append(
            Step(
                "R-032",
                _(
                    "The credit can be taken up to the GSTR-2B of %(month)s. The section 16(4) limit of FY "
                    "%(year)s is %(day)s, or the day of the annual return if that is earlier."
                )
                % {"month": _limit(record), "year": year.label, "day": f"{cutoff(year):%d-%m-%Y}"},
            )
        )
    facts.append(Step("R-003", _("Your action: %(action)s.") % {"action": _(ACTION_LABELS[s.action])}))
    if rule(s.with_action(Action.PENDING)).one_period:
        last = calendar.pending(claim, frequency=record.recipient.files, seat=record.recipient.seat)
        facts.append(
            Step("R-064", _("The record can be pending until %(day)s.") % {"day": f"{last.on:%d-%m-%Y}"})
        )
        if last.source:
            facts.append(Step("R-067", _("This day is extended by %(source)s.") % {"source": last.source}))
    elif _may_revert(s):
        day = cutoff(FinancialYear(record.root_year))
        facts.append(
            Step(
                "R-063",
                _(
                    "The record lowers ITC, so it stays in IMS after the section 16(4) date. A pending "
                    "record returns to No action after %(day)s, or after the day of the annual return if "
                    "that is earlier."
                )
                % {"day": f"{day:%d-%m-%Y}"},
            )
        )
    return facts


def _may_revert(s: Situation) -> bool:
    """True if the record is pending or can be made pending, and the portal would then reset the record to No
    action after the section 16(4) date (R-063)."""
    waiting = rule(s.with_action(Action.PENDING))
    return waiting.reverts and (s.action is Action.PENDING or Action.PENDING not in waiting.refusals)


def _limit(record: Record) -> str:
    return (
        _("any month")
        if record.last_claim_period >= 209912
        else TaxPeriod.from_number(record.last_claim_period).label
    )
