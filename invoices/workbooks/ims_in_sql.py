"""SQL for PostgreSQL that makes the rows of the IMS workbook as XML. The portal streams these rows into the
file.

The cells equal the cells of `ims_by_cell`; a test compares the two. The rulebook makes the texts of the
ruling, once for each situation on the desk. SQL only puts these texts into cells.

`ims_by_cell` makes the rows of amendments and customs documents, because these rows are few and also need
values from other tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connections
from django.db.models import QuerySet
from psycopg2.extensions import QuotedString
from psycopg2.extras import Json

from ims_portal.kernel.money import HEADS
from ims_portal.kernel.places import BEYOND_STATES, STATES, state_name
from ims_portal.support.workbook import paper
from ims_portal.support.workbook.cells import DATE, FIRST_DAY, MONEY, text_cell
from ims_portal.support.workbook.write import Column
from invoices.models import Record
from invoices.workbooks.layout import FILING, INVOICE_TYPES, SOURCES, row_key

SECTIONS = ("b2b", "b2bdn", "b2bcn", "ecom")
# the query's columns -> their names in the SQL expressions below
FIELDS = {
    "pk": "id",
    "revision": "revision",
    "decision__version": "version",
    "supplier__gstin": "gstin",
    "supplier__trade_name": "trade",
    "supplier__legal_name": "legal",
    "number": "number",
    "invoice_type": "type",
    "document_date": "day",
    "value": "value",
    "place_of_supply": "place",
    "taxable": "taxable",
    **{head: head for head in HEADS},
    "form": "form",
    "tax_period": "tax_period",
    "filing": "filing",
    "claim_period": "claim_period",
    "decision__remarks": "remarks",
    **{f"decision__reduction_{head}": f"declared_{head}" for head in HEADS},
    **{f"baseline_{head}": f"baseline_{head}" for head in HEADS},
    "kind": "kind",
    "label": "label",
    "decision__label": "decision",
    "time_barred": "barred",
    "limit_reached": "limited",
    "past_cutoff": "past",
}
# The columns of the sheet whose text comes from the ruling. Each name is also a field of `ims_by_cell.Said`.
LAW = ("status", "reduction_required", "pending_blocked", "code", "why", "rule", "trail")
# The query's columns that decide the ruling. `SITUATION` is the SQL expression for their values as one text.
FACETS = ("label", "decision__label", "time_barred", "limit_reached", "past_cutoff")
SITUATION = "concat(label, '|', decision, '|', barred, limited, past)"


def copy_rows(
    desk: QuerySet[Record],
    section: str,
    columns: tuple[Column, ...],
    styles: list[int],
    said: Mapping[str, Any],
    into: Any,
) -> None:
    """Write a section's rows, in the order of the sheet. Each call of `into.write` writes one row.

    `styles` has the style number of each column. `said` maps the key of a situation (see `situation`) to the
    texts of its ruling (`ims_by_cell.Said`)."""
    rows = desk.filter(section=section).order_by("document_date", "pk").values_list(*FIELDS)
    inner, given = rows.query.sql_with_params()
    made = _Row(section, columns, styles, said)
    with connections[desk.db].cursor() as cursor:
        # with this setting, PostgreSQL sorts the whole desk in memory, not on disk
        cursor.execute("SET LOCAL work_mem = '64MB'")
        query = cursor.cursor.mogrify(inner, given).decode()
        names = ", ".join(f'"{name}"' for name in FIELDS.values())
        # OFFSET 0 has two effects in PostgreSQL: the column `law` is computed only once for each row, and the
        # rows keep the order of the inner query.
        looked_up = f"SELECT q.*, {made.law()} AS law FROM ({query}) q({names}) OFFSET 0"
        cursor.cursor.copy_expert(f"COPY (SELECT {made.sql()} FROM ({looked_up}) r) TO STDOUT", into)


def situation(facets: Iterable[Any]) -> str:
    """Return the key of a situation. The SQL expression `SITUATION` makes an equal key from a row's
    columns."""
    label, decision, *flags = facets
    return f"{label}|{decision}|{''.join('t' if flag else 'f' for flag in flags)}"


class _Row:
    """The SQL expression for the XML of one row."""

    def __init__(self, section: str, columns: tuple[Column, ...], styles: list[int], said: Mapping[str, Any]):
        self._section, self._columns, self._said = section, columns, said
        self._style = dict(zip((c.field for c in columns), styles, strict=True))

    def sql(self) -> str:
        cells = [self._cell(column) for column in self._columns]
        return f"'<row' || {self._tall()} || '>' || {' || '.join(cells)} || '</row>'"

    def _tall(self) -> str:
        """Return SQL for the height of a row, as `paper.tall` gives it for the row's wrapped texts."""
        lines = [_lines(WRAPPED[c.field], paper.across(c.width)) for c in self._columns if c.wrap]
        most = f"LEAST({paper.MOST_LINES}, GREATEST({', '.join(lines)}))"
        height = f"""' ht="' || {paper.LINE} * {most} || '" customHeight="1"'"""
        return f"CASE WHEN {most} > 1 THEN {height} ELSE '' END"

    def law(self) -> str:
        """Return SQL that finds the ruling on a row: the cells with the ruling's texts, and the values of the
        ruling that the row key needs."""
        table = {key: self._law_of(law) for key, law in self._said.items()}
        return f"{quoted_json(table)} -> {SITUATION}"

    def _law_of(self, law: Any) -> dict[str, Any]:
        cells = {name: self._known(name, getattr(law, name)) for name in LAW if name in self._style}
        untouched = {"status": law.status, "reduction_required": law.reduction_required}
        return cells | {
            "asked": law.reduction_required,
            "full": law.in_full,
            "word": law.status,
            # the hash for the row key, if the row has no remarks and no reduction
            "hash": row_key(0, 0, 0, untouched).rpartition(".")[2],
        }

    def _known(self, name: str, value: str) -> str:
        """Return the XML of a cell with the text `value`, escaped for COPY. `name` is the column's field."""
        xml = text_cell(self._style[name], value)
        for mark, written in COPIED.items():
            xml = xml.replace(mark, written)
        return xml

    def _cell(self, column: Column) -> str:
        name, style = column.field, self._style[column.field]
        if name in LAW:
            return f"(law ->> '{name}')"
        if name.startswith("reduction_"):
            amount = _reduction(name.removeprefix("reduction_"))
            return (
                f"""CASE WHEN law ->> 'asked' = '' THEN '<c s="{style}"/>' ELSE {_money(style, amount)} END"""
            )
        if column.kind == MONEY:
            return _money(style, name)
        if column.kind == DATE:
            return _date(style, DAYS[name])
        if name in KNOWN:
            return self._one_of(name, *KNOWN[name])
        if name in ("source_period", "claim_period"):
            period = "tax_period" if name == "source_period" else "claim_period"
            return _written(style, _period(period))
        return _written(style, self._expression(name), may_be_empty=name in ("remarks", "name", "gstin"))

    def _one_of(self, name: str, column: str, words: Mapping[str, str]) -> str:
        """Return SQL for a cell whose text depends on a code. `words` maps known codes to texts. For an
        unknown code, the cell shows the code."""
        cells = {code: self._known(name, word) for code, word in words.items()}
        other = _written(self._style[name], _escaped(column), may_be_empty=True)
        return f"COALESCE({quoted_json(cells)} ->> {column}, {other})"

    def _expression(self, name: str) -> str:
        if name == "key":
            hashed = f"CASE WHEN remarks = '' AND law ->> 'asked' = '' THEN law ->> 'hash' ELSE {_hash()} END"
            return f"concat(id, '.', revision, '.', version, '.', {hashed})"
        return {
            "gstin": "COALESCE(gstin, '')",
            "name": _escaped(WRAPPED["name"]),
            "number": _escaped("number"),
            "remarks": _escaped(WRAPPED["remarks"]),
        }[name]


