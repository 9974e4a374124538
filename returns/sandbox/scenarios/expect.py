"""Compare a scenario's expectations with the portal's data."""

from __future__ import annotations

from typing import Any

from django.db.models import Sum

from gstr2b.models import Statement
from gstr2b.statement import table4
from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, TaxAmounts, rupee_text
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import ArchivedRecord, RecipientDesk
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView, ruling_of
from invoices.rules.situation import Action
from returns.models import AddBack
from returns.sandbox.scenarios.story import Failed, Story, tax_of

STATUS = {"N": "NO_ACTION", "A": "ACCEPTED", "R": "REJECTED", "P": "PENDING"}
FILING = {"S": "SAVED", "F": "FILED", "L": "SAVED"}
OPEN = {Action.ACCEPTED: "accept", Action.REJECTED: "reject", Action.PENDING: "pending"}


def hold(story: Story, expectation: dict[str, Any]) -> None:
    """Raise `Failed` unless the expectation is true now."""
    kind, body = next(iter(expectation.items()))
    CHECKS[kind](story, body)


def _equal(what: str, expected: Any, found: Any) -> None:
    if expected != found:
        raise Failed(f"{what}: expected {expected}, found {found}")


def _record(story: Story, body: dict[str, Any]) -> None:
    what = f"record {body['ref']} of {body['of']}"
    owner = story.taxpayers.get(body["of"])
    record = story.live(body["ref"])
    if record is not None and (owner is None or record.recipient_id != owner.pk):
        record = None
    gone = None
    if record is None and owner is not None:
        gone = ArchivedRecord.objects.filter(pk=story.records.get(body["ref"], 0), recipient=owner).first()
    ruling = None
    if record is not None:
        record.recipient.refresh_from_db()
        ruling = ruling_of(record, DeskView.of(record.recipient, clock.today(), calendar()))
    in_ims = ruling is not None and ruling.in_ims
    if "in_ims" in body:
        _equal(f"{what} in_ims", body["in_ims"], in_ims)
    action = record.decision.action if record is not None else (gone.action if gone is not None else None)
    shown = record or gone
    if "status" in body:
        _equal(f"{what} status", body["status"], STATUS.get(action or ""))
    if "filing" in body:
        _equal(f"{what} filing", body["filing"], FILING.get(shown.filing) if shown else None)
    if "period" in body:
        found = TaxPeriod.from_number(shown.claim_period).iso if shown else None
        _equal(f"{what} period", str(body["period"]), found)
    if "allowed" in body:
        found_set = sorted(OPEN[a] for a in ruling.allowed) if ruling is not None else []
        _equal(f"{what} allowed", sorted(body["allowed"]), found_set)


def _statement(story: Story, alias: str, period: str) -> Statement | None:
    number = TaxPeriod.parse(str(period)).number
    if alias not in story.taxpayers:
        return None
    return Statement.objects.filter(recipient=story.taxpayers[alias], period=number, is_current=True).first()


def _twob(story: Story, body: dict[str, Any]) -> None:
    what = f"2B {body['period']} of {body['of']}"
    statement = _statement(story, body["of"], body["period"])
    if "exists" in body:
        _equal(f"{what} exists", body["exists"], statement is not None)
    if "state" in body:
        _equal(f"{what} state", body["state"], _state(statement))
    refs = {pk: ref for ref, pk in story.records.items()}
    lines = list(statement.lines.order_by("id")) if statement is not None else []
    if "lines" in body:
        expected = sorted((_expected_line(line) for line in body["lines"]), key=str)
        wanted = {(str(line["ref"]), line["sec"]): line for line in body["lines"]}
        found = []
        for line in lines:
            ref = refs.get(line.record_id, f"record {line.record_id}")
            asked = wanted.get((ref, line.section), {})
            row: dict[str, Any] = {"ref": ref, "sec": line.section}
            if "label" in asked:
                row["label"] = line.treated
            if "reason" in asked:
                row["reason"] = line.reason
            row.update({head: rupee_text(getattr(line, f"effect_{head}")) for head in HEADS})
            found.append(row)
        _equal(f"{what} lines", expected, sorted(found, key=str))
    for ref in body.get("absent", []):
        present = [line for line in lines if refs.get(line.record_id) == ref]
        _equal(f"{what} has a line for {ref}", False, bool(present))


def _expected_line(line: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"ref": str(line["ref"]), "sec": line["sec"]}
    row.update({key: str(line[key]) for key in ("label", "reason") if key in line})
    tax = tax_of(line)
    row.update({head: rupee_text(getattr(tax, head)) for head in HEADS})
    return row


def _state(statement: Statement | None) -> str | None:
    if statement is None:
        return None
    if statement.is_final:
        return "final"
    desk = RecipientDesk.objects.get(recipient=statement.recipient, period=statement.period)
    return "stale" if desk.is_stale else "draft"


def _threeb(story: Story, body: dict[str, Any]) -> None:
    found = table4.fill(_statement(story, body["of"], body["period"]))
    for row, heads in body["rows"].items():
        name = str(row)
        _equal(
            f"3B {body['period']} of {body['of']} {name}",
            _shown(tax_of(heads or {})),
            _shown(found.get(name, TaxAmounts())),
        )


def _shown(tax: TaxAmounts) -> dict[str, str]:
    return {head: rupee_text(getattr(tax, head)) for head in HEADS if getattr(tax, head)}


def _supplier(story: Story, body: dict[str, Any]) -> None:
    number = TaxPeriod.parse(str(body["period"])).number
    sums = AddBack.objects.filter(supplier=story.taxpayers.get(body["of"]), period=number).aggregate(
        **{head: Sum(head) for head in HEADS}
    )
    found = TaxAmounts(*(int(sums[head] or 0) for head in HEADS))
    _equal(
        f"add-back {body['period']} of {body['of']}", _shown(tax_of(body["add_back"] or {})), _shown(found)
    )


def _outward(story: Story, body: dict[str, Any]) -> None:
    pk = story.records.get(body["ref"], 0)
    record = story.live(body["ref"])
    gone = ArchivedRecord.objects.filter(pk=pk).first() if record is None else None
    supplier = story.taxpayers.get(body["of"])
    shown = record or gone
    if shown is not None and (supplier is None or shown.supplier_id != supplier.pk):
        record = gone = None
    action = record.decision.action if record is not None else (gone.action if gone is not None else "")
    _equal(f"outward {body['ref']} of {body['of']}", body["status"], STATUS.get(action))


CHECKS = {"record": _record, "twob": _twob, "threeb": _threeb, "supplier": _supplier, "outward": _outward}
