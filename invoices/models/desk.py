"""The recipient's side: one desk for each tax period, and the decision on each record."""

from django.conf import settings
from django.db import models
from django.db.models import F, GeneratedField, Q, Value
from django.db.models.functions import Concat

from ims_portal.kernel.periods import TaxPeriod
from invoices.models.choices import ACTION_CHOICES, ANSWER_CHOICES
from invoices.models.record import Record
from invoices.models.taxpayer import Taxpayer


class RecipientDesk(models.Model):
    """One tax period of one recipient. A writer locks this row before changing anything in the period.

    The packages `gstr2b` and `returns` store the state of GSTR-2B and GSTR-3B in this row. The package
    `invoices` reads the state from the row, and therefore need not import `gstr2b` and `returns`."""

    recipient = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="desks")
    period = models.PositiveIntegerField()
    statement_version = models.PositiveIntegerField(default=0, help_text="0: no GSTR-2B yet")
    drafted_at = models.DateTimeField(null=True, blank=True)
    changes = models.PositiveIntegerField(default=0, help_text="Actions saved since the GSTR-2B was computed")
    filed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recipient", "period"], name="one_desk_per_period"),
            models.UniqueConstraint(
                fields=["recipient"], condition=Q(filed_at__isnull=True), name="one_open_desk"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient.gstin} {TaxPeriod.from_number(self.period).label}"

    @property
    def is_stale(self) -> bool:
        """True if actions were saved after the GSTR-2B was computed, and GSTR-3B is not filed (R-086)."""
        return self.statement_version > 0 and self.changes > 0 and self.filed_at is None


class Decision(models.Model):
    """The recipient's decision on one record. Decisions have their own table with few columns, so that a bulk
    action need not write the rows of `Record`, which have many columns.

    `moved_to` is the 2B period to which a record was carried forward (R-066). If `moved_to` is empty, the
    record was not carried forward, and its 2B period is `claim_period`."""

    record = models.OneToOneField(
        Record, primary_key=True, on_delete=models.CASCADE, related_name="decision", db_constraint=False
    )
    recipient = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    action = models.CharField(max_length=1, choices=ACTION_CHOICES, default="N")
    answer = models.CharField(max_length=1, choices=ANSWER_CHOICES, default="-")
    reduction_igst = models.BigIntegerField(null=True)
    reduction_cgst = models.BigIntegerField(null=True)
    reduction_sgst = models.BigIntegerField(null=True)
    reduction_cess = models.BigIntegerField(null=True)
    remarks = models.CharField(max_length=500, blank=True)
    acted_at = models.DateTimeField(null=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    moved_to = models.PositiveIntegerField(null=True)
    version = models.PositiveIntegerField(default=1)
    cleared_action = models.CharField(
        max_length=1, blank=True, help_text="The action that the supplier's edit cleared (R-040)"
    )
    cleared_at = models.DateTimeField(null=True)
    label = GeneratedField(
        expression=Concat(F("action"), Value(" "), F("answer"), output_field=models.CharField()),
        output_field=models.CharField(max_length=3),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(action="A") | Q(answer="-"), name="answer_only_with_acceptance"
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "action", "record"], name="decision_by_action"),
            models.Index(
                fields=["recipient", "-cleared_at", "record"],
                condition=~Q(cleared_action=""),
                name="decision_voided",
            ),
        ]

    def __str__(self) -> str:
        return f"record {self.record_id}: {self.get_action_display()}"