# the columns with wrapped text, and their SQL
WRAPPED = {"name": "COALESCE(NULLIF(trade, ''), legal, '')", "remarks": "remarks"}
# the columns with dates, and their names in SQL
DAYS = {"date": "day"}
KNOWN: dict[str, tuple[str, Mapping[str, str]]] = {
    "type": ("type", INVOICE_TYPES),
    "place_of_supply": ("place", {code: state_name(code) for code in (*STATES, *BEYOND_STATES)}),
    "source": ("form", SOURCES),
    "source_filing": ("filing", FILING),
}


def _written(style: int, text: str, *, may_be_empty: bool = False) -> str:
    """Return SQL for a text cell. Excel keeps spaces at the beginning and the end of the text. `text` is an
    SQL expression. If the text can be empty, `may_be_empty` must be True."""
    full = f"""'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">' || {text} || '</t></is></c>'"""
    return f"""CASE WHEN {text} = '' THEN '<c s="{style}"/>' ELSE {full} END""" if may_be_empty else full


def _lines(text: str, across: int) -> str:
    """Return SQL for `paper.rows_of_text`. `across` is the number of characters on a line."""
    return f"((length({text}) + {across - 1}) / {across} + length({text}) - length(replace({text}, chr(10), '')))"


def _date(style: int, day: str) -> str:
    """Return SQL for a cell with a date. `day` is an SQL expression for a date that is not null."""
    return f"""'<c s="{style}"><v>' || ({day} - DATE '{FIRST_DAY}') || '</v></c>'"""


