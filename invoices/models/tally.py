"""Counts of a recipient's records by situation. The database updates the counts when records change
(`invoices/counters.py`)."""

from django.db import models
from django.db.models import Q

from invoices.models.taxpayer import Taxpayer

# A record with at least this taxable value (paise) counts as large.
LARGE = 100_000_00


class DeskTally(models.Model):
    """One row of counts. The row counts the recipient's records with the same values in the key columns, from
    `label` to `large`. `records` is the number of these records. The amount columns are the sums of the
    records' amounts, in paise.

    If several rows have the same keys, the count is the sum of these rows. On PostgreSQL every change appends
    rows with its differences, so that suppliers who save at the same time do not wait for each other.
    `counters.fold` later merges these rows into one."""

    recipient = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    label = models.CharField(max_length=24, help_text="The record's facets")
    decision = models.CharField(max_length=3, help_text="Action and answer")
    section = models.CharField(max_length=8)
    reverse_charge = models.BooleanField()
    claim_period = models.IntegerField()
    moved_to = models.IntegerField(help_text="0: not carried")
    last_claim_period = models.IntegerField()
    root_year = models.IntegerField()
    edited = models.BooleanField(help_text="The supplier's edit cleared the recipient's action")
    large = models.BooleanField(help_text="Taxable value of ₹1 lakh or more")
    records = models.BigIntegerField()
    value = models.BigIntegerField()
    taxable = models.BigIntegerField()
    igst = models.BigIntegerField()
    cgst = models.BigIntegerField()
    sgst = models.BigIntegerField()
    cess = models.BigIntegerField()
    baseline_igst = models.BigIntegerField()
    baseline_cgst = models.BigIntegerField()
    baseline_sgst = models.BigIntegerField()
    baseline_cess = models.BigIntegerField()
    reduction_igst = models.BigIntegerField()
    reduction_cgst = models.BigIntegerField()
    reduction_sgst = models.BigIntegerField()
    reduction_cess = models.BigIntegerField()
    folded = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "desk tallies"
        indexes = [
            models.Index(fields=["recipient", "label"], name="tally_by_recipient"),
            models.Index(fields=["recipient"], condition=Q(folded=False), name="tally_to_fold"),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.decision}: {self.records}"
