"""The ITC of the rows that an IMS file changes, before and after the file: for each row, by tax head, and by status.
The definition is that of the preview of a batch (`invoices.desk.foreseen`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ims_portal.kernel.money import HEADS, TaxAmounts, rupee_text
from invoices.models import Record
from invoices.queries import effects, situations
from invoices.queries.situations import DeskView
from invoices.rules.reduction import Settled, settle
from invoices.rules.rulebooks import rule
from invoices.rules.situation import Action, Answer, Filing
from returns.files.ims_import_account import Line

NOTHING = TaxAmounts()


@dataclass(slots=True)
class Group:
    """The changing rows with one status now and one status after the file."""

    before: Action
    after: Action
    rows: int = 0
    effect: TaxAmounts = NOTHING


@dataclass(slots=True)
class Effect:
    """The ITC of all changing rows before and after the file, as if every record were filed. `unfiled` counts the
    changing records that are not filed yet. `rows` is the change of each changing row, in the order of the rows."""

    before: TaxAmounts = NOTHING
    after: TaxAmounts = NOTHING
    unfiled: int = 0
    rows: list[TaxAmounts] = field(default_factory=list)
    groups: dict[tuple[Action, Action], Group] = field(default_factory=dict)


def of(lines: Sequence[Line], view: DeskView) -> Effect:
    """Return the effect of the changing rows `lines`. The records of the lines must show the decisions before the
    file. No query."""
    found = Effect()
    for line in lines:
        assert line.record is not None
        assert line.wanted is not None
        asked = line.wanted.asked
        before, after = now(line.record, view), _after(line.record, line, view)
        found.before += before
        found.after += after
        found.rows.append(after - before)
        found.unfiled += line.record.filing == Filing.SAVED.value
        was = Action(line.record.decision.action)
        group = found.groups.setdefault((was, asked.action), Group(was, asked.action))
        group.rows += 1
        group.effect += after - before
    return found


def now(record: Record, view: DeskView) -> TaxAmounts:
    """Return the ITC of a record with its present decision, as if the record were filed."""
    ruling = rule(effects.once_filed(situations.situation_of(record, view)))
    return effects.of_ruling(ruling, record, effects.reduction_of(record.decision))


def _after(record: Record, line: Line, view: DeskView) -> TaxAmounts:
    assert line.wanted is not None
    settled = settle(line.wanted.asked.declaration, effect=situations.effect_of(record))
    if not isinstance(settled, Settled):
        settled = Settled(Answer.NONE, None)
    ruling = effects.if_taken(record, view, line.wanted.asked.action, settled.answer)
    return effects.of_ruling(ruling, record, settled.amounts or NOTHING)


def as_json(effect: Effect) -> dict[str, Any]:
    """Return the effect as values that JSON can store, without the single rows. Amounts are text in rupees."""
    order = list(Action)
    groups = sorted(effect.groups.values(), key=lambda one: (order.index(one.after), order.index(one.before)))
    return {
        "before": _heads(effect.before),
        "after": _heads(effect.after),
        "unfiled": effect.unfiled,
        "groups": [
            {
                "before": group.before.value,
                "after": group.after.value,
                "rows": group.rows,
                "effect": rupee_text(group.effect.total),
            }
            for group in groups
        ],
    }


def _heads(tax: TaxAmounts) -> dict[str, str]:
    return {head: rupee_text(getattr(tax, head)) for head in HEADS}
