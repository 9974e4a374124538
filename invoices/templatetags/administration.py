"""Template tags of the administration's own pages."""

from __future__ import annotations

from django import template

from invoices.models import Job

register = template.Library()


@register.simple_tag
def failed_jobs() -> int:
    """Return the number of failed jobs."""
    return Job.objects.filter(state=Job.State.FAILED).count()
