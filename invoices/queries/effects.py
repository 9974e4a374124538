"""The ITC that a record brings to GSTR-2B, in paise by head. Pages show this effect before the GSTR-2B is
computed.

All pages use one definition of the effect as it stands: the effect under the present action, less a reduction
that the recipient declared. A document that the supplier has only saved counts as filed. `as_it_stands` has
this effect of one record, and `of_group` has the sum of a group of records. A test compares these amounts with
the lines of the GSTR-2B."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db.models import BigIntegerField, F, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Greatest

from ims_portal.kernel.money import HEADS, TaxAmounts
from invoices.models import Record
from invoices.models.record import signed
from invoices.queries import situations
from invoices.queries.situations import DeskView, Group, tax_of
from invoices.rules.rulebooks import rule
from invoices.rules.ruling import Effect, Line, Ruling
from invoices.rules.situation import Action, Answer, Filing, Situation

NOTHING = TaxAmounts()


def baseline_of(record: Any) -> TaxAmounts:
    return TaxAmounts(*(getattr(record, f"baseline_{head}") or 0 for head in HEADS))


def reduction_of(decided: Any) -> TaxAmounts:
    """Return the declared reduction, in paise by head. `decided` is a decision or an archived record."""
    return TaxAmounts(*(getattr(decided, f"reduction_{head}") or 0 for head in HEADS))


def effect(
    line: Line,
    *,
    sign: int,
    tax: TaxAmounts,
    baseline: TaxAmounts,
    reduction: TaxAmounts,
    raised: TaxAmounts | None = None,
) -> TaxAmounts:
    """Return the signed change of ITC in 4(A) from one GSTR-2B line.

    The amounts may be sums over a group of records. For a line with `Effect.DECLARED`, a negative difference
    of a record counts as zero. The amounts must therefore belong to a single record, or `raised` must have the
    sum of the positive differences (`Group.raised`)."""
    full = (tax - baseline).scaled(sign)
    match line.effect:
        case Effect.FULL:
            return full
        case Effect.WHOLE:
            return tax.scaled(sign)
        case Effect.DECLARED:
            return (full.positive_part() if raised is None else raised) - reduction
        case Effect.MINUS_BASELINE:
            return -baseline.scaled(sign)
    return TaxAmounts()


def barred(line: Line, *, tax: TaxAmounts, baseline: TaxAmounts) -> TaxAmounts:
    """Return the tax that a line adds to 4(D)(2), where GSTR-3B lists tax without credit (R-100)."""
    if not line.not_available:
        return NOTHING
    return tax if line.beside_baseline else (tax - baseline).positive_part()


def of_ruling(ruling: Ruling, record: Any, reduction: TaxAmounts = NOTHING) -> TaxAmounts:
    """Return the change of ITC from all GSTR-2B lines of a ruling."""
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
    """Return the situation with its filing changed from "saved" to "filed". Pages use this situation to show
    the effect of a document that the supplier has saved but not filed. A document that can no longer be filed
    has no effect."""
    return replace(situation, filing=Filing.FILED) if situation.filing is Filing.SAVED else situation


def as_it_stands(record: Record, situation: Situation) -> TaxAmounts:
    """Return the effect of one record under its present action and declared reduction."""
    return of_ruling(rule(once_filed(situation)), record, reduction_of(record.decision))


def shown(record: Any, situation: Situation, reduction: TaxAmounts) -> int:
    """Return the effect of one record that the record list and its workbook show, in paise. `record` has the amounts of
    the document and of its baseline."""
    ruling = rule(once_filed(situation))
    if situation.filing is Filing.LAPSED or situation.superseded:
        return 0
    held = situation.action in (Action.PENDING, Action.REJECTED)
    if held and not any(line.not_available for line in ruling.lines):
        return 0
    return of_ruling(ruling, record, reduction).total


def of_group(group: Group) -> TaxAmounts:
    """Return the sum of the effects of a group's records as they stand. For groups with declared reductions,
    call `completed` first."""
    return sum_of(group, rule(once_filed(group.situation)))


def weights(situation: Situation) -> tuple[int, int]:
    """Return how a record's tax and its baseline's tax count in the effect as it stands: as 1, -1 or 0. The
    record has no declared reduction."""
    sign, of_tax, of_baseline = situation.kind.sign, 0, 0
    for line in rule(once_filed(situation)).lines:
        tax, baseline = {
            Effect.FULL: (sign, -sign),
            Effect.WHOLE: (sign, 0),
            Effect.MINUS_BASELINE: (0, -sign),
        }.get(line.effect, (0, 0))
        of_tax, of_baseline = of_tax + tax, of_baseline + baseline
    return of_tax, of_baseline


def if_accepted(situation: Situation, *, late: bool) -> Ruling:
    """Return the ruling that would apply if the recipient accepted the records in full. `late` is True if the
    records would reach GSTR-2B after their section 16(4) date."""
    taken = replace(once_filed(situation), closed=False, time_barred=late)
    return rule(taken.with_action(Action.ACCEPTED))


def lost_by_rejection(
    situation: Situation, *, late: bool, tax: TaxAmounts, baseline: TaxAmounts
) -> TaxAmounts:
    """Return the ITC that a recipient loses because it rejected records instead of accepting them in full: the
    effect if accepted, less the effect of the rejection. `situation` is the situation of the rejected records,
    and `late` is as in `if_accepted`. `tax` and `baseline` may be sums over the records, in paise."""
    rejected = rule(replace(once_filed(situation), closed=False, time_barred=late))
    total = NOTHING
    for ruling, weight in ((if_accepted(situation, late=late), 1), (rejected, -1)):
        for line in ruling.lines:
            amounts = effect(line, sign=situation.kind.sign, tax=tax, baseline=baseline, reduction=NOTHING)
            total += amounts.scaled(weight)
    return total


def sum_of(group: Group, ruling: Ruling) -> TaxAmounts:
    """Return the sum of the effects of a group's records under this ruling."""
    total = NOTHING
    for line in ruling.lines:
        total += effect(
            line,
            sign=group.situation.kind.sign,
            tax=group.tax,
            baseline=group.baseline,
            reduction=group.reduction,
            raised=group.raised,
        )
    return total


