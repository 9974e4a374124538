"""Background jobs are durable: only the job's row decides whether the job is done, even if a message or a
worker is lost."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from gstr2b import midnight
from gstr2b.models import Statement
from ims_portal.kernel import clock
from ims_portal.kernel.errors import Busy
from ims_portal.support import worker_messages
from invoices import jobs
from invoices.models import Job, JournalEntry


@pytest.fixture
def tried(monkeypatch):
    """Register the job kind "tried", and return the list to which a job adds the number of each attempt.

    If the job's payload contains `fails`, the job raises an error with this text."""
    done: list[int] = []

    def handler(job: Job) -> dict:
        done.append(job.attempts)
        if job.payload.get("fails"):
            raise ValueError(job.payload["fails"])
        return {"done": len(done)}

    monkeypatch.setitem(jobs.HANDLERS, "tried", handler)
    monkeypatch.setattr(worker_messages, "send", lambda *message: None)
    return done


def long_ago(job: Job, seconds: int = 600) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=clock.real_now() - timedelta(seconds=seconds))


@pytest.mark.django_db
def test_i19_a_job_asked_for_and_delivered_many_times_has_one_effect(tried):
    job = jobs.ask("tried", "once")
    assert jobs.ask("tried", "once").pk == job.pk
    assert [jobs.run(job.pk) is not None for _ in range(10)] == [True, *[False] * 9]
    assert tried == [1]


@pytest.mark.django_db
def test_a_job_is_taken_over_only_if_its_runner_died(tried):
    job = jobs.ask("tried", "held")
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.RUNNING, attempts=1, lease_until=clock.real_now() + jobs.LEASE
    )
    assert jobs.run(job.pk) is None
    assert jobs.sweep() == 0
    long_ago(job)
    assert jobs.sweep() == 1
    assert jobs.run(job.pk).state == Job.State.DONE


@pytest.mark.django_db
def test_a_worker_that_lost_its_job_writes_nothing_more_to_the_job(tried, monkeypatch):
    def slow(job: Job) -> dict:
        Job.objects.filter(pk=job.pk).update(attempts=job.attempts + 1)  # another worker takes the job over
        with pytest.raises(Busy) as told:
            jobs.progress(job, 1)
        assert told.value.code == "JOB_TAKEN_OVER"
        return {"by": "the first"}

    monkeypatch.setitem(jobs.HANDLERS, "tried", slow)
    job = jobs.run(jobs.ask("tried", "lost lease").pk)
    assert job.state == Job.State.RUNNING
    assert job.result is None


@pytest.mark.django_db
def test_five_failures_park_a_job_until_staff_ask_again(tried, caplog):
    job = jobs.ask("tried", "bad", payload={"fails": "no such thing"})
    for _ in range(Job.MOST_ATTEMPTS):
        job = jobs.run(job.pk)
    assert (job.state, job.attempts, job.error) == (Job.State.FAILED, 5, "ValueError: no such thing")
    assert "parked" in caplog.text
    assert jobs.run(job.pk) is None
    Job.objects.filter(pk=job.pk).update(payload={})
    jobs.retry(job)
    assert jobs.run(job.pk).state == Job.State.DONE


@pytest.mark.django_db
def test_a_job_that_kills_its_worker_is_parked_too(tried, caplog):
    job = jobs.ask("tried", "poison")
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, attempts=Job.MOST_ATTEMPTS)
    long_ago(job)
    assert jobs.sweep() == 0
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert job.error.startswith("WorkerLost")
    assert tried == []
    assert "parked" in caplog.text


@pytest.mark.django_db
def test_a_job_whose_message_is_lost_is_found_by_the_sweep(tried):
    job = jobs.ask("tried", "unsaid")
    Job.objects.filter(pk=job.pk).update(created_at=clock.real_now() - timedelta(minutes=1))
    assert jobs.sweep() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres_only
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SKIPPED: on SQLite one writer excludes others")
def test_the_lease_is_held_while_one_long_statement_runs(tried, monkeypatch):
    monkeypatch.setattr(jobs, "LEASE", timedelta(seconds=0.6))
    running = threading.Event()

    def slow(job: Job) -> dict:
        with transaction.atomic(), connection.cursor() as cursor:
            running.set()
            cursor.execute("SELECT pg_sleep(2)")
        return {}

    monkeypatch.setitem(jobs.HANDLERS, "tried", slow)
    job = jobs.ask("tried", "long")
    taken: list[Job | None] = []

    def other() -> None:
        running.wait(5)
        time.sleep(1.2)  # without a renewal, the lease of the job would end during this pause
        taken.append(jobs.run(job.pk))
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    assert jobs.run(job.pk).state == Job.State.DONE
    thread.join()
    assert taken == [None]


@pytest.fixture
def due(world):
    world.saves()
    world.goes_to("2024-11-10 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-14 10:00")
    return world


def drafts(world) -> int:
    return JournalEntry.objects.filter(taxpayer=world.recipient, event="GSTR-2B drafted").count()


def test_a_draft_that_is_missing_after_its_night_is_asked_for_again_within_the_hour(due):
    assert drafts(due) == 1
    assert midnight.ensure_drafts() == []
    late = due.taxpayer("29", 4004)
    asked = midnight.ensure_drafts()
    assert len(asked) == 1
    # a job for this draft exists already, so no second job is made
    assert midnight.ensure_drafts() == []
    jobs.run(asked[0])
    assert Statement.objects.filter(recipient=late, is_current=True).count() == 1
    assert drafts(due) == 1
    assert midnight.ensure_drafts() == []


def test_a_parked_draft_stays_parked_for_staff_to_see(due):
    due.taxpayer("29", 4005)
    [job] = midnight.ensure_drafts()
    Job.objects.filter(pk=job).update(state=Job.State.FAILED, attempts=Job.MOST_ATTEMPTS)
    assert midnight.ensure_drafts() == []
    assert Job.objects.get(pk=job).state == Job.State.FAILED


def test_missing_drafts_are_not_requested_while_nights_are_still_due(due):
    due.taxpayer("29", 4006)
    due.clock_row()
    type(due.clock_row()).objects.update(nights_through="2024-11-13")
    assert midnight.ensure_drafts() == []
