"""What every change of decisions has in common: the journal line that keeps what stood before, and what follows
for the statement and for amendments (R-066, R-086, T1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Case, Count, Exists, F, JSONField, OuterRef, Q, QuerySet, When
from django.db.models.functions import JSONObject

from invoices.documents import placing
from invoices.documents.staleness import mark_stale
from invoices.journal import writing as journal
from invoices.journal.writing import Written
from invoices.models import Decision, JournalLine, RecipientDesk, Record, Taxpayer
from invoices.queries.tallies import TallyRow
from invoices.rules.situation import Filing

# What a decision holds beside its status; kept on the line only where there is something to keep.
KEPT = ("reduction_igst", "reduction_cgst", "reduction_sgst", "reduction_cess", "moved_to")
KEPT_TEXT = ("remarks", "cleared_action")
FEW_AMENDMENTS = 1000


def was() -> Case:
    """The rest of a decision before a change, as the line's detail; nothing for a plain one."""
    something = Q(decision__answer__in=["P", "N"]) | Q(decision__moved_to__isnull=False)
    for name in KEPT_TEXT:
        something |= Q(**{f"decision__{name}__gt": ""})
    kept = JSONObject(**{name: F(f"decision__{name}") for name in (*KEPT, *KEPT_TEXT)})
    return Case(When(something, then=JSONObject(was=kept)), output_field=JSONField())


@dataclass(frozen=True, slots=True)
class Counts:
    """What a change of these records touches: the statement, the period, amendments (how many, or whether any).
    Counted before it is written, because the labels are what the selection looks at."""

    records: int
    in_statement: int
    carried: int
    amended: int


def count(chosen: QuerySet[Record], recipient: Taxpayer, desk: RecipientDesk) -> Counts:
    found = chosen.aggregate(
        n=Count("pk"),
        in_statement=Count("pk", filter=Q(filing="F", superseded="-", claim_period__lte=desk.period)),
        carried=Count("pk", filter=Q(claim_period__lt=recipient.open_period)),
        amended=Count("pk", filter=Exists(Record.objects.filter(amends_id=OuterRef("pk")))),
    )
    return Counts(found["n"], found["in_statement"], found["carried"], found["amended"])


def counted(
    rows: Sequence[TallyRow], chosen: QuerySet[Record], recipient: Taxpayer, desk: RecipientDesk
) -> Counts:
    """The same of records whose groups are known."""
    filed = [r for r in rows if r.situation.filing is Filing.FILED and not r.situation.superseded]
    return Counts(
        records=sum(row.count for row in rows),
        in_statement=sum(row.count for row in filed if row.claim_period <= desk.period),
        carried=sum(row.count for row in rows if row.claim_period < recipient.open_period),
        amended=int(_any_amended(chosen, recipient)),
    )


def _any_amended(chosen: QuerySet[Record], recipient: Taxpayer) -> bool:
    """Is there an amendment of one of these records? Where there are few amendments, as nearly everywhere, it is them
    that are looked up among the records, and not the records among them."""
    amendments = Record.objects.filter(recipient_id=recipient.pk, amends_id__isnull=False).order_by()
    amended = amendments.values_list("amends_id", flat=True)[: FEW_AMENDMENTS + 1]
    versions = [pk for pk in amended if pk is not None]
    if len(versions) <= FEW_AMENDMENTS:
        return bool(versions) and chosen.filter(pk__in=versions).exists()
    return amendments.filter(amends_id__in=chosen.order_by().values("pk")).exists()


def lines(entry: Written, chosen: QuerySet[Record], *, after: Any, remarks: str = "") -> int:
    """A line for each record, with its status before; from here on the lines are the selection itself. Returns how
    many there are."""
    return journal.lines_from(
        entry,
        chosen,
        {
            "record_id": F("pk"),
            "recipient_id": F("recipient_id"),
            "revision": F("revision"),
            "before": F("decision__label"),
            "after": after,
            "remarks": remarks,
            "detail": was(),
        },
    )


def write(entry: Written, values: Mapping[str, Any], *, moved_to: int | None = None) -> None:
    """Give the decisions of an entry's lines these values, and one version more, in the order of the lines. With
    `moved_to`, those of an earlier period are taken up in that one (R-066). Joined, not looked up among the ids: nobody
    has counted the new lines yet, and the planner would put them out of order."""
    quote = connection.ops.quote_name
    decision, line, record = (quote(m._meta.db_table) for m in (Decision, JournalLine, Record))
    sets, given, also = ["version = d.version + 1"], [], ""
    for name, value in values.items():
        field = Decision._meta.get_field(name)
        sets.append(f"{quote(str(field.column))} = %s")  # type: ignore[union-attr]
        given.append(field.get_db_prep_save(value, connection))  # type: ignore[union-attr]
    if moved_to is not None:
        sets.append("moved_to = CASE WHEN r.claim_period < %s THEN %s ELSE d.moved_to END")
        given += [moved_to, moved_to]
        also = f" JOIN {record} r ON r.id = l.record_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {decision} AS d SET {', '.join(sets)} FROM {line} l{also} "
            "WHERE l.entry_id = %s AND d.record_id = l.record_id",
            [*given, entry.pk],
        )


def follow(recipient: Taxpayer, desk: RecipientDesk, entry: Written, counts: Counts) -> bool:
    """After decisions were written: note that the statement no longer says the same, and judge amendments of these
    records again. Returns whether the statement became stale."""
    stale = mark_stale(desk, counts.in_statement)
    if counts.amended:
        # an amendment that prevails looks at the current status of the version it replaces (T1)
        amended = Record.objects.filter(
            recipient_id=recipient.pk,
            amends_id__in=JournalLine.objects.filter(entry_id=entry.pk).values("record_id"),
        )
        placing.restand(amended.select_related("decision"))
    return stale
