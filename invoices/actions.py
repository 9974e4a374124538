"""Event: the recipient accepts, rejects, keeps pending or resets (R-050 to R-059, R-120 to R-125).

One path for one record and for a million: ask which situations are present, have each ruled once, write with
statements that list them. Refused records are reported with their code, the rest is saved (R-057).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F, QuerySet

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, Invalid
from ims_portal.kernel.money import TaxAmounts
from invoices import deciding, journal, locks
from invoices.journal import By
from invoices.models import ArchivedRecord, Decision, JournalLine, RecipientDesk, Record, Taxpayer
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView, Group
from invoices.rules.attribution import ACTIONS_OPEN_ON
from invoices.rules.reduction import REMARKS_LIMIT, Declaration, Settled, remarks_kept, remarks_needed, settle
from invoices.rules.refusals import refused
from invoices.rules.ruling import Refusal, Ruling
from invoices.rules.situation import Action, Answer

# Above this many records an answer with amounts must be given record by record: it differs for each.
MOST_DECLARED_AT_ONCE = 500

EVENTS = {
    Action.ACCEPTED: "accepted",
    Action.REJECTED: "rejected",
    Action.PENDING: "kept pending",
    Action.NONE: "reset to no action",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the recipient asks for. Amounts of a declaration are paise."""

    action: Action
    remarks: str = ""
    declaration: Declaration | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """The versions a person saw when deciding: the supplier's revision and the decision's own."""

    revision: int
    version: int


@dataclass(slots=True)
class Taken:
    """What became of an action: how many records were saved and, by code, which were refused."""

    saved: int = 0
    refused: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    reasons: dict[str, Refusal] = field(default_factory=dict)
    entry_id: int | None = None
    made_stale: bool = False

    @property
    def refused_count(self) -> int:
        return sum(len(ids) for ids in self.refused.values())


def take_one(recipient: Taxpayer, record_id: int, asked: Asked, *, by: By, seen: Seen | None = None) -> Taken:
    """Act on one record; raises `Refused` with its code, or `Conflict` if the record changed since it was
    seen (R-040: an edit can never be accepted unseen)."""
    taken = take(recipient, [record_id], asked, by=by, seen={record_id: seen} if seen else None)
    for code, ids in taken.refused.items():
        if code == "ROW_CHANGED":
            raise Conflict(
                "ROW_CHANGED",
                "This record changed after you opened it. Look at it again; your action was not saved.",
            )
        reason = taken.reasons.get(code)
        raise refused(
            code,
            reason.clause.sentence if reason else "",
            rule=reason.clause.code if reason else "",
            instead=reason.instead if reason else "",
            record=ids[0],
        )
    return taken


def take(
    recipient: Taxpayer,
    record_ids: Sequence[int],
    asked: Asked,
    *,
    by: By,
    seen: Mapping[int, Seen | None] | None = None,
) -> Taken:
    """Act on records by id. Ids that are not this recipient's are refused as NOT_IN_IMS, told from nothing."""
    with transaction.atomic():
        desk = begin(recipient, asked)
        wanted = list(dict.fromkeys(record_ids))
        selection = Record.objects.filter(recipient_id=recipient.pk, pk__in=wanted)
        found = set(selection.values_list("pk", flat=True))
        taken = Taken()
        missing = [pk for pk in wanted if pk not in found]
        if missing:
            _refuse_missing(recipient, missing, taken)
        locks.records(selection)
        if seen:
            changed = _changed_since(selection, seen)
            if changed:
                taken.refused["ROW_CHANGED"] += changed
                selection = selection.exclude(pk__in=changed)
        _take(recipient, desk, selection, asked, by, taken)
    return taken


