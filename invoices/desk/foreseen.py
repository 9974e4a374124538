"""The preview of an action on many records, computed in one pass over the records. A batch stores the preview
and shows it. Before the run, the batch computes a new preview and compares it with the stored preview."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Max, QuerySet, Sum

from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.support.database import planner
from invoices.desk import actions
from invoices.desk.actions import Asked
from invoices.desk.taken import Case
from invoices.models import Record
from invoices.queries import effects, situations
from invoices.queries.situations import DeskView, Group
from invoices.rules.reduction import reduction_base
from invoices.rules.rulebooks import rule
from invoices.rules.ruling import Effect, Ruling
from invoices.rules.situation import Action, Answer, Filing, Kind

MOST_REDUCTIONS = 500
VERSIONS = {"versions": Sum("decision__version"), "revisions": Sum("revision"), "last": Max("pk")}


@dataclass(frozen=True, slots=True)
class Change:
    """The ITC of the records before and after the action, as if all records were filed. `unfiled` counts the
    changing records that are not filed yet."""

    before: TaxAmounts
    after: TaxAmounts
    unfiled: int

    @property
    def difference(self) -> TaxAmounts:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Reduction:
    """How much one record of the preview reduces ITC (R-121). `largest` is the largest reduction that the
    taxpayer may declare, and `declared` is the reduction that is declared now, or None."""

    record: int
    number: str
    largest: TaxAmounts
    declared: TaxAmounts | None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The preview of an action on many records. All numbers count records.

    `allowed` records would change. `unchanged` records have the action already, and the law allows the
    action. `refused` counts the refused records by code, and `cases` counts them by sentence. `already`
    counts all records that have the action already, including refused records. Some of the records that
    would change need an answer: the portal asks how much ITC is reduced (R-120). `asks` counts these
    records. `change` is the change of ITC. `declaring` are the groups of these records, and of the records
    that have a declared reduction now. `view` has the dates and periods of the preview.

    `fingerprint` has the number of records, the sums of their versions and revisions, and the highest id.
    Each action or edit changes the fingerprint."""

    allowed: int
    unchanged: int
    already: int
    refused: Mapping[str, int]
    cases: Sequence[Case]
    asks: int
    has_credit_notes: bool
    change: Change
    after_no: TaxAmounts
    after_skip: TaxAmounts
    fingerprint: dict[str, int]
    view: DeskView
    declaring: Sequence[Group] = ()

    @property
    def total(self) -> int:
        return self.fingerprint["n"]

    @property
    def cannot(self) -> int:
        """Return how many records the portal would refuse, for any reason."""
        return sum(self.refused.values())


def foresee(records: QuerySet[Record], view: DeskView, action: Action) -> Foreseen:
    """Return the preview of `action` on `records`. The function changes nothing.

    The preview needs one GROUP BY query. If records have declared reductions, a second query computes the
    effect of each of these records and adds up the effects. If amendments need an answer, one further query adds
    up the amounts by which they raise ITC."""
    with planner.reading():
        planner.for_many_rows()
        with planner.few_groups():
            groups = situations.tally(
                records, view, by=("claim_period", "last_claim_period"), sums=True, also=VERSIONS
            )
        judged = actions.judge(groups, Asked(action))
        changing = [group for group in judged.open if group.situation.action is not action]
        change = _change(records, view, action, changing)
        asking = [g for g in changing if action is Action.ACCEPTED and g.ruling.asks_reduction]
        full, no, left = _answers(records, view, asking)
    return Foreseen(
        allowed=_count(changing),
        unchanged=_count(judged.open) - _count(changing),
        already=_count(group for group in groups if group.situation.action is action),
        refused=judged.refused_counts,
        cases=[case for case, _groups in judged.cases],
        asks=_count(asking),
        has_credit_notes=any(group.situation.kind is Kind.CREDIT_NOTE for group in groups),
        change=change,
        after_no=change.after - full + no,
        after_skip=change.after - full + left,
        fingerprint={
            "n": _count(groups),
            "versions": sum(group.also["versions"] for group in groups),
            "revisions": sum(group.also["revisions"] for group in groups),
            "last": max((group.also["last"] for group in groups), default=0),
        },
        view=view,
        declaring=[
            group
            for group in judged.open
            if group.situation.answer is not Answer.NONE
            or (action is Action.ACCEPTED and group.ruling.asks_reduction)
        ],
    )


