"""Documents of GSTR-2B in GSTN's JSON: `docdata` and `docRejdata`, grouped by supplier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from gstr2b.models import StatementLine
from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, rupee_number
from invoices.api.gstn_out import day, flag, period
from invoices.documents import changed_invoice
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.rules.ruling import Reason, Section
from invoices.rules.situation import Answer, Kind, Route, from_labels

# IMS section key -> section of GSTR-2B. Original and amended bills of entry have the same section. There the
# field `isamd` is Y for an amended bill.
SECTION_KEYS = {
    "b2b": "b2b",
    "b2ba": "b2ba",
    "b2bdn": "cdnr",
    "b2bcn": "cdnr",
    "b2bdna": "cdnra",
    "b2bcna": "cdnra",
    "ecom": "ecom",
    "ecoma": "ecoma",
    "isd": "isd",
    "isda": "isda",
    "impg": "impg",
    "impga": "impg",
    "impgsez": "impgsez",
    "impgseza": "impgsez",
}
# the documents of the statement, and the rejected documents
BLOCKS = ("docdata", "docRejdata")
LISTS = {"cdnr": "nt", "cdnra": "nt", "isd": "doclist", "isda": "doclist"}
DECLARED = ("b2ba", "cdnr", "cdnra", "ecoma")
TYPES = {"SEWP": "SEZWP", "SEWOP": "SEZWOP"}
REASONS = {Reason.PLACE_OF_SUPPLY.value: "P", Reason.TIME_BAR.value: "C"}
NOT_AVAILABLE = (Section.NOT_AVAILABLE.value, Section.NOT_AVAILABLE_NOTES.value)


@dataclass(frozen=True, slots=True)
class Behind:
    """Data of a document's record that the document's line in the statement lacks: the `details`, the IST
    date on which the record was saved (`came`), and the id of the version that the document amends. The
    number, the date (`on`) and the kind are used only if the record is the earlier version of an
    amendment."""

    details: Mapping[str, Any]
    came: date
    amends_id: int | None
    number: str
    on: date
    kind: str


# the fields that the documents of one party have in common
PARTY = ("supplier_id", "tax_period", "filed_on")


def in_order(
    chunks: Iterable[list[StatementLine]],
) -> Iterator[tuple[StatementLine, dict[str, Any], dict[str, Any]]]:
    """Yield each line with its party and its document (or bill of entry), in the order of the lines. At most
    five queries for a chunk."""
    for rows in chunks:
        records = _behind({row.record_id for row in rows})
        earlier = _behind({record.amends_id for record in records.values() if record.amends_id})
        suppliers = Taxpayer.objects.in_bulk({row.supplier_id for row in rows if row.supplier_id})
        for row in rows:
            key, record = SECTION_KEYS[row.table], records[row.record_id]
            if key == "impg":
                yield row, {}, _bill(row, record)
                continue
            original = earlier.get(record.amends_id) if record.amends_id else None
            supplier = suppliers[row.supplier_id] if row.supplier_id else None
            yield row, _party(row, supplier), _document(key, row, record, original)


def party_key(row: StatementLine) -> tuple[Any, ...]:
    return row.supplier_id, row.tax_period, row.filed_on


def _party(row: StatementLine, supplier: Taxpayer | None) -> dict[str, Any]:
    return {
        "ctin": supplier.gstin if supplier else "",
        "trdnm": supplier.name if supplier else "",
        "supprd": period(row.tax_period),
        "supfildt": day(row.filed_on),
    }


def documents(lines: Iterable[StatementLine]) -> dict[str, Any]:
    """Return `docdata` and `docRejdata` of these lines. Needs one query for the lines, and at most six
    further queries."""
    rows = list(lines)
    records = _behind({row.record_id for row in rows})
    earlier = _behind({record.amends_id for record in records.values() if record.amends_id})
    suppliers = Taxpayer.objects.in_bulk({row.supplier_id for row in rows if row.supplier_id})
    units = {
        str(record.details["sez_supplier"])
        for record in records.values()
        if record.details.get("sez_supplier")
    }
    names = dict(Taxpayer.objects.filter(gstin__in=units).values_list("gstin", "trade_name")) if units else {}
    found: dict[str, dict[str, Any]] = {block: {} for block in BLOCKS}
    reversals: dict[str, Any] = {}
    for row in rows:
        record = records[row.record_id]
        rejected = row.section == Section.REJECTED.value
        holder = found["docRejdata" if rejected else "docdata"]
        if row.section == Section.RULE_37A.value:
            holder = reversals
        key = SECTION_KEYS[row.table]
        if key == "impg":
            holder.setdefault(key, []).append(_bill(row, record))
        elif key == "impgsez":
            unit = record.details.get("sez_supplier", "")
            party = holder.setdefault(key, {}).setdefault(
                unit, {"ctin": unit, "trdnm": names.get(unit, ""), "boe": []}
            )
            party["boe"].append(_bill(row, record))
        else:
            original = earlier.get(record.amends_id) if record.amends_id else None
            supplier = suppliers[row.supplier_id] if row.supplier_id else None
            _place(holder, key, row, supplier, _document(key, row, record, original))
    result: dict[str, Any] = {name: _listed(sections) for name, sections in found.items()}
    if reversals:
        result["docdata"]["itcrev"] = [_listed(reversals)]
    return result


def _behind(ids: set[int]) -> dict[int, Behind]:
    found: dict[int, Behind] = {}
    for model in (Record, ArchivedRecord):
        missing = ids - set(found)
        if not missing:
            break
        rows = model.objects.filter(pk__in=missing).values_list(
            "pk", "details", "saved_at", "amends_id", "number", "document_date", "kind"
        )
        for pk, details, came, amends, number, on, kind in rows:
            found[pk] = Behind(details or {}, came.astimezone(clock.IST).date(), amends, number, on, kind)
    return found


def _place(
    holder: dict[str, Any], key: str, row: StatementLine, supplier: Taxpayer | None, document: dict[str, Any]
) -> None:
    party = holder.setdefault(key, {}).setdefault(
        party_key(row), _party(row, supplier) | {LISTS.get(key, "inv"): []}
    )
    party[LISTS.get(key, "inv")].append(document)


def _listed(sections: dict[str, Any]) -> dict[str, Any]:
    return {
        key: sections[key] if isinstance(sections[key], list) else list(sections[key].values())
        for key in dict.fromkeys(SECTION_KEYS.values())
        if key in sections
    }


def _document(key: str, row: StatementLine, record: Behind, original: Behind | None) -> dict[str, Any]:
    if key in ("isd", "isda"):
        return _distributed(key, row, record, original)
    note = key in ("cdnr", "cdnra")
    kind = "C" if row.kind == Kind.CREDIT_NOTE.value else "D"
    supply = TYPES.get(row.invoice_type, row.invoice_type)
    shown: dict[str, Any] = (
        {"ntnum": row.number, "typ": kind, "suptyp": supply} if note else {"inum": row.number, "typ": supply}
    )
    barred = row.section in NOT_AVAILABLE
    shown |= {
        "dt": day(row.document_date),
        "val": rupee_number(row.value),
        "pos": row.place_of_supply,
        "rev": flag(row.reverse_charge),
        "itcavl": flag(not barred),
        "rsn": REASONS.get(row.reason, "") if barred else "",
    }
    if key not in ("ecom", "ecoma"):
        shown["diffprcnt"] = 0.65 if record.details.get("diff_percent") == 65 else 1
    shown |= {
        "txval": rupee_number(row.taxable),
        **{head: rupee_number(getattr(row, head)) for head in HEADS},
    }
    shown["imsStatus"] = _status(row)
    if row.remarks:
        shown["remarks"] = row.remarks
    if original is not None and key in ("b2ba", "ecoma"):
        shown |= {"oinum": original.number, "oidt": day(original.on)}
    elif original is not None and note:
        was = "C" if original.kind == Kind.CREDIT_NOTE.value else "D"
        shown |= {"ontnum": original.number, "ontdt": day(original.on), "onttyp": was}
    if key in DECLARED:
        shown |= _declaration(row)
    if record.details.get("irn"):
        shown |= {"srctyp": "e-Invoice", "irn": record.details["irn"]}
        if record.details.get("irn_date"):
            shown["irngendate"] = day(date.fromisoformat(record.details["irn_date"]))
    return shown


def _status(row: StatementLine) -> str:
    """Return the IMS action of the document, or an empty text if the document was never in IMS."""
    situation = from_labels(row.label, row.decision)
    return situation.action.value if situation.route is Route.IMS else ""


def _declaration(row: StatementLine) -> dict[str, Any]:
    """Return the recipient's declaration about ITC reduction at the time of the computation. If the declared
    reduction is partial, also return the reduction by tax head."""
    answer = row.decision.partition(" ")[2]
    if answer in ("", Answer.NONE.value):
        return {}
    shown: dict[str, Any] = {"itcRedReq": flag(answer != Answer.NO.value)}
    if answer == Answer.PART.value:
        for name, head in zip(("Igst", "Cgst", "Sgst", "Cess"), HEADS, strict=True):
            shown[f"decl{name}"] = rupee_number(max(0, -getattr(row, f"effect_{head}")))
    return shown


def _distributed(key: str, row: StatementLine, record: Behind, original: Behind | None) -> dict[str, Any]:
    """Return a document of an input service distributor (ISD) in GSTN's fields."""
    shown: dict[str, Any] = {}
    if key == "isda" and original is not None:
        shown |= {"odoctyp": _isd_type(original.kind), "odocnum": original.number, "odocdt": day(original.on)}
    return shown | {
        "doctyp": _isd_type(row.kind),
        "docnum": row.number,
        "docdt": day(row.document_date),
        **_changed_invoice(record),
        **{head: rupee_number(getattr(row, head)) for head in HEADS},
        "itcelg": flag(row.section not in NOT_AVAILABLE),
    }


def _changed_invoice(record: Behind) -> dict[str, str]:
    named = changed_invoice.named_in(record.details)
    return {"oinvnum": named[0], "oinvdt": day(named[1])} if named else {}


def _isd_type(kind: str) -> str:
    return "ISDC" if kind == Kind.CREDIT_NOTE.value else "ISDI"


def _bill(row: StatementLine, record: Behind) -> dict[str, Any]:
    return {
        "refdt": day(row.document_date),
        "recdt": day(record.came),
        "portcode": record.details.get("port", ""),
        "boenum": row.number,
        "boedt": day(row.document_date),
        "isamd": flag(row.table in ("impga", "impgseza")),
        "txval": rupee_number(row.taxable),
        "igst": rupee_number(row.igst),
        "cess": rupee_number(row.cess),
    }
