"""Tables of filed returns: suppliers' forms, GSTR-3B, and the tax that rejections add back."""

from django.conf import settings
from django.db import models

from gstr2b.models import Statement
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Taxpayer
from invoices.models.choices import FORM_CHOICES
from invoices.rules.ledgers import NAMES


class OutwardReturn(models.Model):
    """A supplier's form of one period that has been filed: GSTR-1, IFF, GSTR-1A, GSTR-5 or GSTR-6."""

    supplier = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="outward_returns")
    form = models.CharField(max_length=8, choices=FORM_CHOICES)
    period = models.PositiveIntegerField()
    filed_on = models.DateField()
    filed_at = models.DateTimeField()
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    document_count = models.PositiveIntegerField(default=0)
    reference = models.CharField(max_length=20, unique=True)

    class Meta:
        ordering = ["-period", "form"]
        constraints = [
            models.UniqueConstraint(fields=["supplier", "form", "period"], name="one_filing_per_form")
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.supplier.gstin} {TaxPeriod.from_number(self.period).label}"


class Gstr3b(models.Model):
    """A filed GSTR-3B: Table 4 and row 3.1(d) as filed, in paise, and the GSTR-2B version that was used.
    Returns that were filed before the portal kept row 3.1(d) do not have this row."""

    recipient = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="gstr3b_returns")
    period = models.PositiveIntegerField()
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="+")
    table4 = models.JSONField(help_text="{row: {head: paise}}")
    filed_at = models.DateTimeField()
    filed_on = models.DateField()
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    reference = models.CharField(max_length=20, unique=True)

    class Meta:
        verbose_name = "GSTR-3B"
        verbose_name_plural = "GSTR-3B returns"
        ordering = ["-period"]
        constraints = [models.UniqueConstraint(fields=["recipient", "period"], name="one_gstr3b_per_period")]

    def __str__(self) -> str:
        return f"GSTR-3B {self.recipient.gstin} {TaxPeriod.from_number(self.period).label}"


class AddBack(models.Model):
    """Tax that a recipient's rejection adds to the supplier's GSTR-3B of `period`. The rejection became final
    when the recipient filed GSTR-3B (R-110, R-111)."""

    supplier = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="add_backs")
    period = models.PositiveIntegerField()
    recipient = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="+")
    recipient_period = models.PositiveIntegerField()
    record_id = models.BigIntegerField(unique=True)
    igst = models.BigIntegerField()
    cgst = models.BigIntegerField()
    sgst = models.BigIntegerField()
    cess = models.BigIntegerField()
    posted_at = models.DateTimeField()

    class Meta:
        verbose_name = "tax added back"
        verbose_name_plural = "taxes added back"
        indexes = [models.Index(fields=["supplier", "period"], name="add_back_by_period")]

    def __str__(self) -> str:
        return f"{self.supplier.gstin} {TaxPeriod.from_number(self.period).label} {self.record_id}"


class LedgerOpening(models.Model):
    """The opening balance of a ledger, as the taxpayer entered it (R-105). A correction is a new row, and the
    latest row counts. The opening balance stands before the first GSTR-3B that is filed on this portal.
    Amounts are in paise. Only the RCM statement may open with a negative amount."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="ledger_openings")
    ledger = models.CharField(max_length=8, choices=[(one.value, str(NAMES[one])) for one in NAMES])
    igst = models.BigIntegerField(default=0)
    cgst = models.BigIntegerField(default=0)
    sgst = models.BigIntegerField(default=0)
    cess = models.BigIntegerField(default=0)
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    reference = models.CharField(max_length=20, unique=True)

    class Meta:
        indexes = [models.Index(fields=["taxpayer", "ledger"], name="opening_of_ledger")]

    def __str__(self) -> str:
        return f"{self.ledger} {self.taxpayer.gstin}"
