"""The outcome of a run as plain values, for JSON."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from invoices.matching import reasons
from invoices.matching.documents import Bill, Reported
from invoices.matching.run import Match
from invoices.register.match import Outcome
from invoices.register.models import Bill as KeptBill


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return the matches, the documents of one side alone, and the repeated bills. A bill is named by `source_ref`,
    supplier and number; a document of IMS by supplier, number, kind and date."""
    refs = _source_refs(outcome)

    def booked(bill: Bill) -> dict[str, Any]:
        return {"source_ref": refs.get(int(bill.ref), ""), "supplier": bill.supplier, "number": bill.number}

    result = outcome.result
    return {
        "gstin": outcome.run.taxpayer.gstin,
        "run": outcome.run.pk,
        "version": outcome.run.version,
        "matches": [_match(match, outcome, booked) for match in result.matches],
        "only_books": [booked(bill) for bill in result.only_books],
        "only_ims": [_alone(record, outcome) for record in result.only_ims],
        "duplicates": [
            {**booked(bill), "repeats": booked(first)} for bill, first in result.duplicates.values()
        ],
    }


def _source_refs(outcome: Outcome) -> dict[int, str]:
    """Return the source refs of the present bills of the GSTIN, and of bills at another registration of the same PAN
    that have a match here."""
    own = outcome.run.taxpayer.gstin
    others = {int(bill.ref) for match in outcome.result.matches for bill in match.bills if bill.own != own}
    held = KeptBill.objects.filter(
        Q(taxpayer=outcome.run.taxpayer) | Q(identity__in=others), until__isnull=True
    )
    return {identity or 0: ref for identity, ref in held.values_list("identity", "source_ref")}


def _document(record: Reported) -> dict[str, Any]:
    return {
        "supplier": record.supplier,
        "number": record.number,
        "kind": record.kind.value,
        "date": record.day.isoformat(),
    }


def _match(match: Match, outcome: Outcome, booked: Any) -> dict[str, Any]:
    suggestion = outcome.suggestions.get(match.records[0].ref)
    codes = dict.fromkeys((*reasons.of_match(match), *(suggestion.reasons if suggestion else ())))
    return {
        "books": [booked(bill) for bill in match.bills],
        "ims": [_document(record) for record in match.records],
        "class": match.class_.value,
        "sub": match.sub,
        **_suggested(suggestion),
        "reasons": list(codes),
    }


def _alone(record: Reported, outcome: Outcome) -> dict[str, Any]:
    suggestion = outcome.suggestions.get(record.ref)
    return {
        **_document(record),
        **_suggested(suggestion),
        "reasons": list(suggestion.reasons) if suggestion else [],
    }


def _suggested(suggestion: Any) -> dict[str, Any]:
    if suggestion is None:
        return {"suggestion": None, "fallback": None, "auto": False}
    return {
        "suggestion": suggestion.action.value,
        "fallback": suggestion.fallback.value if suggestion.fallback else None,
        "auto": suggestion.auto,
        "reduction": suggestion.reduction.value if suggestion.reduction else None,
        "until": suggestion.until.isoformat() if suggestion.until else None,
    }
