"""The counts and sums that a GSTR-1 file states of itself, compared with the documents that were read.

Some programs write the summary of GSTR-1 (`sec_sum`) or totals (`ttl_rec`, `ttl_val` …) into the file. The
turnover in `gt` and `cur_gt` is not a sum of the file's documents, and is not compared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ims_portal.kernel.money import format_count, format_inr
from invoices.rules.documents import Draft
from invoices.rules.situation import Kind
from returns.files.stated_figures import (
    COUNT,
    NAMES,
    TAXABLE_AND_TAX,
    TOTALS,
    VALUE,
    Unequal,
    stated_in,
    unequal,
)
from returns.gstr1_file.read import SUMMARY
from returns.gstr1_file.read_document import Entry

# sections of the summary whose documents the portal reads
SECTIONS = ("b2b", "b2ba", "cdnr", "cdnra", "ecom", "ecoma")


@dataclass(slots=True)
class Sums:
    """The sums of some documents, in which credit notes count as positive (`plain`) or negative (`signed`)."""

    plain: Counter[str] = field(default_factory=Counter)
    signed: Counter[str] = field(default_factory=Counter)

    def add(self, draft: Draft | None) -> None:
        """Add a document. A document that could not be read counts without amounts."""
        for sums in (self.plain, self.signed):
            sums[COUNT] += 1
        if draft is None:
            return
        sign = -1 if draft.kind is Kind.CREDIT_NOTE else 1
        tax = draft.tax
        amounts = (draft.value, draft.taxable, tax.igst, tax.cgst, tax.sgst, tax.cess)
        for figure, amount in zip((VALUE, *TAXABLE_AND_TAX), amounts, strict=True):
            self.plain[figure] += amount
            self.signed[figure] += sign * amount

    def differing(self, place: str, stated: Mapping[str, Any]) -> list[Unequal]:
        """Return the stated figures that differ. Programs write credit notes with either sign. The sign with
        fewer differences counts."""
        said = stated_in(stated)
        each = [
            list(unequal(place, said, {name: sums[name] for name in NAMES}))
            for sums in (self.signed, self.plain)
        ]
        return min(each, key=len)


def by_section(entries: Iterable[Entry]) -> list[dict[str, str]]:
    """Return the number of documents and the sums of each section, as the rows of `tax_table`. Documents that
    the file deletes are not counted."""
    sections = defaultdict[str, Sums](Sums)
    for entry in entries:
        if entry.removal is None:
            sections[_section(entry)].add(entry.incoming.draft if entry.incoming is not None else None)
    return [
        {
            "section": name,
            COUNT: format_count(sums.plain[COUNT]),
            **{figure: format_inr(sums.plain[figure]) for figure in TAXABLE_AND_TAX},
        }
        for name, sums in sections.items()
    ]


def _section(entry: Entry) -> str:
    return entry.place.partition("[")[0].partition(".")[0]


def differences(stated: Mapping[str, Any], entries: Iterable[Entry]) -> Iterator[Unequal]:
    """Yield the figures in `stated` that differ from `entries`, which are all documents of the file. `stated`
    has the file's totals and summary. Documents that the file deletes are not counted."""
    whole, sections = Sums(), defaultdict[str, Sums](Sums)
    for entry in entries:
        if entry.removal is None:
            draft = entry.incoming.draft if entry.incoming is not None else None
            for sums in (whole, sections[_section(entry)]):
                sums.add(draft)
    yield from whole.differing("file", {name: stated[name] for name in stated if name in TOTALS})
    rows = stated.get(SUMMARY)
    for nth, row in enumerate(rows if isinstance(rows, list) else ()):
        name = str(row.get("sec_nm", "")).lower() if isinstance(row, dict) else ""
        if name in SECTIONS:
            yield from sections[name].differing(f"{SUMMARY}[{nth}] {name}", row)
