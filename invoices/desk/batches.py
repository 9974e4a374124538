"""Event: one action on many records. A person previews, runs, stops and undoes the action as one batch.

The preview freezes the selection, so that the batch can notice a later change. The selection is either ticked
records with the versions that the person saw, or all records that match the list's filters. For filters, the
batch stores the time, a fingerprint and the last journal line. If the selection changed before the run, the
run changes nothing. If somebody changes a record during the run, the run does not change this record.

A small batch is one transaction. A large batch is a job in chunks, with one journal entry for each chunk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Coalesce

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict, Invalid, NotFound
from ims_portal.kernel.wording import say
from invoices import jobs, locks
from invoices.desk import actions, undo
from invoices.desk.actions import Asked, Seen
from invoices.desk.decisions import MOST_NAMED
from invoices.desk.foreseen import Foreseen, Reduction, foresee, reductions_of
from invoices.desk.taken import Taken, reason_in_words
from invoices.journal.writing import By
from invoices.models import ActionBatch, Job, JournalLine, Record, Taxpayer
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.record_list import records as query
from invoices.queries.record_list.filters import Filters
from invoices.queries.situations import DeskView
from invoices.rules.reduction import REMARKS_LIMIT, Declaration
from invoices.rules.refusals import CODES
from invoices.rules.situation import Action

JOB, UNDO_JOB = "action batch", "batch undo"
# the largest number of records in a batch that runs while the person waits
AT_ONCE = 1000
# The number of records in a chunk. Each chunk runs about twelve queries, so large chunks need fewer queries.
# But other people must wait while a chunk runs (0.5 s), so a chunk must not be too large.
CHUNK = 20_000

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
) -> tuple[ActionBatch, Foreseen]:
    """Freeze a selection as a batch. Return the batch and the preview of its effect. No record changes.

    `picks` are the ticked records with the versions that the person saw. Without `picks`, the selection is
    all records that match `filters` at `as_of`."""
    batch = ActionBatch(
        taxpayer=recipient,
        created_by=user,
        created_at=clock.now(),
        action=action.value,
        scope="match" if picks is None else "picks",
        list_address=address,
        filters=asdict(filters),
        picks={str(pk): f"{seen.revision}.{seen.version}" for pk, seen in (picks or {}).items()},
        # a time in the future would include records that nobody has seen yet
        as_of=min(as_of, clock.now()),
    )
    foreseen = _freeze(batch)
    batch.save()
    return batch, foreseen


def _freeze(batch: ActionBatch) -> Foreseen:
    """Freeze the batch's current selection: store its fingerprint and the last journal line (`seen_until`).
    Return the preview of the batch.

    If the selection comes from filters, the function first waits for suppliers whose edits are running. Each
    later edit then has a journal line after `seen_until`. Ticked records need no wait, because their versions
    are stored."""
    with transaction.atomic():
        if batch.scope != "picks":
            locks.suppliers_of(batch.taxpayer)
        batch.seen_until = JournalLine.objects.aggregate(last=Coalesce(Max("pk"), 0))["last"]
    foreseen = look(batch)
    batch.seen = foreseen.fingerprint
    return foreseen


def chosen(batch: ActionBatch, view: DeskView | None = None) -> QuerySet[Record]:
    """Return the records that a batch selects now.

    A batch with filters excludes records that were saved or edited after the person read the list."""
    if batch.scope == "picks":
        return Record.objects.filter(recipient_id=batch.taxpayer_id, pk__in=[int(pk) for pk in batch.picks])
    filters = Filters(**batch.filters)
    view = view or _view(batch.taxpayer)
    return query.matching(batch.taxpayer, view, filters).filter(saved_at__lte=batch.as_of)


def look(batch: ActionBatch) -> Foreseen:
    """Return the preview of a batch for its current selection. The function changes nothing."""
    view = _view(batch.taxpayer)
    return foresee(chosen(batch, view), view, Action(batch.action))


def first_records(batch: ActionBatch, most: int) -> list[Record]:
    """Return the first records of a batch by date, at most `most`, with their suppliers and decisions."""
    found = chosen(batch).select_related("supplier", "decision")
    return list(found.order_by("document_date", "pk")[:most])


def reductions(batch: ActionBatch, foreseen: Foreseen) -> list[Reduction]:
    """Return the reductions of ITC of the single records of a batch's preview."""
    return reductions_of(chosen(batch, foreseen.view), foreseen)


# run


class Drifted(Conflict):
    """The error for a selection that changed after the preview.

    The run changed nothing. The batch is frozen again, and `foreseen` is its new preview."""

    def __init__(self, changed: int, foreseen: Foreseen):
        super().__init__(
            "BATCH_DRIFT",
            "Records changed after the preview. Nothing was done. Check the new preview.",
            details={"changed": changed},
        )
        self.foreseen = foreseen


