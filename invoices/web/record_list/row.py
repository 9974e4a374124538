"""One record as a row of a list: its effect on ITC, its GSTR-2B period, and the refused actions with the
reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ims_portal.kernel import clock
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Record
from invoices.models.choices import KIND_LABELS, ROUTE_LABELS
from invoices.people.access import Access
from invoices.queries import effects, landing, other_party, situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.rules.calendar import Calendar
from invoices.rules.refusals import CODES, quoted
from invoices.rules.rulebooks import rule
from invoices.rules.ruling import Refusal, Ruling
from invoices.rules.situation import Action, Direction, Filing, Kind, Route, Situation
from invoices.web.page.labels import section_label

LETTERS = (Action.ACCEPTED, Action.REJECTED, Action.PENDING)
VERBS = {
    Action.ACCEPTED: gettext_noop("Accept"),
    Action.REJECTED: gettext_noop("Reject"),
    Action.PENDING: gettext_noop("Pending"),
}
DIRECTIONS = {
    Direction.UP: gettext_noop("raised"),
    Direction.DOWN: gettext_noop("lowered"),
    Direction.LEVEL: gettext_noop("same tax"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason why actions are not available, for the templates components/why.html and invoices/reasons.html."""

    letters: str
    short: str
    full: str
    instead: str
    rule: str
    rule_url: str
    since: str
    code: str
    # the message catalogue's code, or ""
    quoted: str = ""


@dataclass(frozen=True, slots=True)
class Tag:
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class RecordRow:
    record: Record
    ruling: Ruling
    kind: str
    section: str
    taxable: int
    tax: int
    effect: int | None
    effect_note: str
    lands: str
    lands_note: str
    tags: tuple[Tag, ...]
    reasons: tuple[Reason, ...]
    allowed: str
    offered: str

    @property
    def action(self) -> str:
        return self.ruling.situation.action.value

    @property
    def seen(self) -> str:
        """Return the record's revision and the decision's version as one text. The page sends this text with
        each action, and the portal then knows which state of the record the person saw."""
        return f"{self.record.revision}.{self.record.decision.version}"

    @property
    def why_id(self) -> str:
        """Return the HTML id of the text with the reasons, or "" if there are no reasons. The buttons of
        actions that are not available refer to this id."""
        return f"why-{self.record.pk}" if self.reasons else ""

    @property
    def target(self) -> str:
        return f"#r{self.record.pk}"

    @property
    def supplier_name(self) -> str:
        supplier = self.record.supplier
        if supplier is not None:
            return supplier.name
        return _("Customs (ICEGATE)") if self.record.section.startswith("impg") else "—"

    @property
    def sees(self) -> str:
        """Return who reads the remarks on this record."""
        return _(other_party.of_section(self.record.section).sees)

    @property
    def can_reset(self) -> bool:
        return self.action != "N" and self.ruling.can_reset


def desk_view(access: Access, dates: Calendar | None = None) -> DeskView:
    """Return the facts about the desk that a ruling needs today: the open period, the last period whose
    pending time is over, and the years whose section 16(4) date has passed."""
    return DeskView.of(access.taxpayer, clock.today(), dates or calendar())


def rows(records: Iterable[Record], view: DeskView) -> list[RecordRow]:
    return [row(record, view) for record in records]


def row(record: Record, view: DeskView) -> RecordRow:
    ruling = situations.ruling_of(record, view)
    situation = ruling.situation
    effect, effect_note = _effect(record, situation)
    lands, lands_note = _lands(record, situation, view)
    sign = situation.kind.sign
    return RecordRow(
        record=record,
        ruling=ruling,
        kind=_kind(record, situation),
        section=section_label(record.section),
        taxable=record.taxable * sign,
        tax=record.tax * sign,
        effect=effect,
        effect_note=effect_note,
        lands=lands,
        lands_note=lands_note,
        tags=tuple(_tags(record, situation, view)),
        # Leave out the reason why customs documents cannot be rejected. The page gives this reason once,
        # above the list.
        reasons=tuple(r for r in reasons(ruling) if not (situation.kind.is_import and r.letters == "R")),
        allowed="".join(a.value for a in LETTERS if a in ruling.allowed),
        offered="AP" if situation.kind.is_import else "ARP",
    )


