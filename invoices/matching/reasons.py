"""Reasons: one code for each field of a match, and for each fact that a suggestion rests on."""

from __future__ import annotations

from collections.abc import Iterable

from invoices.matching.ladder import Class
from invoices.matching.numbers import Relation
from invoices.matching.relations import Amounts, Days, Facts, Party
from invoices.matching.run import Match

NUMBERS = {
    Relation.SAME: "NUM_SAME",
    Relation.FORMAT: "NUM_FORMAT",
    Relation.YEAR: "NUM_YEAR",
    Relation.PREFIX: "NUM_PREFIX",
    Relation.SHORT_PREFIX: "NUM_PREFIX",
    Relation.LOOK_ALIKE: "NUM_LOOKALIKE",
    Relation.DIFFERENT: "NUM_DIFFERS",
}
AMOUNTS = {
    Amounts.SAME: "AMT_EXACT",
    Amounts.ROUNDING: "AMT_ROUNDING",
    Amounts.HEADS: "AMT_HEADS",
    Amounts.HIGHER: "AMT_HIGHER",
    Amounts.LOWER: "AMT_LOWER",
}


def of_match(match: Match) -> tuple[str, ...]:
    """Return the codes of a match, field by field: numbers, days, amounts, then what else agrees or differs."""
    found = list(_of_facts(match)) if match.facts else []
    if match.class_ is Class.GROUP:
        found = [code for code in found if not code.startswith("AMT_")] + ["GROUP_SUM", "AMT_EXACT"]
    if match.class_ is Class.MANUAL:
        found.insert(0, "LINKED_BY_HAND")
    if match.several:
        found.append("SEVERAL_FIT")
    if match.repeated:
        found.append("DUPLICATE_IN_BOOKS")
    if match.doubled:
        found.append("DOUBLE_IN_IMS")
    return tuple(dict.fromkeys(found))


def _of_facts(match: Match) -> Iterable[str]:
    found = match.facts
    assert found is not None
    bill, record = match.bills[0], match.records[0]
    if found.party is not Party.SAME:
        yield {
            Party.SAME_PAN: "GSTIN_SUPPLIER_OTHER",
            Party.TYPO: "GSTIN_CHECK_FAILS",
            Party.EMPTY: "GSTIN_EMPTY",
        }.get(found.party, "GSTIN_SUPPLIER_OTHER")
    if not found.same_own:
        yield "GSTIN_OWN_OTHER"
    if found.irns:
        yield "IRN_SAME"
    if found.import_ and found.boe_suffix and not found.number_agrees:
        yield "BOE_SUFFIX"
    elif found.number is Relation.MISSING:
        yield "NUM_DAMAGED" if bill.keys.damaged or record.keys.damaged else "NUM_MISSING"
    else:
        yield NUMBERS[found.number]
    if found.import_ and bill.port and bill.port == record.port:
        yield "PORT_SAME"
    if found.note and found.same_original and not found.number_agrees:
        yield "ORIGINAL_SAME"
    yield _of_days(found)
    if found.amounts is Amounts.TAXABLE:
        yield "AMT_HIGHER" if record.heads.taxable > bill.heads.taxable else "AMT_LOWER"
    else:
        yield AMOUNTS[found.amounts]
    if found.place_differs:
        yield "POS_DIFFERS"
    if found.charge_differs:
        yield "RCM_DIFFERS"
    if not found.same_group:
        yield "KIND_DIFFERS"


def _of_days(found: Facts) -> str:
    if found.days in (Days.SAME, Days.SWAPPED):
        return "DATE_SAME" if found.days is Days.SAME else "DATE_SWAPPED"
    if not found.same_year:
        return "DATE_YEAR"
    return "DATE_NEAR" if found.days is Days.NEAR else "DATE_DIFFERS"
