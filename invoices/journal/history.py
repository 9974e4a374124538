"""The history of a record and of a GSTIN, read from the journal. Nobody can change the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.money import HEADS, TaxAmounts, format_inr
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import ArchivedRecord, JournalEntry, JournalLine, Record, Taxpayer
from invoices.models.choices import HEAD_LABELS, INVOICE_TYPE_LABELS
from invoices.queries import other_party
from invoices.queries.situations import DeskView, clock_facets, tax_of

MOST_LINES = 200
RECENT = 2000
DOCUMENTS_NAMED = 3
AUDIT_SALT = "audit.page"

# The names of a document's fields, for pages that show changes of these fields.
FIELD_WORDS = {
    "number": gettext_noop("Document number"),
    "document_date": gettext_noop("Document date"),
    "place_of_supply": gettext_noop("Place of supply"),
    "invoice_type": gettext_noop("Document type"),
    "reverse_charge": gettext_noop("Reverse charge"),
    "value": gettext_noop("Document value"),
    "taxable": gettext_noop("Taxable value"),
    **HEAD_LABELS,
}
AMOUNT_FIELDS = frozenset({"value", "taxable", *HEADS})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """The values of one field before and after a change. With `is_amount`, the values are in paise."""

    label: str
    before: Any
    after: Any
    is_amount: bool

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Event:
    """One event in a record's history.

    `before` and `after` are the letters of the action before and after the event. Both are empty if the event
    changed no action. Without `real_time`, only the day of the event is known."""

    portal_time: datetime
    real_time: datetime | None
    who: str
    what: str
    source: str
    before: str
    after: str
    remarks: str
    changes: tuple[FieldChange, ...]


def of_record(record: Record | ArchivedRecord, recipient: Taxpayer) -> list[Event]:
    """Return the events of a record of this recipient, newest first. The function makes one query.

    An event of the supplier names no person, because the recipient must not see the supplier's people. The
    event names the kind of the other party: "Supplier", "Customs" and so on."""
    lines = (
        JournalLine.objects.filter(record_id=record.pk, recipient_id=recipient.pk)
        .select_related("entry__actor")
        .order_by("-id")[:MOST_LINES]
    )
    party = other_party.of_section(record.section)
    events = []
    declared = _amount(vars(record.decision if isinstance(record, Record) else record))
    for line in lines:
        # a line stores the declared amount before its event, which is the amount after the older events
        earlier = _amount((line.detail or {}).get("was", {}))
        events.append(_event(line, recipient, party, _declaration(line, earlier, declared)))
        if line.before or line.after:
            declared = earlier
    if record.filed_on is not None:
        # Make the filing event from the document's filing date, because the filing of a form writes no
        # journal line for a single document.
        filed = _filed(record, record.filed_on, party)
        place = _place_of_filing(events, record.filed_on, party)
        events.insert(place, filed)
    return events


def of_supplier(record: Record | ArchivedRecord, supplier: Taxpayer) -> list[Event]:
    """Return the supplier's own events of a document, newest first, with its filing. The recipient's events are
    left out, because a supplier sees only the present action (R-107). The function makes one query."""
    party = other_party.of_section(record.section)
    lines = (
        JournalLine.objects.filter(record_id=record.pk, entry__taxpayer_id=supplier.pk)
        .select_related("entry__actor")
        .order_by("-id")[:MOST_LINES]
    )
    # only the supplier's own actions on the document, without the label of the recipient's action that they reset
    events = [replace(_event(line, supplier, party), before="", after="", remarks="") for line in lines]
    if record.filed_on is not None:
        filed = replace(_filed(record, record.filed_on, party), who=supplier.name)
        events.insert(0, filed)
    return events


def _place_of_filing(events: list[Event], on: date, party: other_party.Party) -> int:
    """Return the number of events that are newer than the filing on the day `on`. The supplier can change a
    document only before the filing, so the supplier's events of this day are older."""
    newer = 0
    for event in events:
        day = event.portal_time.astimezone(clock.IST).date()
        if day < on or (day == on and event.who == party.name):
            break
        newer += 1
    return newer


def _filed(record: Record | ArchivedRecord, on: date, party: other_party.Party) -> Event:
    what = _(party.happened) % {
        "form": record.form,
        "month": TaxPeriod.from_number(record.tax_period).label,
    }
    return Event(clock.midnight(on), None, party.name, what, "", "", "", "", ())


