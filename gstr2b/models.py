"""Tables of GSTR-2B: statements by version, their lines and totals, and reversals by Rule 37A."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Taxpayer
from invoices.models.choices import SECTION_CHOICES
from invoices.rules.ruling import Reason, Section, Table4Row, Treated

# value of `until` for a line that no version has replaced; this value is higher than any version number
STANDS = 2**31 - 1


class Statement(models.Model):
    """One version of a recipient's GSTR-2B of one period. The portal first writes a new version, and then
    makes the version current. The summary of an earlier version stays readable. The lines of an earlier
    version are deleted when neither of the latest two versions uses the lines."""

    class Cause(models.TextChoices):
        DRAFT = "draft", "Drafted by the system"
        DEMAND = "demand", "Generated on demand"
        RECOMPUTE = "recompute", "Recomputed"

    recipient = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="statements")
    period = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    cause = models.CharField(max_length=9, choices=Cause.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    computed_at = models.DateTimeField(help_text="Portal clock")
    real_time = models.DateTimeField()
    origin = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="The version whose lines this version shares, except for changed lines. Empty if this version has lines of its own",
    )
    is_current = models.BooleanField(default=False)
    is_final = models.BooleanField(default=False)
    line_count = models.PositiveIntegerField(default=0)
    has_lines = models.BooleanField(default=True)
    journal_position = models.BigIntegerField(
        default=0, help_text="The last journal entry before this version was computed"
    )

    class Meta:
        ordering = ["-period", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "period", "version"], name="one_statement_per_version"
            ),
            models.UniqueConstraint(
                fields=["recipient", "period"], condition=Q(is_current=True), name="one_current_statement"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient.gstin} {TaxPeriod.from_number(self.period).label}, version {self.version}"

    @property
    def lines_from(self) -> int:
        """Return the id of the version that is the origin of this version's lines. The origin is this version
        itself, or the earlier version whose lines this version shares."""
        return self.origin_id or self.pk

    @property
    def lines(self) -> "models.QuerySet[StatementLine]":
        """Return the lines of this version, in no particular order."""
        return StatementLine.objects.of(self)


class LineAmounts(models.Model):
    """Amounts of a line or total, in paise. The columns `igst`, `cgst`, `sgst` and `cess` are the document's
    own tax. The `effect_` columns are the signed change to ITC in 4(A). The `barred_` columns are amounts for
    4(D)(2), and the `reversed_` columns are amounts for 4(B)(1) or 4(B)(2). A line without barred or reversed
    amounts has NULL in the `barred_` or `reversed_` columns."""

    value = models.BigIntegerField(default=0)
    taxable = models.BigIntegerField(default=0)
    igst = models.BigIntegerField(default=0)
    cgst = models.BigIntegerField(default=0)
    sgst = models.BigIntegerField(default=0)
    cess = models.BigIntegerField(default=0)
    effect_igst = models.BigIntegerField(default=0)
    effect_cgst = models.BigIntegerField(default=0)
    effect_sgst = models.BigIntegerField(default=0)
    effect_cess = models.BigIntegerField(default=0)
    barred_igst = models.BigIntegerField(null=True)
    barred_cgst = models.BigIntegerField(null=True)
    barred_sgst = models.BigIntegerField(null=True)
    barred_cess = models.BigIntegerField(null=True)
    reversed_igst = models.BigIntegerField(null=True)
    reversed_cgst = models.BigIntegerField(null=True)
    reversed_sgst = models.BigIntegerField(null=True)
    reversed_cess = models.BigIntegerField(null=True)

    class Meta:
        abstract = True


LINE_SECTIONS = [(s.value, s.name) for s in Section]
SECTION_WORDS = {
    Section.ALL_OTHER_ITC.value: "All other ITC",
    Section.ISD.value: "Input service distributor",
    Section.REVERSE_CHARGE.value: "Reverse charge",
    Section.IMPORTS.value: "Import of goods",
    Section.CREDIT_NOTES.value: "Credit notes",
    Section.NOT_AVAILABLE.value: "ITC not available",
    Section.NOT_AVAILABLE_NOTES.value: "ITC not available, credit notes",
    Section.RULE_37A.value: "Reversed by Rule 37A",
    Section.REJECTED.value: "Rejected",
}
ROWS = [(r.value, r.value or "-") for r in Table4Row]


class StatementLines(models.QuerySet["StatementLine"]):
    """A queryset of lines that can select the lines of one version."""

    def of(self, statement: Statement) -> "StatementLines":
        """Return the lines of one version. These lines were added in this version or before, and were not
        replaced in this version or before."""
        return self.filter(
            origin_id=statement.lines_from, since__lte=statement.version, until__gt=statement.version
        )


class StatementLine(LineAmounts):
    """A copy of a document in a statement. The copy keeps the document's data even if the record changes
    later.

    `origin` is the version for which all lines were written. A later version adds only the lines that differ,
    with the same origin, and shares the other lines. If a line was replaced, `until` is the number of the
    version that replaced the line.

    A statement may have millions of lines. Therefore `record_id`, `recipient_id`, `supplier_id` and `origin`
    have no foreign key in the database. `manage.py verify` checks these references. The totals have no
    foreign keys for the same reason."""

    origin = models.ForeignKey(
        Statement, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    since = models.PositiveIntegerField(
        db_default=0, help_text="The version that added the line. 0 if the line was written with its origin"
    )
    until = models.PositiveIntegerField(
        db_default=STANDS,
        help_text="The version that replaced the line, or a very high number if no version replaced the line",
    )
    record_id = models.BigIntegerField()
    recipient_id = models.BigIntegerField()
    supplier_id = models.BigIntegerField(null=True)
    section = models.CharField(max_length=7, choices=LINE_SECTIONS)
    row = models.CharField(max_length=3, choices=ROWS, blank=True)
    treated = models.CharField(max_length=15, choices=[(t.value, t.value) for t in Treated], blank=True)
    reason = models.CharField(max_length=5, choices=[(r.value, r.value) for r in Reason], blank=True)
    table = models.CharField(
        max_length=8, choices=SECTION_CHOICES, help_text="IMS section key of the document"
    )
    kind = models.CharField(max_length=3)
    form = models.CharField(max_length=8)
    tax_period = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    document_date = models.DateField()
    place_of_supply = models.CharField(max_length=2, blank=True)
    invoice_type = models.CharField(max_length=5)
    reverse_charge = models.BooleanField(default=False)
    filed_on = models.DateField(null=True)
    remarks = models.CharField(max_length=500, blank=True)
    label = models.CharField(max_length=24, help_text="The facets of the record when the line was computed")
    decision = models.CharField(max_length=3)

    class Meta:
        indexes = [
            models.Index(
                fields=["origin", "section", "table", "document_date", "id"], name="line_by_section"
            ),
            # the origin comes first, so that lines of a new origin are written at the end of the index
            models.Index(fields=["origin", "record_id"], name="line_by_record"),
            # these two indexes contain only lines that a recomputation added or replaced
            models.Index(fields=["origin", "since"], condition=Q(since__gt=0), name="line_added"),
            models.Index(fields=["origin", "until"], condition=Q(until__lt=STANDS), name="line_replaced"),
        ]

    objects = StatementLines.as_manager()

    def __str__(self) -> str:
        return f"{self.number} {self.section}"

    def stands_in(self, statement: Statement) -> bool:
        """Return true if this line is one of the lines of the version `statement`."""
        return self.origin_id == statement.lines_from and self.since <= statement.version < self.until


class StatementTotal(LineAmounts):
    """Sums of a statement's lines that share section, row, treatment, reason, table, kind and reverse
    charge."""

    statement = models.ForeignKey(
        Statement, on_delete=models.CASCADE, related_name="totals", db_index=False, db_constraint=False
    )
    section = models.CharField(max_length=7, choices=LINE_SECTIONS)
    row = models.CharField(max_length=3, choices=ROWS, blank=True)
    treated = models.CharField(max_length=15, blank=True)
    reason = models.CharField(max_length=5, blank=True)
    table = models.CharField(max_length=8)
    kind = models.CharField(max_length=3)
    reverse_charge = models.BooleanField(default=False)
    count = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["statement", "section"], name="total_by_section")]

    def __str__(self) -> str:
        return SECTION_WORDS[self.section]


class SupplierTotal(models.Model):
    """Sums of one supplier's lines in a statement, for the summary by supplier in GSTR-2B. Amounts are in
    paise."""

    statement = models.ForeignKey(
        Statement, on_delete=models.CASCADE, related_name="suppliers", db_constraint=False
    )
    supplier_id = models.BigIntegerField(null=True)
    section = models.CharField(max_length=7)
    table = models.CharField(max_length=8)
    kind = models.CharField(max_length=3)
    tax_period = models.PositiveIntegerField()
    filed_on = models.DateField(null=True)
    count = models.PositiveIntegerField()
    taxable = models.BigIntegerField()
    igst = models.BigIntegerField()
    cgst = models.BigIntegerField()
    sgst = models.BigIntegerField()
    cess = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.supplier_id} {self.section} {self.count}"


class Reversal37A(models.Model):
    """A document whose ITC must be reversed because its supplier has not paid (Rule 37A, R-098). The document
    is in the ITC Reversal table of the GSTR-2B of `period`. The tax amounts are the credit that the recipient
    took, in paise."""

    recipient = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="+")
    supplier = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="+")
    period = models.PositiveIntegerField()
    record_id = models.BigIntegerField(unique=True)
    availed_period = models.PositiveIntegerField(
        help_text="The recipient's period in which the ITC was taken"
    )
    flagged_at = models.DateTimeField()
    section = models.CharField(max_length=8)
    kind = models.CharField(max_length=3)
    form = models.CharField(max_length=8)
    tax_period = models.PositiveIntegerField()
    number = models.CharField(max_length=20)
    document_date = models.DateField()
    place_of_supply = models.CharField(max_length=2, blank=True)
    invoice_type = models.CharField(max_length=5)
    filed_on = models.DateField(null=True)
    label = models.CharField(max_length=24)
    decision = models.CharField(max_length=3)
    value = models.BigIntegerField()
    taxable = models.BigIntegerField()
    igst = models.BigIntegerField()
    cgst = models.BigIntegerField()
    sgst = models.BigIntegerField()
    cess = models.BigIntegerField()

    class Meta:
        verbose_name = "reversal under Rule 37A"
        verbose_name_plural = "reversals under Rule 37A"
        indexes = [models.Index(fields=["recipient", "period"], name="reversal_by_period")]

    def __str__(self) -> str:
        return f"{self.number} {TaxPeriod.from_number(self.period).label}"