def take_all(recipient: Taxpayer, selection: QuerySet[Record], asked: Asked, *, by: By) -> Taken:
    """Act on every record of a selection (a filter, not a list of ids), whatever its size."""
    with transaction.atomic():
        desk = begin(recipient, asked)
        taken = Taken()
        selection = selection.filter(recipient_id=recipient.pk)
        locks.records(selection)
        _take(recipient, desk, selection, asked, by, taken)
    return taken


@dataclass(frozen=True, slots=True)
class Preview:
    """What an action on a selection would do, by situation, before it is taken."""

    allowed: int
    unchanged: int
    refused: Mapping[str, int]
    reasons: Mapping[str, Refusal]


def preview(recipient: Taxpayer, selection: QuerySet[Record], asked: Asked) -> Preview:
    """Count what would change, stay and be refused; writes nothing."""
    view = DeskView.of(recipient, clock.today(), calendar())
    allowed = unchanged = 0
    codes: dict[str, int] = defaultdict(int)
    reasons: dict[str, Refusal] = {}
    for group in situations.tally(selection.filter(recipient_id=recipient.pk), view):
        refusal = refusal_for(group.ruling, asked)
        if isinstance(refusal, str):
            codes[refusal] += group.count
        elif refusal is not None:
            codes[refusal.code] += group.count
            reasons[refusal.code] = refusal
        elif group.situation.action is asked.action:
            unchanged += group.count
        else:
            allowed += group.count
    return Preview(allowed, unchanged, dict(codes), reasons)


def refusal_for(ruling: Ruling, asked: Asked) -> Refusal | str | None:
    """Why this situation refuses what is asked: a ruling's refusal, a bare code, or None."""
    blocked = ruling.refusals.get(asked.action)
    if blocked is not None:
        return blocked
    if asked.declaration is not None and (asked.action is not Action.ACCEPTED or not ruling.asks_reduction):
        return "DECL_NOT_APPLICABLE"
    return None


def begin(recipient: Taxpayer, *asked: Asked) -> RecipientDesk:
    """The recipient's desk, locked, if actions may be taken there at all. Raises `Refused` (NO_ACCESS, TOO_EARLY)
    and `Invalid` (REMARKS_INVALID)."""
    if not recipient.registration.has_ims:
        raise refused("NO_ACCESS")
    if clock.today() < ACTIONS_OPEN_ON:
        raise refused("TOO_EARLY", "Actions in IMS opened on 14 October 2024.")
    if any("\x00" in item.remarks for item in asked):
        raise Invalid("REMARKS_INVALID", "Remarks contain a character that cannot be stored.")
    return locks.open_desk(recipient)


def _changed_since(selection: QuerySet[Record], seen: Mapping[int, Seen | None]) -> list[int]:
    now = {
        pk: (revision, version)
        for pk, revision, version in selection.values_list("pk", "revision", "decision__version")
    }
    return [
        pk
        for pk, was in seen.items()
        if was is not None and pk in now and now[pk] != (was.revision, was.version)
    ]


def _refuse_missing(recipient: Taxpayer, ids: list[int], taken: Taken) -> None:
    closed = set(
        ArchivedRecord.objects.filter(
            recipient_id=recipient.pk, pk__in=ids, why=ArchivedRecord.Why.CLOSED, route="M"
        ).values_list("pk", flat=True)
    )
    for pk in ids:
        taken.refused["RECORD_CLOSED" if pk in closed else "NOT_IN_IMS"].append(pk)


