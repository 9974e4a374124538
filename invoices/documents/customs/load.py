"""Event: a file of customs data is loaded (R-074, R-130 to R-135).

Customs sends all bills of entry and amendments again with each batch. The load leaves known bills and
amendments unchanged. Customs gives no ids, so the load recognises bills and amendments by their content."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from ims_portal.kernel.errors import Refused
from invoices import locks
from invoices.documents.customs import bills_of_entry, read_json
from invoices.documents.customs.read_json import Amendment, BillKey, Item
from invoices.journal.writing import By
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.rules.calendar import Form
from invoices.rules.documents import DocumentFault
from invoices.rules.refusals import CODES, refused
from invoices.rules.situation import Kind

CHUNK = 500
SAVED, SAME, REFUSED = "saved", "same", "refused"
Version = Record | ArchivedRecord


@dataclass(frozen=True, slots=True)
class Refusal:
    place: str
    field: str
    code: str
    rule: str
    message: str


@dataclass(slots=True)
class Report:
    counts: Counter[str] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)
    written: bool = False

    def note(self, item: Item, problem: DocumentFault) -> None:
        self.counts[REFUSED] += 1
        rule = problem.rule or (CODES[problem.code].rule if problem.code in CODES else "")
        self.refusals.append(Refusal(item.place, problem.field, problem.code, rule, problem.message))


class _NothingSaved(Exception):
    """Raised after a refusal if `all_or_nothing` is set. It rolls back the transaction of the whole load."""


def load(data: bytes, *, by: By, all_or_nothing: bool = False) -> Report:
    """Load the bills of entry and amendments of a file, in the file's order. Return the counts and refusals.

    With `all_or_nothing`, one refusal stops the load and nothing is saved. Raises `Invalid` if the file is
    not a JSON list of bills and amendments."""
    report = Report()
    entries = list(read_json.items(read_json.read(data)))
    try:
        with transaction.atomic() if all_or_nothing else nullcontext():
            for start in range(0, len(entries), CHUNK):
                _load_chunk(entries[start : start + CHUNK], report, by)
            if all_or_nothing and report.refusals:
                raise _NothingSaved
        report.written = report.counts[SAVED] > 0
    except _NothingSaved:
        pass
    return report


def _load_chunk(entries: list[Item], report: Report, by: By) -> None:
    known = _Known(entries)
    for item in entries:
        problem = item.problem
        if problem is None:
            try:
                with transaction.atomic():
                    report.counts[_load_one(item, known, by)] += 1
            except Refused as error:
                problem = DocumentFault(error.code, str(error.details.get("field", "")), error.message)
        if problem is not None:
            report.note(item, problem)


def _load_one(item: Item, known: _Known, by: By) -> str:
    if item.amendment is not None:
        return _amend(item.amendment, known, by)
    bill = item.bill
    assert bill is not None
    key = BillKey.of(bill.number, bill.port, bill.reference_date)
    there = known.versions(key)
    if there:
        first = there[0]
        same = (first.taxable, first.igst, first.cess) == (bill.taxable, bill.igst, bill.cess)
        if known.owner(first).gstin == item.gstin and same:
            return SAME
        raise refused(
            "DUPLICATE_DOC",
            f"Bill {bill.number} of {bill.port} was reported with other amounts or another GSTIN; send "
            f"an amendment.",
            field="boe_number",
        )
    recipient = Taxpayer.known_or_unlisted(item.gstin)
    recipient = _locked(recipient)
    record = bills_of_entry.receive(recipient, bill, by=by)
    if record is None:
        # another load may have saved the bill after `known` was read
        if _Known([item]).versions(key):
            return SAME
        raise refused(
            "DUPLICATE_DOC",
            f"Bill {bill.number} of {bill.port} was reported in this financial year with another reference date. "
            f"Correct the date, or send an amendment.",
            field="reference_date",
        )
    known.add(key, record)
    return SAVED


def _locked(recipient: Taxpayer) -> Taxpayer:
    """Lock the recipient and return the recipient's latest row. If two loads run at the same time, the second
    load waits here for the first."""
    return locks.supplier(recipient)


def _amend(amendment: Amendment, known: _Known, by: By) -> str:
    there = known.versions(amendment.of)
    if not there:
        raise refused("BAD_DOC", "The bill of entry to amend was not found.", field="amends")
    _locked(known.owner(there[0]))
    there = known.again(amendment.of)
    if any(_says_the_same(version, amendment, known) for version in there[1:]):
        return SAME
    latest = there[-1]
    if amendment.on < latest.document_date:
        raise refused("BAD_DOC", "The amendment is dated before the version it amends.", field="date")
    if amendment.to:
        if known.owner(latest).gstin == amendment.to:
            raise refused("BAD_DOC", f"The bill already belongs to {amendment.to}.", field="to_gstin")
        to = Taxpayer.known_or_unlisted(amendment.to)
        bills_of_entry.amend_gstin(
            latest.pk, to=to, on=amendment.on, igst=amendment.igst, taxable=amendment.taxable, by=by
        )
    else:
        assert amendment.igst is not None
        bills_of_entry.amend_value(
            latest.pk,
            on=amendment.on,
            igst=amendment.igst,
            taxable=amendment.taxable,
            cess=amendment.cess,
            by=by,
        )
    return SAVED


def _says_the_same(version: Version, amendment: Amendment, known: _Known) -> bool:
    """True if the version already has the values that this amendment sets."""
    kind = "gstin" if amendment.to else "value"
    if (version.details or {}).get("amendment") != kind or version.document_date != amendment.on:
        return False
    if amendment.to and known.owner(version).gstin != amendment.to:
        return False
    given = (
        (amendment.igst, version.igst),
        (amendment.taxable, version.taxable),
        (amendment.cess, version.cess),
    )
    return all(wanted is None or wanted == there for wanted, there in given)


class _Known:
    """The bills of entry that a chunk names, each with its versions, oldest first.

    Four queries read the data of the whole chunk."""

    def __init__(self, entries: list[Item]):
        keys = {self._key(item) for item in entries} - {None}
        numbers = sorted({key.number for key in keys if key})
        self._found: dict[BillKey, list[Version]] = defaultdict(list)
        self._owners: dict[int, Taxpayer] = {}
        mine: dict[str, Any] = {"form": Form.ICEGATE.value, "amends_id": None, "number_key__in": numbers}
        roots: dict[int, BillKey] = {}
        for model in (Record, ArchivedRecord):
            for root in model.objects.filter(supplier=None, **mine).select_related("recipient"):
                key = BillKey.of(root.number, (root.details or {}).get("port", ""), root.document_date)
                roots[root.pk] = key
                self.add(key, root)
        for version in _later(list(roots)):
            self.add(roots[version.root_id or version.pk], version)

    @staticmethod
    def _key(item: Item) -> BillKey | None:
        if item.amendment is not None:
            return item.amendment.of
        return BillKey.of(item.bill.number, item.bill.port, item.bill.reference_date) if item.bill else None

    def add(self, key: BillKey, version: Version) -> None:
        self._found[key].append(version)
        self._found[key].sort(key=lambda v: v.pk)
        self._owners[version.recipient_id] = version.recipient

    def versions(self, key: BillKey) -> list[Version]:
        return self._found.get(key, [])

    def again(self, key: BillKey) -> list[Version]:
        """Read the versions of a bill of entry again and return them.

        The caller has locked the bill's first recipient, so no other load can add a version meanwhile."""
        root = self._found[key][0]
        self._found[key] = [root]
        for version in _later([root.pk]):
            self.add(key, version)
        return self._found[key]

    def owner(self, version: Version) -> Taxpayer:
        return self._owners[version.recipient_id]


def _later(root_ids: list[int]) -> list[Version]:
    """Return the amended versions of these bills of entry, oldest first.

    A reduction record, which takes credit back from a previous GSTIN, is not a version of the bill."""
    kind = Kind.BILL_OF_ENTRY.value
    live = Record.objects.filter(root_id__in=root_ids, kind=kind).select_related("recipient")
    gone = ArchivedRecord.objects.filter(root_id__in=root_ids, kind=kind).select_related("recipient")
    return sorted([*live, *gone], key=lambda v: v.pk)