def _amount(values: Mapping[str, Any]) -> int:
    """Return the declared reduction in paise, over all heads, from the columns of a decision."""
    return sum(values.get(f"reduction_{head}") or 0 for head in HEADS)


def _declaration(line: JournalLine, before: int, after: int) -> tuple[FieldChange, ...]:
    """Return the change of the declared ITC reduction by an acceptance (R-122). `before` and `after` are the
    declared amounts in paise. A full reduction has no declared amount."""

    def words(label: str, amount: int) -> str:
        full = _("in full") if label[:1] == "A" else ""
        return format_inr(amount) if label[2:3] in ("P", "N") else full

    change = FieldChange(_("ITC reduction ₹"), words(line.before, before), words(line.after, after), False)
    declares = line.after[:1] == "A" and ({line.before[2:3], line.after[2:3]} & {"P", "N"})
    return (change,) if declares and change.before != change.after else ()


def _event(
    line: JournalLine,
    recipient: Taxpayer,
    party: other_party.Party,
    declaration: tuple[FieldChange, ...] = (),
) -> Event:
    entry = line.entry
    if entry.taxpayer_id != recipient.pk:
        who = party.name
    else:
        who = who_did(entry)
    return Event(
        portal_time=entry.portal_time,
        real_time=entry.real_time,
        who=who,
        what=entry.event[:1].upper() + entry.event[1:],
        source=entry.source,
        before=line.before[:1],
        after=line.after[:1],
        remarks=line.remarks,
        changes=(*changes_of(line), *declaration),
    )


def who_did(entry: JournalEntry) -> str:
    if entry.actor is None:
        return "System" if entry.source == "system" else entry.source.capitalize()
    return str(entry.actor.get_full_name() or entry.actor.get_username())


def _value_in_words(name: str, value: Any) -> Any:
    """Return a value in the form that people read: the code of a document type becomes its name."""
    return _(INVOICE_TYPE_LABELS[value]) if name == "invoice_type" and value in INVOICE_TYPE_LABELS else value


def changes_of(line: JournalLine) -> tuple[FieldChange, ...]:
    """Return the fields of a document that changed according to a journal line, with the values before and
    after."""
    return tuple(_changes(line.detail or {}))


def _changes(detail: dict[str, Any]) -> list[FieldChange]:
    return [
        FieldChange(
            _(FIELD_WORDS[name]),
            _value_in_words(name, pair[0]),
            _value_in_words(name, pair[1]),
            name in AMOUNT_FIELDS,
        )
        for name, pair in detail.items()
        if name in FIELD_WORDS and isinstance(pair, list) and len(pair) == 2
    ]


# the amendment chain


@dataclass(frozen=True, slots=True)
class Link:
    """One version of a document. The version is a `Record` or an `ArchivedRecord` of the recipient."""

    pk: int
    number: str
    document_date: date
    form: str
    tax_period: int
    claim_period: int
    taxable: int
    tax: TaxAmounts
    action: str
    filed_on: date | None
    closed: bool
    gone: str
    superseded: bool
    record: Record | ArchivedRecord

    @property
    def is_filed(self) -> bool:
        return self.filed_on is not None


def chain(record: Record | ArchivedRecord, recipient: Taxpayer, view: DeskView) -> list[Link]:
    """Return all versions of the record's document at this recipient, oldest first, with two queries.

    Versions that were addressed to another GSTIN are excluded, because only that GSTIN may see them."""
    root = record.root_id or record.pk
    of_root = Q(pk=root) | Q(root_id=root)
    mine: list[Record | ArchivedRecord] = [
        *Record.objects.filter(of_root, recipient_id=recipient.pk).select_related("decision"),
        *ArchivedRecord.objects.filter(of_root, recipient_id=recipient.pk).exclude(why="D"),
    ]
    return [_link(version, view) for version in sorted(mine, key=lambda v: v.pk)]


def _link(version: Record | ArchivedRecord, view: DeskView) -> Link:
    if isinstance(version, ArchivedRecord):
        action, land, closed, gone = version.action, version.land_period, True, version.get_why_display()
    else:
        decision = version.decision
        action, land, gone = decision.action, decision.moved_to or version.claim_period, ""
        closed = clock_facets(version, view)["closed"]
    return Link(
        pk=version.pk,
        number=version.number,
        document_date=version.document_date,
        form=version.form,
        tax_period=version.tax_period,
        claim_period=land,
        taxable=version.taxable,
        tax=tax_of(version),
        action=action,
        filed_on=version.filed_on,
        closed=closed,
        gone=gone,
        superseded=version.superseded == "X",
        record=version,
    )


