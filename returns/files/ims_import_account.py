"""The results of an uploaded file of IMS actions: its rows, the record of each row, and the counts. The
results can also be written as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from ims_portal.kernel.money import HEADS, rupee_text
from invoices.desk.actions_by_number import RefusedDocument, Wanted
from invoices.models import Record
from invoices.models.choices import ACTION_LABELS, KIND_LABELS
from invoices.rules.situation import Action, Kind
from invoices.workbooks import read_back
from invoices.workbooks.shown_document import cell_text
from returns.files.stated_figures import Unequal

if TYPE_CHECKING:
    from returns.files.ims_import_effect import Effect

MOST_LISTED, MOST_SHOWN = 1000, 200
AGAIN = gettext_noop("Download the workbook again, and fill in this row there.")
# of every refusal of a declared ITC reduction
DECLARED, CORRECT = "DECL_", gettext_noop("Correct the ITC reduction of the row, and load the file again.")
# code of another refusal -> what the person can do
REMEDIES = {
    "ROW_CHANGED": AGAIN,
    "NOT_IN_IMS": gettext_noop("Delete the row. The record has left IMS."),
    "RECORD_CLOSED": gettext_noop("Delete the row. GSTR-3B of the record's period is filed."),
    "REMARKS_REQUIRED": gettext_noop("Write the reason in the row's remarks, and load the file again."),
    "REMARKS_TOO_LONG": gettext_noop("Shorten the row's remarks, and load the file again."),
    "TWICE_IN_REQUEST": gettext_noop("Keep one of the rows, and load the file again."),
    "IMP-ROW": gettext_noop("Correct the cell, and load the file again."),
}


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
    """A cell of the document that somebody changed: its place, its heading, its value in the portal (`was`) and in the
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
    effect: Effect | None = None  # of the changing rows

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
    """Return the account as values that JSON can store. Amounts are text in rupees, and dates are DD-MM-YYYY."""
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
        "refusals": list(islice(refused_rows(account), MOST_LISTED)),
        "changes": list(islice(changing_rows(account), MOST_SHOWN)),
    }


def refused_rows(account: Account) -> Iterator[dict[str, Any]]:
    """Yield the refused rows as JSON. `sentence` is the whole reason, and `instead` is the part of the reason that
    says what to do."""
    for line in account.refused:
        assert line.problem is not None
        yield {
            "place": line.place,
            **_document(line),
            "code": line.problem.code,
            "rule": line.problem.rule,
            "sentence": line.problem.message,
            "instead": line.problem.instead or _remedy(line.problem.code),
        }


def _remedy(code: str) -> str:
    return CORRECT if code.startswith(DECLARED) else REMEDIES.get(code, "")


def changing_rows(account: Account) -> Iterator[dict[str, Any]]:
    """Yield the changing rows as JSON, each with its change of ITC. `account.effect` must be known."""
    effects = account.effect.rows if account.effect else []
    for line, effect in zip(account.changing, effects, strict=True):
        assert line.record is not None
        assert line.wanted is not None
        was, becomes = Action(line.record.decision.action), line.wanted.asked.action
        yield {
            "place": line.place,
            **_document(line),
            "was": was.value,
            "becomes": becomes.value,
            "before": str(ACTION_LABELS[was]),
            "after": str(ACTION_LABELS[becomes]),
            "remarks": line.wanted.asked.remarks,
            "effect": rupee_text(effect.total),
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