def run(
    batch_id: int,
    recipient: Taxpayer,
    *,
    by: By,
    remarks: str = "",
    answer: str = "",
    strict: bool = False,
    confirm: Callable[[Foreseen], None] | None = None,
) -> ActionBatch:
    """Run a batch, or start its job, and return the batch. A batch that has already run is returned
    unchanged.

    `confirm` gets the preview before the run, and may stop the run with an error. Raises `Drifted` if the
    selection changed. With `strict`, raises `Conflict` BATCH_BLOCKED if a record cannot change. Raises
    `Invalid` for remarks that are too long or missing."""
    drifted = None
    with transaction.atomic():
        batch = _locked(batch_id, recipient)
        if batch.state != State.PREVIEW:
            return batch
        # look only after the lock: another transaction may have changed the selection during the wait
        found = look(batch)
        if confirm is not None:
            confirm(found)
        if len(remarks) > REMARKS_LIMIT:
            raise Invalid("REMARKS_TOO_LONG", CODES["REMARKS_TOO_LONG"].sentence)
        if answer == "no" and not remarks.strip():
            raise Invalid("REMARKS_REQUIRED", CODES["REMARKS_REQUIRED"].sentence)
        if found.fingerprint != batch.seen:
            changed = _changed_since(batch, found.fingerprint)
            drifted = Drifted(changed, _freeze(batch))
            batch.save(update_fields=["seen", "seen_until"])
        else:
            batch.remarks, batch.answer, batch.strict = remarks, answer, strict
            _begin(batch, by, found)
    if drifted is not None:
        raise drifted
    return batch


def _changed_since(batch: ActionBatch, now: dict[str, Any]) -> int:
    """Return about how many records of the selection changed, arrived or left after the preview.

    The result is at least 1. The function counts the records with new journal lines, or uses the change in
    the size of the selection if that is larger. The real number can be higher: when a supplier files a form,
    the form's documents change without journal lines."""
    touched = actions.touched_after(chosen(batch), batch.seen_until or 0)
    return max(len(touched), abs(now["n"] - batch.seen["n"]), 1)


def _begin(batch: ActionBatch, by: By, found: Foreseen) -> None:
    if batch.strict and found.cannot:
        raise Conflict(
            "BATCH_BLOCKED",
            say("Nothing was done, because %(count)d of the records cannot be changed.", count=found.cannot),
        )
    if found.total <= AT_ONCE:
        _chunk(batch, chosen(batch), by, found.already)
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
        total=found.total,
    )
    batch.save()


@jobs.handles(JOB)
def _run_job(job: Job) -> dict[str, Any]:
    """Run a large batch chunk by chunk.

    Each chunk stores the id of its last record. Another worker can continue after this record."""
    while True:
        with transaction.atomic():
            batch = _locked(job.payload["batch"])
            if batch.state != State.RUNNING:
                break
            by = By(user=batch.created_by, source="batch")
            # The condition on `decision__record_id` selects the same records as the condition on `pk`.
            # Without the condition on `decision__record_id`, the planner would read all decisions for each
            # chunk.
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
    """Act on records in one transaction, and add the result to the batch.

    `already` is the number of records that have the action already. These records keep their declaration and
    remarks."""
    action = Action(batch.action)
    changing = records.exclude(decision__action=action.value)
    batch.result["already"] = batch.result.get("already", 0) + already
    # `nobodys` are ticked ids that are not on this desk. They are passed to only one call of `_take`, which
    # refuses them as NOT_IN_IMS.
    nobodys = (
        set(map(int, batch.picks)) - set(chosen(batch).values_list("pk", flat=True)) if batch.picks else ()
    )
    plain = Asked(action, batch.remarks if batch.answer != "no" else "")
    if action is not Action.ACCEPTED or not batch.answer:
        _note(batch, _take(batch, changing, plain, by, nobodys))
        return
    view = _view(batch.taxpayer)
    asked = [group for group in situations.tally(changing, view) if group.ruling.asks_reduction]
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
    """Add a chunk's result to the batch's result, with one entry for each sentence of a refusal."""
    result = batch.result
    result["changed"] = result.get("changed", 0) + taken.saved
    result["stale"] = result.get("stale", False) or taken.made_stale
    if taken.entry_id is not None:
        batch.entries.append(taken.entry_id)
    refused = result.setdefault("refused", {})
    for case in taken.cases():
        said = reason_in_words(case)
        key = f"{case.code} {said['sentence']}" if case.refusal else case.code
        here = refused.setdefault(key, {"code": case.code, "count": 0, "ids": [], **said})
        here["count"] += case.count
        here["ids"] = (here["ids"] + case.ids)[:MOST_NAMED]


def told_refusals(batch: ActionBatch) -> list[dict[str, Any]]:
    """Return the refusals in a batch's result, one for each sentence. Each has the code, the count, the ids of the
    first records, the sentence, what to do instead, and the rule."""
    # the entries of an old batch have their code only as the key
    return [{"code": key, **found} for key, found in batch.result.get("refused", {}).items()]


def stop(batch_id: int, recipient: Taxpayer) -> ActionBatch:
    """Ask a running batch to stop after its current chunk, and return the batch."""
    with transaction.atomic():
        batch = _locked(batch_id, recipient)
        if batch.state == State.RUNNING:
            batch.stop_wanted = True
            batch.save(update_fields=["stop_wanted"])
    return batch


# undo


def take_back(batch_id: int, recipient: Taxpayer, *, by: By) -> ActionBatch:
    """Undo a batch in one event, or start the job for the undo. Return the batch.

    The undo restores only records that nobody changed after the batch. If there is nothing to undo, the
    function raises `Conflict` UNDO_LATE."""
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
    """Lock and return the batch with this id. With `recipient`, the batch must belong to the recipient.
    Raises `NotFound`."""
    mine = {"taxpayer": recipient} if recipient is not None else {}
    return find(ActionBatch.objects.select_for_update(of=("self",)).filter(**mine), batch_id)


def find(batches: QuerySet[ActionBatch], batch_id: int) -> ActionBatch:
    """Return the batch with this id among `batches`. Raises `NotFound`."""
    found = batches.select_related("taxpayer", "created_by").filter(pk=batch_id).first()
    if found is None:
        raise NotFound("NOT_FOUND", "There is no batch with this number.")
    return found
