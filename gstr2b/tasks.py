"""Celery's way in: the portal's heartbeat."""

from __future__ import annotations

from celery import shared_task

from gstr2b import midnight


@shared_task(name="invoices.heartbeat", ignore_result=True)
def heartbeat() -> int:
    """Run every portal midnight that has passed and has not been run; drafts are made by the workers."""
    return sum(1 for _ in midnight.walk(here=False))


@shared_task(name="invoices.ensure_drafts", ignore_result=True)
def ensure_drafts() -> int:
    """Make good drafts that are due and missing although their night was run."""
    return len(midnight.ensure_drafts())
