"""Writes GSTN's JSON of IMS: the records and counts of a desk, and the report on a request."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import Enum
from typing import Any

from ims_portal.kernel.money import HEADS, rupee_number
from ims_portal.kernel.periods import TaxPeriod
from invoices.api.gstn_in import AMENDED, DECLARED, FORM_ON_WIRE, IMPORTS, NOTES, REPORTED, SUPPLIED, Item
from invoices.desk.actions_by_number import RefusedDocument
from invoices.models import ArchivedRecord, Record
from invoices.queries import situations
from invoices.queries.desk import Summary
from invoices.queries.situations import DeskView
from invoices.rules.calendar import Form
from invoices.rules.lapsing import for_recipient
from invoices.rules.situation import Action, Answer, Filing

WIRE_DATE = "%d-%m-%Y"
STATUS_NAMES = {
    Action.NONE: "noaction",
    Action.ACCEPTED: "accept",
    Action.REJECTED: "reject",
    Action.PENDING: "pending",
}
BLOCKS = {
    "ALL_OTH": ("all_oth", SUPPLIED),
    "INV_SUPP_ISD": ("inv_supp_isd", ("isd", "isda", "isdcn", "isdcna")),
    "IMP_GDS": ("imp_gds", IMPORTS),
}


class Dialect(Enum):
    """The field names and values to write. GSTN's API and the file of the offline tool differ in some names
    and values."""

    API = "api"
    OFFLINE = "offline"


def flag(value: bool) -> str:
    return "Y" if value else "N"


def day(value: date | None) -> str:
    return value.strftime(WIRE_DATE) if value else ""


def period(number: int) -> str:
    return TaxPeriod.from_number(number).wire


# originals


def originals(records: Iterable[Record | ArchivedRecord]) -> dict[int, tuple[str, date]]:
    """Return the number and date of each version that these records amend, by the version's id. Archived
    versions are included. At most two queries."""
    wanted = {record.amends_id for record in records if record.amends_id}
    found: dict[int, tuple[str, date]] = {}
    for model in (Record, ArchivedRecord):
        missing = wanted - set(found)
        if missing:
            rows = model.objects.filter(pk__in=missing).values_list("pk", "number", "document_date")
            found |= {pk: (number, on) for pk, number, on in rows}
    return found


# records


def records_to_wire(
    records: Sequence[Record], view: DeskView, *, dialect: Dialect = Dialect.API
) -> list[dict[str, Any]]:
    """Return records of one desk in the form of GETINV or of the offline file. The records must have
    decision, supplier and recipient loaded. At most two further queries."""
    known = originals(records)
    return [record_to_wire(record, view, known, dialect=dialect) for record in records]


def record_to_wire(
    record: Record,
    view: DeskView,
    known: Mapping[int, tuple[str, date]],
    *,
    dialect: Dialect = Dialect.API,
) -> dict[str, Any]:
    """Return one record in the form of GETINV or of the offline file. `known` is a result of `originals`."""
    ruling = situations.ruling_of(record, view)
    pending_blocked = flag(Action.PENDING in ruling.refusals)
    if record.section in IMPORTS:
        return _import_to_wire(record, pending_blocked)
    decision = record.decision
    supplier = record.supplier
    row: dict[str, Any] = {"stin": supplier.gstin, "tradenm": supplier.name} if supplier else {}
    number, on = ("nt_num", "nt_dt") if record.section in NOTES else ("inum", "idt")
    if record.section in AMENDED and record.amends_id and record.amends_id in known:
        was, was_on = known[record.amends_id]
        row |= {f"o{number}": was, f"o{on}": day(was_on)}
    filed = record.filing == Filing.FILED.value
    names = ("Filed", "Not Filed") if dialect is Dialect.API else ("FILED", "SAVED")
    source = FORM_ON_WIRE.get(record.form, "")
    row |= {
        number: record.number,
        "inv_typ": record.invoice_type,
        "action": decision.action,
        "srcform": source,
        "rtnprd": period(record.tax_period),
        "srcfilstatus": names[0] if filed else names[1],
        on: day(record.document_date),
        "val": rupee_number(record.value),
        "pos": record.place_of_supply,
        "txval": rupee_number(record.taxable),
        "iamt": rupee_number(record.igst),
        "camt": rupee_number(record.cgst),
        "samt": rupee_number(record.sgst),
        "cess": rupee_number(record.cess),
        "ispendactblocked": pending_blocked,
        "isRemarksBlocked": flag(not ruling.allowed),
    }
    if record.filing == Filing.LAPSED.value:
        # GSTN has no field for this; clients of GSTN ignore the portal's own field
        row["portal_msg"] = for_recipient(Form(record.form), TaxPeriod.from_number(record.tax_period))
    if decision.remarks:
        row["remarks"] = decision.remarks
    if record.section in DECLARED:
        row |= declaration(decision)
    if dialect is Dialect.OFFLINE:
        row |= {
            "rtnTyp": source,
            "sRtnPrd": period(record.tax_period),
            "itcRedReqBlocked": flag(not ruling.asks_reduction),
        }
        return row
    if record.section in DECLARED:
        row["isItcRedReqBlocked"] = flag(not ruling.asks_reduction)
    row["hash"] = fingerprint(record)
    return row


# fields of a download that an upload does not have
NOT_UPLOADED = (
    "tradenm",
    "srcfilstatus",
    "ispendactblocked",
    "isRemarksBlocked",
    "itcRedReqBlocked",
    "rtnTyp",
    "sRtnPrd",
)


def uploaded(row: Mapping[str, Any], previous: str) -> dict[str, Any]:
    """Return a record of the offline file in the form of an upload. `row` has the form of the offline file.
    `previous` is the record's action at the other portal."""
    kept = {name: value for name, value in row.items() if name not in NOT_UPLOADED}
    return kept | {"prev_status": previous}


