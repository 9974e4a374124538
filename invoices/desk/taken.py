"""The result of an action on records: how many records changed, and which records were refused, with the reason."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import QuerySet

from invoices.desk.decisions import MOST_NAMED
from invoices.models import Record
from invoices.rules.refusals import CHANGED_MEANWHILE, CODES
from invoices.rules.ruling import Refusal


@dataclass(frozen=True, slots=True)
class Case:
    """Refused records with one reason. `refusal` is None if no clause of the law refused the records. `count`
    counts the records, and `ids` lists the first of them."""

    code: str
    refusal: Refusal | None
    count: int
    ids: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Taken:
    """The result of an action. `saved` counts the saved records. `refused` has ids of refused records by
    code. `unnamed` counts, by code, the refused records whose ids are not listed. `lawful` has the records that a
    clause of the law refused: one case for each sentence."""

    saved: int = 0
    refused: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    unnamed: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, Refusal] = field(default_factory=dict)
    lawful: list[Case] = field(default_factory=list)
    entry_id: int | None = None
    made_stale: bool = False

    @property
    def refused_count(self) -> int:
        return sum(map(self.count, self.refused))

    def count(self, code: str) -> int:
        """Return how many records were refused with this code."""
        return len(self.refused[code]) + self.unnamed.get(code, 0)

    def refuse(
        self, code: str, records: QuerySet[Record], count: int, refusal: Refusal | None = None
    ) -> None:
        """Add these `count` records to the refused records of `code`. `refusal` is the reason from the law."""
        ids = list(records.values_list("pk", flat=True)[:MOST_NAMED])
        self.refused[code] += ids
        self.unnamed[code] = self.unnamed.get(code, 0) + max(0, count - MOST_NAMED)
        if refusal is not None:
            self.lawful.append(Case(code, refusal, count, ids))

    def cases(self) -> list[Case]:
        """Return the refused records, one case for each sentence."""
        found = list(self.lawful)
        for code, ids in self.refused.items():
            told = [case for case in self.lawful if case.code == code]
            rest = self.count(code) - sum(case.count for case in told)
            if rest:
                named = {pk for case in told for pk in case.ids}
                found.append(Case(code, None, rest, [pk for pk in ids if pk not in named]))
        return found


def reason_in_words(case: Case) -> dict[str, str]:
    """Return the reason for refused records: the sentence in the words of these records, the sentence of the whole
    rule, what to do instead, and the rule."""
    if case.refusal is not None:
        return {
            "sentence": case.refusal.short,
            "full": case.refusal.full,
            "instead": case.refusal.instead,
            "rule": case.refusal.clause.code,
        }
    if case.code == "ROW_CHANGED":
        return {
            "sentence": "The record changed after you opened the list.",
            "instead": "Look at the record again.",
            "rule": CHANGED_MEANWHILE,
        }
    known = CODES[case.code]
    return {"sentence": known.sentence, "instead": "", "rule": known.rule}
