"""Event: one action on many records, chosen, looked at, run, stopped and taken back as one batch (screens 9.4).

What was chosen is frozen when it is looked at: ticked records with the versions that were seen, or a list's filters
at a moment with a fingerprint and the last line of the journal. If it has drifted when it is to run, nothing is done;
what changes after that is left alone, record by record. A small batch is one transaction; a large one runs as a
durable job, chunk by chunk, each with its entry in the journal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, Invalid, NotFound
from ims_portal.kernel.wording import say
from invoices import jobs, locks
from invoices.desk import actions, undo
from invoices.desk.actions import Asked, Preview, Seen, Taken
from invoices.journal.writing import By
from invoices.models import ActionBatch, Job, JournalLine, Record, Taxpayer
from invoices.queries import effects, situations
from invoices.queries.calendar import calendar
from invoices.queries.record_list import records as query
from invoices.queries.record_list.filters import Filters
from invoices.queries.situations import DeskView
from invoices.rules.reduction import REMARKS_LIMIT, Declaration
from invoices.rules.refusals import CODES
from invoices.rules.ruling import Refusal
from invoices.rules.situation import Action

JOB, UNDO_JOB = "action batch", "batch undo"
# up to this many records are dealt with at once, while the person waits
AT_ONCE = 1000
# each chunk asks the same dozen questions: the larger it is the less they cost, and the longer others wait (0.5 s)
CHUNK = 20_000
# refused records that are named one by one, for each reason
MOST_NAMED = 5000

State = ActionBatch.State


def _view(recipient: Taxpayer) -> DeskView:
    return DeskView.of(recipient, clock.today(), calendar())


def prepare(
    recipient: Taxpayer,
    action: Action,
    filters: Filters,
    *,
    user: Any,
    address: str,
    as_of: datetime,
    picks: Mapping[int, Seen] | None = None,
) -> ActionBatch:
    """Freeze what was chosen: `picks` with what was seen of each, or without them all that match `filters` at
    `as_of`. Changes no record."""
    batch = ActionBatch(
        taxpayer=recipient,
        created_by=user,
        created_at=clock.now(),
        action=action.value,
        scope="match" if picks is None else "picks",
        list_address=address,
        filters=asdict(filters),
        picks={str(pk): f"{seen.revision}.{seen.version}" for pk, seen in (picks or {}).items()},
        # what arrives later was not looked at, whatever the sender's clock says
        as_of=min(as_of, clock.now()),
    )
    _look(batch)
    batch.save()
    return batch


def _look(batch: ActionBatch) -> None:
    """Freeze what is chosen as it is now. The suppliers are waited for first: an edit that is not seen here begins
    after that, so its journal line comes after the last one there is. Ticked records have their versions instead."""
    with transaction.atomic():
        if batch.scope != "picks":
            locks.suppliers_of(batch.taxpayer)
        batch.seen_until = JournalLine.objects.aggregate(last=Coalesce(Max("pk"), 0))["last"]
    batch.seen = fingerprint(batch)


def chosen(batch: ActionBatch) -> QuerySet[Record]:
    """The records of a batch, as they match now. What came or was edited after the list was read is not in it."""
    if batch.scope == "picks":
        return Record.objects.filter(recipient_id=batch.taxpayer_id, pk__in=[int(pk) for pk in batch.picks])
    filters = Filters(**batch.filters)
    return query.matching(batch.taxpayer, _view(batch.taxpayer), filters).filter(saved_at__lte=batch.as_of)


def fingerprint(batch: ActionBatch) -> dict[str, int]:
    """How many, and sums of their versions: another's action or edit changes one of them."""
    found = chosen(batch).aggregate(
        n=Count("pk"),
        versions=Coalesce(Sum("decision__version"), 0),
        revisions=Coalesce(Sum("revision"), 0),
        last=Coalesce(Max("pk"), 0),
    )
    return {name: int(value) for name, value in found.items()}


def asking(records: QuerySet[Record], view: DeskView) -> int:
    """How many of `records` ask on acceptance whether ITC must be reduced (R-120)."""
    return sum(g.count for g in situations.tally(records, view) if _asks(g))