def reductions_of(records: QuerySet[Record], foreseen: Foreseen) -> list[Reduction]:
    """Return the first records of the preview, at most `MOST_REDUCTIONS`, for which a reduction of ITC may be
    declared or is declared. One query."""
    if not foreseen.declaring:
        return []
    chosen = situations.with_clock_facets(records, foreseen.view).filter(situations.where(foreseen.declaring))
    found = []
    for record in chosen.select_related("decision").order_by("pk")[:MOST_REDUCTIONS]:
        largest = reduction_base(situations.effect_of(record))
        answer = Answer(record.decision.answer)
        declared = {Answer.NONE: None, Answer.FULL: largest}.get(
            answer, effects.reduction_of(record.decision)
        )
        found.append(Reduction(record.pk, record.number, largest, declared))
    return found


def _count(groups: Iterable[Group]) -> int:
    return sum(group.count for group in groups)


def _change(records: QuerySet[Record], view: DeskView, action: Action, changing: Iterable[Group]) -> Change:
    """Return the change of ITC that the action causes in the groups `changing` of `records`."""
    before, after, unfiled = TaxAmounts(), TaxAmounts(), 0
    declared: list[Group] = []
    for group in changing:
        was = rule(effects.once_filed(group.situation))
        becomes = _becomes(group, view, action)
        sums: dict[str, Any] = {
            "sign": group.situation.kind.sign,
            "tax": group.tax,
            "baseline": group.baseline,
        }
        for line in was.lines:
            if line.effect is Effect.DECLARED:
                declared.append(group)
            else:
                before += effects.effect(line, **sums, reduction=group.reduction)
        for line in becomes.lines:
            after += effects.effect(line, **sums, reduction=TaxAmounts())
        if group.situation.filing is Filing.SAVED:
            unfiled += group.count
    if declared:
        before += _declared(records, view, declared)
    return Change(before, after, unfiled)


def _becomes(group: Group, view: DeskView, action: Action, answer: Answer = Answer.NONE) -> Ruling:
    """Return the ruling of a group's records after the action, as if the records were filed."""
    claim, last = group.keys
    late = last < max(claim, view.open_period)
    return rule(replace(effects.once_filed(group.situation), time_barred=late).with_action(action, answer))


def _answers(
    records: QuerySet[Record], view: DeskView, asking: Iterable[Group]
) -> tuple[TaxAmounts, TaxAmounts, TaxAmounts]:
    """Return the ITC of the groups `asking`: accepted in full, accepted without a reduction, and as it stands.

    These groups are not accepted yet, so they have no declared reduction."""
    full, no, left = TaxAmounts(), TaxAmounts(), TaxAmounts()
    may_raise = []
    for group in asking:
        full += effects.sum_of(group, _becomes(group, view, Action.ACCEPTED))
        refused = _becomes(group, view, Action.ACCEPTED, Answer.NO)
        no += effects.sum_of(group, refused)
        left += effects.of_group(group)
        amends = group.situation.kind.sign > 0 or group.baseline != TaxAmounts()
        if amends and any(line.effect is Effect.DECLARED for line in refused.lines):
            may_raise.append(group)
    if may_raise:
        no += _sums(records, view, may_raise, effects.raised_by)
    return full, no, left


def _declared(records: QuerySet[Record], view: DeskView, groups: Iterable[Group]) -> TaxAmounts:
    return _sums(records, view, groups, effects.declared_effect)


def _sums(
    records: QuerySet[Record], view: DeskView, groups: Iterable[Group], expression: Callable[[str], Any]
) -> TaxAmounts:
    """Return the sum of an SQL expression over the records of `groups`, by tax head."""
    chosen = situations.with_clock_facets(records, view).filter(situations.where(groups))
    found = chosen.aggregate(**{f"sum_{head}": Sum(expression(head), default=0) for head in HEADS})
    return TaxAmounts(*(int(found[f"sum_{head}"]) for head in HEADS))
