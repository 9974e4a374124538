"""The tables of the journal: who did what, and when. A change and its journal rows are written in the same
transaction. Nobody changes a journal row later."""

from typing import Any

from django.conf import settings
from django.db import models

from ims_portal.kernel import clock
from invoices.models.taxpayer import Taxpayer

SEALED = (
    "taxpayer_id",
    "event",
    "actor_id",
    "source",
    "portal_time",
    "real_time",
    "period",
    "record_count",
    "before",
    "after",
    "idempotency_key",
    "input_hash",
)


class JournalEntry(models.Model):
    """One portal event at one GSTIN. `portal_time` is the time of the portal clock, `real_time` is the real
    time. `before` and `after` hold facts of the event as a whole. A `JournalLine` holds the change to one
    record.

    An entry and its `JournalSeal` are written in the same transaction. The database refuses every change or
    deletion of entries, lines and seals (see migration `append_only_journal`)."""

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
        verbose_name_plural = "journal entries"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "idempotency_key"],
                condition=models.Q(idempotency_key__isnull=False),
                name="one_answer_per_key",
            )
        ]
        indexes = [models.Index(fields=["taxpayer", "id"], name="journal_by_taxpayer")]

    def __str__(self) -> str:
        return f"{self.event} {self.portal_time.astimezone(clock.IST):%d-%m-%Y %H:%M}"

    def facts(self) -> dict[str, Any]:
        """Return the values that this entry's seal covers, by column name."""
        return {name: getattr(self, name) for name in SEALED}


class JournalLine(models.Model):
    """The change that an entry made to one record: the label before and after, and the record's revision.

    The table has no foreign keys in the database, because PostgreSQL would check a foreign key for each line
    at the end of a bulk action. `manage.py verify` checks the references instead."""

    entry = models.ForeignKey(
        JournalEntry, on_delete=models.PROTECT, related_name="lines", db_index=False, db_constraint=False
    )
    record_id = models.BigIntegerField()
    recipient_id = models.BigIntegerField()
    revision = models.PositiveIntegerField(default=0)
    before = models.CharField(max_length=3, blank=True)
    after = models.CharField(max_length=3, blank=True)
    remarks = models.CharField(max_length=500, blank=True)
    detail = models.JSONField(null=True, help_text="The changed fields of the document, with both values")

    class Meta:
        indexes = [
            models.Index(fields=["record_id", "id"], name="journal_line_by_record"),
            models.Index(fields=["entry", "id"], name="journal_line_by_entry"),
        ]

    def __str__(self) -> str:
        return f"record {self.record_id}, revision {self.revision}"


class JournalSeal(models.Model):
    """One link of a GSTIN's chain. `hash` is the SHA-256 over the entry, the digest of its lines and the hash
    of the previous link. A check of the chain therefore finds every altered, removed or inserted entry."""

    entry = models.OneToOneField(
        JournalEntry, primary_key=True, on_delete=models.PROTECT, related_name="seal", db_constraint=False
    )
    taxpayer = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    sequence = models.PositiveBigIntegerField(
        help_text="The number of the entry at this GSTIN: 1, 2, 3 and so on, without a gap"
    )
    line_count = models.PositiveIntegerField(default=0)
    lines_digest = models.CharField(max_length=64, help_text="SHA-256 of the lines' texts in order")
    previous = models.CharField(
        max_length=64, blank=True, help_text="The hash of the previous entry. Empty for the first entry"
    )
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["taxpayer", "sequence"], name="one_seal_per_place"),
        ]

    def __str__(self) -> str:
        return f"#{self.sequence} {self.hash[:12]}"


class JournalHead(models.Model):
    """The end of a GSTIN's chain of journal entries. A writer locks this row while adding a link. A writer
    takes this lock after all other locks."""

    taxpayer = models.OneToOneField(Taxpayer, primary_key=True, on_delete=models.PROTECT, related_name="+")
    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"#{self.sequence}"