def difference(before: Record | ArchivedRecord, after: Record | ArchivedRecord) -> list[FieldChange]:
    """Return each field of a document with its values in the versions `before` and `after`. The result
    includes fields with equal values. A field that is empty in both versions is left out."""
    return [
        FieldChange(
            _(label),
            _value_in_words(name, getattr(before, name)),
            _value_in_words(name, getattr(after, name)),
            name in AMOUNT_FIELDS,
        )
        for name, label in FIELD_WORDS.items()
        if getattr(before, name) or getattr(after, name)
    ]


# the journal of a GSTIN


@dataclass(frozen=True, slots=True)
class AuditPage:
    entries: list[JournalEntry]
    first: str | None
    previous: str | None
    next: str | None


def journal_of(taxpayer: Taxpayer, event: str = "") -> QuerySet[JournalEntry]:
    entries = JournalEntry.objects.filter(taxpayer=taxpayer).select_related("actor")
    return entries.filter(event=event) if event else entries


def audit_page(entries: QuerySet[JournalEntry], token: str, size: int) -> AuditPage:
    """Return one page of journal entries, newest first.

    `token` is a signed text with a direction and an entry id. Without a token, return the first page. Raises
    `Invalid` BAD_PAGE for a damaged token."""
    back, pk = False, None
    if token:
        try:
            back, pk = signing.loads(token, salt=AUDIT_SALT)
        except (signing.BadSignature, ValueError):
            raise Invalid(
                "BAD_PAGE", "This page address is damaged. Open the list from its first page."
            ) from None
    if pk is not None:
        entries = entries.filter(pk__gt=pk) if back else entries.filter(pk__lt=pk)
    rows = list(entries.order_by("pk" if back else "-pk")[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    if back:
        rows.reverse()
    at_start = pk is None or (back and not more)
    at_end = not more and not back

    def token_for(back: bool, pk: int) -> str:
        return signing.dumps([back, pk], salt=AUDIT_SALT)

    return AuditPage(
        entries=rows,
        first=None if at_start else "",
        previous=token_for(True, rows[0].pk) if rows and not at_start else None,
        next=token_for(False, rows[-1].pk) if rows and not at_end else None,
    )


@dataclass(frozen=True, slots=True)
class Touched:
    """A document that a journal entry changed. `period` is the number of its 2B period now."""

    pk: int
    number: str
    recipient_id: int
    period: int


def documents_of(entries: Iterable[JournalEntry]) -> dict[int, list[Touched]]:
    """Return the first `DOCUMENTS_NAMED` documents of each entry, by entry id.

    The function makes two queries for any number of entries and documents."""
    first = JournalLine.objects.filter(entry_id=OuterRef("pk")).order_by("id").values("record_id")
    places = {f"line{n}": Subquery(first[n : n + 1]) for n in range(DOCUMENTS_NAMED)}
    ids = [entry.pk for entry in entries if entry.record_count]
    picked = JournalEntry.objects.filter(pk__in=ids).order_by().annotate(**places).values_list("pk", *places)
    lines = {pk: [record for record in records if record is not None] for pk, *records in picked}
    wanted = {record for records in lines.values() for record in records}
    columns = ("pk", "number", "recipient_id", "lands")
    lands = Coalesce("decision__moved_to", "claim_period")
    live = Record.objects.filter(pk__in=wanted).order_by().annotate(lands=lands).values_list(*columns)
    gone = ArchivedRecord.objects.filter(pk__in=wanted).order_by().annotate(lands=F("land_period"))
    left = gone.values_list(*columns)
    known = {row[0]: Touched(*row) for row in live.union(left, all=True)} if wanted else {}
    return {pk: [known[r] for r in records if r in known] for pk, records in lines.items()}


def events_of(taxpayer: Taxpayer) -> list[str]:
    """Return the names of the events among the latest `RECENT` entries of a GSTIN, in alphabetical order."""
    latest = JournalEntry.objects.filter(taxpayer=taxpayer).order_by("-id").values("event")[:RECENT]
    return sorted({row["event"] for row in latest})
