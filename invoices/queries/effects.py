"""The ITC that a record brings to GSTR-2B, in paise by head. Pages show this effect before the GSTR-2B is
computed.

A test compares these amounts with the lines of the GSTR-2B."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Case, F, Sum, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan

from ims_portal.kernel.money import HEADS, TaxAmounts
from invoices.models import Record
from invoices.models.record import TAX, signed
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
    line: Line, *, sign: int, tax: TaxAmounts, baseline: TaxAmounts, reduction: TaxAmounts
) -> TaxAmounts:
    """Return the signed change of ITC in 4(A) from one GSTR-2B line.

    The amounts may be sums over a group of records. For a line with `Effect.DECLARED`, the amounts must
    belong to a single record, because a negative difference counts as zero there."""
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


def listed_sums() -> dict[str, Sum]:
    """Return the sums over records that `listed` needs, for the argument `also` of `situations.tally`."""
    positive = [signed(F(head) - Coalesce(F(f"baseline_{head}"), 0)) for head in HEADS]
    above_zero = [Case(When(GreaterThan(one, 0), then=one), default=Value(0)) for one in positive]
    reduced = [Coalesce(F(f"decision__reduction_{head}"), 0) for head in HEADS]
    return {
        "full": Sum("effect"),
        "whole": Sum(signed(TAX)),
        "positive": Sum(sum(above_zero[1:], start=above_zero[0])),
        "reduced": Sum(sum(reduced[1:], start=reduced[0])),
    }


def listed(group: Group) -> int:
    """Return the sum of the effects that the record list shows for the records of a group, in paise. The
    group comes from `situations.tally` with the sums of `listed_sums`."""
    situation = once_filed(group.situation)
    ruling = rule(situation)
    if (
        situation.filing is Filing.LAPSED
        or situation.superseded
        or situation.action in (Action.PENDING, Action.REJECTED)
        or any(line.not_available for line in ruling.lines)
    ):
        return 0
    sums = group.also
    by_effect = {
        Effect.FULL: sums["full"],
        Effect.WHOLE: sums["whole"],
        Effect.DECLARED: sums["positive"] - sums["reduced"],
        Effect.MINUS_BASELINE: sums["full"] - sums["whole"],
    }
    return sum(by_effect.get(line.effect, 0) for line in ruling.lines)


def once_filed(situation: Situation) -> Situation:
    """Return the situation with its filing changed from "saved" to "filed". Pages use this situation to show
    the effect of a document that the supplier has saved but not filed. A document that can no longer be filed
    has no effect."""
    return replace(situation, filing=Filing.FILED) if situation.filing is Filing.SAVED else situation


def if_taken(record: Record, view: DeskView, action: Action, answer: Answer = Answer.NONE) -> Ruling:
    """Return the ruling that would apply to a record if the recipient took this action now. The ruling treats
    a saved document as filed. For a record of an earlier period, the ruling is for the open period, because
    the action would move the record to the open period (R-066)."""
    situation = once_filed(situations.situation_of(record, view))
    land = max(land_period(record), view.open_period)
    taken = replace(situation, closed=False, time_barred=record.last_claim_period < land)
    return rule(taken.with_action(action, answer))


def land_period(record: Record) -> int:
    """Return the 2B period in which the record lands, as a number like 202410."""
    return record.decision.moved_to or record.claim_period
