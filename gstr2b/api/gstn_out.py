"""GSTN's JSON of GSTR-2B: one version of a statement, as one file, or as several files with a limited number
of documents each.

The summaries come from the statement's stored totals. `docdata` contains the statement's lines, which were
copied from the records when the statement was computed. GSTN spells some names irregularly: `docRejdata`,
`cpSummRej`, `itcRejected`, `impgasez`."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F, Sum
from django.db.models.fields.json import KeyTextTransform

from gstr2b.api import gstn_out_documents
from gstr2b.models import Statement, StatementLine, StatementTotal, SupplierTotal
from gstr2b.statement.queries import amounts
from gstr2b.statement.sections import BARRED, EFFECT, REVERSED, TAX
from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, TaxAmounts, rupee_number
from invoices.api.gstn_out import day, period
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.rules.ruling import Section, Table4Row, Treated
from invoices.rules.situation import Kind

VERSION = "1.0"
SUPPLIES = ("b2b", "b2ba", "cdnr", "cdnra", "ecom", "ecoma")
BUCKETS = {
    "nonrevsup": SUPPLIES,
    "isdsup": ("isd", "isda"),
    "revsup": ("b2b", "b2ba", "cdnr", "cdnra"),
    "imports": ("impg", "impgsez", "impga", "impgasez"),
    "othersup": ("cdnr", "cdnra", "cdnrrev", "cdnrarev", "isd", "isda"),
}
BLOCKS = ("itcavl", "itcunavl", "itcrev", "itcRejected")
# IMS section key -> key of the section under `imports` in the ITC summary
IMPORT_KEYS = {"impg": "impg", "impga": "impga", "impgsez": "impgsez", "impgseza": "impgasez"}
NOTE_TYPES = {Kind.CREDIT_NOTE.value: "C", Kind.DEBIT_NOTE.value: "D"}


def statement_to_wire(statement: Statement, *, most: int) -> dict[str, Any]:
    """Return the statement as GSTN's JSON. If the statement has more than `most` documents, the JSON has only
    the summary and the number of files (`fc`)."""
    data = header(statement) | {"itcsumm": itc_summary(statement)}
    files = file_count(statement, most)
    if files > 1:
        data["fc"] = files
    else:
        data |= supplier_summaries(statement) | gstn_out_documents.documents(lines_of(statement))
    return sealed(data)


def file_to_wire(
    statement: Statement, number: int, *, most: int, with_summary: bool = True
) -> dict[str, Any]:
    """Return file `number` (from 1) of a split statement. The first file also contains the summaries by
    supplier.

    With `with_summary`, every file repeats the ITC summary of the whole statement. Some clients drop the
    answer without documents, and then they need the summary in a file. Other clients add the numbers of all
    files, and then the summary must not be repeated."""
    data = header(statement)
    if with_summary:
        data["itcsumm"] = itc_summary(statement)
    if number == 1:
        data |= supplier_summaries(statement)
    some = lines_of(statement)[(number - 1) * most : number * most]
    return sealed(data | gstn_out_documents.documents(some))


def file_count(statement: Statement, most: int) -> int:
    """Return the number of files that the statement needs, with at most `most` documents in each file."""
    return max(1, -(-statement.line_count // most))


def sealed(data: dict[str, Any]) -> dict[str, Any]:
    """Return `data` with its checksum. The checksum is SHA-256 of the JSON text without spaces, with the keys
    in the order of `data`."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return {"chksum": hashlib.sha256(text.encode()).hexdigest(), "data": data}


def header(statement: Statement) -> dict[str, Any]:
    return {
        "gstin": statement.recipient.gstin,
        "rtnprd": period(statement.period),
        "version": VERSION,
        "gendt": day(statement.computed_at.astimezone(clock.IST).date()),
    }


def lines_of(statement: Statement) -> Any:
    """Return the lines of the statement's documents, in the order of a database index. The second line of a
    document that changed from forward to reverse charge is left out, because this line only takes back
    credit."""
    lines = StatementLine.objects.of(statement).exclude(treated=Treated.CHARGE_CHANGED.value)
    return lines.order_by("section", "table", "document_date", "id")


