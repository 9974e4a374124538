"""The findings of a run are kept with their beginning and their end.

A finding that a run repeats stays as it is. A finding that changed, or that no document has any more, ends, and a new
one begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from invoices.matching import reasons
from invoices.matching.documents import Bill
from invoices.matching.run import Match, Result
from invoices.matching.suggestions import Suggestion
from invoices.models import Record
from invoices.register.models import ALONE, DOUBLE, REPEATED, Finding, MatchRun

AT_ONCE = 2_000
# The fields that make a finding another one.
TOLD = (
    "record_id",
    "root_id",
    "bill_identity",
    "match_class",
    "sub",
    "suggestion",
    "fallback",
    "auto",
    "reduction",
    "pending_until",
    "difference",
    "reasons",
)


def keep(
    run: MatchRun,
    result: Result,
    suggestions: Mapping[str, Suggestion],
    records: Mapping[str, Record],
) -> None:
    """Save the findings of a run. `suggestions` and `records` are by the ref of a document."""
    wanted = {_key(one): one for one in _findings(result, suggestions, records)}
    ended = []
    present = Finding.objects.filter(taxpayer=run.taxpayer, until__isnull=True)
    for pk, *told in present.values_list("pk", *TOLD).iterator(chunk_size=5_000):
        before = dict(zip(TOLD, told, strict=True))
        if wanted.get(_key(before)) == before:
            del wanted[_key(before)]
        else:
            ended.append(pk)
    for n in range(0, len(ended), AT_ONCE):
        Finding.objects.filter(pk__in=ended[n : n + AT_ONCE]).update(until=run.at)
    Finding.objects.bulk_create(
        [Finding(taxpayer=run.taxpayer, run=run, since=run.at, **one) for one in wanted.values()],
        batch_size=AT_ONCE,
    )


def _key(told: Mapping[str, Any]) -> tuple[int | None, int | None]:
    root = told["root_id"]
    return root, None if root else told["bill_identity"]


def _findings(
    result: Result, suggestions: Mapping[str, Suggestion], records: Mapping[str, Record]
) -> Iterator[dict[str, Any]]:
    for match in result.matches:
        codes, apart = reasons.of_match(match), _difference(match)
        for record in match.records:
            if record.ref in records:
                found = _of_record(record.ref, match.class_.value, match.sub, suggestions, records, codes)
                yield {**found, "bill_identity": int(match.bills[0].ref), "difference": apart}
    for record in result.only_ims:
        class_ = DOUBLE if record.ref in result.doubles else ALONE
        yield _of_record(record.ref, class_, "", suggestions, records, ())
    yield from _of_bills(result.only_books, ALONE, "NOT_IN_IMS")
    yield from _of_bills(
        (bill for bill, _first in result.duplicates.values()), REPEATED, "DUPLICATE_IN_BOOKS"
    )


def _of_record(
    ref: str,
    class_: str,
    sub: str,
    suggestions: Mapping[str, Suggestion],
    records: Mapping[str, Record],
    codes: Iterable[str],
) -> dict[str, Any]:
    suggestion = suggestions[ref]
    return {
        "record_id": records[ref].pk,
        "root_id": int(ref),
        "bill_identity": None,
        "match_class": class_,
        "sub": sub,
        "suggestion": suggestion.action.value,
        "fallback": suggestion.fallback.value if suggestion.fallback else "",
        "auto": suggestion.auto,
        "reduction": suggestion.reduction.value if suggestion.reduction else "",
        "pending_until": suggestion.until,
        "difference": None,
        "reasons": list(dict.fromkeys((*codes, *suggestion.reasons))),
    }


def _of_bills(bills: Iterable[Bill], class_: str, reason: str) -> Iterator[dict[str, Any]]:
    for bill in bills:
        yield {
            "record_id": None,
            "root_id": None,
            "bill_identity": int(bill.ref),
            "match_class": class_,
            "sub": "",
            "suggestion": "",
            "fallback": "",
            "auto": False,
            "reduction": "",
            "pending_until": None,
            "difference": None,
            "reasons": [reason],
        }


def _difference(match: Match) -> int:
    """Return the tax of IMS minus the tax of the books in paise, both with the sign that they have in a sum."""
    return sum(one.heads.tax for one in match.records) - sum(one.heads.tax for one in match.bills)