def completed(
    groups: Iterable[Group], records: QuerySet[Record], view: DeskView, *, by: Iterable[str] = ()
) -> list[Group]:
    """Return the groups with `Group.raised` filled in. The groups come from the counters, which do not have
    this sum. `records` are the records of the groups, and `by` names the columns of the groups' keys.

    One query, which reads only amendments with a declared reduction. Without such amendments, no query."""
    groups = list(groups)
    declared = [group for group in groups if _may_raise(group)]
    if not declared:
        return groups
    chosen = situations.with_clock_facets(records, view).filter(situations.where(declared))
    sums = {head: Sum(raised_by(head)) for head in HEADS}
    found = {
        (one.where, one.keys): TaxAmounts(*(one.also[head] for head in HEADS))
        for one in situations.tally(chosen, view, by=by, also=sums)
    }
    return [replace(group, raised=found.get((group.where, group.keys), NOTHING)) for group in groups]


def _may_raise(group: Group) -> bool:
    ruling = rule(once_filed(group.situation))
    declared = any(line.effect is Effect.DECLARED for line in ruling.lines)
    return declared and (group.situation.kind.sign > 0 or group.baseline != NOTHING)


def declared_effect(head: str) -> Any:
    """Return the SQL expression for the effect of a record with a declared reduction, for one tax head."""
    return raised_by(head) - Coalesce(F(f"decision__reduction_{head}"), 0)


def raised_by(head: str) -> Any:
    """Return the SQL expression for the part of a tax head by which accepting the record raises ITC."""
    full = signed(F(head) - Coalesce(F(f"baseline_{head}"), 0))
    return Greatest(full, Value(0), output_field=BigIntegerField())


def if_taken(record: Record, view: DeskView, action: Action, answer: Answer = Answer.NONE) -> Ruling:
    """Return the ruling that would apply to a record if the recipient took this action now. The ruling treats
    a saved document as filed. For a record of an earlier period, the ruling is for the open period, because
    the action would move the record to the open period (R-066)."""
    situation = once_filed(situations.situation_of(record, view))
    land = max(land_period(record), view.open_period)
    taken = replace(situation, closed=False, time_barred=record.last_claim_period < land)
    return rule(taken.with_action(action, answer))


def added_if_rejected(record: Record, view: DeskView) -> TaxAmounts:
    """Return the tax that GSTR-3B would add to the supplier if the recipient rejected the record now, in paise
    by head. Most records add nothing."""
    if not if_taken(record, view, Action.REJECTED).adds_back:
        return NOTHING
    return situations.added_by_rejection(record)


def land_period(record: Record) -> int:
    """Return the 2B period in which the record lands, as a number like 202410."""
    return record.decision.moved_to or record.claim_period
