"""Decides what columns alone do not say: the order of dates, rows that continue a voucher, a place of supply that is only
our own State, and a tax without heads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from ims_portal.kernel.wording import say
from invoices.register.reading.aliases import DATES, HEADS
from invoices.register.reading.columns import column_cells
from invoices.register.reading.dates import SWAPPED, days, may_be_swapped, order
from invoices.register.reading.finding import NAMES
from invoices.register.reading.headings import Table
from invoices.register.reading.layouts import Layout
from invoices.register.reading.mapping import Part, Question, checked
from invoices.register.reading.rows import Reader
from invoices.register.reading.totals import is_total
from invoices.register.reading.values import place

NOT_TRUSTED_FROM, FEWEST_ROWS = 0.98, 10
FIXED_ORDER = ("GSTN", "Tally", "Purchase register of this portal", "ERPNext", "Zoho")


def decided(
    part: Part,
    tables: Sequence[Table],
    prefix: str,
    said: dict[str, str],
    span: tuple[date, date] | None,
    today: date,
    layout: Layout | None,
    own_gstin: str,
    fresh: Collection[str],
) -> tuple[Part, list[Question]]:
    """Return the part with its choices, and the questions that a person must answer. `fresh` are the keys of answers that
    were given for this file, not remembered from an earlier one."""
    choices: dict[str, str] = {}
    questions: list[Question] = []

    def settle(question: Question, ask: bool = False) -> None:
        key = question.key.removeprefix(prefix)
        if question.key in said and not ask:
            choices[key] = checked(question, said[question.key])
        else:
            choices[key] = question.proposed or choices.get(key, "")
            questions.append(question)

    for name in DATES:
        if name not in part.fields:
            continue
        key = part.fields[name].columns[0]
        found = order((cell for _t, _n, _p, cell in column_cells(tables, key)), span, today)
        choices[f"dates:{name}"] = found.name
        fixed = layout is not None and layout.name.startswith(FIXED_ORDER)
        asked = f"{prefix}dates:{name}"
        if may_be_swapped(cell for _t, _n, _p, cell in column_cells(tables, key)):
            settle(_about_swapped(asked, name, key))
            continue
        if found.mixed and asked not in fresh:
            settle(_about_dates(asked, name, tables, key, True, found.name), ask=True)
            continue
        if found.mixed or (found.unsure and not fixed) or asked in said and found.unsure:
            settle(_about_dates(asked, name, tables, key, found.mixed, found.name))
    readers = [Reader(one, replace(part, choices=choices), layout, own_gstin) for one in tables]
    if layout is not None and layout.carries_down:
        choices["carry_down"] = "yes"
    elif continued := _continued(readers):
        settle(
            Question(
                f"{prefix}carry_down",
                "",
                say(
                    "Row %(row)s has amounts, but no number and no date. Does it continue the document above it?",
                    row=continued,
                ),
                (("yes", say("yes")), ("no", say("no, leave such rows out"))),
                "yes",
            )  # fmt: skip
        )
    if _place_is_ours(readers, own_gstin):
        choices["place_of_supply"] = "not trusted"
    if "tax" in part.fields and not set(HEADS[:3]) & set(part.fields):
        settle(
            Question(
                f"{prefix}tax_split",
                "tax",
                say("The file has the tax in one sum. Shall it be split by the States of the two GSTINs?"),
                (
                    ("by_state", say("yes: IGST between States, otherwise CGST and SGST in halves")),
                    ("no", say("no, leave the tax out")),
                ),
                "by_state",
            )  # fmt: skip
        )
    return replace(part, choices=choices), questions


def _about_dates(
    asked: str, name: str, tables: Sequence[Table], key: str, mixed: bool, proposed: str
) -> Question:
    example = next(
        (cell, row, sheet.sheet.name)
        for sheet, row, _place, cell in column_cells(tables, key)
        if isinstance(cell, str) and (both := days(cell)) is not None and both[0] != both[1]
    )
    both = days(example[0]) or (None, None)
    words = [f"{one:%d %B %Y}" if one else say("no date") for one in both]
    sentence = say(
        "Column %(column)s has dates of two orders. Which order is right? Rows of the other order are left out."
        if mixed
        else "The dates in column %(column)s can be read in two orders. Which one is right?",
        column=key,
    )
    return Question(
        asked, name, sentence,
        (("dmy", f"day first: {example[0]} = {words[0]}"), ("mdy", f"month first: {example[0]} = {words[1]}")),
        "" if mixed else proposed,
        say("Row %(row)s of sheet %(sheet)s, %(field)s.", row=example[1], sheet=example[2], field=NAMES.get(name, name)),
    )  # fmt: skip


def _about_swapped(asked: str, name: str, key: str) -> Question:
    return Question(
        asked, name,
        say("In column %(column)s all real dates have a day up to 12, and all texts a later one. A spreadsheet may have exchanged day and month. Did it?", column=key),
        ((SWAPPED, say("yes, exchange day and month of the real dates")), ("dmy", say("no, the dates are right"))),
        "", say("Look at an invoice of one of the rows."),
    )  # fmt: skip


def _continued(readers: Sequence[Reader]) -> int:
    """Return the first row with amounts that has neither number, date nor supplier, below a row that has them; 0 if no row
    is like that. Sub-totals without a name are like that too, so a person decides."""
    for reader in readers:
        whole = False
        for number, _stood, cells in reader.filled():
            parts = [
                reader.cell(name, cells)
                for name in (
                    "number",
                    "own_number",
                    "document_date",
                    "posted_on",
                    "supplier_gstin",
                    "supplier_name",
                )
            ]
            if any(part is not None for part in parts):
                whole = True
            elif (
                whole
                and not is_total(cells)
                and any(reader.amount(name, cells) for name in ("taxable", *HEADS))
            ):
                return number
    return 0


def _place_is_ours(readers: Sequence[Reader], own_gstin: str) -> bool:
    """True if the place of supply is our own State in almost all rows, and IGST occurs: programs then write it always."""
    found: Counter[str] = Counter()
    igst = False
    for reader in readers:
        if "place_of_supply" not in reader.places:
            return False
        for _number, _stood, cells in reader.filled():
            from_cell = reader.text("place_of_supply", cells)
            if from_cell:
                found[from_cell.lower()] += 1
            igst = igst or bool(reader.amount("igst", cells))
    if not igst or found.total() < FEWEST_ROWS:
        return False
    text, count = found.most_common(1)[0]
    return place(text) == own_gstin[:2] and count >= NOT_TRUSTED_FROM * found.total()