# Summary of ITC (`itcsumm`)


def itc_summary(statement: Statement) -> dict[str, Any]:
    """Return the ITC summary, made from the stored totals with one query."""
    sums: dict[tuple[str, str, str], TaxAmounts] = defaultdict(TaxAmounts)
    for total in StatementTotal.objects.filter(statement=statement):
        block, bucket, key, which, sign = _bucket(total)
        sums[(block, bucket, key)] += amounts(total, which).scaled(sign)
    return {block: {bucket: _sums(sums, block, bucket) for bucket in BUCKETS} for block in BLOCKS}


def _sums(sums: dict[tuple[str, str, str], TaxAmounts], block: str, bucket: str) -> dict[str, Any]:
    parts = {key: sums.get((block, bucket, key), TaxAmounts()) for key in BUCKETS[bucket]}
    total = sum(parts.values(), TaxAmounts())
    return heads(total) | {key: heads(part) for key, part in parts.items()}


def heads(tax: TaxAmounts) -> dict[str, int | float]:
    """Return the four tax heads as JSON numbers, in rupees."""
    return {head: rupee_number(getattr(tax, head)) for head in HEADS}


def _bucket(total: StatementTotal) -> tuple[str, str, str, str, int]:
    """Return where GSTN's summary counts a total: the block, the bucket (a group inside the block) and the
    key inside the bucket. Also return which amounts of the total to add, and their factor (1 or -1)."""
    section = Section(total.section)
    note = total.kind == Kind.CREDIT_NOTE.value
    key = gstn_out_documents.SECTION_KEYS[total.table]
    match section:
        case Section.CREDIT_NOTES:
            # GSTN's JSON shows the amounts of credit notes as positive numbers. `EFFECT` has the same amounts
            # as negative numbers, because credit notes lower ITC. Therefore the factor is -1.
            return "itcavl", "othersup", _note_key(key, total), EFFECT, -1
        case Section.NOT_AVAILABLE_NOTES:
            return "itcunavl", "othersup", _note_key(key, total), TAX, 1
        case Section.NOT_AVAILABLE:
            block, which = "itcunavl", BARRED
        case Section.RULE_37A:
            block, which = "itcrev", REVERSED
        case Section.REJECTED:
            block, which = "itcRejected", TAX
        case _:
            block, which = "itcavl", EFFECT
    if note:
        return block, "othersup", _note_key(key, total), which, 1
    if total.table in IMPORT_KEYS:
        return block, "imports", IMPORT_KEYS[total.table], which, 1
    if key in BUCKETS["isdsup"]:
        return block, "isdsup", key, which, 1
    reverse = section is Section.REVERSE_CHARGE or (block == "itcunavl" and total.reverse_charge)
    bucket = "revsup" if reverse and key in BUCKETS["revsup"] else "nonrevsup"
    return block, bucket, key, which, 1


def _note_key(key: str, total: StatementTotal) -> str:
    reverse = total.row == Table4Row.REVERSE_CHARGE.value or total.reverse_charge
    return f"{key}rev" if reverse and key in ("cdnr", "cdnra") else key


# Summaries by supplier (`cpsumm` and `cpSummRej`)


def supplier_summaries(statement: Statement) -> dict[str, Any]:
    """Return the summaries by supplier: documents in the statement (`cpsumm`), reversals by Rule 37A
    (`itcrev`), and rejected documents (`cpSummRej`)."""
    rows: Any = SupplierTotal.objects.filter(statement=statement).order_by("pk")
    totals = list(rows)
    repeated = _repeated(statement)
    suppliers = Taxpayer.objects.in_bulk({row.supplier_id for row in totals if row.supplier_id})
    kept: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {
        name: {} for name in ("cpsumm", "itcrev", "cpSummRej")
    }
    for row in totals:
        if row.supplier_id is None or (row.section, row.table, row.supplier_id, row.tax_period) in repeated:
            continue
        where = {Section.REJECTED.value: "cpSummRej", Section.RULE_37A.value: "itcrev"}.get(
            row.section, "cpsumm"
        )
        _add(kept[where], row, suppliers[row.supplier_id])
    found = {name: _by_section(rows) for name, rows in kept.items()}
    found["cpsumm"] |= _sez_suppliers(statement)
    reversals = found.pop("itcrev")
    if reversals:
        found["cpsumm"]["itcrev"] = [reversals]
    return found


