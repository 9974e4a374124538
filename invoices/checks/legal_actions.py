"""I20: no record has an action that the rulebook refuses for such a record on every day."""

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
    """Return the code of the refusal of a record's present action, or None if the action is legal. For an
    unknown situation, return the error's text.

    A record that is withdrawn, purged or superseded keeps its action, so it gets None. An amendment may begin
    to wait for its original after it was decided (R-081). Its decision is then held too, so it also gets
    None."""
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
    """Return True if Pending was legal when the recipient saved it on an amendment (R-053: the rules judge an
    action when it is saved).

    While the earlier version is open, the amendment takes its place, and Pending may be available. Such a
    Pending stays valid when the earlier version is closed and becomes the baseline."""
    then = replace(situation, standing=Standing.PREVAILS)
    return (
        situation.action is Action.PENDING
        and situation.is_amendment
        and Action.PENDING not in rule(then).refusals
    )
