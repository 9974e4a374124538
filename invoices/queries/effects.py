"""What a record brings to GSTR-2B, in paise by head, for the pages that show it before anything is computed.

The same sums as the statement's own lines; a test compares the two line by line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Greatest

from ims_portal.kernel.money import HEADS, TaxAmounts
from invoices.models import Record
from invoices.queries import situations
from invoices.queries.situations import DeskView, Group, tax_of
from invoices.rules.rulebooks import rule
from invoices.rules.ruling import Effect, Line, Ruling
from invoices.rules.situation import Action, Answer, Filing, Situation

NOTHING = TaxAmounts()


def baseline_of(record: Any) -> TaxAmounts:
    return TaxAmounts(*(getattr(record, f"baseline_{head}") or 0 for head in HEADS))


def reduction_of(decided: Any) -> TaxAmounts:
    """The declared reduction; `decided` is a decision, or an archived record."""
    return TaxAmounts(*(getattr(decided, f"reduction_{head}") or 0 for head in HEADS))


def effect(
    line: Line, *, sign: int, tax: TaxAmounts, baseline: TaxAmounts, reduction: TaxAmounts
) -> TaxAmounts:
    """Signed change to ITC in 4(A) that a line brings. Also of sums over a group, but for `Effect.DECLARED`."""
    full = (tax - baseline).scaled(sign)
    match line.effect:
        case Effect.FULL:
            return full
        case Effect.WHOLE:
            return tax.scaled(sign)
        case Effect.DECLARED:
            return full.positive_part() - reduction
        case Effect.MINUS_BASELINE:
            return -baseline.scaled(sign)
    return TaxAmounts()


def of_ruling(ruling: Ruling, record: Any, reduction: TaxAmounts = NOTHING) -> TaxAmounts:
    """What all lines of a ruling change in ITC together."""
    total = TaxAmounts()
    for line in ruling.lines:
        total += effect(
            line,
            sign=ruling.situation.kind.sign,
            tax=tax_of(record),
            baseline=baseline_of(record),
            reduction=reduction,
        )
    return total


def once_filed(situation: Situation) -> Situation:
    """The situation as it will be when the supplier has filed: what a saved document is going to bring."""
    return replace(situation, filing=Filing.FILED)


def if_taken(record: Record, view: DeskView, action: Action, answer: Answer = Answer.NONE) -> Ruling:
    """The ruling after an action, were it taken now: a record carried forward joins the open period (R-066)."""
    situation = once_filed(situations.situation_of(record, view))
    land = max(land_period(record), view.open_period)
    taken = replace(situation, closed=False, time_barred=record.last_claim_period < land)
    return rule(taken.with_action(action, answer))


def land_period(record: Record) -> int:
    """The 2B period the record belongs to, as 202410."""
    return record.decision.moved_to or record.claim_period


@dataclass(frozen=True, slots=True)
class Change:
    """ITC that the records bring as they are, and as they would be; counted as if all were filed."""

    before: TaxAmounts
    after: TaxAmounts
    unfiled: int = 0

    @property
    def difference(self) -> TaxAmounts:
        return self.after - self.before


def change(records: QuerySet[Record], view: DeskView, action: Action) -> Change:
    """What an action would change for those of `records` on which it is open and not yet taken. Sums come from
    the groups; only declared reductions, which do not add up by group, are asked for apart."""
    before, after, unfiled = TaxAmounts(), TaxAmounts(), 0
    declared: list[Group] = []
    for group in situations.tally(records, view, by=("claim_period", "last_claim_period"), sums=True):
        if action in group.ruling.refusals or group.situation.action is action:
            continue
        claim, last = group.keys
        late = last < max(claim, view.open_period)
        was = rule(once_filed(group.situation))
        becomes = rule(replace(once_filed(group.situation), time_barred=late).with_action(action))
        sums: dict[str, Any] = {
            "sign": group.situation.kind.sign,
            "tax": group.tax,
            "baseline": group.baseline,
        }
        for line in was.lines:
            if line.effect is Effect.DECLARED:
                declared.append(group)
            else:
                before += effect(line, **sums, reduction=group.reduction)
        for line in becomes.lines:
            after += effect(line, **sums, reduction=TaxAmounts())
        if group.situation.filing is Filing.SAVED:
            unfiled += group.count
    if declared:
        before += _declared(records, view, declared)
    return Change(before, after, unfiled)


def _declared(records: QuerySet[Record], view: DeskView, groups: list[Group]) -> TaxAmounts:
    chosen = situations.with_clock_facets(records, view).filter(situations.where(groups))
    total = TaxAmounts()
    for kinds, sign in ((["CN"], -1), (None, 1)):
        some = chosen.filter(kind__in=kinds) if kinds else chosen.exclude(kind="CN")
        found = some.aggregate(
            **{f"sum_{head}": Sum(_declared_head(head, sign), default=0) for head in HEADS}
        )
        total += TaxAmounts(*(int(found[f"sum_{head}"]) for head in HEADS))
    return total


def _declared_head(head: str, sign: int) -> Any:
    full = (F(head) - Coalesce(F(f"baseline_{head}"), 0)) * sign
    return Greatest(full, Value(0)) - Coalesce(F(f"decision__reduction_{head}"), 0)
