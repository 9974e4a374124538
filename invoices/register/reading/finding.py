"""Find the fields of a table: by its layout, by exact headings, by content, by arithmetic, then
`guessing` proposes. An uncertain field stays empty."""

from __future__ import annotations

from collections.abc import Iterable

from ims_portal.kernel.wording import say
from invoices.register.reading.aliases import (
    DATES,
    EXACT,
    FIELDS,
    GUESSES,
    HEADS,
    MONEY,
    RATE_HEADS,
    WHOLE_HEADS,
    WORDS_OF_HEADS,
)  # fmt: skip
from invoices.register.reading.columns import (
    RATES,
    Content,
    amounts_of,
    contents,
    is_tax_of,
    sample,
    taxable_by_arithmetic,
    total_by_arithmetic,
)  # fmt: skip
from invoices.register.reading.headings import Column, Table
from invoices.register.reading.layouts import Layout
from invoices.register.reading.mapping import (
    ARITHMETIC,
    CONTENT,
    GUESS,
    LAYOUT,
    PLUS,
    Found,
    Question,
)
from invoices.register.reading.mapping import (
    EXACT as BY_ALIAS,
)
from invoices.register.reading.refusals import Warned, letter
from invoices.register.reading.values import rate

NEVER_GUESSED = frozenset(
    [
        "rate",
        "%",
        "tds",
        "tcs",
        "fcy",
        "due",
        "opening",
        "closing",
        "difference",
        "round",
        "rounding",
        "off",
        "status",
        "filing",
        "discount",
    ]
)
NAMES = {
    "supplier_gstin": "the supplier's GSTIN", "supplier_name": "the supplier's name",
    "number": "the supplier's invoice number", "document_date": "the date of the supplier's invoice",
    "taxable": "the taxable value", "igst": "the integrated tax", "cgst": "the central tax", "sgst": "the State tax",
    "cess": "the cess", "tax": "the total tax", "kind": "the kind of the document",
    "reverse_charge": "reverse charge", "place_of_supply": "the place of supply", "value": "the invoice value",
}  # fmt: skip