def declaration(decision: Any) -> dict[str, Any]:
    """Return the fields of the recipient's answer to "Does ITC need to be reduced?". If ITC is reduced in
    part, the fields include the amounts in rupees. If the recipient gave no answer, return an empty dict."""
    if decision.answer == Answer.NONE.value:
        return {}
    found: dict[str, Any] = {"itcRedReq": flag(decision.answer != Answer.NO.value)}
    if decision.answer == Answer.PART.value:
        for name, head in zip(("Igst", "Cgst", "Sgst", "Cess"), HEADS, strict=True):
            found[f"decl{name}"] = rupee_number(getattr(decision, f"reduction_{head}") or 0)
    return found


def _import_to_wire(record: Record, pending_blocked: str) -> dict[str, Any]:
    details = record.details or {}
    row: dict[str, Any] = {"rgstinrefId": record.recipient.gstin}
    if details.get("sez_supplier"):
        row["stin"] = details["sez_supplier"]
    return row | {
        "ispendactblocked": pending_blocked,
        "irefdt": day(record.document_date),
        "itcprd": period(record.claim_period),
        "portcd": details.get("port", ""),
        "boenum": record.number,
        "boedt": day(record.document_date),
        "action": record.decision.action,
        "txval": rupee_number(record.taxable),
        "igst": rupee_number(record.igst),
        "cess": rupee_number(record.cess),
        "srtinprd": period(record.tax_period),
        "hash": fingerprint(record),
    }


def fingerprint(record: Record | ArchivedRecord) -> str:
    """Return a SHA-256 over the fields that a supplier can change, in a fixed order. Two versions with
    different hashes differ in at least one of these fields. The choice of fields is this portal's own,
    because GSTN has not published from which fields it computes its hash."""
    parts = (
        record.section,
        record.number,
        record.document_date.isoformat(),
        record.form,
        record.tax_period,
        record.invoice_type,
        record.place_of_supply,
        record.value,
        record.taxable,
        record.igst,
        record.cgst,
        record.sgst,
        record.cess,
    )
    return hashlib.sha256("|".join(str(part) for part in parts).encode()).hexdigest()


# counts


def counts_to_wire(summary: Summary, asked: str) -> dict[str, Any]:
    """Return the numbers of records by section and action, for one block of GSTN's reply (`asked` is a key of
    `BLOCKS`). If `asked` is not a block, return all three blocks."""
    wanted = [asked] if asked in BLOCKS else list(BLOCKS)
    rows = {row.key: row for tab in summary.tabs.values() for row in tab}
    found: dict[str, Any] = {}
    for name in wanted:
        key, sections = BLOCKS[name]
        block: dict[str, Any] = {}
        for section in sections:
            row = rows.get(section)
            block[section] = {
                word: row.by_status[action.value].count if row else 0 for action, word in STATUS_NAMES.items()
            }
        found[key] = block | {"ttl_cnt": sum(sum(counts.values()) for counts in block.values())}
    return found


# the report on a request


def report(
    items: Sequence[tuple[Item, RefusedDocument | None]], *, code: Any
) -> dict[str, list[dict[str, Any]]]:
    """Return the refused documents by section, grouped by supplier and fault. `code` is a function that turns
    the portal's code of a fault into GSTN's code."""
    found: dict[str, list[dict[str, Any]]] = {}
    groups: dict[tuple[str, str, str, str], list[dict[str, str]]] = {}
    for item, problem in items:
        if problem is None:
            continue
        section = REPORTED[item.wanted.section]
        key = (section, item.supplier, problem.code, problem.message)
        named = "boenum" if section in IMPORTS else "inum"
        groups.setdefault(key, []).append({"rtnprd": item.period, named: item.number})
    for (section, supplier, problem_code, message), documents in groups.items():
        found.setdefault(section, []).append(
            {"stin": supplier, "error_cd": code(problem_code), "error_msg": message, "inv": documents}
        )
    return found
