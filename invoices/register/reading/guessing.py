"""Guesses: columns that are proposed for the fields that nothing surer has found. A guess is a question with a proposal."""

from __future__ import annotations

import re

from ims_portal.kernel.wording import say
from invoices.matching.assignment import Candidate, assigned
from invoices.register.reading.aliases import EXACT, GUESSES, HEADS
from invoices.register.reading.finding import NAMES, NEVER_GUESSED, Finder
from invoices.register.reading.headings import Column
from invoices.register.reading.refusals import Warned

# fields for which a person is asked if there is only a guess
ASKED = (
    "supplier_gstin",
    "supplier_name",
    "number",
    "document_date",
    "taxable",
    *HEADS,
    "tax",
    "kind",
    "reverse_charge",
    "place_of_supply",
)


def guess(finder: Finder) -> None:
    """Propose columns for the fields that are left, so that the proposals together are the likeliest."""
    asked = {question.field for question in finder.questions}
    has_heads = any(name in finder.found for name in HEADS[:3])
    fields = [
        name for name in ASKED
        if name not in finder.found and name not in asked
        and not (name == "tax" and has_heads)
        and not (name == "supplier_name" and "supplier_gstin" in finder.found)
        and not (name == "document_date" and "posted_on" in finder.found and finder.layout is None and not _other_dates(finder))
        and not (finder.closed(name) and name not in (finder.layout.asks if finder.layout else ()))
    ]  # fmt: skip
    keys = [key for key in finder.free if finder.contents[key].filled]
    candidates = [
        Candidate(n, m, 0, score)
        for n, name in enumerate(fields)
        for m, key in enumerate(keys)
        if (score := _likeness(name, finder.columns[key])) and finder.contents[key].suits(name)
    ]
    for one in assigned(candidates):
        name, key = fields[one.bill], keys[one.record]
        finder.ask(name, key, say("The heading is like one of %(field)s.", field=NAMES[name]))


def _other_dates(finder: Finder) -> bool:
    return any(
        (one := finder.contents[key]).filled and one.suits("document_date") and one.share(one.dates) > 0.8
        for key in finder.free
    )


def _likeness(name: str, column: Column) -> int:
    if NEVER_GUESSED & set(column.own.split()):
        return 0
    names = GUESSES.get(name, ())
    if column.own in names:
        return 200 - names.index(column.own)
    if column.own in EXACT.get(name, ()):
        return 190
    words = set(re.findall(r"[a-z]+", column.own))
    best = 0.0
    for other in (*names, *EXACT.get(name, ()), name.replace("_", " ")):
        others = set(re.findall(r"[a-z]+", other))
        best = max(best, len(words & others) / max(1, len(words | others)))
    return int(100 * best) if best >= 0.5 else 0


def ask_for_what_is_missing(finder: Finder) -> None:
    asked = {question.field for question in finder.questions}
    have = set(finder.found) | asked
    if not have & {"supplier_gstin", "supplier_name"}:
        finder.ask("supplier_gstin", "")
    if not have & {"number", "own_number"}:
        finder.ask("number", "")
    elif "number" not in have:
        finder.warnings.append(
            Warned(
                "REG-NUMBER",
                finder.table.sheet.name,
                finder.table.heading_rows[-1],
                "",
                say("No column has the supplier's invoice number; only your own voucher number is there."),
            )  # fmt: skip
        )
    if not have & {"document_date", "posted_on"}:
        finder.ask("document_date", "")
    if "taxable" not in have:
        finder.ask("taxable", "")
    if not have & {*HEADS[:3], "tax"}:
        for name in HEADS[:3]:
            finder.ask(name, "")
