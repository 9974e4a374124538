"""Celery's way in: primitive arguments, one call each."""

from __future__ import annotations

from celery import shared_task

from invoices import counters, jobs
from invoices.documents import archive
from invoices.people import failed_attempts, tokens
from invoices.webhooks import sending as webhooks


@shared_task(name="invoices.run_job", ignore_result=True)
def run_job(job_id: int) -> None:
    """Do one durable job, if nobody else has it."""
    jobs.run(job_id)


@shared_task(name="invoices.sweep_jobs", ignore_result=True)
def sweep_jobs() -> int:
    """Find jobs whose message or worker was lost."""
    return jobs.sweep()


@shared_task(name="invoices.archive_departed", ignore_result=True)
def archive_departed() -> int:
    """Carry departed rows to the archive, chunk by chunk."""
    moved = 0
    for recipient in archive.recipients_with_departed():
        while chunk := archive.move_departed(recipient):
            moved += chunk
    return moved


@shared_task(name="invoices.deliver_webhooks", ignore_result=True)
def deliver_webhooks() -> int:
    """Tell programs what they asked to be told."""
    return webhooks.deliver_due()


@shared_task(name="invoices.drop_old_answers", ignore_result=True)
def drop_old_answers() -> int:
    """Forget answers of the API past their time, and guesses that lock nobody any longer."""
    return tokens.drop_old_answers() + failed_attempts.drop_old()


@shared_task(name="invoices.fold_counters", ignore_result=True)
def fold_counters() -> int:
    """Make few rows of many where recipients' counters have grown long."""
    return counters.fold()
