"""Table 4 of GSTR-3B on the page: its rows, and the figures that a person typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from gstr2b.statement import table4
from ims_portal.kernel.money import HEADS, BadAmount, TaxAmounts, format_inr, parse_inr
from invoices.web.page.labels import in_language
from returns.gstr3b import typed_figures
from returns.gstr3b.row_names import HEAD_LABELS, ROWS

# the portal calculates 4(C), and 4(D)(2) always equals GSTR-2B
READ_ONLY = ("4C", "4D2")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of Table 4. `text` is the text in the cell's field, and `value` is its amount in paise.
    `filled` is the figure of GSTR-2B in paise. `error` says what is wrong with the text, or is empty. If the
    text is wrong, `value` is the figure of GSTR-2B."""

    name: str
    label: str
    head: str
    text: str
    filled: int
    value: int
    error: str = ""

    @property
    def difference(self) -> int:
        return self.value - self.filled


@dataclass(frozen=True, slots=True)
class TableRow:
    key: str
    table: str
    label: str
    slug: str
    documents: int
    from_2b: bool
    editable: bool
    tax: TaxAmounts
    filled: TaxAmounts
    cells: tuple[Cell, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def typed(self) -> bool:
        """True if a person typed a figure of this row that differs from GSTR-2B."""
        return self.editable and self.tax != self.filled


@dataclass(slots=True)
class Typed:
    """The figures that a person typed in the form: amounts by row, and errors by field."""

    amounts: dict[str, TaxAmounts]
    texts: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    reason: str = ""

    def changed(self, filled: Mapping[str, TaxAmounts]) -> dict[str, TaxAmounts]:
        """Return the typed rows that differ from GSTR-2B. These rows are filed as typed."""
        return {row: tax for row, tax in self.amounts.items() if tax != filled.get(row, TaxAmounts())}

    def whole(self, filled: Mapping[str, TaxAmounts]) -> dict[str, TaxAmounts]:
        return {**{row: TaxAmounts() for row in ROWS if row != "4C"}, **filled, **self.amounts}


def read(data: Mapping[str, str], filled: Mapping[str, TaxAmounts]) -> Typed:
    """Read the figures that a person typed. A missing or empty field means the figure of GSTR-2B."""
    typed = Typed({}, reason=data.get("reason", "").replace("\x00", "").strip()[:500])
    for key in ROWS:
        if key in READ_ONLY:
            continue
        was = filled.get(key, TaxAmounts())
        heads = {}
        for head in HEADS:
            name = f"{key}_{head}"
            text = data.get(name, "").strip()
            heads[head] = getattr(was, head)
            if not text:
                continue
            typed.texts[name] = text[:40]
            try:
                heads[head] = _amount(text, negative=key in table4.MAY_BE_NEGATIVE)
            except BadAmount as bad:
                typed.errors[name] = in_language(bad.args[0])
        typed.amounts[key] = TaxAmounts(**heads)
    if (
        not typed.errors
        and typed.changed(filled)
        and not typed.reason
        and any(tax != filled[key] for key, tax in typed.amounts.items() if key in filled)
    ):
        typed.errors["reason"] = _("Give the reason why a figure that comes from GSTR-2B was changed.")
    return typed


def _amount(text: str, *, negative: bool) -> int:
    minus = text[0] in "-\u2212"
    if minus and not negative:
        raise BadAmount(_("This figure cannot be negative."))
    amount = parse_inr(text[1:] if minus else text)
    return -amount if minus else amount


def rows(
    filled: Mapping[str, TaxAmounts], documents: Mapping[str, int], typed: Typed | None = None
) -> list[TableRow]:
    """Return the rows of Table 4 for the page. The fields show the figures in `typed`. Without `typed`, the
    fields show the figures of GSTR-2B (`filled`)."""
    values = typed.whole(filled) if typed else {**filled}
    values["4C"] = table4.net_credit({row: values.get(row, TaxAmounts()) for row in (*table4.ROWS, "4A2")})
    shown = []
    for key, (table, label, from_2b) in ROWS.items():
        documents_in = "4A3" if key == table4.LIABILITY else key
        tax = values.get(key, TaxAmounts())
        editable = key not in READ_ONLY
        shown.append(
            TableRow(
                key,
                table,
                str(label),
                documents_in.lower(),
                documents.get(documents_in, 0),
                from_2b,
                editable,
                tax,
                filled.get(key, TaxAmounts()),
                _cells(key, str(label), tax, filled, typed) if editable else (),
                tuple(typed_figures.warnings(key, filled, values)) if typed else (),
            )
        )
    return shown


def _cells(
    key: str, label: str, tax: TaxAmounts, filled: Mapping[str, TaxAmounts], typed: Typed | None
) -> tuple[Cell, ...]:
    was = filled.get(key, TaxAmounts())
    cells = []
    for head in HEADS:
        name, value = f"{key}_{head}", getattr(tax, head)
        text = typed.texts.get(name, "") if typed else ""
        cells.append(
            Cell(
                name,
                f"{ROWS[key][0]} {label}, {HEAD_LABELS[head]}",
                str(HEAD_LABELS[head]),
                text or format_inr(value),
                getattr(was, head),
                value,
                typed.errors.get(name, "") if typed else "",
            )
        )
    return tuple(cells)
