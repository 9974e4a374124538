"""Event: a working copy takes over the records in a file of another portal's IMS. A working copy is a
taxpayer whose real desk is on the other portal. Staff mark such taxpayers (`Taxpayer.working_copy`).

This module puts the file's documents on the desk, as their suppliers reported them. Then it applies each
action in the file. If the rules of this portal refuse an action, the result reports the action, but the desk
does not store the action. A second file changes only the documents that differ.

Afterwards the user acts on the records on this portal, and exports the records for the other portal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import transaction
from django.db.models import IntegerField, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from ims_portal.kernel.errors import Refused
from ims_portal.kernel.places import is_gstin_state
from invoices import locks
from invoices.desk import actions_by_number
from invoices.desk.actions_by_number import RefusedDocument, Wanted
from invoices.desk.working_copy_records import CHUNK, KINDS, Account, Copied, Key, Placing
from invoices.documents.staleness import mark_stale
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.models import JournalLine, RecipientDesk, Record, Taxpayer
from invoices.rules.documents import number_key
from invoices.rules.situation import Action, Filing


def take_over(recipient: Taxpayer, copied: Sequence[Copied], *, by: By) -> Account:
    """Put these documents and their actions on the working copy's desk, in one transaction. Return the
    result.

    Raises `Refused` NOT_A_COPY if the taxpayer is not a working copy."""
    if not recipient.working_copy:
        raise Refused(
            "NOT_A_COPY",
            f"{recipient.gstin} is not a working copy in this portal, so the file can only be compared. "
            f"Ask staff to mark {recipient.gstin} as a working copy.",
        )
    account = Account()
    with transaction.atomic():
        desk = locks.open_desk(recipient)
        suppliers = _suppliers(copied)
        held = _held(recipient, copied)
        fresh: dict[Key, Copied] = {}
        moved: list[tuple[Record, Copied]] = []
        for item in copied:
            problem = _why_not(item, suppliers, fresh)
            if problem is not None:
                account.problems.append((item, problem))
                continue
            record = held.get(item.key)
            if record is None:
                fresh[item.key] = item
            elif any(getattr(record, name) != value for name, value in item.content.items()):
                moved.append((record, item))
            else:
                account.same += 1
        placing = Placing(recipient, suppliers, list(fresh.values()), account)
        made = placing.insert()
        placing.edit(moved)
        filed = sum(record.filing == Filing.FILED.value for record in [*made, *(r for r, _ in moved)])
        _journal(recipient, desk, made, moved, by)
        mark_stale(desk, filed)
        account.new, account.changed = len(made), len(moved)
        placed = [fresh[key] for key in fresh] + [item for _record, item in moved]
        _act(recipient, placed, account, by)
        _note_there(recipient, copied, {item.key for item in placed})
    return account


def changed_here(recipient: Taxpayer) -> QuerySet[Record]:
    """Return the records of a working copy whose decision on this portal is newer than the decision on the
    other portal.

    `details["there"]` is the record's action on the other portal, from the latest file. When a file places
    the record, or has the same action as this portal, the portal stores the version of its own decision in
    `details["there_version"]`. A decision whose version has changed since then is newer."""
    return (
        Record.objects.filter(recipient_id=recipient.pk, details__there__isnull=False)
        .exclude(decision__version=Cast(KeyTextTransform("there_version", "details"), IntegerField()))
        .select_related("decision", "supplier")
        .order_by("pk")
    )


def _note_there(recipient: Taxpayer, copied: Sequence[Copied], placed: set[Key]) -> None:
    """Store each record's action on the other portal. Also store the version of this portal's decision in two
    cases: the record was just placed, or both portals have the same action."""
    held = _held(recipient, copied)
    noted = []
    for item in copied:
        record = held.get(item.key)
        if record is None:
            continue
        details = dict(record.details or {})
        there = item.asked.action.value
        if item.key in placed or record.decision.action == there:
            details["there_version"] = record.decision.version
        details["there"] = there
        if details != record.details:
            record.details = details
            noted.append(record)
    Record.objects.bulk_update(noted, ["details"], batch_size=500)


def _why_not(
    item: Copied, suppliers: dict[str, Taxpayer], fresh: dict[Key, Copied]
) -> RefusedDocument | None:
    supplier = suppliers.get(item.supplier)
    if supplier is None or item.section not in KINDS:
        fault = (
            f"“{item.supplier}” is not a supplier's GSTIN."
            if item.supplier
            else "The supplier's GSTIN is missing."
        )
        return RefusedDocument("BAD_GSTIN", fault)
    if supplier.listed:
        return RefusedDocument(
            "SUPPLIER_HERE",
            f"{item.supplier} is registered in this portal. The supplier's documents come from the returns "
            "that the supplier files in this portal.",
        )
    if item.key in fresh:
        return RefusedDocument(
            actions_by_number.TWICE,
            "The document appears in the file more than once. The portal copied only the first one.",
        )
    return None


def _is_like_gstin(text: str) -> bool:
    """True if a text has the length, the characters and the State code of a GSTIN (R-140)."""
    return len(text) == 15 and text.isascii() and text.isalnum() and is_gstin_state(text[:2])


def _suppliers(copied: Sequence[Copied]) -> dict[str, Taxpayer]:
    """Return the suppliers in a file by GSTIN. Create unknown suppliers as taxpayers with `listed=False`.

    A GSTIN with a wrong check character or an unknown form is accepted, because the other portal has accepted
    its document. A text that cannot be a GSTIN is left out."""
    names = {item.supplier: item.supplier_name for item in copied if _is_like_gstin(item.supplier)}
    found = {t.gstin: t for t in Taxpayer.objects.filter(gstin__in=names)}
    missing = sorted(set(names) - set(found))
    new = [Taxpayer.unlisted(gstin) for gstin in missing]
    for supplier in new:
        supplier.trade_name = names[supplier.gstin][:200]
    Taxpayer.objects.bulk_create(new, ignore_conflicts=True)
    return found | {t.gstin: t for t in Taxpayer.objects.filter(gstin__in=missing)}


def _held(recipient: Taxpayer, copied: Sequence[Copied]) -> dict[Key, Record]:
    """Lock the desk's records whose numbers are in the file, and return the records by key."""
    found: dict[Key, Record] = {}
    numbers = sorted({number_key(item.number) for item in copied})
    for start in range(0, len(numbers), CHUNK):
        mine = Record.objects.filter(
            recipient_id=recipient.pk, number_key__in=numbers[start : start + CHUNK], section__in=list(KINDS)
        )
        locks.records(mine)
        for record in mine.select_related("decision", "supplier"):
            supplier = record.supplier.gstin if record.supplier else ""
            found[(record.section, supplier, record.number_key, record.document_date)] = record
    return found


