"""What every change of decisions has in common: the journal line that keeps what stood before, and what follows
for the statement and for amendments (R-066, R-086, T1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, F, JSONField, OuterRef, Q, QuerySet, When
from django.db.models.functions import JSONObject

from invoices import journal, situating
from invoices.journal import Written
from invoices.models import JournalLine, RecipientDesk, Record, Taxpayer

# What a decision holds beside its status; kept on the line only where there is something to keep.
KEPT = ("reduction_igst", "reduction_cgst", "reduction_sgst", "reduction_cess", "moved_to")
KEPT_TEXT = ("remarks", "cleared_action")


def was() -> Case:
    """The rest of a decision before a change, as the line's detail; nothing for a plain one."""
    something = Q(decision__answer__in=["P", "N"]) | Q(decision__moved_to__isnull=False)
    for name in KEPT_TEXT:
        something |= Q(**{f"decision__{name}__gt": ""})
    kept = JSONObject(**{name: F(f"decision__{name}") for name in (*KEPT, *KEPT_TEXT)})
    return Case(When(something, then=JSONObject(was=kept)), output_field=JSONField())


@dataclass(frozen=True, slots=True)
class Counts:
    """What a change of these records touches: the statement, the period, amendments. Counted before it is written,
    because the labels are what the selection looks at."""

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


def lines(entry: Written, chosen: QuerySet[Record], *, after: Any, remarks: str = "") -> None:
    """A line for each record, with its status before; from here on the lines are the selection itself."""
    journal.lines_from(
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


def follow(recipient: Taxpayer, desk: RecipientDesk, entry: Written, counts: Counts) -> bool:
    """After decisions were written: note that the statement no longer says the same, and judge amendments of these
    records again. Returns whether the statement became stale."""
    stale = bool(desk.statement_version and counts.in_statement)
    if stale:
        RecipientDesk.objects.filter(pk=desk.pk).update(changes=F("changes") + counts.in_statement)
    if counts.amended:
        # an amendment that prevails looks at the current status of the version it replaces (T1)
        amended = Record.objects.filter(
            recipient_id=recipient.pk,
            amends_id__in=JournalLine.objects.filter(entry_id=entry.pk).values("record_id"),
        )
        situating.restand(amended.select_related("decision"))
    return stale