def _kind(record: Record, situation: Situation) -> str:
    label = _(KIND_LABELS[situation.kind])
    return _("%(kind)s, amended") % {"kind": label} if record.amends_id else label


def _effect(record: Record, situation: Situation) -> tuple[int | None, str]:
    """Return the record's effect on ITC in paise under the current action, and a note. For a record that the
    supplier has not filed, the effect is calculated as if the supplier had filed the document."""
    ruling = rule(effects.once_filed(situation))
    return effects.shown(record, situation, effects.reduction_of(record.decision)), _effect_note(
        ruling, situation
    )


def _effect_note(ruling: Ruling, situation: Situation) -> str:
    if situation.filing is Filing.LAPSED:
        return _("can no longer be filed")
    if situation.superseded:
        return _("replaced by an amendment")
    if any(line.not_available for line in ruling.lines):
        return _("not available")
    if situation.action is Action.PENDING:
        return _("on hold")
    if situation.action is Action.REJECTED:
        return _("not claimed")
    if not ruling.lines:
        return _("held back")
    if situation.route is not Route.IMS:
        return _("no action needed")
    return _("if left at No action") if situation.action is Action.NONE else ""


def _lands(record: Record, situation: Situation, view: DeskView) -> tuple[str, str]:
    found = landing.lands(situation, effects.land_period(record), view.open_period)
    if found.earlier:
        return _period(found.period, view), _("carried over from %(period)s") % {
            "period": _period(found.earlier, view)
        }
    nowhere = "—" if found is landing.WAITING else _("None")
    return _period(found.period, view) if found.period else nowhere, _(found.note) if found.note else ""


def _period(number: int, view: DeskView) -> str:
    return view.files.label(TaxPeriod.from_number(number), short=True)


def _tags(record: Record, situation: Situation, view: DeskView) -> Iterable[Tag]:
    decision = record.decision
    if situation.filing.value == "S":
        yield Tag(_("not filed"), "P")
    if situation.filing is Filing.LAPSED:
        yield Tag(_("can no longer be filed"), "R")
    if decision.cleared_action:
        yield Tag(_("supplier edited"), "P")
    if situation.is_amendment and situation.direction in DIRECTIONS:
        yield Tag(_(DIRECTIONS[situation.direction]), "I")
    if record.reverse_charge:
        yield Tag(_("reverse charge"))
    if situation.route is not Route.IMS:
        yield Tag(_(ROUTE_LABELS[situation.route]), "L")
    if (record.details or {}).get("irn"):
        yield Tag(_("e-invoice"))
    if situation.kind is Kind.ECO:
        yield Tag(_("section 9(5)"))
    if decision.answer == "P":
        yield Tag(_("ITC reduced in part"))
    elif decision.answer == "N" and situation.action is Action.ACCEPTED:
        yield Tag(_("ITC not reduced"))
    if decision.remarks:
        yield Tag(_("remark"), "N")


def reasons(ruling: Ruling) -> tuple[Reason, ...]:
    """Return the reasons why Accept, Reject or Pending are refused, one reason for each refusing clause."""
    found: dict[str, tuple[Refusal, list[Action]]] = {}
    for action in LETTERS:
        refusal = ruling.refusals.get(action)
        if refusal is not None:
            found.setdefault(refusal.clause.name, (refusal, []))[1].append(action)
    return tuple(reason(refusal, actions) for refusal, actions in found.values())


def reason(refusal: Refusal, actions: Iterable[Action] = ()) -> Reason:
    clause = refusal.clause
    return Reason(
        letters="".join(action.value for action in actions),
        short=_(refusal.short),
        full=_(refusal.full),
        instead=_(refusal.instead) if refusal.instead else "",
        rule=clause.code,
        rule_url=rule_url(clause.code),
        since=since(clause.since),
        code=refusal.code,
        quoted=quoted(refusal.code, clause.code),
    )


def bare_reason(code: str) -> Reason:
    """Return the reason to show for a refusal code if no clause refused the action. The sentence and the rule
    come from `CODES`."""
    known = CODES[code]
    sentence = _(known.sentence)
    return Reason("", sentence, sentence, "", known.rule, rule_url(known.rule), "", code, quoted(code))


def rule_url(code: str) -> str:
    return f"/help/rules/{code}/"


def since(month: str) -> str:
    """Return a month in words: "2024-10" becomes October 2024."""
    return TaxPeriod.parse(month).label if month else ""