def _repeated(statement: Statement) -> set[tuple[Any, ...]]:
    """Return the keys (section, table, supplier, period) of the second lines of documents that changed from
    forward to reverse charge. The summaries must not count such a document twice."""
    lines = StatementLine.objects.of(statement).filter(treated=Treated.CHARGE_CHANGED.value)
    return set(lines.order_by().values_list("section", "table", "supplier_id", "tax_period").distinct())


def _add(rows: dict[tuple[Any, ...], dict[str, Any]], total: SupplierTotal, supplier: Taxpayer) -> None:
    section = gstn_out_documents.SECTION_KEYS[total.table]
    kind = NOTE_TYPES.get(total.kind, "")
    key = (section, supplier.gstin, total.tax_period, kind)
    row = rows.setdefault(
        key,
        {
            "section": section,
            "ctin": supplier.gstin,
            "trdnm": supplier.name,
            "supprd": period(total.tax_period),
            "filed": total.filed_on,
            "kind": kind,
            "count": 0,
            "taxable": 0,
            "tax": TaxAmounts(),
        },
    )
    row["count"] += total.count
    row["taxable"] += total.taxable
    row["tax"] += amounts(total, TAX)
    row["filed"] = max(filter(None, (row["filed"], total.filed_on)), default=None)


def _by_section(rows: dict[tuple[Any, ...], dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, list[dict[str, Any]]] = {}
    for key in sorted(rows):
        row = rows[key]
        section = row["section"]
        shown: dict[str, Any] = {
            "ctin": row["ctin"],
            "trdnm": row["trdnm"],
            "supprd": row["supprd"],
            "supfildt": day(row["filed"]),
        }
        if section in ("cdnr", "cdnra"):
            shown["nttyp"] = row["kind"]
        if section in ("isd", "isda"):
            shown["doctyp"] = "ISDC" if row["kind"] == "C" else "ISDI"
        shown["ttldocs"] = row["count"]
        if section not in ("isd", "isda"):
            shown["txval"] = rupee_number(row["taxable"])
        found.setdefault(section, []).append(shown | heads(row["tax"]))
    return found


def _sez_suppliers(statement: Statement) -> dict[str, Any]:
    """Return the imports from SEZ units, summed by supplier and port. Only these imports name a supplier."""
    lines = StatementLine.objects.of(statement).filter(table__in=["impgsez", "impgseza"])
    lines = lines.exclude(section=Section.REJECTED.value)
    if not lines.exists():
        return {}
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for model in (Record, ArchivedRecord):
        records = model.objects.filter(pk__in=lines.values("record_id")).annotate(
            unit=KeyTextTransform("sez_supplier", "details"), port=KeyTextTransform("port", "details")
        )
        grouped: Iterable[Any] = (
            records.order_by()
            .values_list("unit", "port")
            .annotate(n=Count("pk"), t=Sum("taxable"), i=Sum("igst"), c=Sum("cess"))
        )
        for unit, port, *values in grouped:
            sums[(unit or "", port or "")] = [
                a + int(b or 0) for a, b in zip(sums[(unit or "", port or "")], values, strict=True)
            ]
    names = dict(
        Taxpayer.objects.filter(gstin__in={unit for unit, _ in sums}).values_list("gstin", F("trade_name"))
    )
    rows = [
        {
            "ctin": unit,
            "trdnm": names.get(unit, ""),
            "portcode": port,
            "ttldocs": n,
            "txval": rupee_number(taxable),
            "igst": rupee_number(igst),
            "cess": rupee_number(cess),
        }
        for (unit, port), (n, taxable, igst, cess) in sorted(sums.items())
    ]
    return {"impgsez": rows}
