"""The steps that every change of decisions needs (R-066, R-086, T1).

The steps write the journal line with the earlier decision, write the new decision, mark the GSTR-2B draft
stale, and place the amendments again."""

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

# The columns of a decision that are not part of its label. A journal line stores all these columns if at
# least one of them has a value.
KEPT = (*(f"reduction_{head}" for head in HEADS), "moved_to")
KEPT_TEXT = ("remarks", "cleared_action")
FEW_AMENDMENTS = 1000
# the largest number of record ids that is listed for one refusal code; the counts include all records
MOST_NAMED = 5000


def was() -> Case:
    """Return the SQL expression for the detail of a journal line. The detail has the values of the decision's
    columns `KEPT` and `KEPT_TEXT` before the change.

    For a decision without values in these columns, the expression is NULL."""
    something = Q(decision__answer__in=["P", "N"]) | Q(decision__moved_to__isnull=False)
    for name in KEPT_TEXT:
        something |= Q(**{f"decision__{name}__gt": ""})
    kept = JSONObject(**{name: F(f"decision__{name}") for name in (*KEPT, *KEPT_TEXT)})
    return Case(When(something, then=JSONObject(was=kept)), output_field=JSONField())


def reduction_columns(amounts: TaxAmounts | None) -> dict[str, int | None]:
    """Return the columns of a decision for a declared reduction. Without amounts, each column is None."""
    return {f"reduction_{head}": getattr(amounts, head) if amounts else None for head in HEADS}


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of records that a change concerns, in total and by three properties.

    `in_statement` records are in the drafted GSTR-2B. `carried` records come from an earlier period.
    `amended` records have an amendment. The function `counted` sets `amended` only to 1 (at least one record)
    or 0 (no record). The caller counts the records before the write, because the write changes the labels
    that select the records."""

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
    """Return the `Counts` of the records `chosen`. The function adds up the counters `rows` of these records,
    so the database need not count the records again."""
    filed = [r for r in rows if r.situation.filing is Filing.FILED and not r.situation.superseded]
    return Counts(
        records=sum(row.count for row in rows),
        in_statement=sum(row.count for row in filed if row.claim_period <= desk.period),
        carried=sum(row.count for row in rows if row.claim_period < recipient.open_period),
        amended=int(_any_amended(chosen, recipient)),
    )


def _any_amended(chosen: QuerySet[Record], recipient: Taxpayer) -> bool:
    """True if at least one of these records has an amendment.

    If the recipient has few amendments, the function reads the ids of the amended versions, and looks for
    these ids among the records. If the recipient has many amendments, one query looks for an amendment of any
    of the records."""
    amendments = Record.objects.filter(recipient_id=recipient.pk, amends_id__isnull=False).order_by()
    amended = amendments.values_list("amends_id", flat=True)[: FEW_AMENDMENTS + 1]
    versions = [pk for pk in amended if pk is not None]
    if len(versions) <= FEW_AMENDMENTS:
        return bool(versions) and chosen.filter(pk__in=versions).exists()
    return amendments.filter(amends_id__in=chosen.order_by().values("pk")).exists()


def lines(entry: Written, chosen: QuerySet[Record], *, after: Any, remarks: str = "") -> int:
    """Write one journal line for each record, with the label before and after the change. Return the number
    of lines.

    The later steps find the changed records by these lines."""
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
    """Set `values` in the decisions of the records in an entry's lines, and add 1 to the decisions' versions.

    With `moved_to`, records of an earlier period move to the period `moved_to` (R-066). With `held_stay`,
    held records do not move (R-082).

    The statement joins the journal lines, so that the decisions are updated in the order of the lines. With a
    list of ids, the planner would update the decisions in another order, because the database has no
    statistics about new lines yet."""
    line = connection.ops.quote_name(JournalLine._meta.db_table)
    source = f"SELECT record_id FROM {line} WHERE entry_id = %s"
    _write(source, [entry.pk], (), values, moved_to, held_stay)


def write_each(
    rows: Sequence[Mapping[str, Any]], values: Mapping[str, Any], *, moved_to: int | None = None
) -> None:
    """Set values in many decisions with one statement. `rows` has the values that differ from decision to
    decision. `values` has the values that every decision gets.

    Each row maps `record_id` and attributes of a decision to JSON values. All rows have the same attributes.
    `moved_to` works as in `write`."""
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
    """Run the UPDATE of decisions. `source` is the SQL of a query that selects `record_id` and the columns
    `own`."""
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
    """Return the journal lines that one record has in these entries.

    The query forces the database to use the index by record. With the index by entry, the database would read
    all lines of the entry again for each record. The database does not avoid the index by entry, because
    it has no statistics about new lines yet."""
    not_by_index = ExpressionWrapper(F("entry_id") + Value(0), output_field=BigIntegerField())
    return JournalLine.objects.annotate(of=not_by_index).filter(of__in=list(entry_ids), record_id=record)


def restore(entry: Written, undone: Sequence[int], by: By) -> None:
    """Undo the journal entries `undone`: set the decisions of their records to the earlier values.

    `entry` is the journal entry of the undo. The lines of `entry` have the earlier action and answer. The
    other columns come from the detail `was` in the lines of `undone`."""
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
    """Return the record ids in an entry's lines, as a subquery."""
    return JournalLine.objects.filter(entry_id=entry.pk).values("record_id")


def follow(recipient: Taxpayer, desk: RecipientDesk, record_ids: Any, counts: Counts) -> bool:
    """Mark the GSTR-2B draft stale and place amendments again, after decisions on these records were written.
    Return True if the draft became stale.

    `record_ids` is a list or a subquery."""
    stale = mark_stale(desk, counts.in_statement)
    if counts.amended:
        # a decision on a version can change the standing of the amendment of this version (T1)
        amended = Record.objects.filter(recipient_id=recipient.pk, amends_id__in=record_ids)
        placing.restand(amended.select_related("decision"))
    return stale
