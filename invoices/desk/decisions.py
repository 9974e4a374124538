"""What every change of decisions has in common: the journal line that keeps what stood before, the write itself, and
what follows for the statement and for amendments (R-066, R-086, T1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce, JSONObject, Substr

from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.support.database import json_rows
from invoices.documents import placing
from invoices.documents.staleness import mark_stale
from invoices.journal import writing as journal
from invoices.journal.writing import By, Written
from invoices.models import Decision, JournalEntry, JournalLine, RecipientDesk, Record, Taxpayer
from invoices.queries.tallies import TallyRow
from invoices.rules.situation import Filing, Standing

# What a decision holds beside its status; kept on the line only where there is something to keep.
KEPT = (*(f"reduction_{head}" for head in HEADS), "moved_to")
KEPT_TEXT = ("remarks", "cleared_action")
FEW_AMENDMENTS = 1000
# records that are named one by one for a reason why they were left as they are; all are counted
MOST_NAMED = 5000


def was() -> Case:
    """The rest of a decision before a change, as the line's detail; nothing for a plain one."""
    something = Q(decision__answer__in=["P", "N"]) | Q(decision__moved_to__isnull=False)
    for name in KEPT_TEXT:
        something |= Q(**{f"decision__{name}__gt": ""})
    kept = JSONObject(**{name: F(f"decision__{name}") for name in (*KEPT, *KEPT_TEXT)})
    return Case(When(something, then=JSONObject(was=kept)), output_field=JSONField())


def reduction_columns(amounts: TaxAmounts | None) -> dict[str, int | None]:
    """A declared reduction as columns of a decision; without amounts they are empty."""
    return {f"reduction_{head}": getattr(amounts, head) if amounts else None for head in HEADS}


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


def write(
    entry: Written | JournalEntry,
    values: Mapping[str, Any],
    *,
    moved_to: int | None = None,
    held_stay: bool = False,
) -> None:
    """Give the decisions of an entry's lines these values, and one version more, in the order of the lines. With
    `moved_to`, those of an earlier period are taken up in that one (R-066), but for held ones if `held_stay` (R-082).
    Joined, not looked up among the ids: nobody has counted the new lines yet, and the planner would put them out of
    order."""
    line = connection.ops.quote_name(JournalLine._meta.db_table)
    source = f"SELECT record_id FROM {line} WHERE entry_id = %s"
    _write(source, [entry.pk], (), values, moved_to, held_stay)


def write_each(
    rows: Sequence[Mapping[str, Any]], values: Mapping[str, Any], *, moved_to: int | None = None
) -> None:
    """The same where each record gets values of its own beside those that all get: `rows` maps `record_id` and
    attributes of a decision to JSON values, all rows the same attributes. One statement, however many rows."""
    if rows:
        source, given = json_rows.as_select(Decision, rows)
        own = [name for name in rows[0] if name != "record_id"]
        _write(source, given, own, values, moved_to, held_stay=False)


def _write(
    source: str,
    source_given: Sequence[Any],
    own: Sequence[str],
    values: Mapping[str, Any],
    moved_to: int | None,
    held_stay: bool,
) -> None:
    """The one UPDATE. `source` selects `record_id` and the columns `own`."""
    quote = connection.ops.quote_name
    decision, record = (quote(m._meta.db_table) for m in (Decision, Record))
    sets, given, also = ["version = d.version + 1"], [], ""
    sets += [f"{quote(name)} = v.{quote(name)}" for name in own]
    for name, value in values.items():
        field = Decision._meta.get_field(name)
        sets.append(f"{quote(str(field.column))} = %s")  # type: ignore[union-attr]
        given.append(field.get_db_prep_save(value, connection))  # type: ignore[union-attr]
    if moved_to is not None:
        held = f" AND r.standing <> '{Standing.BLOCKED.value}'" if held_stay else ""
        sets.append(f"moved_to = CASE WHEN r.claim_period < %s{held} THEN %s ELSE d.moved_to END")
        given += [moved_to, moved_to]
        also = f" JOIN {record} r ON r.id = v.record_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {decision} AS d SET {', '.join(sets)} FROM ({source}) AS v{also} "
            "WHERE d.record_id = v.record_id",
            [*given, *source_given],
        )


def lines_of(entry_ids: Sequence[int], record: Any) -> QuerySet[JournalLine]:
    """What these entries did to one record, found by the record. Lines written a moment ago are in no statistics: by
    its entry, a planner would go through a hundred thousand of them for each of a hundred thousand records."""
    not_by_index = ExpressionWrapper(F("entry_id") + Value(0), output_field=BigIntegerField())
    return JournalLine.objects.annotate(of=not_by_index).filter(of__in=list(entry_ids), record_id=record)


def restore(entry: Written, undone: Sequence[int], by: By) -> None:
    """Give the decisions of an entry's lines what stood before the entries `undone`: the status the lines name, and
    the rest that `was` kept on theirs."""
    now = lines_of([entry.pk], OuterRef("record_id"))
    then = lines_of(undone, OuterRef("record_id"))
    Decision.objects.filter(record_id__in=records_of(entry)).update(
        version=F("version") + 1,
        action=Substr(Subquery(now.values("after")[:1]), 1, 1),
        answer=Substr(Subquery(now.values("after")[:1]), 3, 1),
        acted_at=clock.now(),
        actor_id=getattr(by.user, "pk", None),
        **{name: _kept(then, name, BigIntegerField()) for name in KEPT},
        **{
            name: Coalesce(_kept(then, name, CharField()), Value(""), output_field=CharField())
            for name in KEPT_TEXT
        },
    )


def _kept(then: QuerySet[JournalLine], name: str, kind: Any) -> Subquery:
    found = then.annotate(kept=Cast(KeyTextTransform(name, KeyTransform("was", "detail")), kind))
    return Subquery(found.values("kept")[:1], output_field=kind)


def records_of(entry: Written) -> QuerySet:
    """The ids of the records an entry has lines of, as a subquery."""
    return JournalLine.objects.filter(entry_id=entry.pk).values("record_id")


def follow(recipient: Taxpayer, desk: RecipientDesk, record_ids: Any, counts: Counts) -> bool:
    """After the decisions on these records were written: note that the statement no longer says the same, and judge
    their amendments again. `record_ids` is a list or a subquery. Returns whether the statement became stale."""
    stale = mark_stale(desk, counts.in_statement)
    if counts.amended:
        # an amendment that prevails looks at the current status of the version it replaces (T1)
        amended = Record.objects.filter(recipient_id=recipient.pk, amends_id__in=record_ids)
        placing.restand(amended.select_related("decision"))
    return stale