def _asks(group: situations.Group) -> bool:
    return group.ruling.asks_reduction and Action.ACCEPTED not in group.ruling.refusals


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a batch would do now: counts with reasons, the effect on ITC, and how many ask about the reduction."""

    preview: Preview
    change: effects.Change
    asks: int

    @property
    def total(self) -> int:
        return self.preview.allowed + self.preview.unchanged + sum(self.preview.refused.values())


def foresee(batch: ActionBatch) -> Foreseen:
    """Look at a batch without changing anything."""
    action, records, view = Action(batch.action), chosen(batch), _view(batch.taxpayer)
    return Foreseen(
        actions.preview(batch.taxpayer, records, Asked(action)),
        effects.change(records, view, action),
        asking(records.exclude(decision__action="A"), view) if action is Action.ACCEPTED else 0,
    )


# run


def run(
    batch_id: int, recipient: Taxpayer, *, by: By, remarks: str = "", answer: str = "", strict: bool = False
) -> ActionBatch:
    """Do what the batch says. Raises `Conflict` BATCH_DRIFT if what was chosen is no longer what was looked at, and
    then freezes it anew; `Conflict` BATCH_BLOCKED if `strict` and some record cannot change."""
    drifted = 0
    with transaction.atomic():
        batch = _locked(batch_id, recipient)
        if batch.state != State.PREVIEW:
            return batch
        if len(remarks) > REMARKS_LIMIT:
            raise Invalid("REMARKS_TOO_LONG", CODES["REMARKS_TOO_LONG"].sentence)
        if answer == "no" and not remarks.strip():
            raise Invalid("REMARKS_REQUIRED", CODES["REMARKS_REQUIRED"].sentence)
        now = fingerprint(batch)
        if now != batch.seen:
            drifted = _changed_since(batch, now)
            _look(batch)
            batch.save(update_fields=["seen", "seen_until"])
        else:
            batch.remarks, batch.answer, batch.strict = remarks, answer, strict
            _begin(batch, by)
    if drifted:
        raise Conflict(
            "BATCH_DRIFT",
            "Records changed since the preview. Nothing was done. Check the new preview.",
            details={"changed": drifted},
        )
    return batch


def _changed_since(batch: ActionBatch, now: dict[str, Any]) -> int:
    """How many of the chosen records were touched after the preview, or have come or gone. Filing a form writes no
    line for each document, so there is at least the one that made the difference."""
    touched = JournalLine.objects.filter(
        recipient_id=batch.taxpayer_id,
        record_id__in=chosen(batch).values("pk"),
        pk__gt=batch.seen_until or 0,
    )
    count = touched.aggregate(n=Count("record_id", distinct=True))["n"]
    return max(count, abs(now["n"] - batch.seen["n"]), 1)


def _begin(batch: ActionBatch, by: By) -> None:
    if batch.strict:
        foreseen = actions.preview(batch.taxpayer, chosen(batch), Asked(Action(batch.action)))
        cannot = sum(foreseen.refused.values())
        if cannot:
            raise Conflict(
                "BATCH_BLOCKED", say("%(count)d records cannot change, so nothing was done.", count=cannot)
            )
    if batch.seen["n"] <= AT_ONCE:
        records = chosen(batch)
        _chunk(batch, records, by, records.filter(decision__action=batch.action).count())
        batch.state = State.DONE
        batch.save()
        return
    batch.state = State.RUNNING
    batch.job = jobs.ask(
        JOB,
        str(batch.pk),
        taxpayer=batch.taxpayer,
        user=by.user,
        payload={"batch": batch.pk},
        total=batch.seen["n"],
    )
    batch.save()


@jobs.handles(JOB)
def _run_job(job: Job) -> dict[str, Any]:
    """Chunk after chunk; each is saved with the place reached, so that another worker goes on from there."""
    while True:
        with transaction.atomic():
            batch = _locked(job.payload["batch"])
            if batch.state != State.RUNNING:
                break
            by = By(user=batch.created_by, source="batch")
            # the bounds are said of the decisions too: the planner does not conclude them from the records', and would
            # read every decision for each chunk
            ahead = chosen(batch).filter(pk__gt=batch.cursor, decision__record_id__gt=batch.cursor)
            following = ahead.order_by("pk")[:CHUNK].aggregate(
                n=Count("pk"), last=Max("pk"), already=Count("pk", filter=Q(decision__action=batch.action))
            )
            if following["n"] and not batch.stop_wanted:
                last = following["last"]
                chunk = ahead.filter(pk__lte=last, decision__record_id__lte=last)
                _chunk(batch, chunk, by, following["already"])
                batch.cursor = last
            else:
                batch.state = State.STOPPED if following["n"] else State.DONE
            batch.result["seen"] = batch.result.get("seen", 0) + (0 if batch.stop_wanted else following["n"])
            batch.save()
        jobs.progress(job, batch.result["seen"])
    return {"changed": batch.result.get("changed", 0)}


def _chunk(batch: ActionBatch, records: QuerySet[Record], by: By, already: int) -> None:
    """One transaction's worth. The `already` records that have the status keep what was declared and said on them."""
    action = Action(batch.action)
    changing = records.exclude(decision__action=action.value)
    batch.result["already"] = batch.result.get("already", 0) + already
    # ids that are nobody's here are asked for too, once, and refused like any that is not in this IMS
    nobodys = (
        set(map(int, batch.picks)) - set(chosen(batch).values_list("pk", flat=True)) if batch.picks else ()
    )
    plain = Asked(action, batch.remarks if batch.answer != "no" else "")
    if action is not Action.ACCEPTED or not batch.answer:
        _note(batch, _take(batch, changing, plain, by, nobodys))
        return
    view = _view(batch.taxpayer)
    asked = [g for g in situations.tally(changing, view) if _asks(g)]
    facets = situations.with_clock_facets(changing, view).filter(situations.where(asked))
    ids = list(facets.values_list("pk", flat=True))
    if batch.answer == "no":
        declared = Asked(action, batch.remarks, Declaration(False))
        _note(batch, _take(batch, changing.filter(pk__in=ids), declared, by))
    else:
        batch.result["left_out"] = batch.result.get("left_out", 0) + len(ids)
    _note(batch, _take(batch, changing.exclude(pk__in=ids), plain, by, nobodys))