def _take(
    recipient: Taxpayer, desk: RecipientDesk, selection: QuerySet[Record], asked: Asked, by: By, taken: Taken
) -> None:
    view = DeskView.of(recipient, clock.today(), calendar())
    groups = situations.tally(selection, view)
    marked = situations.with_clock_facets(selection, view)
    allowed: list[Group] = []
    turned_away: dict[str, list[Group]] = defaultdict(list)
    for group in groups:
        refusal = refusal_for(group.ruling, asked)
        if refusal is None:
            allowed.append(group)
        elif isinstance(refusal, str):
            turned_away[refusal].append(group)
        else:
            taken.reasons.setdefault(refusal.code, refusal)
            turned_away[refusal.code].append(group)
    for code, refused_groups in turned_away.items():
        taken.refused[code] += marked.filter(situations.where(refused_groups)).values_list("pk", flat=True)
    if not allowed:
        return
    chosen = marked.filter(situations.where(allowed))
    answers = [(chosen, Settled(Answer.NONE, None))]
    if asked.declaration is not None:
        answers = _declared(chosen, asked, taken)
    for some, settled in answers:
        if remarks_needed(settled.answer) and not asked.remarks.strip():
            taken.refused["REMARKS_REQUIRED"] += some.values_list("pk", flat=True)
        elif len(asked.remarks) > REMARKS_LIMIT:
            taken.refused["REMARKS_TOO_LONG"] += some.values_list("pk", flat=True)
        else:
            _save(recipient, desk, some, asked, settled, by, taken)


def _declared(chosen: QuerySet[Record], asked: Asked, taken: Taken) -> list[tuple[QuerySet[Record], Settled]]:
    """Judge the declaration. Without amounts one answer fits all; with amounts each record has its own base, so
    the same amounts may be the whole of one record's and a part of another's (R-122)."""
    assert asked.declaration is not None
    if asked.declaration.amounts is None:
        found = settle(asked.declaration, effect=TaxAmounts())
        assert isinstance(found, Settled)
        return [(chosen, found)]
    rows = list(chosen[: MOST_DECLARED_AT_ONCE + 1])
    if len(rows) > MOST_DECLARED_AT_ONCE:
        raise Invalid(
            "TOO_MANY", f"Amounts can be declared for at most {MOST_DECLARED_AT_ONCE} records at once."
        )
    answers: dict[Settled, list[int]] = defaultdict(list)
    for row in rows:
        found = settle(asked.declaration, effect=situations.effect_of(row))
        if isinstance(found, str):
            taken.refused[found].append(row.pk)
            continue
        answers[found].append(row.pk)
    # by id alone: saving one answer may change how an amendment among the others stands
    return [(Record.objects.filter(pk__in=ids), settled) for settled, ids in answers.items()]


def _save(
    recipient: Taxpayer,
    desk: RecipientDesk,
    chosen: QuerySet[Record],
    asked: Asked,
    settled: Settled,
    by: By,
    taken: Taken,
) -> None:
    remarks = asked.remarks.strip() if remarks_kept(asked.action, settled.answer) else ""
    counts = deciding.count(chosen, recipient, desk)
    if not counts.records:
        return
    with journal.entry(
        recipient.pk,
        EVENTS[asked.action],
        by,
        period=desk.period,
        record_count=counts.records,
        after={"action": asked.action.value, "answer": settled.answer.value, "remarks": remarks},
    ) as entry:
        deciding.lines(entry, chosen, after=f"{asked.action.value} {settled.answer.value}", remarks=remarks)
        theirs = Decision.objects.filter(
            record_id__in=JournalLine.objects.filter(entry_id=entry.pk).values("record_id")
        )
        amounts = settled.amounts
        theirs.update(
            version=F("version") + 1,
            action=asked.action.value,
            answer=settled.answer.value,
            reduction_igst=amounts.igst if amounts else None,
            reduction_cgst=amounts.cgst if amounts else None,
            reduction_sgst=amounts.sgst if amounts else None,
            reduction_cess=amounts.cess if amounts else None,
            remarks=remarks,
            acted_at=clock.now(),
            actor_id=getattr(by.user, "pk", None),
            cleared_action="",
        )
        if counts.carried:
            # taken up now, it belongs to the open period
            theirs.filter(record__claim_period__lt=recipient.open_period).update(
                moved_to=recipient.open_period
            )
        taken.made_stale = deciding.follow(recipient, desk, entry, counts) or taken.made_stale
        taken.saved += counts.records
    taken.entry_id = entry.pk
