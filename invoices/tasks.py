"""Celery tasks. Each task has simple arguments and calls one function."""

from __future__ import annotations

from celery import shared_task

from invoices import counters, jobs
from invoices.documents import archive
from invoices.people import failed_attempts, tokens
from invoices.webhooks import sending as webhooks


@shared_task(name="invoices.run_job", ignore_result=True)
def run_job(job_id: int) -> None:
    """Run one durable job, unless another runner has the job."""
    jobs.run(job_id)


@shared_task(name="invoices.sweep_jobs", ignore_result=True)
def sweep_jobs() -> int:
    """Send a new message for each job whose message or worker was lost. Return the number of these jobs."""
    return jobs.sweep()


@shared_task(name="invoices.archive_departed", ignore_result=True)
def archive_departed() -> int:
    """Move records that have left IMS to the archive, chunk by chunk. Return the number of these records."""
    moved = 0
    for recipient in archive.recipients_with_departed():
        while chunk := archive.move_departed(recipient):
            moved += chunk
    return moved


@shared_task(name="invoices.deliver_webhooks", ignore_result=True)
def deliver_webhooks() -> int:
    """Send the webhook deliveries that are due. Return how many the hosts accepted."""
    return webhooks.deliver_due()


@shared_task(name="invoices.drop_old_answers", ignore_result=True)
def drop_old_answers() -> int:
    """Delete old stored API answers, and counts of wrong guesses that no longer lock anybody."""
    return tokens.drop_old_answers() + failed_attempts.drop_old()


@shared_task(name="invoices.fold_counters", ignore_result=True)
def fold_counters() -> int:
    """Merge the tally rows of recipients that have many unmerged rows."""
    return counters.fold()
