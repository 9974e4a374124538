"""Large batches run as jobs. To reject many records, a person must type the number of records. One
declaration covers all credit notes of a batch. A batch reads its records once."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ims_portal.kernel import clock
from invoices import jobs
from invoices.desk import batches
from invoices.desk.actions import Seen
from invoices.models import Job, JournalEntry, Record
from invoices.queries.record_list.filters import Filters
from invoices.rules.situation import Action
from tests.desk_pages import at, client_for, credit_note, pick, some
from tests.invoices.web.desk.batch_steps import confirm, preview_batch
from tests.pages import text
from tests.world import BY

pytestmark = pytest.mark.once


@pytest.fixture
def in_chunks(monkeypatch):
    """Run batches of more than three records as jobs, two records at a time."""
    monkeypatch.setattr(batches, "AT_ONCE", 3)
    monkeypatch.setattr(batches, "CHUNK", 2)


def run_queued_jobs():
    """Run the queued jobs, as a worker does."""
    for job in Job.objects.filter(state=Job.State.QUEUED):
        jobs.run(job.pk)


def test_a_large_batch_runs_as_a_job_chunk_by_chunk_and_is_undone_as_one(world, in_chunks):
    records = some(world, 7)
    client = client_for(world)
    preview, page = preview_batch(client, world, "A")
    assert "Running" in text(confirm(client, world, preview, page))
    run_queued_jobs()
    assert "7 records accepted." in text(client.get(page))
    assert JournalEntry.objects.filter(event="accepted").count() == 4
    world.acts("reject", records[0])
    client.post(f"{page}undo/")
    run_queued_jobs()
    told = text(client.get(page))
    assert "6 records have the same status as before the batch. 1 record was not undone" in told
    assert records[0].number in told
    assert Record.objects.filter(decision__action="N").count() == 6
    assert JournalEntry.objects.filter(event="undone").count() == 1


def test_a_stopped_batch_keeps_what_it_did_and_another_worker_goes_on_where_one_died(
    world, in_chunks, monkeypatch
):
    some(world, 7)
    client = client_for(world)
    preview, page = preview_batch(client, world, "A")
    confirm(client, world, preview, page)
    done, once = batches._chunk, []

    def dies(*asked):
        done(*asked)
        once.append(1)
        if len(once) == 2:
            raise RuntimeError("the worker dies")

    monkeypatch.setattr(batches, "_chunk", dies)
    run_queued_jobs()
    # the portal rolled the second chunk back completely
    assert Record.objects.filter(decision__action="A").count() == 2
    client.post(f"{page}stop/")
    Job.objects.update(lease_until=None)
    run_queued_jobs()
    told = text(client.get(page))
    assert "Stopped. 2 records accepted." in told
    assert "Undo batch" in told


def test_rejecting_many_records_needs_the_typed_count(world):
    some(world, 2)
    client = client_for(world)
    preview, page = preview_batch(client, world, "R")
    assert client.post(f"{page}run/", {"count": "1"}).status_code == 422
    assert not Record.objects.filter(decision__action="R").exists()
    confirm(client, world, preview, page)
    assert Record.objects.filter(decision__action="R").count() == 2


@pytest.mark.parametrize(
    ("answer", "label", "accepted"), [("", "A -", 2), ("no", "A N", 2), ("skip", "N -", 1)]
)
def test_one_declaration_covers_all_credit_notes_or_leaves_them_out(world_2025, answer, label, accepted):
    world = world_2025
    note, _invoice = credit_note(world), world.saves()
    client = client_for(world)
    preview, page = preview_batch(client, world, "A")
    assert preview.context["asks"] == 1
    confirm(client, world, preview, page, answer=answer, remarks="never taken")
    assert world.now(note).decision.label == label
    assert Record.objects.filter(decision__action="A").count() == accepted


def test_a_strict_batch_changes_nothing_if_one_record_cannot_change(mixed):
    world, _invoices, _notes = mixed
    client = client_for(world)
    preview, page = preview_batch(client, world, "P")
    told = text(confirm(client, world, preview, page, strict="1"))
    assert "Nothing was done, because 2 of the records cannot be changed." in told
    assert Record.objects.filter(decision__action="P").count() == 1


def reads_of_records(queries) -> int:
    """Return the number of queries that read the chosen records and group them."""
    grouped = [query["sql"] for query in queries if "GROUP BY" in query["sql"]]
    return sum('FROM "invoices_record"' in sql for sql in grouped)


def test_a_preview_reads_the_chosen_records_once(mixed):
    world, _invoices, _notes = mixed
    client = client_for(world)
    preview, page = preview_batch(client, world, "P")
    with CaptureQueriesContext(connection) as looking:
        client.get(page)
    with CaptureQueriesContext(connection) as running:
        refused = confirm(client, world, preview, page, strict="1")
    assert refused.status_code == 422
    assert refused.context["cannot"] == 2
    assert (reads_of_records(looking), reads_of_records(running)) == (1, 1)


def test_ticks_of_other_pages_are_kept(world):
    records = some(world, 30)
    client = client_for(world)
    listing = at(world, "ims/inward/all/", rows="25")
    first = client.get(listing)
    kept = {"step": "keep", "next": listing, "page_picks": first.context["page_picks"]}
    client.post(at(world, "ims/batches/"), {**kept, "pick": pick(world, *records[:2])})
    second = client.get(first.context["pager"]["next"])
    assert second.context["ticked"] == 2
    # The bar above the list counts the ticked records of every page of the list, and shows their ITC, with
    # and without scripts.
    assert "Tax ₹3,600.00" in second.content.decode()
    assert 'data-elsewhere-tax="360000"' in second.content.decode()
    more = {**kept, "page_picks": second.context["page_picks"], "pick": pick(world, records[29])}
    quiet = client.post(at(world, "ims/batches/"), more, headers={"HX-Request": "true"})
    assert quiet.json() == {"count": 3, "tax": 540_000}
    sent = {
        "step": "preview", "action": "A", "scope": "ticked", "next": listing,
        "as_of": second.context["as_of"], "page_picks": second.context["page_picks"],
        "pick": pick(world, records[29]),
    }  # fmt: skip
    page = client.post(at(world, "ims/batches/"), sent)["Location"]
    assert client.get(page).context["foreseen"].allowed == 3


def test_an_unknown_ticked_record_is_refused_once_for_every_answer(world_2025):
    world = world_2025
    some(world, 1)
    note = credit_note(world)
    picks = {record.pk: Seen(1, 1) for record in Record.objects.all()} | {999_999: Seen(1, 1)}
    batch, _foreseen = batches.prepare(
        world.recipient,
        Action.ACCEPTED,
        Filters(),
        user=world.person("asha"),
        address="/",
        as_of=clock.now(),
        picks=picks,
    )
    done = batches.run(batch.pk, world.recipient, by=BY, answer="no", remarks="ITC was never taken")
    assert world.now(note).decision.label == "A N"
    assert (done.result["changed"], done.result["refused"]["NOT_IN_IMS"]["count"]) == (2, 1)


@pytest.mark.parametrize("asked", [False, True])
def test_ticks_end_when_the_person_leaves_the_list_unless_the_person_kept_them(world, asked):
    """A script stores each tick at once, for the other pages of the list. Only the button keeps them for longer."""
    (record,) = some(world, 1)
    client, listing = client_for(world), at(world, "ims/inward/all/")
    sent = {"step": "keep", "next": listing, "page_picks": "", "pick": pick(world, record)}
    client.post(at(world, "ims/batches/"), sent, headers={} if asked else {"HX-Request": "true"})

    def ticked_after(path: str) -> int:
        return client.get(listing, headers={"Referer": f"http://testserver{path}"}).context["ticked"]

    # another page of the list, a look at the record, and a batch that was not confirmed
    for path in (listing, at(world, f"ims/records/{record.pk}/"), at(world, "ims/batches/1/")):
        assert ticked_after(path) == 1
    # a further tick by script does not undo what the person asked for
    client.post(at(world, "ims/batches/"), sent, headers={"HX-Request": "true"})
    assert ticked_after(at(world, "gstr2b/102024/")) == (1 if asked else 0)
