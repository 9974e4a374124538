"""Compare a file of another portal with this portal's data. The result has the documents that only the file
has, the documents that only this portal has, and the differing fields of common documents. The comparison
saves nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db.models.fields.json import KeyTextTransform

from gstr2b.models import StatementLine
from gstr2b.statement import queries as statements
from ims_portal.kernel import clock
from ims_portal.kernel.money import format_inr
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.queries.calendar import calendar
from invoices.queries.record_list.records import on_desk
from invoices.queries.situations import DeskView
from invoices.rules.documents import number_key
from invoices.rules.ruling import Section, Treated
from invoices.rules.situation import Kind
from returns.files.other_portals.amounts import FIELDS
from returns.files.other_portals.read import DISTRIBUTED, IMPORTS, Document, Found

PORT = KeyTextTransform("port", "details")
# The parts of a key: section, supplier, number, date, port (bills of entry only), and whether the document is
# a credit note of an ISD.
Key = tuple[str, str, str, Any, str, bool]
Here = dict[Key, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Differs:
    """A document that is in the file and in this portal, and its differing fields. Each field has its name,
    the value in the file, and the value in this portal."""

    document: Document
    fields: tuple[tuple[str, str, str], ...]


@dataclass(slots=True)
class Comparison:
    same: int = 0
    only_there: list[Document] = field(default_factory=list)
    only_here: list[str] = field(default_factory=list)
    differing: list[Differs] = field(default_factory=list)


def compare(taxpayer: Taxpayer, found: Found) -> Comparison:
    """Return the comparison of a file with this portal's data. A GSTR-2B file is compared with the current
    statement of its period, and an IMS file with the desk. Amounts that the file does not have are not
    compared. The number of queries is the same for any number of documents."""
    here = _statement(taxpayer, found) if found.kind == "GSTR-2B" else _desk(taxpayer, found)
    told = Comparison()
    for document in found.documents:
        # If several records have this key, take the record that differs least from the file's document.
        # Several records have the same key if customs changed a bill of entry twice on one day.
        of_key = here.get(_key(document), [])
        if not of_key:
            told.only_there.append(document)
            continue
        held = min(of_key, key=lambda one: len(_differing(document, one)))
        of_key.remove(held)
        fields = _differing(document, held)
        if fields:
            told.differing.append(Differs(document, fields))
        else:
            told.same += 1
    told.only_here = [
        named(section, supplier, number, port)
        for (section, supplier, number, _day, port, _credit), left in here.items()
        for _one in left
    ]
    return told


def _differing(document: Document, held: dict[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Return the differing fields of a document, each as name, value in the file, value in this portal."""
    fields = tuple(
        (name, format_inr(there), format_inr(held[name]))
        for name in FIELDS
        if (there := getattr(document, name)) is not None and there != held[name]
    )
    if document.action and held["action"] and document.action != held["action"]:
        fields = (*fields, ("action", document.action, held["action"]))
    return fields


def named(section: str, supplier: str, number: str, port: str) -> str:
    """Return the text for a document in a list: its section, its supplier or port, and its number."""
    return " ".join(filter(None, (section, supplier or port, number)))


def _key(document: Document) -> Key:
    return (
        document.section,
        document.supplier,
        number_key(document.number, bill=document.section in IMPORTS),
        document.document_date,
        document.port,
        document.credit,
    )


def _desk(taxpayer: Taxpayer, found: Found) -> Here:
    """Return the desk's records by key. If the file has no section for bills of entry, the result has no
    bills of entry. Files of the offline tool have no such section."""
    view = DeskView.of(taxpayer, clock.today(), calendar())
    desk = on_desk(taxpayer, view)
    rows = (
        (desk if found.with_imports else desk.exclude(section__in=IMPORTS))
        .annotate(port=PORT)
        .values(
            "section", "supplier__gstin", "number_key", "document_date", "decision__action", "port", *FIELDS
        )
    )
    here: Here = defaultdict(list)
    for row in rows.iterator():
        supplier, port = row["supplier__gstin"] or "", row["port"] or ""
        key = (row["section"], supplier, row["number_key"], row["document_date"], port, False)
        here[key].append({"action": row["decision__action"], **{name: row[name] for name in FIELDS}})
    return here


def _statement(taxpayer: Taxpayer, found: Found) -> Here:
    assert found.period is not None
    statement = statements.current(taxpayer, found.period)
    if statement is None:
        return {}
    # Leave out the lines of Rule 37A reversals, because `read` skips this part of the file. Leave out the
    # second line of a document that changed from forward charge to reverse charge, because the file contains
    # this document only once.
    lines = (
        StatementLine.objects.of(statement)
        .exclude(section=Section.RULE_37A.value)
        .exclude(treated=Treated.CHARGE_CHANGED.value)
    )
    names = dict(Taxpayer.objects.filter(pk__in=lines.values("supplier_id")).values_list("pk", "gstin"))
    imported = lines.filter(table__in=IMPORTS).values("record_id")
    ports: dict[int, str] = {}
    for model in (Record, ArchivedRecord):
        ports |= dict(model.objects.filter(pk__in=imported).annotate(port=PORT).values_list("pk", "port"))
    here: Here = defaultdict(list)
    for line in lines.iterator():
        key = (
            line.table,
            names.get(line.supplier_id or 0, ""),
            number_key(line.number, bill=line.table in IMPORTS),
            line.document_date,
            ports.get(line.record_id or 0) or "",
            line.table in DISTRIBUTED and line.kind == Kind.CREDIT_NOTE.value,
        )
        action = line.decision[:1] if line.decision[:1] == "R" else ""
        here[key].append({"action": action, **{name: getattr(line, name) for name in FIELDS}})
    return here