class Finder:
    """Finds the fields of one table. `found`, `questions` and `warnings` are the result."""

    def __init__(self, table: Table, layout: Layout | None, own_gstin: str):
        self.table, self.layout = table, layout
        self.rows = sample(table)
        self.contents: dict[str, Content] = contents(table, self.rows, own_gstin)
        self.columns = {column.key: column for column in table.columns}
        self.found: dict[str, Found] = {}
        self.questions: list[Question] = []
        self.warnings: list[Warned] = []

    def run(self) -> None:
        self._by_layout()
        self._by_aliases()
        self._by_content()
        self._by_arithmetic()

    @property
    def free(self) -> dict[str, Column]:
        used = {key for found in self.found.values() for key in found.columns}
        return {key: column for key, column in self.columns.items() if key not in used}

    def _take(self, name: str, keys: Iterable[str], how: str, why: str = "") -> bool:
        """Take the columns for a field if their content allows it."""
        keys = tuple(keys)
        for key in keys:
            letters = name == "kind" and (
                self.columns[key].own == "note type" or self.layout is not None and self.layout.letters
            )
            if not letters and not self.contents[key].suits(name):
                column = self.columns[key]
                self.warnings.append(
                    Warned(
                        "REG-CONTENT",
                        self.table.sheet.name,
                        self.table.heading_rows[-1],
                        letter(column.place),
                        say(
                            "Column %(heading)s does not hold what its heading says and was not used for %(field)s.",
                            heading=column.heading,
                            field=NAMES.get(name, name.replace("_", " ")),
                        ),
                    )  # fmt: skip
                )
                return False
        self.found[name] = Found(keys, how, why)
        return True

    def _named(self, name: str) -> list[str]:
        """Return the free columns with this plain heading, with its parent or alone."""
        return [
            key for key, column in self.free.items() if key == name or (column.own == name and column.alone)
        ]

    def _by_layout(self) -> None:
        if self.layout is None:
            return
        for name, headings in self.layout.fields.items():
            keys = next((keys for heading in headings.split("|") if (keys := self._named(heading))), [])
            if keys:
                self._take(name, keys[:1], LAYOUT)
        for name, pattern in self.layout.sums.items():
            keys = [
                key
                for key in self.free
                if pattern.search(key)
                and self.contents[key].suits("taxable")
                and not NEVER_GUESSED & set(key.replace("%", "").split())
            ]
            if keys and name not in self.found:
                self._take(name, keys, LAYOUT)

        self._settle_ledgers()

    def _settle_ledgers(self) -> None:
        """A ledger like PURCHASE IGST 18% may hold the purchases or their tax. Arithmetic says which."""
        if self.layout is None or "taxable" not in self.layout.sums or "taxable" not in self.found:
            return
        for key in self.found["taxable"].columns:
            head = next((name for name in HEADS if WORDS_OF_HEADS[name].search(key)), None)
            if head is None:
                continue
            rest = tuple(other for other in self.found["taxable"].columns if other != key)
            here = amounts_of(self.rows, self.columns[key].place)
            filled = [n for n, one in enumerate(here) if one]
            others = [
                sum(row)
                for row in zip(*(amounts_of(self.rows, self.columns[one].place) for one in rest), strict=True)
            ]
            if filled and others and is_tax_of([here[n] for n in filled], [others[n] for n in filled]):
                self.found["taxable"] = Found(rest, LAYOUT)
                self.found[head] = Found((*self._columns_of(head), key), ARITHMETIC)
                continue
            taxes = [key for name in HEADS[:3] for key in self._columns_of(name)]
            due = [
                sum(row)
                for row in zip(
                    *(amounts_of(self.rows, self.columns[one].place) for one in taxes), strict=True
                )
            ]
            if filled and not (due and is_tax_of([due[n] for n in filled], [here[n] for n in filled])):
                self.ask(
                    "taxable",
                    PLUS.join(self.found["taxable"].columns),
                    say("%(ledger)s may be a ledger of tax.", ledger=self.columns[key].heading),
                )
                return

    def _columns_of(self, name: str) -> tuple[str, ...]:
        return self.found[name].columns if name in self.found else ()

    def closed(self, name: str) -> bool:
        """True if the field is found, or the layout says that no other column holds it."""
        return name in self.found or self.layout is not None and name in self.layout.fields

    def _by_aliases(self) -> None:
        for name in FIELDS:
            if self.closed(name):
                continue
            if name in HEADS:
                whole = [
                    key
                    for key, one in self.free.items()
                    if WHOLE_HEADS[name].fullmatch(key) or one.alone and WHOLE_HEADS[name].fullmatch(one.own)
                ]
                rated = [key for key in self.free if RATE_HEADS[name].fullmatch(key)]
                keys = whole if len(whole) == 1 else rated if not whole else []
                if keys:
                    self._take(name, keys, BY_ALIAS)
                elif len(whole) > 1:
                    self._one_of(name, whole)
                continue
            keys = [key for heading in EXACT.get(name, ()) for key in self._named(heading)]
            suited = [key for key in keys if self.contents[key].suits(name)]
            if len(suited) > 1:
                self._one_of(name, suited)
            elif keys:
                self._take(name, (suited or keys)[:1], BY_ALIAS)

    def _one_of(self, name: str, keys: list[str]) -> None:
        """Several columns have headings of the field. If they hold the same, the first counts."""
        held = [
            [
                cells[self.columns[key].place] if self.columns[key].place < len(cells) else None
                for cells in self.rows
            ]
            for key in keys
        ]
        filled = [
            key for key, cells in zip(keys, held, strict=True) if any(cell is not None for cell in cells)
        ]
        if len(filled) <= 1 or all(cells == held[0] for cells in held):
            self._take(name, (filled or keys)[:1], BY_ALIAS)
        else:
            self.ask(
                name,
                keys[0],
                say("Several columns have a heading of %(field)s.", field=NAMES.get(name, name)),
            )

    def _by_content(self) -> None:
        with_gstin = [
            key for key, one in self.contents.items() if one.filled and one.share(one.gstins) >= 0.6
        ]
        for key in with_gstin:
            one = self.contents[key]
            if key not in self.free:
                continue
            if one.share(one.own) > 0.9 and "own_gstin" not in self.found:
                self._take("own_gstin", [key], CONTENT, say("The column is full of your own GSTIN."))
            elif "supplier_gstin" not in self.found and self.columns[key].own in GUESSES["supplier_gstin"]:
                others = [other for other in with_gstin if other != key and not self.contents[other].own]
                if not others and not one.own:
                    self._take(
                        "supplier_gstin", [key], CONTENT, say("It is the only column of GSTINs of others.")
                    )
        for key, column in self.free.items():
            if column.own == "rate" and "rate" not in self.found and not self.closed("rate"):
                cells = [row[column.place] for row in self.rows if column.place < len(row)]
                held = {rate(cell) for cell in cells if cell is not None}
                if held and held <= {0, *RATES}:
                    self._take("rate", [key], CONTENT, say("It has rates of GST only."))
        if (
            "document_date" not in self.found
            and "posted_on" not in self.found
            and not self.closed("posted_on")
        ):
            dated = [
                key for key in self.free if (one := self.contents[key]).filled and one.suits("document_date")
            ]
            if len(dated) == 1 and self.columns[dated[0]].own == "date":
                self._take("posted_on", dated, CONTENT, say("It is the only date of the register."))

    def _by_arithmetic(self) -> None:
        money = {
            key: amounts_of(self.rows, column.place)
            for key, column in self.columns.items()
            if (one := self.contents[key]).filled
            and one.share(one.amounts) >= 0.9
            and one.share(one.dates) < 0.9
        }
        heads = [key for name in HEADS[:3] if name in self.found for key in self.found[name].columns]
        if not heads:
            return
        tax = [sum(amounts) for amounts in zip(*(money[key] for key in heads if key in money), strict=True)]
        free = [key for key in self.free if key in money]
        if not self.closed("taxable") and tax:
            proven = taxable_by_arithmetic(tax, money, free)
            if len(proven) == 1 or proven and all(money[key] == money[proven[0]] for key in proven):
                self._take(
                    "taxable", proven[:1], ARITHMETIC, say("Its amounts times a rate of GST are the tax.")
                )
        if "taxable" in self.found and "value" not in self.found and tax:
            cess = (
                [money[key] for key in self.found["cess"].columns if key in money]
                if "cess" in self.found
                else []
            )
            bases = [money[key] for key in self.found["taxable"].columns if key in money]
            total = [sum(amounts) for amounts in zip(tax, *bases, *cess, strict=True)]
            proven = total_by_arithmetic(total, money, [key for key in free if key in self.free])
            if len(proven) == 1:
                self._take("value", proven, ARITHMETIC, say("It is the taxable value and the tax together."))

    def ask(self, name: str, proposed: str, why: str = "") -> None:
        """Ask which column holds a field. The proposal counts until the question is answered."""
        if proposed:
            self.found[name] = Found(tuple(proposed.split(PLUS)), GUESS, why)
        choices = [
            (key, f"{column.heading} ({letter(column.place)})")
            for key, column in self.columns.items()
            if key == proposed
            or self.contents[key].filled
            and (self.contents[key].suits(name) or name not in (*MONEY, *DATES))
        ]
        self.questions.append(
            Question(
                f"column:{name}",
                name,
                say("Which column has %(field)s?", field=NAMES.get(name, name.replace("_", " "))),
                (*choices, ("", say("none"))),
                proposed,
                why,
            )  # fmt: skip
        )

    @property
    def known(self) -> int:
        """How many of the five things that make a register were found: supplier, number, date, taxable value, tax."""
        sets = (
            {"supplier_gstin", "supplier_name"},
            {"number", "own_number"},
            {"document_date", "posted_on"},
            {"taxable"},
            {*HEADS[:3], "tax"},
        )
        return sum(bool(one & set(self.found)) for one in sets)
