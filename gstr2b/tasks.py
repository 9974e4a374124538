"""Celery tasks of the portal: the heartbeat, and the check for missing drafts."""

from __future__ import annotations

from celery import shared_task

from gstr2b import midnight


@shared_task(name="invoices.heartbeat", ignore_result=True)
def heartbeat() -> int:
    """Run every portal midnight that has passed and was not run. Return the number of nights. The workers
    make the drafts in separate jobs."""
    return sum(1 for _ in midnight.walk(here=False))


@shared_task(name="invoices.ensure_drafts", ignore_result=True)
def ensure_drafts() -> int:
    """Queue jobs for drafts that are still missing after the night in which the drafts were due. Return the
    number of jobs."""
    return len(midnight.ensure_drafts())
