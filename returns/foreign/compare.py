"""A file of another portal against what is held here: only there, only here, differing fields. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models.fields.json import KeyTextTransform

from gstr2b import queries as statements
from gstr2b.models import StatementLine
from ims_portal.kernel import clock
from ims_portal.kernel.money import format_inr
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.queries.calendar import calendar
from invoices.queries.records import on_desk
from invoices.queries.situations import DeskView
from invoices.rules.documents import number_key
from returns.foreign.wire import IMPORTS, Document, Found

PORT = KeyTextTransform("port", "details")
FIELDS = ("taxable", "igst", "cgst", "sgst", "cess")
Key = tuple[str, str, str, Any, str]  # a bill of entry is numbered by its port


@dataclass(frozen=True, slots=True)
class Differs:
    """A document both have, and the fields that are not the same: name, there, here."""

    document: Document
    fields: tuple[tuple[str, str, str], ...]


@dataclass(slots=True)
class Comparison:
    same: int = 0
    only_there: list[Document] = field(default_factory=list)
    only_here: list[str] = field(default_factory=list)
    differing: list[Differs] = field(default_factory=list)


def compare(taxpayer: Taxpayer, found: Found) -> Comparison:
    """GSTR-2B against the current statement of its period, IMS against the desk. A fixed number of queries."""
    here = _statement(taxpayer, found) if found.kind == "GSTR-2B" else _desk(taxpayer)
    told = Comparison()
    for document in found.documents:
        held = here.pop(_key(document), None)
        if held is None:
            told.only_there.append(document)
            continue
        fields = tuple(
            (name, format_inr(getattr(document, name)), format_inr(held[name]))
            for name in FIELDS
            if getattr(document, name) != held[name]
        )
        if document.action and held["action"] and document.action != held["action"]:
            fields = (*fields, ("action", document.action, held["action"]))
        if fields:
            told.differing.append(Differs(document, fields))
        else:
            told.same += 1
    told.only_here = [
        f"{section} {supplier} {number}".strip() for section, supplier, number, _day, _port in here
    ]
    return told


def _key(document: Document) -> Key:
    return (
        document.section,
        document.supplier,
        number_key(document.number),
        document.document_date,
        document.port,
    )


def _desk(taxpayer: Taxpayer) -> dict[Key, dict[str, Any]]:
    view = DeskView.of(taxpayer, clock.today(), calendar())
    rows = (
        on_desk(taxpayer, view)
        .annotate(port=PORT)
        .values(
            "section", "supplier__gstin", "number_key", "document_date", "decision__action", "port", *FIELDS
        )
    )
    return {
        (r["section"], r["supplier__gstin"] or "", r["number_key"], r["document_date"], r["port"] or ""): {
            "action": r["decision__action"],
            **{name: r[name] for name in FIELDS},
        }
        for r in rows.iterator()
    }


def _statement(taxpayer: Taxpayer, found: Found) -> dict[Key, dict[str, Any]]:
    assert found.period is not None
    statement = statements.current(taxpayer, found.period)
    if statement is None:
        return {}
    lines = StatementLine.objects.of(statement)
    names = dict(Taxpayer.objects.filter(pk__in=lines.values("supplier_id")).values_list("pk", "gstin"))
    imported = lines.filter(table__in=IMPORTS).values("record_id")
    ports: dict[int, str] = {}
    for model in (Record, ArchivedRecord):
        ports |= dict(model.objects.filter(pk__in=imported).annotate(port=PORT).values_list("pk", "port"))
    return {
        (
            line.table,
            names.get(line.supplier_id or 0, ""),
            number_key(line.number),
            line.document_date,
            ports.get(line.record_id or 0) or "",
        ): {
            "action": line.decision[:1] if line.decision[:1] == "R" else "",
            **{name: getattr(line, name) for name in FIELDS},
        }
        for line in lines.iterator()
    }
