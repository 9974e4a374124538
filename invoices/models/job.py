"""Background work as rows of a table. The table holds the work itself. The broker's messages only tell the
workers that there is work."""

from django.conf import settings
from django.db import models

from invoices.models.taxpayer import Taxpayer


class Job(models.Model):
    """One piece of background work. There is one job for each pair of `kind` and `key`. The process that runs
    the job holds its lease. If the lease has expired, another process may take over the job."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    MOST_ATTEMPTS = 5

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    taxpayer = models.ForeignKey(
        Taxpayer, null=True, blank=True, on_delete=models.PROTECT, related_name="jobs"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    payload = models.JSONField(default=dict)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    done_count = models.PositiveIntegerField(default=0)
    total_count = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    file = models.CharField(max_length=200, blank=True, help_text="Path below the media folder")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="one_job_per_key")]
        indexes = [
            models.Index(fields=["state", "lease_until"], name="job_to_run"),
            models.Index(fields=["taxpayer", "-id"], name="job_by_taxpayer"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.state}"