def _money(style: int, paise: str) -> str:
    """Return SQL for a cell with exact rupees. `paise` is an SQL expression for a whole number that is not
    negative."""
    part = f"CASE WHEN {paise} % 100 = 0 THEN '' ELSE '.' || lpad(({paise} % 100)::text, 2, '0') END"
    return f"""'<c s="{style}"><v>' || {paise} / 100 || {part} || '</v></c>'"""


def _reduction(head: str) -> str:
    """Return SQL for the reduction of ITC in paise for one head. If the acceptance reduces ITC in full, the
    SQL gives the full reduction. Otherwise it gives the reduction that the recipient declared."""
    sign = "CASE WHEN kind = 'CN' THEN 1 ELSE -1 END"
    whole = f"GREATEST(0, {sign} * ({head} - COALESCE(baseline_{head}, 0)))"
    return f"(CASE WHEN (law -> 'full')::boolean THEN {whole} ELSE COALESCE(declared_{head}, 0) END)"


def _hash() -> str:
    """Return SQL for the hash of the cells that people fill in. The hash equals the hash in
    `layout.row_key`."""
    amounts = [
        f"CASE WHEN law ->> 'asked' = '' THEN '' ELSE COALESCE(NULLIF({_reduction(head)}, 0)::text, '') END"
        for head in HEADS
    ]
    said = f"concat_ws('|', law ->> 'word', remarks, law ->> 'asked', {', '.join(amounts)})"
    return f"left(encode(sha256(convert_to({said}, 'UTF8')), 'hex'), 12)"


def _period(number: str) -> str:
    """Return SQL that writes a period as in a cell: 202410 becomes Oct'24."""
    months = "'JanFebMarAprMayJunJulAugSepOctNovDec'"
    return (
        f"substr({months}, {number} % 100 * 3 - 2, 3) || '''' || lpad(({number} / 100 % 100)::text, 2, '0')"
    )


# PLAIN finds a text that must be escaped. Such a text contains delete (0x7f), `_x` (which Excel reads as an
# escape), a character with a meaning in XML, or a character that XML forbids or COPY escapes. NEVER finds the
# characters that are removed.
PLAIN = r"[\x01-\x1f\x7f&<>\\\ufffe\uffff]|_x"
NEVER = r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]"


def _escaped(text: str) -> str:
    """Return SQL that escapes a text for XML in such a way that COPY does not change the escaped text."""
    done = f"regexp_replace(regexp_replace({text}, '{NEVER}', '', 'g'), '_(x[0-9a-fA-F]{{4}}_)', '_x005F_\\1', 'g')"
    for mark, written in {**XML, **COPIED}.items():
        done = f"replace({done}, {quoted(mark)}, '{written}')"
    return f"CASE WHEN {text} ~ '{PLAIN}' THEN {done} ELSE {text} END"


XML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
COPIED = {"\\": "&#92;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}


def quoted(text: str) -> str:
    """Return the text as a quoted SQL constant."""
    made = QuotedString(text)
    made.encoding = "utf8"
    return made.getquoted().decode()


def quoted_json(value: Any) -> str:
    return f"{quoted(Json(value).dumps(value))}::jsonb"
