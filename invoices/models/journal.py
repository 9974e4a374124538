"""Who did what, when: append-only, written in the transaction of the change itself."""

from django.conf import settings
from django.db import models

from invoices.models.taxpayer import Taxpayer


class JournalEntry(models.Model):
    """One portal event at one GSTIN. `portal_time` is the portal clock, `real_time` the wall clock. `before`
    and `after` hold the event's own facts; per-record changes of a bulk event stand in `JournalLine`.

    The database refuses to change or delete an entry (see migration `append_only_journal`)."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="+")
    event = models.CharField(max_length=40)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(
        max_length=20, default="page", help_text="page, api, file, command, system, admin"
    )
    portal_time = models.DateTimeField()
    real_time = models.DateTimeField()
    period = models.PositiveIntegerField(null=True)
    record_count = models.PositiveIntegerField(default=0)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    idempotency_key = models.CharField(max_length=80, null=True)
    input_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "idempotency_key"],
                condition=models.Q(idempotency_key__isnull=False),
                name="one_answer_per_key",
            )
        ]
        indexes = [models.Index(fields=["taxpayer", "id"], name="journal_by_taxpayer")]

    def __str__(self):
        return f"{self.event} {self.portal_time:%d-%m-%Y %H:%M}"


class JournalLine(models.Model):
    """What an entry did to one record: status before and after, and which version of it."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="lines", db_index=False)
    record_id = models.BigIntegerField()
    recipient_id = models.BigIntegerField()
    revision = models.PositiveIntegerField(default=0)
    before = models.CharField(max_length=3, blank=True)
    after = models.CharField(max_length=3, blank=True)
    remarks = models.CharField(max_length=500, blank=True)
    detail = models.JSONField(null=True, help_text="Field by field, where a document changed")

    class Meta:
        indexes = [
            models.Index(fields=["record_id", "id"], name="journal_line_by_record"),
            models.Index(fields=["entry", "id"], name="journal_line_by_entry"),
        ]

    def __str__(self):
        return f"{self.record_id} {self.before} -> {self.after}"
