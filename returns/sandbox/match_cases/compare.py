"""Holds the outcome of the matcher against the expectations of a case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ims_portal.kernel import clock
from invoices.matching import reasons
from invoices.matching.suggestions import Suggestion
from invoices.models import Taxpayer
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView, ruling_of
from invoices.register import match
from invoices.rules.situation import Action
from returns.sandbox.match_cases.world import BY, World

ACTIONS = {Action.ACCEPTED: "accept", Action.REJECTED: "reject", Action.PENDING: "pending"}


def differences(world: World) -> Iterator[str]:
    """Run the matcher, and yield a sentence for each difference from the case."""
    case = world.case
    owners = Taxpayer.objects.filter(gstin__in=world.owns)
    outcomes = [match.run(owner, by=BY) for owner in owners]
    bill_names = {ref: name for name, ref in world.bills.items()}
    record_names = {ref: name for name, ref in world.records.items()}
    results = [outcome.result for outcome in outcomes]
    matches = [one for result in results for one in result.matches]
    expect = case["expect"]
    found = sorted(
        (
            sorted(bill_names[bill.ref] for bill in one.bills),
            sorted(record_names[record.ref] for record in one.records),
            one.class_.value,
            one.sub,
        )
        for one in matches
    )
    wanted = sorted(
        (sorted(one["books"]), sorted(one["ims"]), one["class"], one.get("sub", ""))
        for one in expect["matches"]
    )
    if found != wanted:
        yield f"matches are {found}, expected {wanted}"
    lists = {
        "only_books": [bill_names[bill.ref] for result in results for bill in result.only_books],
        "only_ims": [record_names[record.ref] for result in results for record in result.only_ims],
        "duplicates": [bill_names[ref] for result in results for ref in result.duplicates],
    }
    for name, refs in lists.items():
        if sorted(refs) != sorted(expect.get(name) or ()):
            yield f"{name} is {sorted(refs)}, expected {sorted(expect.get(name) or ())}"
    suggestions = {
        record_names[ref]: one
        for outcome in outcomes
        for ref, one in outcome.suggestions.items()
        if ref in record_names
    }
    for name, told in (expect.get("suggest") or {}).items():
        yield from _of_suggestion(name, suggestions.get(name), told)
    codes = set(_codes(expect, matches, suggestions, lists, bill_names))
    if missing := set(expect.get("reasons") or ()) - codes:
        yield f"the reasons {sorted(missing)} are missing among {sorted(codes)}"
    yield from _derived(world, outcomes, record_names)


def _of_suggestion(name: str, found: Suggestion | None, told: dict[str, Any]) -> Iterator[str]:
    if found is None:
        yield f"{name} has no suggestion"
        return
    have = {
        "action": found.action.value,
        "auto": found.auto,
        "fallback": found.fallback and found.fallback.value,
        "reduction": found.reduction and found.reduction.value,
        "until": found.until and found.until.isoformat(),
        "why": found.why,
    }
    for key, value in told.items():
        if have[key] != (str(value) if key == "until" else value):
            yield f"{name}: {key} is {have[key]}, expected {value}"


def _codes(
    expect: dict[str, Any],
    matches: list[Any],
    suggestions: dict[str, Suggestion],
    lists: dict[str, list[str]],
    bill_names: dict[str, str],
) -> Iterator[str]:
    """Yield the reasons of the case's first match, or of all its documents if it has no match."""
    if expect["matches"]:
        first = set(expect["matches"][0]["books"])
        for one in matches:
            if first & {bill_names[bill.ref] for bill in one.bills}:
                yield from reasons.of_match(one)
        for name in expect["matches"][0]["ims"]:
            if name in suggestions:
                yield from suggestions[name].reasons
        return
    for one in suggestions.values():
        yield from one.reasons
    if lists["only_books"]:
        yield "NOT_IN_IMS"


def _derived(world: World, outcomes: list[match.Outcome], record_names: dict[str, str]) -> Iterator[str]:
    """Compare the values that the application derives with those of the case."""
    rows = {row["id"]: row for row in world.case["ims"] or ()}
    dates = calendar()
    for outcome in outcomes:
        taxpayer = outcome.run.taxpayer
        view = DeskView.of(taxpayer, clock.today(), dates)
        for ref, one in outcome.documents.items():
            name = record_names.get(ref)
            if name is None:
                continue
            row = rows[name]
            may = {ACTIONS[action] for action in ruling_of(one.record, view).allowed}
            if may != set(row["may"]):
                yield f"{name}: the open actions are {sorted(may)}, the case says {sorted(row['may'])}"
            last = match.desk_facts(taxpayer, one.record, view, dates).last_period
            if last != bool(row.get("last_period")):
                yield f"{name}: last_period is {last}, the case says {bool(row.get('last_period'))}"
            first = outcome.result.doubles.get(ref)
            double = record_names[first.ref] if first else None
            if double != row.get("double_of"):
                yield f"{name}: double_of is {double}, the case says {row.get('double_of')}"
