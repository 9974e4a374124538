"""Look at a file: read it, find its tables and fields, and say what a person must decide before anything is taken over."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from ims_portal.kernel.gstin import PAN, Gstin
from ims_portal.kernel.wording import say
from invoices.register.reading import merged
from invoices.register.reading.aliases import FIELDS
from invoices.register.reading.dates import span
from invoices.register.reading.deciding import decided
from invoices.register.reading.finding import Finder
from invoices.register.reading.headings import Table, table
from invoices.register.reading.joining import Joint, joined
from invoices.register.reading.layouts import Layout, is_gstr2b, recognised
from invoices.register.reading.mapping import (
    PERSON,
    PLUS,
    Found,
    Mapping,
    Part,
    Question,
    checked,
    fingerprint,
)
from invoices.register.reading.refusals import Warned, refused
from invoices.register.reading.rows import SUMMED, Reader, Row
from invoices.register.reading.sheets import Sheet, sheets
from invoices.register.reading.watching import Watch

SHOWN_ROWS, SHOWN_DOCUMENTS, ROWS_FOR_DOCUMENTS = 10, 3, 2000
IN_TITLE = re.compile(rf"\b[0-9]{{2}}{PAN}[1-9A-Z]Z[0-9A-Z]\b")
FEWEST_KNOWN, ENOUGH_KNOWN = 3, 4
WORDS = "a supplier, an invoice number, a date, a taxable value and tax"


@dataclass(slots=True)
class Look:
    """What a file is. Nothing may be taken over while `questions` is not empty. `first_rows` and `documents` are the
    first rows that are used, and whole documents. `totals` are the sums of the used rows in paise, and `left_out` counts
    the other rows by their reason: `used` and they are all rows."""

    layout: str
    sheets: tuple[str, ...]
    mapping: Mapping
    questions: tuple[Question, ...]
    first_rows: tuple[Row, ...]
    documents: tuple[Joint, ...]
    warnings: tuple[Warned, ...]
    totals: dict[str, int]
    used: int
    left_out: dict[str, int]
    readers: list[Reader] = field(repr=False, default_factory=list)


def look(
    data: bytes,
    name: str,
    *,
    own_gstin: str,
    today: date,
    remembered: Mapping | None = None,
    answers: dict[str, str] | None = None,
) -> Look:
    """Look at a register. Raises `Invalid` with a code REG-… for a file that cannot be read."""
    warnings: list[Warned] = []
    groups = _groups(sheets(data, name), warnings)
    said = {**(remembered.answers if remembered else {}), **(answers or {})}
    parts: list[Part] = []
    questions: list[Question] = []
    readers: list[Reader] = []
    watch = Watch(today)
    found = _chosen([(group, *_finder(group, own_gstin)) for group in groups], warnings)
    for group, layout, finder in found:
        prefix = f"{group[0].sheet.name}|" if len(found) > 1 else ""
        part, asked = _part(group, layout, finder, prefix, said, remembered)
        spans = [span(" ".join(row) for row in one.titles) for one in group]
        part, more = decided(part, group, prefix, said, spans[0], today, layout, own_gstin)
        ours = [Reader(one, part, layout, _own(one, own_gstin, warnings)) for one in group]
        part, last = watch.kinds(part, ours, prefix, said)
        for reader in ours:
            reader.part = part
        parts.append(part)
        questions += [*asked, *more, *last]
        readers += ours
        warnings += finder.warnings
        for one in group:
            warnings += _of_sheet(one)
    mapping = Mapping(tuple(parts), said)
    if remembered is not None and remembered.fingerprint != mapping.fingerprint:
        warnings.append(_changed(remembered, mapping))
    return _seen(mapping, questions, warnings, readers, watch)


def rows(look: Look) -> Iterator[Row]:
    """Yield every row below the headings, in the order of the file."""
    for reader in look.readers:
        yield from reader.rows()


def _groups(found: list[Sheet], warnings: list[Warned]) -> list[list[Table]]:
    groups: dict[tuple[str, ...], list[Table]] = {}
    for sheet in found:
        one = table(sheet)
        if one is None:
            warnings.append(
                Warned(
                    "REG-SHEET",
                    sheet.name,
                    0,
                    "",
                    say("The sheet was not read: it has no row of headings above rows of data."),
                )
            )
            continue
        if is_gstr2b(one):
            raise refused(
                "REG-GSTR2B",
                "Sheet %(sheet)s is one of a GSTR-2B, which suppliers made. Choose the register of your own books.",
                sheet=sheet.name,
            )
        groups.setdefault(tuple(sorted(column.key for column in one.columns)), []).append(one)
    if not groups:
        first = found[0]
        raise refused(
            "REG-HEADINGS",
            "Sheet %(sheet)s has no row of headings in its first rows (row %(row)s is the first that is filled). Write the headings, like Supplier GSTIN, Invoice Number and Taxable Value, in the row above the data.",
            sheet=first.name, row=first.rows[0][0],
        )  # fmt: skip
    return list(groups.values())


def _finder(group: list[Table], own_gstin: str) -> tuple[Layout | None, Finder]:
    largest = max(group, key=lambda one: len(one.sheet.rows))
    layout = recognised(largest)
    if layout is not None and layout.refused:
        raise refused(
            "REG-LAYOUT",
            layout.refused.replace("%", "%%") + " (Sheet %(sheet)s, row %(row)s.)",
            sheet=largest.sheet.name,
            row=largest.heading_rows[-1],
        )
    finder = Finder(largest, layout, own_gstin)
    finder.run()
    return layout, finder


def _chosen(
    found: list[tuple[list[Table], Layout | None, Finder]], warnings: list[Warned]
) -> list[tuple[list[Table], Layout | None, Finder]]:
    """Return the groups of sheets that are registers."""
    best = max(finder.known for _group, _layout, finder in found)
    if best < FEWEST_KNOWN:
        group, _layout, finder = max(found, key=lambda one: one[2].known)
        raise refused(
            "REG-NOT-REGISTER",
            "Row %(row)s of sheet %(sheet)s does not have the headings of a purchase register. It needs %(words)s.",
            sheet=group[0].sheet.name, row=group[0].heading_rows[-1], words=WORDS,
        )  # fmt: skip
    taken = [one for one in found if one[2].known >= min(best, ENOUGH_KNOWN)]
    for group, layout, finder in found:
        if (group, layout, finder) not in taken:
            warnings += [
                Warned(
                    "REG-SHEET",
                    one.sheet.name,
                    one.heading_rows[-1],
                    "",
                    say("The sheet was not read: its headings are not those of a purchase register."),
                )
                for one in group
            ]
    return taken


def _part(
    group: list[Table],
    layout: Layout | None,
    finder: Finder,
    prefix: str,
    said: dict[str, str],
    remembered: Mapping | None,
) -> tuple[Part, list[Question]]:
    headings = tuple(column.key for column in group[0].columns)
    part = Part(
        tuple(one.sheet.name for one in group), headings, fingerprint(headings, group[0].sheet.name),
        layout.name if layout else "", dict(finder.found),
    )  # fmt: skip
    known = (
        next((one for one in remembered.parts if one.fingerprint == part.fingerprint), None)
        if remembered
        else None
    )
    asked = [replace(question, key=prefix + question.key) for question in finder.questions]
    if known is not None:
        part = replace(part, fields=dict(known.fields))
    columns = {column.key: column.heading for column in group[0].columns}
    for name in FIELDS:
        key = f"{prefix}column:{name}"
        if key not in said:
            continue
        question = Question(key, name, say("Which column has this field?"), (*columns.items(), ("", "none")))
        if (
            known is None
            and said[key]
            and not set(said[key].split(PLUS)) <= set(columns)
            and remembered
            and remembered.answers.get(key) == said[key]
        ):
            continue  # the column of last month is gone, so the question is asked again
        answer = checked(question, said[key])
        part.fields.pop(name, None)
        if answer:
            taken = set(answer.split(PLUS))
            for other, one in list(part.fields.items()):
                if taken & set(one.columns) and f"{prefix}column:{other}" not in said:
                    del part.fields[other]
            part.fields[name] = Found(tuple(answer.split(PLUS)), PERSON)
        asked = [one for one in asked if one.key != key]
    return part, asked


def _own(one: Table, own_gstin: str, warnings: list[Warned]) -> str:
    """Return the registration that the titles of a sheet name, else our own. Raises `Invalid` for another company."""
    named = [gstin for row in one.titles for cell in row for gstin in IN_TITLE.findall(cell.upper())]
    for gstin in named:
        if gstin[2:12] != own_gstin[2:12]:
            raise refused(
                "REG-OTHER-COMPANY",
                "Sheet %(sheet)s names the GSTIN %(gstin)s above its headings, which is not of your company. Choose your own register.",
                sheet=one.sheet.name,
                gstin=gstin,
            )
    if named and named[0] != own_gstin and Gstin.is_valid(named[0]):
        warnings.append(
            Warned(
                "REG-OWN-GSTIN",
                one.sheet.name,
                0,
                "",
                say(
                    "The sheet belongs to your registration %(gstin)s, which it names above its headings.",
                    gstin=named[0],
                ),
            )
        )
        return named[0]
    return own_gstin


def _of_sheet(one: Table) -> list[Warned]:
    found = []
    if one.sheet.hidden:
        found.append(
            Warned(
                "REG-HIDDEN",
                one.sheet.name,
                0,
                "",
                say("%(count)s rows of the sheet are hidden. They were read too.", count=one.sheet.hidden),
            )
        )
    areas = merged.areas_below(one)
    if areas:
        found.append(
            Warned(
                "REG-MERGED",
                one.sheet.name,
                areas[0][0],
                merged_letter(areas[0][2]),
                say(
                    "Cells of several rows are merged. Each row has their text; an amount counts in the first row only."
                ),
            )
        )
    return found


def merged_letter(place: int) -> str:
    from invoices.register.reading.refusals import letter

    return letter(place)


def _changed(remembered: Mapping, mapping: Mapping) -> Warned:
    before = {key for part in remembered.parts for key in part.headings}
    now = {key for part in mapping.parts for key in part.headings}
    return Warned(
        "REG-CHANGED", mapping.parts[0].sheets[0], 0, "",
        say("The headings are not those of the last file. New: %(new)s. Gone: %(gone)s.", new=", ".join(sorted(now - before)) or "–", gone=", ".join(sorted(before - now)) or "–"),
    )  # fmt: skip


def _seen(
    mapping: Mapping, questions: list[Question], warnings: list[Warned], readers: list[Reader], watch: Watch
) -> Look:
    """Read all rows once for the warnings, the counts and the examples."""
    first: list[Row] = []
    some: list[Row] = []
    totals: Counter[str] = Counter(dict.fromkeys((*SUMMED, "value"), 0))
    left_out: Counter[str] = Counter()
    example: Row | None = None
    used = 0
    found = Look("", (), mapping, tuple(questions), (), (), (), {}, 0, {}, readers)
    for row in rows(found):
        watch.row(row)
        if row.left_out is not None:
            left_out[row.left_out.code] += 1
            example = example or row
            continue
        used += 1
        for name in totals:
            totals[name] += getattr(row, name)
        if used <= SHOWN_ROWS:
            first.append(row)
        if used <= ROWS_FOR_DOCUMENTS:
            some.append(row)
    if not used and not questions and example is not None and example.left_out is not None:
        code = "REG-OTHER-COMPANY" if set(left_out) == {"REG-ROW-OTHER-GSTIN"} else "REG-NOTHING"
        raise refused(
            code,
            "No row of the file can be used. Row %(row)s of sheet %(sheet)s: %(reason)s",
            row=example.row,
            sheet=example.sheet,
            reason=example.left_out.sentence,
        )
    documents = sorted(joined(some).documents, key=lambda one: -len(one.rows))[:SHOWN_DOCUMENTS]
    return replace(
        found,
        layout=", ".join(dict.fromkeys(part.layout for part in mapping.parts if part.layout)),
        sheets=tuple(name for part in mapping.parts for name in part.sheets),
        first_rows=tuple(first), documents=tuple(documents), warnings=(*warnings, *watch.warnings()),
        totals=dict(totals), used=used, left_out=dict(left_out),
    )  # fmt: skip