def _take(
    batch: ActionBatch, records: QuerySet[Record], asked: Asked, by: By, nobodys: Collection[int] = ()
) -> Taken:
    if batch.scope != "picks":
        return actions.take_all(batch.taxpayer, records, asked, by=by, seen_until=batch.seen_until)
    picks = {pk: _seen(batch.picks[str(pk)]) for pk in [*records.values_list("pk", flat=True), *nobodys]}
    return actions.take(batch.taxpayer, sorted(picks), asked, by=by, seen=picks)


def _seen(text: str) -> Seen:
    revision, version = text.split(".")
    return Seen(int(revision), int(version))


def _note(batch: ActionBatch, taken: Taken) -> None:
    """Add what became of a chunk to the batch's result, with a sentence for each reason."""
    result = batch.result
    result["changed"] = result.get("changed", 0) + taken.saved
    result["stale"] = result.get("stale", False) or taken.made_stale
    if taken.entry_id is not None:
        batch.entries.append(taken.entry_id)
    refused = result.setdefault("refused", {})
    for code, ids in taken.refused.items():
        if not ids:
            continue
        here = refused.setdefault(code, {"count": 0, "ids": [], **reason_in_words(code, taken.reasons)})
        here["count"] += taken.count(code)
        here["ids"] = (here["ids"] + list(ids))[:MOST_NAMED]


def reason_in_words(code: str, reasons: Mapping[str, Refusal]) -> dict[str, str]:
    """Why records were refused: sentence, what to do instead, rule."""
    refusal = reasons.get(code)
    if refusal is not None:
        return {
            "sentence": refusal.clause.sentence,
            "instead": refusal.instead,
            "rule": refusal.clause.code,
        }
    if code == "ROW_CHANGED":
        return {
            "sentence": "It changed after you opened the list.",
            "instead": "Look at it again.",
            "rule": "R-040",
        }
    known = CODES[code]
    return {"sentence": known.sentence, "instead": "", "rule": known.rule}


def stop(batch_id: int, recipient: Taxpayer) -> ActionBatch:
    """Ask a running batch to stop after the chunk it is at."""
    with transaction.atomic():
        batch = _locked(batch_id, recipient)
        if batch.state == State.RUNNING:
            batch.stop_wanted = True
            batch.save(update_fields=["stop_wanted"])
    return batch


# undo


def take_back(batch_id: int, recipient: Taxpayer, *, by: By) -> ActionBatch:
    """Undo a batch as one event: every record that nobody touched since. Raises `Conflict` UNDO_LATE."""
    with transaction.atomic():
        batch = _locked(batch_id, recipient)
        if batch.state not in (State.DONE, State.STOPPED) or not batch.entries:
            raise Conflict("UNDO_LATE", "Cannot undo: this batch changed nothing, or was undone already.")
        if batch.result.get("changed", 0) <= AT_ONCE:
            _undo(batch, by)
        else:
            batch.state = State.UNDOING
            batch.job = jobs.ask(
                UNDO_JOB,
                f"{batch.pk}.{len(batch.result.get('undo_tries', []))}",
                taxpayer=recipient,
                user=by.user,
                payload={"batch": batch.pk, "user": getattr(by.user, "pk", None)},
                total=batch.result["changed"],
            )
            batch.save()
    return batch


@jobs.handles(UNDO_JOB)
def _undo_job(job: Job) -> dict[str, Any]:
    with transaction.atomic():
        batch = _locked(job.payload["batch"])
        if batch.state != State.UNDOING:
            return {}
        try:
            with transaction.atomic():
                _undo(batch, By(user=job.created_by, source="batch"))
        except Conflict as late:
            batch.state = State.DONE
            batch.result["undo_refused"] = late.message
            batch.result["undo_tries"] = [*batch.result.get("undo_tries", []), job.pk]
            batch.save()
    jobs.progress(job, job.total_count)
    return {"restored": batch.result.get("undone", {}).get("restored", 0)}


def _undo(batch: ActionBatch, by: By) -> None:
    told = undo.undo(batch.taxpayer, batch.entries, by=by)
    batch.state = State.UNDONE
    batch.result["undone"] = {
        "restored": told.restored,
        "touched": told.touched,
        "left": told.left_alone,
        "stale": told.made_stale,
        "entry": told.entry_id,
    }
    batch.save()


def _locked(batch_id: int, recipient: Taxpayer | None = None) -> ActionBatch:
    """The batch, locked; with a recipient only if it is theirs. Raises `NotFound`."""
    mine = {"taxpayer": recipient} if recipient is not None else {}
    return find(ActionBatch.objects.select_for_update(of=("self",)).filter(**mine), batch_id)


def find(batches: QuerySet[ActionBatch], batch_id: int) -> ActionBatch:
    """One of `batches` by its id. Raises `NotFound`."""
    found = batches.select_related("taxpayer", "created_by").filter(pk=batch_id).first()
    if found is None:
        raise NotFound("NOT_FOUND", "There is no such batch.")
    return found
