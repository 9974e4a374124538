"""I20: no record stands at an action that the rulebook closes to its kind, whatever the day."""

from __future__ import annotations

from dataclasses import replace

from invoices.checks.frame import Looked, owned, rows, table
from invoices.models import Decision, Record
from invoices.rules.rulebooks import rule
from invoices.rules.situation import Action, Route, Situation, Standing, from_labels

NAME = "I20 no action that the rules close"


def look(only: int | None) -> Looked:
    groups = rows(
        f"SELECT r.label, d.action, d.answer, count(*), min(r.id) FROM {table(Record)} r JOIN {table(Decision)} d "
        f"ON d.record_id = r.id{owned('r.recipient_id', only, word='WHERE')} GROUP BY r.label, d.action, d.answer"
    )
    looked = Looked(sum(n for *_rest, n, _pk in groups), "decisions")
    looked.add(
        f"{n} records at '{action} {answer}' in situation {label} ({refusal}), for one {pk}"
        for label, action, answer, n, pk in groups
        if (refusal := _closed(label, action, answer)) is not None
    )
    return looked


def _closed(label: str, action: str, answer: str) -> str | None:
    """The code of the refusal of the action a record stands at; nothing for one that has left and keeps what it had, nor for an
    amendment that came to wait for its original after it was decided (R-081): its decision is held with it."""
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
    """R-053: legality is judged when the action is saved. Pending that was open while an amendment took the place of an
    open version stands when that version is closed and becomes the baseline."""
    then = replace(situation, standing=Standing.PREVAILS)
    return (
        situation.action is Action.PENDING
        and situation.is_amendment
        and Action.PENDING not in rule(then).refusals
    )
