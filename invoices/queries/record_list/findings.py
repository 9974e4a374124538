"""The matcher's findings in a record list: the values of its filters, and the conditions that they become.

A finding belongs to one recipient and one record. A record without a present finding is not matched yet. The table of
findings is above this package, so this module reaches it by the reverse name `findings` of a record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from invoices.matching.ladder import Class
from invoices.matching.suggestions import Action as Suggested
from invoices.matching.words import CLASSES
from invoices.models import Record
from invoices.rules.situation import Action

ALONE, DOUBLE = "ALONE", "DOUBLE"
# not classes, but groups of them: the records with a bill, and the records without a finding
PAIRED, WAITING = "PAIRED", "WAITING"
SUBCLASSES = tuple(name.replace("/", "-", 1) for name in CLASSES if "/" in name)
MATCHES = (*(one.value for one in Class), *SUBCLASSES, ALONE, DOUBLE, PAIRED, WAITING)
# "none" stands for a record without a suggestion
NONE = "none"
TOLD = (Suggested.ACCEPT.value, Suggested.PENDING.value, Suggested.LOOK.value)
SUGGESTIONS = (*TOLD, NONE)
# the credit to give back if a credit note is accepted; "unasked" stands for a record without this question
UNASKED = "unasked"
REDUCTIONS = ("full", "part", "none", UNASKED)
TAKEN = {Suggested.ACCEPT.value: Action.ACCEPTED.value, Suggested.PENDING.value: Action.PENDING.value}


def present(recipient_id: Any) -> QuerySet[Any]:
    """Return the recipient's present findings about records."""
    table: Any = Record._meta.get_field("findings").related_model
    return table.objects.filter(taxpayer_id=recipient_id, until__isnull=True)


def of_records(recipient_id: int, ids: Iterable[int]) -> dict[int, Any]:
    """Return the present findings of these records, by the id of the record. One query."""
    return {one.record_id: one for one in present(recipient_id).filter(record_id__in=list(ids))}


def condition(
    recipient_id: int,
    *,
    match: Iterable[str] = (),
    suggests: Iterable[str] = (),
    differs: str = "",
    reduces: Iterable[str] = (),
) -> Q:
    """Return the condition of these filters. A filter without a value allows every record."""
    mine = present(recipient_id).filter(record_id=OuterRef("pk"))
    found = Q()
    for values, missing, of in (
        (match, WAITING, _of_class),
        (suggests, NONE, lambda value: Q(suggestion=value)),
        (reduces, UNASKED, lambda value: Q(reduction=value)),
    ):
        if values:
            found &= _any_of(mine, tuple(values), missing, of)
    if differs:
        different = Q()
        for told, action in TAKEN.items():
            others = [one.value for one in Action if one.value != action and one is not Action.NONE]
            different |= Q(suggestion=told, record__decision__action__in=others)
        there = Q(Exists(mine.filter(different)))
        found &= there if differs == "yes" else ~there
    return found


def _any_of(mine: QuerySet[Any], values: tuple[str, ...], missing: str, of: Any) -> Q:
    """Return the condition that a record has a finding with one of the values. With the value `missing`, a record
    matches too if it has no finding, or a finding that says nothing about this."""
    wanted = Q()
    for value in values:
        if value != missing:
            wanted |= of(value)
    found = Q(Exists(mine.filter(wanted))) if wanted else Q(pk__in=[])
    if missing in values:
        something = {WAITING: Q(), NONE: Q(suggestion__in=TOLD), UNASKED: ~Q(reduction="")}[missing]
        found |= Q(~Exists(mine.filter(something)))
    return found


def _of_class(value: str) -> Q:
    if value == PAIRED:
        return ~Q(match_class__in=(ALONE, DOUBLE))
    class_, _dash, sub = value.partition("-")
    return Q(match_class=class_, sub=sub) if sub else Q(match_class=class_)


def with_findings(records: QuerySet[Record], recipient_id: int) -> QuerySet[Record]:
    """Return the records with the columns `found_class`, `found_sub`, `found_suggestion` and `found_difference` of
    their findings. They are NULL for a record without a finding."""
    mine = present(recipient_id).filter(record_id=OuterRef("pk"))
    columns = {"class": "match_class", "sub": "sub", "suggestion": "suggestion", "difference": "difference"}
    return records.annotate(
        **{f"found_{name}": Subquery(mine.values(column)[:1]) for name, column in columns.items()}
    )
