"""Warnings about single rows, each with its place. If many rows have the same fault, the first rows are named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.wording import say
from invoices.matching.numbers import keys
from invoices.register.reading.mapping import Part, Question, checked
from invoices.register.reading.refusals import Warned, letter
from invoices.register.reading.rows import Reader, Row

MOST_OF_ONE = 20
FIRST_DAY = date(2017, 7, 1)
TOLD_OF_LEFT_OUT = frozenset({"REG-ROW-AMOUNT", "REG-ROW-DATE", "REG-ROW-OTHER-GSTIN", "REG-ROW-SUPPLIER", "REG-ROW-TOTAL-DIFFERS", "REG-ROW-NEGATIVE"})  # fmt: skip


class Watch:
    """Collects the warnings of rows."""

    def __init__(self, today: date):
        self.today = today
        self._found: dict[str, list[Warned]] = {}
        self._count: Counter[str] = Counter()
        self._columns: dict[str, dict[str, str]] = {}

    def kinds(
        self, part: Part, readers: Sequence[Reader], prefix: str, said: dict[str, str]
    ) -> tuple[Part, list[Question]]:
        """Return the part with what a person said about kinds, and what is still open."""
        asked: list[Question] = []
        notes = below = turned = 0
        for reader in readers:
            self._columns[reader.table.sheet.name] = {
                name: letter(places[0]) for name, places in reader.places.items() if places
            }
            signs = reader.signs
            if signs.may_differ(reader):
                for _number, _stood, cells in reader.filled():
                    signs.of(reader, cells)
            notes, below, turned = (
                notes + signs.open_notes,
                below + signs.invoices_below_zero,
                turned + signs.turned,
            )
        if notes:
            asked.append(
                Question(
                    f"{prefix}debit_note",
                    "kind",
                    say("%(count)s rows are debit notes or notes. Whose are they?", count=notes),
                    (
                        ("CN", say("ours: purchase returns, which the supplier answers with a credit note")),
                        ("DN", say("the supplier's debit notes")),
                    ),
                    "CN",
                )  # fmt: skip
            )
        if below:
            asked.append(
                Question(
                    f"{prefix}negative",
                    "kind",
                    say(
                        "%(count)s rows are called invoices and have negative amounts. Are they credit notes?",
                        count=below,
                    ),
                    (("credit_note", say("yes")), ("leave_out", say("no, leave them out"))),
                    "credit_note",
                )  # fmt: skip
            )
        if turned:
            self._note(
                "REG-NEGATIVE",
                readers[0].table.sheet.name,
                0,
                "",
                say("%(count)s rows of negative documents were read as credit notes.", count=turned),
            )
        choices = dict(part.choices)
        open_ones = []
        for question in asked:
            if question.key in said:
                choices[question.key.removeprefix(prefix)] = checked(question, said[question.key])
            else:
                open_ones.append(question)
        if choices.get("place_of_supply") == "not trusted":
            name = readers[0].table.sheet.name
            self._note(
                "REG-PLACE",
                name,
                0,
                self._columns[name].get("place_of_supply", ""),
                say(
                    "The place of supply is your own State in almost all rows, also where there is IGST. It was not used."
                ),
            )
        return replace(part, choices=choices), open_ones

    def row(self, row: Row) -> None:
        if row.left_out is not None:
            if row.left_out.code in TOLD_OF_LEFT_OUT:
                self._note(row.left_out.code, row.sheet, row.row, "", row.left_out.sentence)
            return
        columns = self._columns.get(row.sheet, {})
        if row.number_is_date:
            self._note(
                "REG-NUMBER-DATE",
                row.sheet,
                row.row,
                columns.get("number", ""),
                say(
                    "The spreadsheet turned the invoice number into the date %(given)s. Format the column as text and type the number again.",
                    given=row.number,
                ),
            )
        elif "E" in row.number.upper() and keys(row.number).damaged:
            self._note(
                "REG-NUMBER-DAMAGED",
                row.sheet,
                row.row,
                columns.get("number", ""),
                say(
                    "The spreadsheet rounded the invoice number to %(given)s. Format the column as text and type the number again.",
                    given=row.number,
                ),
            )
        if row.supplier_gstin and not Gstin.is_valid(row.supplier_gstin):
            self._note(
                "REG-GSTIN",
                row.sheet,
                row.row,
                columns.get("supplier_gstin", ""),
                say("%(given)s is not a GSTIN. Check it against the invoice.", given=row.supplier_gstin[:20]),
            )
        if row.document_date is not None and not FIRST_DAY <= row.document_date <= self.today:
            early = row.document_date < FIRST_DAY
            self._note(
                "REG-DATE-EARLY" if early else "REG-DATE-FUTURE", row.sheet, row.row, columns.get("document_date", columns.get("posted_on", "")),
                say("%(day)s is before July 2017, when GST began." if early else "%(day)s is in the future.", day=f"{row.document_date:%d-%m-%Y}"),
            )  # fmt: skip

    def _note(self, code: str, sheet: str, row: int, column: str, sentence: str) -> None:
        self._count[code] += 1
        if self._count[code] <= MOST_OF_ONE:
            self._found.setdefault(code, []).append(Warned(code, sheet, row, column, sentence))

    def warnings(self) -> list[Warned]:
        """Return the warnings. The last one of a code says how many more there are."""
        found = []
        for code, notes in self._found.items():
            found += notes
            if more := self._count[code] - len(notes):
                found.append(
                    Warned(
                        code,
                        notes[-1].sheet,
                        0,
                        notes[-1].column,
                        say("There are %(count)s more rows like this.", count=more),
                    )
                )
        return found
