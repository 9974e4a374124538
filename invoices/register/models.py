"""The tables of purchase registers.

A bill changes when a later register has other figures, and a link changes when the matcher or a person says so. Neither
row is overwritten: the old row gets an end (`until`), and a new row begins. The state of any past day is the rows that
had begun and had not ended."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from invoices.matching.documents import Claim
from invoices.matching.ladder import Class
from invoices.matching.suggestions import Action
from invoices.models import Record, Taxpayer
from invoices.models.choices import KIND_CHOICES

CLAIM_CHOICES = [(one.value, one.value) for one in Claim]
BY_MATCHER, BY_PERSON = "M", "P"
LEFT_OUT, USED = "L", "U"
# Classes of documents and bills without a partner stand beside the classes of pairs.
ALONE, DOUBLE, REPEATED = "ALONE", "DOUBLE", "REPEATED"
CLASS_CHOICES = [(one, one) for one in (*(one.value for one in Class), ALONE, DOUBLE, REPEATED)]
ACTION_CHOICES = [(one.value, one.value) for one in Action]


class RegisterUpload(models.Model):
    """One file, or one call of the API, with bills of one GSTIN.

    `rows` = `rows_used` + `rows_left_out`. `documents` is the number of bills in the file. They are new, same or
    changed; `documents_gone` counts the bills of the same months that an earlier file had and this file has not.
    `mapping` says from which column each field was read."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="register_uploads")
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=20, default="file", help_text="file, api, command")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file")
    layout = models.CharField(max_length=60, blank=True)
    mapping = models.JSONField(default=dict, blank=True)
    taken_at = models.DateTimeField(help_text="Portal time")
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    rows = models.PositiveIntegerField(default=0)
    rows_used = models.PositiveIntegerField(default=0)
    rows_left_out = models.PositiveIntegerField(default=0)
    documents = models.PositiveIntegerField(default=0)
    documents_new = models.PositiveIntegerField(default=0)
    documents_same = models.PositiveIntegerField(default=0)
    documents_changed = models.PositiveIntegerField(default=0)
    documents_gone = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rows=models.F("rows_used") + models.F("rows_left_out")),
                name="each_row_is_accounted_for",
            )
        ]
        indexes = [models.Index(fields=["taxpayer", "-id"], name="register_uploads")]

    def __str__(self) -> str:
        return f"{self.name} ({self.taxpayer_id})"


class Bill(models.Model):
    """One version of a bill. Amounts are in paise and never negative; a purchase return has the kind CN.

    `identity` is the id of the bill's first version, and the same for all its versions. `natural_key` finds the bill in
    a later register. A version is the present one if `until` is empty. `gone_from` is the upload of the same months
    that no longer had the bill; the bill then waits for a person's confirmation."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="bills")
    identity = models.BigIntegerField(null=True)
    natural_key = models.CharField(max_length=64)
    content = models.CharField(max_length=64, help_text="SHA-256 of the fields that a register gives")
    upload = models.ForeignKey(RegisterUpload, on_delete=models.PROTECT, related_name="bills")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    gone_from = models.ForeignKey(
        RegisterUpload, null=True, on_delete=models.PROTECT, related_name="gone_bills"
    )

    source_ref = models.CharField(max_length=100, blank=True)
    supplier_gstin = models.CharField(max_length=40, blank=True)
    supplier_name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=3, choices=KIND_CHOICES)
    number = models.CharField(max_length=100, blank=True)
    number_is_date = models.BooleanField(default=False)
    own_number = models.CharField(max_length=100, blank=True)
    document_date = models.DateField()
    date_unsure = models.BooleanField(default=False)
    posted_period = models.PositiveIntegerField(null=True)
    received_period = models.PositiveIntegerField(null=True)
    claimed_period = models.PositiveIntegerField(null=True)
    taxable = models.BigIntegerField(default=0)
    igst = models.BigIntegerField(default=0)
    cgst = models.BigIntegerField(default=0)
    sgst = models.BigIntegerField(default=0)
    cess = models.BigIntegerField(default=0)
    value = models.BigIntegerField(null=True)
    place_of_supply = models.CharField(max_length=2, blank=True)
    reverse_charge = models.BooleanField(default=False)
    itc = models.CharField(max_length=4, choices=CLAIM_CHOICES, blank=True)
    original_number = models.CharField(max_length=100, blank=True)
    port_code = models.CharField(max_length=20, blank=True)
    irn = models.CharField(max_length=64, blank=True)
    details = models.JSONField(default=dict, blank=True, help_text="Purchase order, branch and other facts")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "natural_key"], condition=Q(until__isnull=True), name="one_present_bill"
            ),
            models.UniqueConstraint(
                fields=["identity"], condition=Q(until__isnull=True), name="one_present_version"
            ),
        ]
        indexes = [
            models.Index(fields=["taxpayer", "supplier_gstin", "document_date"], name="bills_of_a_supplier"),
            models.Index(fields=["identity"], name="versions_of_a_bill"),
        ]

    def __str__(self) -> str:
        return f"{self.number or self.own_number} of {self.supplier_gstin or self.supplier_name}"


class RegisterRow(models.Model):
    """A row of an upload, as it stood. A row has a bill, or the reason why it was left out."""

    upload = models.ForeignKey(RegisterUpload, on_delete=models.CASCADE, related_name="register_rows")
    sheet = models.CharField(max_length=60, blank=True)
    number = models.PositiveIntegerField(help_text="The row in the sheet, as the spreadsheet counts")
    cells = models.JSONField(default=list)
    bill = models.ForeignKey(Bill, null=True, on_delete=models.CASCADE, related_name="register_rows")
    left_out = models.CharField(max_length=30, blank=True)
    why = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["upload", "left_out", "id"], name="rows_of_an_upload")]

    def __str__(self) -> str:
        return f"{self.sheet} row {self.number}"


class MatchRun(models.Model):
    """One run of the matcher at one GSTIN, with the settings and the version that it used."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="match_runs")
    at = models.DateTimeField(help_text="Portal time")
    version = models.PositiveSmallIntegerField()
    settings = models.JSONField(default=dict)
    counts: Any = models.JSONField(default=dict, help_text="Number of matches by class")

    class Meta:
        indexes = [models.Index(fields=["taxpayer", "-id"], name="match_runs")]

    def __str__(self) -> str:
        return f"run {self.pk} at {self.taxpayer_id}"


