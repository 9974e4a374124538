"""The titles of the rulebook's clauses, and the actions that each clause refuses.

The module finds these actions by trying each clause on all situations that `situations` returns."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any

from invoices.rules.situation import Action, Book, Direction, Filing, Kind, Route, Situation, Standing

ORDER = (Action.ACCEPTED, Action.REJECTED, Action.PENDING, Action.NONE)

# the actions that a clause refuses, the refusal codes, the texts that say what to do instead, and the short reasons
Closing = tuple[tuple[Action, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]
NOTHING: Closing = ((), (), (), ())


def title_of(name: str) -> str:
    """Return the title of a clause, made from the name of the clause's function."""
    text = name.replace("_", " ").capitalize()
    for word, said in (("gstr2b", "GSTR-2B"), ("gstr3b", "GSTR-3B"), (" ims", " IMS")):
        text = text.replace(word, said)
    return text


def closing(ask: Any) -> Closing:
    """Return the actions that a clause refuses, the refusal codes, what to do instead, and the short reasons by kind
    of record. `ask` is the clause's function. The advice for suppliers' documents comes before the advice for bills of entry."""
    actions: set[Action] = set()
    codes: set[str] = set()
    instead: dict[str, None] = {}
    short: dict[str, None] = {}
    for situation in situations():
        found = ask(situation)
        if found is not None:
            actions |= found[0]
            codes.add(found[1])
            instead[found[2]] = None
            short[found[3]] = None
    return tuple(a for a in ORDER if a in actions), tuple(sorted(codes)), tuple(instead), tuple(short)


@lru_cache(maxsize=1)
def situations() -> tuple[Situation, ...]:
    """Return the situations on which `closing` tries each clause. A clause gives each of its possible answers
    on at least one of these situations."""
    return tuple(
        Situation(
            Book.B2510, kind, route, Filing.FILED, standing, direction, False,
            closed=closed, time_barred=flag, pending_limit_reached=flag, past_cutoff=flag,
        )
        for kind, route, standing, direction, closed, flag in product(
            Kind, Route, Standing, Direction, (False, True), (False, True)
        )
    )  # fmt: skip
