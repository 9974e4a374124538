"""The results of an uploaded file of IMS actions: its rows, the record of each row, and the counts. The
results can also be written as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from ims_portal.kernel.money import HEADS, rupee_text
from invoices.desk.actions_by_number import RefusedDocument, Wanted
from invoices.models import Record
from invoices.models.choices import ACTION_LABELS, KIND_LABELS
from invoices.rules.situation import Action, Kind
from invoices.workbooks import read_back
from invoices.workbooks.shown_document import cell_text
from returns.files.stated_figures import Unequal

MOST_LISTED, MOST_SHOWN = 1000, 200


@dataclass(slots=True)
class Line:
    """A row of an uploaded file, with the record to which the row belongs."""

    place: str
    section: str
    wanted: Wanted | None
    source: Any
    record: Record | None = None
    problem: RefusedDocument | None = None
    same: bool = False


@dataclass(frozen=True, slots=True)
class LockedCell:
    """A locked cell that somebody changed: its place, its heading, its value in the portal (`was`) and in the
    file (`now`)."""

    place: str
    heading: str
    was: str
    now: str


@dataclass(slots=True)
class Account:
    """The results of an uploaded file. `read` is the number of all rows: changing, unchanged (`same`) and
    refused. `locked` are changed cells that change nothing, and `stated` are figures that the file states of
    itself and that differ from its rows."""

    read: int = 0
    lines: list[Line] = field(default_factory=list)
    locked: list[LockedCell] = field(default_factory=list)
    stated: list[Unequal] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)  # ids of journal entries

    @property
    def refused(self) -> list[Line]:
        return [line for line in self.lines if line.problem is not None]

    @property
    def changing(self) -> list[Line]:
        return [line for line in self.lines if line.problem is None and not line.same]

    @property
    def same(self) -> int:
        return self.read - len(self.refused) - len(self.changing)


def account_as_json(account: Account) -> dict[str, Any]:
    """Return the account as values that JSON can store. Amounts are text in rupees, and dates are
    DD-MM-YYYY."""
    codes = Counter(line.problem.code for line in account.lines if line.problem)
    return {
        "rows": account.read,
        "changed": len(account.changing),
        "same": account.same,
        "refused": len(account.refused),
        "codes": dict(codes),
        "locked_count": len(account.locked),
        "locked": [asdict(cell) for cell in account.locked[:MOST_SHOWN]],
        "stated": [unequal.as_json() for unequal in account.stated[:MOST_SHOWN]],
        "refusals": [
            {
                "place": line.place,
                **_document(line),
                "code": line.problem.code,
                "rule": line.problem.rule,
                "sentence": line.problem.message,
            }
            for line in account.refused[:MOST_LISTED]
            if line.problem
        ],
        "changes": [
            {
                "place": line.place,
                **_document(line),
                "before": str(ACTION_LABELS[Action(line.record.decision.action)]) if line.record else "",
                "after": str(ACTION_LABELS[line.wanted.asked.action]),
                "remarks": line.wanted.asked.remarks,
            }
            for line in account.changing[:MOST_SHOWN]
            if line.wanted
        ],
    }


def _document(line: Line) -> dict[str, str]:
    """Return all facts that identify the document of a row, because several documents may have the same
    number. For a row without a record, return the facts that the row itself shows."""
    record, wanted = line.record, line.wanted
    if record is not None:
        supplier = record.supplier
        return {
            "number": record.number,
            "kind": str(KIND_LABELS[Kind(record.kind)]),
            "supplier": supplier.gstin if supplier else (record.details or {}).get("sez_supplier", ""),
            "name": supplier.name if supplier else "",
            "port": (record.details or {}).get("port", ""),
            "date": f"{record.document_date:%d-%m-%Y}",
            "taxable": rupee_text(record.taxable),
            "tax": rupee_text(sum(getattr(record, head) for head in HEADS)),
        }
    empty = dict.fromkeys(("number", "kind", "supplier", "name", "port", "date", "taxable", "tax"), "")
    if wanted is not None:
        return empty | {
            "number": wanted.number,
            "supplier": wanted.supplier,
            "port": wanted.port,
            "date": f"{wanted.document_date:%d-%m-%Y}",
        }
    if isinstance(line.source, read_back.FilledRow):
        return empty | _shown(line.source)
    return empty


def _shown(row: read_back.FilledRow) -> dict[str, str]:
    """Return the cells of a workbook row as text. Long texts are cut."""
    shown = {name: cell_text(value) for name, value in read_back.by_field(row).items()}
    return {
        "number": shown.get("number", "")[:60],
        "supplier": (shown.get("gstin") or shown.get("sez_supplier") or "")[:20],
        "name": shown.get("name", "")[:100],
        "port": shown.get("port", "")[:10],
        "date": shown.get("date", "")[:20],
        "taxable": shown.get("taxable", "")[:20],
    }
