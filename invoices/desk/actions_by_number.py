"""Event: a program sends actions on many documents in one request (R-040, R-050 to R-059, R-120 to R-125).

The program names each document by its number, and sends the values that the program has for the document. The
portal judges each document separately. A document is refused if these values are out of date, because the
supplier edited the document or another person decided on the document. The other documents are saved. The
number of SQL statements does not depend on the number of documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction

from ims_portal.kernel import clock
from ims_portal.support.database import json_rows
from invoices import locks
from invoices.desk import actions, decisions
from invoices.desk.actions import Asked
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import ArchivedRecord, JournalLine, RecipientDesk, Record, Taxpayer
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.rules.documents import number_key
from invoices.rules.reduction import REMARKS_LIMIT, Settled, remarks_kept, remarks_needed, settle
from invoices.rules.refusals import CODES
from invoices.rules.situation import Action, Answer, Kind

# Refusal codes for faults of the request. `ROW_CHANGED`: the sender's values are out of date. `TWICE`: the
# document is in the request twice. `TOO_LONG`: the remarks are too long.
ROW_CHANGED = "ROW_CHANGED"
TWICE = "TWICE_IN_REQUEST"
TOO_LONG = "REMARKS_TOO_LONG"
SENTENCES = {
    ROW_CHANGED: "Previous action does not match, or the supplier has edited the document",
    TWICE: "This document appears more than once in the request. Send it once.",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The action that the sender asks for on one document, and the values that identify the document.

    `facts` maps columns of the record to the sender's values (amounts in paise, periods like 202410). `forms`
    are the forms in which the supplier may have reported the document. If `forms` is empty, every form is
    accepted. `seen` is the latest action that the sender saw. If the request does not contain this action,
    `seen` is None."""

    section: str
    number: str
    document_date: date
    asked: Asked
    supplier: str = ""  # GSTIN; empty for bills of entry
    port: str = ""
    seen: Action | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    forms: frozenset[str] = frozenset()
    fingerprint: str = ""

    @property
    def key(self) -> tuple[str, str, str, date, str]:
        return (self.section, self.supplier, self.number_key, self.document_date, self.port)

    @property
    def number_key(self) -> str:
        return number_key(self.number, bill=not self.supplier)


@dataclass(frozen=True, slots=True)
class RefusedDocument:
    """The reason why one document was not saved. `instead` is the part of the message that says what to do."""

    code: str
    message: str
    rule: str = ""
    instead: str = ""


@dataclass(frozen=True, slots=True)
class _Change:
    record: Record
    asked: Asked
    settled: Settled
    remarks: str

    @property
    def label(self) -> str:
        return f"{self.asked.action.value} {self.settled.answer.value}"

    @property
    def is_new(self) -> bool:
        """True if the change differs from the current decision. A repeated decision changes nothing."""
        becomes = {
            "label": self.label,
            "remarks": self.remarks,
            **decisions.reduction_columns(self.settled.amounts),
        }
        return any(getattr(self.record.decision, name) != value for name, value in becomes.items())


def save(
    recipient: Taxpayer,
    wanted: Sequence[Wanted],
    *,
    by: By,
    answers_needed: bool = False,
    fingerprint: Any = None,
    in_gstns_shape: bool = False,
) -> list[RefusedDocument | None]:
    """Save the actions. Return a list in the order of `wanted`: None for a saved document, the reason for a
    refused document.

    With `answers_needed`, the sender must answer the question about ITC reduction to accept a credit note
    (R-123). `fingerprint` is a function from a record to its fingerprint. With `in_gstns_shape`, the actions
    come from a request or a file in GSTN's shape, which needs no remarks about an ITC reduction (R-122).
    Raises `Refused` (NO_ACCESS, TOO_EARLY) for the whole request."""
    with transaction.atomic():
        desk = actions.begin(recipient, *(item.asked for item in wanted))
        view = DeskView.of(recipient, clock.today(), calendar())
        found = _find(recipient, wanted)
        times = Counter(item.key for item in wanted)
        problems: list[RefusedDocument | None] = []
        long = RefusedDocument(TOO_LONG, CODES[TOO_LONG].sentence, CODES[TOO_LONG].rule)
        changes: list[_Change] = []
        for item in wanted:
            judged = (
                RefusedDocument(TWICE, SENTENCES[TWICE])
                if times[item.key] > 1
                else long
                if len(item.asked.remarks) > REMARKS_LIMIT
                else _judge(item, found.get(item.key), view, answers_needed, fingerprint, in_gstns_shape)
            )
            problems.append(judged if isinstance(judged, RefusedDocument) else None)
            if isinstance(judged, _Change) and judged.is_new:
                changes.append(judged)
        _write(recipient, desk, changes, by)
    return problems