def _journal(
    recipient: Taxpayer,
    desk: RecipientDesk,
    made: Sequence[Record],
    moved: Sequence[tuple[Record, Copied]],
    by: By,
) -> None:
    if not made and not moved:
        return
    lines = [_line(record, "", "N -") for record in made]
    lines += [_line(record, record.decision.label, "N -") for record, _item in moved]
    journal.write(
        recipient.pk,
        "records taken over",
        by,
        period=desk.period,
        record_count=len(lines),
        after={"new": len(made), "changed": len(moved)},
        lines=lines,
    )


def _line(record: Record, before: str, after: str) -> JournalLine:
    return JournalLine(
        record_id=record.pk,
        recipient_id=record.recipient_id,
        revision=record.revision,
        before=before,
        after=after,
    )


def _act(recipient: Taxpayer, items: Sequence[Copied], account: Account, by: By) -> None:
    """Apply the actions in the file. If the rules refuse an action, add the refusal to `account.problems`."""
    refused = {id(item) for item, _problem in account.problems}
    acting = [item for item in items if item.asked.action is not Action.NONE and id(item) not in refused]
    for some in _parts(acting):
        wanted = [Wanted(i.section, i.number, i.document_date, i.asked, supplier=i.supplier) for i in some]
        problems = actions_by_number.save(recipient, wanted, by=by, in_gstns_shape=True)
        for item, problem in zip(some, problems, strict=True):
            if problem is None:
                account.acted += 1
            else:
                account.problems.append((item, problem))


def _parts(items: Sequence[Copied]) -> Iterator[Sequence[Copied]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
