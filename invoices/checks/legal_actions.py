"""I20: the rulebook allows the action of each record, at least on some date."""

from __future__ import annotations

from dataclasses import replace

from invoices.checks.frame import Looked, owned, rows, table
from invoices.models import Decision, Record
from invoices.rules.rulebooks import rule
from invoices.rules.situation import Action, Route, Situation, Standing, from_labels

NAME = "I20 no action that the rules forbid"


def look(only: int | None) -> Looked:
    groups = rows(
        f"SELECT r.label, d.action, d.answer, count(*), min(r.id) FROM {table(Record)} r JOIN "
        f"{table(Decision)} d "
        f"ON d.record_id = r.id{owned('r.recipient_id', only, word='WHERE')} GROUP BY r.label, d.action, "
        f"d.answer"
    )
    looked = Looked(sum(n for *_rest, n, _pk in groups), "decisions")
    looked.add(
        f"{n} records have '{action} {answer}' in situation {label}, which the law refuses ({refusal}), "
        f"for example record {pk}"
        for label, action, answer, n, pk in groups
        if (refusal := _closed(label, action, answer)) is not None
    )
    return looked


def _closed(label: str, action: str, answer: str) -> str | None:
    """Return the refusal code of a record's current action, or None if the rules allow the action. If the
    situation is unknown, return the text of the error.

    The result is also None for records that keep an action from an earlier time. These are withdrawn, purged
    and superseded records, and amendments that wait for the decision on their original (R-081)."""
    try:
        situation = from_labels(label, f"{action} {answer}")
    except ValueError as unknown:
        return str(unknown)
    asked = situation.action
    if asked is Action.NONE or situation.route in (Route.WITHDRAWN, Route.PURGED) or situation.superseded:
        return None
    refusal = None if situation.standing is Standing.BLOCKED else rule(situation).refusals.get(asked)
    return refusal.code if refusal and not _saved_before(situation) else None


def _saved_before(situation: Situation) -> bool:
    """True if the record is a pending amendment, and the rules may have allowed Pending when the recipient
    saved Pending. The rules judge an action only at that moment (R-053).

    Example: the earlier version is open, so the amendment prevails, and the recipient saves Pending. Later
    the earlier version is closed and becomes the amendment's baseline. The saved Pending remains valid."""
    then = replace(situation, standing=Standing.PREVAILS)
    return (
        situation.action is Action.PENDING
        and situation.is_amendment
        and Action.PENDING not in rule(then).refusals
    )