def _find(
    recipient: Taxpayer, wanted: Sequence[Wanted]
) -> dict[tuple[str, str, str, date, str], Record | ArchivedRecord]:
    """Return the documents that the request names, by key. The function locks records on the desk, and reads
    closed documents from the archive."""
    mine = {
        "recipient_id": recipient.pk,
        "number_key__in": sorted({item.number_key for item in wanted}),
        "section__in": sorted({item.section for item in wanted}),
    }
    live = Record.objects.filter(**mine)
    locks.records(live)
    gone = ArchivedRecord.objects.filter(**mine, why=ArchivedRecord.Why.CLOSED, route="M")
    suppliers = dict(
        Taxpayer.objects.filter(gstin__in={item.supplier for item in wanted}).values_list("pk", "gstin")
    )
    found: dict[tuple[str, str, str, date, str], Record | ArchivedRecord] = {}
    rows: list[Record | ArchivedRecord] = [
        *gone.defer("rate_lines"),
        *live.defer("rate_lines").select_related("decision"),
    ]
    for row in rows:
        supplier = suppliers.get(row.supplier_id, "") if row.supplier_id else ""
        port = (row.details or {}).get("port", "") if Kind(row.kind).is_import else ""
        found[(row.section, supplier, row.number_key, row.document_date, port)] = row
    return found


def _judge(
    item: Wanted,
    record: Record | ArchivedRecord | None,
    view: DeskView,
    answers_needed: bool,
    fingerprint: Any,
    in_gstns_shape: bool,
) -> RefusedDocument | _Change:
    if record is None:
        return _problem("NOT_IN_IMS")
    if isinstance(record, ArchivedRecord):
        return _problem("RECORD_CLOSED")
    ruling = situations.ruling_of(record, view)
    if not ruling.in_ims:
        return _refusal(actions.refusal_for(ruling, item.asked)) or _problem("NOT_IN_IMS")
    if _differs(item, record) or (item.fingerprint and item.fingerprint != fingerprint(record)):
        return RefusedDocument(ROW_CHANGED, SENTENCES[ROW_CHANGED])
    refusal = _refusal(actions.refusal_for(ruling, item.asked))
    if refusal is not None:
        return refusal
    unanswered = item.asked.action is Action.ACCEPTED and item.asked.declaration is None
    if answers_needed and unanswered and ruling.asks_reduction and record.kind == Kind.CREDIT_NOTE.value:
        return _problem("ANSWER_REQUIRED")
    settled = settle(item.asked.declaration, effect=situations.effect_of(record))
    if isinstance(settled, str):
        return _problem(settled)
    remarks = item.asked.remarks.strip()
    if remarks_needed(settled.answer, in_gstns_shape=in_gstns_shape) and not remarks:
        return _problem("REMARKS_REQUIRED")
    return _Change(
        record, item.asked, settled, remarks if remarks_kept(item.asked.action, settled.answer) else ""
    )


def _differs(item: Wanted, record: Record) -> bool:
    """True if the document or its decision differs from the sender's values."""
    if item.seen is not None and record.decision.action != item.seen.value:
        return True
    if item.forms and record.form not in item.forms:
        return True
    return any(getattr(record, column) != value for column, value in item.facts.items())


def _problem(code: str) -> RefusedDocument:
    return RefusedDocument(code, CODES[code].sentence, CODES[code].rule)


def _refusal(found: Any) -> RefusedDocument | None:
    if found is None:
        return None
    if isinstance(found, str):
        return _problem(found)
    message = f"{found.short} {found.instead}".strip()
    return RefusedDocument(found.code, message, found.clause.code, str(found.instead))


def _write(recipient: Taxpayer, desk: RecipientDesk, changes: Sequence[_Change], by: By) -> None:
    for action in Action:
        some = [change for change in changes if change.asked.action is action]
        if some:
            _write_action(recipient, desk, action, some, by)
    records = [change.record for change in changes]
    counts = decisions.Counts(
        records=len(records),
        in_statement=sum(
            record.filing == "F" and record.superseded == "-" and record.claim_period <= desk.period
            for record in records
        ),
        carried=sum(record.claim_period < recipient.open_period for record in records),
        amended=len(records),
    )
    decisions.follow(recipient, desk, [record.pk for record in records], counts)


def _write_action(
    recipient: Taxpayer, desk: RecipientDesk, action: Action, changes: Sequence[_Change], by: By
) -> None:
    answers = {change.settled.answer for change in changes}
    remarks = {change.remarks for change in changes}
    with journal.entry(
        recipient.pk,
        actions.EVENTS[action],
        by,
        period=desk.period,
        record_count=len(changes),
        after={
            "action": action.value,
            "answer": answers.pop().value if len(answers) == 1 else Answer.NONE.value,
            "remarks": remarks.pop() if len(remarks) == 1 else "",
        },
    ) as entry:
        json_rows.insert(
            JournalLine,
            [
                {
                    "record_id": change.record.pk,
                    "revision": change.record.revision,
                    "before": change.record.decision.label,
                    "after": change.label,
                    "remarks": change.remarks,
                }
                for change in changes
            ],
            entry_id=entry.pk,
            recipient_id=recipient.pk,
        )
        journal.lines_made(entry)
    opens = recipient.open_period
    decisions.write_each(
        [_own(change) for change in changes],
        {
            "action": action.value,
            "acted_at": clock.now(),
            "actor": getattr(by.user, "pk", None),
            "cleared_action": "",
        },
        # a decision on a record of an earlier period counts in the open period
        moved_to=opens if any(change.record.claim_period < opens for change in changes) else None,
    )


def _own(change: _Change) -> dict[str, Any]:
    """Return the values of a decision that can differ from document to document, by column."""
    return {
        "record_id": change.record.pk,
        "answer": change.settled.answer.value,
        "remarks": change.remarks,
        **decisions.reduction_columns(change.settled.amounts),
    }
