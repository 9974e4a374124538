"""Look at a file: read it, find its tables and fields, and say what a person must decide before anything is taken over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from ims_portal.kernel.wording import say
from invoices.register.reading.aliases import FIELDS
from invoices.register.reading.choosing import finder_of, grouped, own_registration, registers, strange_sheet
from invoices.register.reading.dates import span
from invoices.register.reading.deciding import decided
from invoices.register.reading.finding import Finder
from invoices.register.reading.headings import Table
from invoices.register.reading.joining import Joint, joined
from invoices.register.reading.layouts import Layout
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
from invoices.register.reading.sheets import sheets
from invoices.register.reading.watching import Watch

SHOWN_ROWS, SHOWN_DOCUMENTS, ROWS_FOR_DOCUMENTS = 10, 3, 2000


@dataclass(slots=True)
class Look:
    """The outcome of a look at a file. A person must answer all `questions` before the bills are taken over. `first_rows` and `documents` are the
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
    groups = grouped(sheets(data, name), warnings)
    said = {**(remembered.answers if remembered else {}), **(answers or {})}
    parts: list[Part] = []
    questions: list[Question] = []
    readers: list[Reader] = []
    watch = Watch(today)
    found = registers([(group, *finder_of(group, own_gstin)) for group in groups], warnings)
    for group, layout, finder in found:
        first = group[0]
        mark = fingerprint(tuple(column.key for column in first.columns), first.sheet.name)
        prefix = f"{mark[:8]}|" if len(found) > 1 else ""
        part, asked = _part(group, layout, finder, prefix, said, remembered)
        spans = [span(" ".join(row) for row in one.titles) for one in group]
        part, more = decided(part, group, prefix, said, spans[0], today, layout, own_gstin, answers or {})
        ours = [Reader(one, part, layout, own_registration(one, own_gstin, warnings)) for one in group]
        part, last = watch.kinds(part, ours, prefix, said)
        for reader in ours:
            reader.part = part
        parts.append(part)
        names = tuple(one.sheet.name for one in group)
        questions += [replace(question, sheets=names) for question in (*asked, *more, *last)]
        readers += ours
        warnings += finder.warnings
        for one in group:
            warnings += strange_sheet(one)
    mapping = Mapping(tuple(parts), said)
    if remembered is not None and remembered.fingerprint != mapping.fingerprint:
        warnings.append(_changed(remembered, mapping))
    return _seen(mapping, questions, warnings, readers, watch)


def rows(look: Look) -> Iterator[Row]:
    """Yield every row below the headings, in the order of the file."""
    for reader in look.readers:
        yield from reader.rows()


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
