"""GSTN's JSON of GSTR-2A: the documents that suppliers filed for a month, one section at a time (R-015)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from gstr2b.statement import gstr2a
from ims_portal.kernel.money import rupee_number
from ims_portal.kernel.periods import TaxPeriod
from invoices.api.gstn_out import day, fingerprint, flag, originals
from invoices.documents import changed_invoice
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.rules.situation import Filing, Kind
from returns.api.gstn_out import lines_of
from returns.models import Gstr3b

AnyRecord = Record | ArchivedRecord
# section in GSTN's words -> sections of the records. Amended documents of a distributor and amended bills of
# entry stand in the section of the originals.
SECTIONS: dict[str, tuple[str, ...]] = {
    "B2B": ("b2b",),
    "B2BA": ("b2ba",),
    "CDN": ("b2bcn", "b2bdn"),
    "CDNA": ("b2bcna", "b2bdna"),
    "ECOM": ("ecom",),
    "ECOMA": ("ecoma",),
    "ISD": ("isd", "isda"),
    "IMPG": ("impg", "impga"),
    "IMPGSEZ": ("impgsez", "impgseza"),
}
NOTES = ("CDN", "CDNA")
# the months in GSTN's dates, which are English on every computer
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Asked:
    """A client's request for GSTR-2A: a section and the suppliers' month. The client can ask for the documents of
    one supplier (`supplier`, a GSTIN), or for documents filed on or after the day `since`."""

    section: str
    month: TaxPeriod
    supplier: str = ""
    since: date | None = None


def documents(recipient: Taxpayer, asked: Asked) -> list[QuerySet]:
    """Return two querysets: live records and archived records."""
    found = []
    for source in gstr2a.filed(recipient, asked.month):
        source = source.filter(section__in=SECTIONS[asked.section])
        if asked.supplier and asked.section == "IMPGSEZ":
            source = source.filter(details__sez_supplier=asked.supplier)
        elif asked.supplier:
            source = source.filter(supplier__gstin=asked.supplier)
        if asked.since is not None:
            source = source.filter(filed_on__gte=asked.since)
        found.append(source.select_related("supplier").order_by("pk"))
    return found


def section_to_wire(section: str, rows: Sequence[AnyRecord]) -> dict[str, Any]:
    """Return documents of one section. `rows` have their suppliers loaded. At most five further queries."""
    listed = _bills(section, rows) if section.startswith("IMPG") else _by_supplier(section, rows)
    return {section.lower(): listed}


# documents of suppliers


def _by_supplier(section: str, rows: Sequence[AnyRecord]) -> list[dict[str, Any]]:
    known, later = originals(rows), _amendments(rows)
    filed_3b = _filed_3b(rows)
    listed = "doclist" if section == "ISD" else "nt" if section in NOTES else "inv"
    document: Callable[..., dict[str, Any]] = _distributed if section == "ISD" else _document
    parties: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        supplier = row.supplier
        assert supplier is not None
        party = parties.setdefault(
            (supplier.pk, row.tax_period, row.filed_on),
            {
                "ctin": supplier.gstin,
                "trdname": supplier.name,
                "cfs": "Y",  # GSTR-2A of this portal has only documents of filed forms
                "cfs3b": flag((supplier.pk, row.tax_period) in filed_3b),
                "fldtr1": short_day(row.filed_on),
                "flprdr1": short_month(row.tax_period),
                listed: [],
            },
        )
        party[listed].append(document(section, row, known) | later.get(row.pk, {}))
    return list(parties.values())


def _document(section: str, row: AnyRecord, known: Mapping[int, tuple[str, date]]) -> dict[str, Any]:
    details = row.details or {}
    number, on = ("nt_num", "nt_dt") if section in NOTES else ("inum", "idt")
    shown: dict[str, Any] = {"chksum": fingerprint(row), number: row.number, on: day(row.document_date)}
    if section in NOTES:
        shown["ntty"] = "C" if row.kind == Kind.CREDIT_NOTE.value else "D"
        if named := changed_invoice.named_in(details):
            shown |= {"inum": named[0], "idt": day(named[1])}
    if row.amends_id and row.amends_id in known:
        was, was_on = known[row.amends_id]
        shown |= {f"o{number}": was, f"o{on}": day(was_on)}
    shown |= {
        "val": rupee_number(row.value),
        "pos": row.place_of_supply,
        "rchrg": flag(row.reverse_charge),
        "inv_typ": row.invoice_type,
    }
    if details.get("diff_percent") == 65:
        shown["diff_percent"] = 0.65
    if details.get("irn"):
        shown |= {"srctyp": "e-Invoice", "irn": details["irn"]}
        if details.get("irn_date"):
            shown["irngendate"] = day(date.fromisoformat(details["irn_date"]))
    shown["itms"] = [_item(line) for line in lines_of(row)]
    return shown


def _item(line: Sequence[int]) -> dict[str, Any]:
    rate, taxable, *tax = line
    amounts = {
        name: rupee_number(value)
        for name, value in zip(("iamt", "camt", "samt", "csamt"), tax, strict=True)
        if value
    }
    return {"num": rate + 1, "itm_det": {"rt": rupee_number(rate), "txval": rupee_number(taxable), **amounts}}


def _distributed(section: str, row: AnyRecord, known: Mapping[int, tuple[str, date]]) -> dict[str, Any]:
    """Return a document of an input service distributor. Zero amounts are written, because clients add the
    four amounts."""
    return {
        "chksum": fingerprint(row),
        "isd_docty": "ISDCN" if row.kind == Kind.CREDIT_NOTE.value else "ISD",
        "docnum": row.number,
        "docdt": day(row.document_date),
        "itc_elg": "Y",
        "iamt": rupee_number(row.igst),
        "camt": rupee_number(row.cgst),
        "samt": rupee_number(row.sgst),
        "cess": rupee_number(row.cess),
    }


def _amendments(rows: Sequence[AnyRecord]) -> dict[int, dict[str, str]]:
    """Return for each amended document the period of its filed amendment (`aspd`), and what the amendment
    changed (`atyp`): R the recipient, N the number, D other details."""
    mine = {row.pk: row for row in rows}
    found: dict[int, dict[str, str]] = {}
    for model in (Record, ArchivedRecord):
        versions = model.objects.filter(amends_id__in=mine, filing=Filing.FILED.value).order_by("pk")
        for amended, recipient, number, month in versions.values_list(
            "amends_id", "recipient_id", "number", "tax_period"
        ):
            assert amended is not None
            row = mine[amended]
            changed = "R" if recipient != row.recipient_id else "N" if number != row.number else "D"
            # The amendment changes a document of both recipients, so both recipients see the type R.
            if changed == "R" or found.get(amended, {}).get("atyp") != "R":
                found[amended] = {"aspd": short_month(month), "atyp": changed}
    return found


def _filed_3b(rows: Sequence[AnyRecord]) -> set[tuple[int, int]]:
    """Return (supplier, month) of the documents whose supplier has filed GSTR-3B of the month."""
    wanted: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for row in rows:
        supplier = row.supplier
        assert supplier is not None
        period = supplier.files.period_of(TaxPeriod.from_number(row.tax_period)).number
        wanted.setdefault((supplier.pk, period), set()).add((supplier.pk, row.tax_period))
    suppliers, periods = {pk for pk, _ in wanted}, {period for _, period in wanted}
    returns = Gstr3b.objects.filter(recipient_id__in=suppliers, period__in=periods)
    filed = returns.values_list("recipient_id", "period")
    return set().union(*(wanted.get(key, set()) for key in filed))


# bills of entry


def _bills(section: str, rows: Sequence[AnyRecord]) -> list[dict[str, Any]]:
    units = {(row.details or {}).get("sez_supplier", "") for row in rows} - {""}
    names = {t.gstin: t.name for t in Taxpayer.objects.filter(gstin__in=units)} if units else {}
    return [_bill(section, row, names) for row in rows]


def _bill(section: str, row: AnyRecord, names: Mapping[str, str]) -> dict[str, Any]:
    details = row.details or {}
    unit = details.get("sez_supplier", "")
    return {
        "refdt": day(row.document_date),
        "portcd": details.get("port", ""),
        # GSTN sends the number of a bill as a number; a number with letters stays text
        "benum": int(row.number) if row.number.isascii() and row.number.isdigit() else row.number,
        "bedt": day(row.document_date),
        **({"sgstin": unit, "tdname": names.get(unit, "")} if section == "IMPGSEZ" else {}),
        "txval": rupee_number(row.taxable),
        "iamt": rupee_number(row.igst),
        "csamt": rupee_number(row.cess),
        "amd": flag(row.amends_id is not None),
    }


def short_day(on: date | None) -> str:
    """Return a day as GSTR-2A writes it, for example 11-Aug-26."""
    return f"{on.day:02d}-{MONTHS[on.month - 1]}-{on.year % 100:02d}" if on else ""


def short_month(number: int) -> str:
    """Return a tax period as GSTR-2A writes it, for example Jul-26. `number` is like 202607."""
    return f"{MONTHS[number % 100 - 1]}-{number // 100 % 100:02d}"