def present_pair(name: str) -> models.UniqueConstraint:
    """Return the constraint that a bill and a document are paired once at a time."""
    return models.UniqueConstraint(
        fields=["taxpayer", "bill_identity", "root_id"], condition=Q(until__isnull=True), name=name
    )


class Pairing(models.Model):
    """A bill and a document of IMS, for a time. `root_id` is the root of the document's chain of amendments, so an
    amendment breaks no link."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="+")
    bill_identity = models.BigIntegerField()
    root_id = models.BigIntegerField()
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Link(Pairing):
    """A bill and a document of IMS that belong together. Bills and records of one group share the `group` number."""

    group = models.BigIntegerField(null=True)
    match_class = models.CharField(max_length=10)
    sub = models.CharField(max_length=12, blank=True)
    by = models.CharField(max_length=1, choices=[(BY_MATCHER, "matcher"), (BY_PERSON, "person")])
    run = models.ForeignKey(MatchRun, null=True, on_delete=models.PROTECT, related_name="links")

    class Meta:
        constraints = [present_pair("one_present_link")]
        indexes = [
            models.Index(fields=["taxpayer", "root_id"], name="links_of_a_document"),
            models.Index(fields=["taxpayer", "bill_identity"], name="links_of_a_bill"),
        ]

    def __str__(self) -> str:
        return f"bill {self.bill_identity} and document {self.root_id}: {self.match_class}"


class Apart(Pairing):
    """A person said that a bill and a document of IMS are not the same. The matcher never joins them again."""

    class Meta:
        constraints = [present_pair("one_present_apart")]

    def __str__(self) -> str:
        return f"bill {self.bill_identity} is not document {self.root_id}"


class Finding(models.Model):
    """The matcher's answer about one document of IMS, or about one bill that no document reports, for a time.

    `record` is the latest version of the document on the day of the run, and `root_id` the root of its chain. Both are
    empty for a bill alone. `bill_identity` is the first bill of the pair, or the bill alone. ALONE stands for a document
    or a bill without a partner, DOUBLE for a document that was reported before, REPEATED for a bill that was booked
    before. `difference` is the tax of IMS minus the tax of the books in paise. A finding is the present one if `until`
    is empty."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(
        Record, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="findings"
    )
    root_id = models.BigIntegerField(null=True)
    bill_identity = models.BigIntegerField(null=True)
    match_class = models.CharField(max_length=10, choices=CLASS_CHOICES)
    sub = models.CharField(max_length=12, blank=True)
    suggestion = models.CharField(max_length=7, blank=True, choices=ACTION_CHOICES)
    fallback = models.CharField(max_length=7, blank=True, choices=ACTION_CHOICES)
    auto = models.BooleanField(default=False, help_text="An approved rule may take the action")
    reduction = models.CharField(max_length=4, blank=True, choices=CLAIM_CHOICES)
    pending_until = models.DateField(null=True)
    difference = models.BigIntegerField(null=True)
    reasons: Any = models.JSONField(default=list)
    run = models.ForeignKey(MatchRun, on_delete=models.PROTECT, related_name="findings")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "root_id"],
                condition=Q(until__isnull=True, root_id__isnull=False),
                name="one_present_finding",
            ),
            models.UniqueConstraint(
                fields=["taxpayer", "bill_identity"],
                condition=Q(until__isnull=True, root_id__isnull=True),
                name="one_present_lone_bill",
            ),
        ]
        indexes = [
            models.Index(
                fields=["taxpayer", "match_class", "suggestion"],
                condition=Q(until__isnull=True),
                name="present_findings",
            ),
            models.Index(fields=["taxpayer", "bill_identity"], name="findings_of_a_bill"),
        ]

    def __str__(self) -> str:
        return f"{self.match_class} of {self.root_id or self.bill_identity}"


class Unchased(models.Model):
    """A person said that a bill is not expected in IMS: one bill, or all bills of a supplier."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="+")
    bill_identity = models.BigIntegerField(null=True)
    supplier_gstin = models.CharField(max_length=40, blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["taxpayer", "bill_identity"],
                condition=Q(until__isnull=True, bill_identity__isnull=False),
                name="one_present_unchased_bill",
            ),
            models.UniqueConstraint(
                fields=["taxpayer", "supplier_gstin"],
                condition=Q(until__isnull=True, bill_identity__isnull=True),
                name="one_present_unchased_supplier",
            ),
        ]

    def __str__(self) -> str:
        return f"not expected: {self.supplier_gstin or self.bill_identity}"
