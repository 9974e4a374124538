"""Records of documents that suppliers reported: one row for each version and recipient (R-001)."""

from django.db import models
from django.db.models import Case, F, Func, GeneratedField, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Concat, Replace

from invoices.models.choices import (
    ACTION_CHOICES,
    ANSWER_CHOICES,
    DIRECTION_CHOICES,
    FILING_CHOICES,
    FORM_CHOICES,
    INVOICE_TYPE_CHOICES,
    KIND_CHOICES,
    ROUTE_CHOICES,
    SECTION_CHOICES,
    STANDING_CHOICES,
)
from invoices.models.taxpayer import Taxpayer

FACETS = ("book", "kind", "route", "filing", "standing", "direction")


IN_IMS = Q(route="M")
TAX = F("igst") + F("cgst") + F("sgst") + F("cess")


def signed(amount: Combinable) -> Case:
    """Return the amount with its sign for ITC: the amount of a credit note is negative."""
    return Case(
        When(kind="CN", then=Value(0) - amount), default=amount, output_field=models.BigIntegerField()
    )


def bare_number(number_key: Combinable) -> Func:
    """Return the number key without "-", "/" and leading zeros, so that INV/001 and INV-001 are equal."""
    joined = Replace(Replace(number_key, Value("-"), Value("")), Value("/"), Value(""))
    return Func(joined, Value("0"), function="LTRIM", output_field=models.CharField())


def _joined_facets() -> Concat:
    parts: list[Combinable] = []
    for facet in FACETS:
        parts += [F(facet), Value(" ")]
    return Concat(*parts, F("superseded"), output_field=models.CharField())


def _signed_effect() -> Case:
    """Return the signed change of total ITC, in paise, if the record is accepted in full: sign x (tax -
    baseline)."""
    tax = TAX
    base = (
        Coalesce(F("baseline_igst"), 0)
        + Coalesce(F("baseline_cgst"), 0)
        + Coalesce(F("baseline_sgst"), 0)
        + Coalesce(F("baseline_cess"), 0)
    )
    return Case(When(kind="CN", then=base - tax), default=tax - base, output_field=models.BigIntegerField())


class RecordFields(models.Model):
    """Columns of records and archived records. Amounts are in paise. Periods are integers like 202410.

    Foreign keys of these tables have no database constraint, for three reasons. A constraint would check each
    of the million rows that a load may add. A constraint cannot refer to another machine, but the tables may
    be spread over several machines by recipient. A constraint cannot refer to two tables, but a record keeps
    its id when it moves to the archive. `manage.py verify` checks the references instead."""

    recipient = models.ForeignKey(
        Taxpayer, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    supplier = models.ForeignKey(
        Taxpayer, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    form = models.CharField(max_length=8, choices=FORM_CHOICES)
    tax_period = models.PositiveIntegerField(help_text="The tax period of the form")
    section = models.CharField(max_length=8, choices=SECTION_CHOICES)
    number = models.CharField(max_length=20)
    number_key = models.CharField("number as the portal compares it", max_length=20)
    document_date = models.DateField()
    year = models.PositiveSmallIntegerField(
        help_text="First calendar year of the document date's financial year"
    )
    place_of_supply = models.CharField(max_length=2, blank=True)
    invoice_type = models.CharField(max_length=5, choices=INVOICE_TYPE_CHOICES, default="R")
    reverse_charge = models.BooleanField(default=False)
    value = models.BigIntegerField(default=0)
    taxable = models.BigIntegerField(default=0)
    igst = models.BigIntegerField(default=0)
    cgst = models.BigIntegerField(default=0)
    sgst = models.BigIntegerField(default=0)
    cess = models.BigIntegerField(default=0)
    rate_lines = models.JSONField(
        null=True, help_text="[[rate x 100, taxable, igst, cgst, sgst, cess], ...] in paise"
    )
    details = models.JSONField(
        null=True, help_text="Fields that only some documents have: IRN, port code, e-commerce GSTIN"
    )
    revision = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField()
    filed_on = models.DateField(null=True)

    natural_period = models.PositiveIntegerField(
        "GSTR-2B month of the form",
        help_text="Natural 2B month N (R-070). It is provisional until the form is filed",
    )
    claim_period = models.PositiveIntegerField(
        "recipient's GSTR-2B period", help_text="The recipient's 2B period that contains N (R-005)"
    )
    last_claim_period = models.PositiveIntegerField(
        "last GSTR-2B period for credit", help_text="Last 2B period that may offer the credit (R-032)"
    )

    amends_id = models.BigIntegerField(
        "id of the version before",
        null=True,
        help_text="The version that this record amends. That version may be in the archive",
    )
    root_id = models.BigIntegerField(
        "id of the first version",
        null=True,
        help_text="The first version of the document. Empty if this record is the first version",
    )
    root_year = models.PositiveSmallIntegerField(
        "financial year for section 16(4)", help_text="Financial year that counts for section 16(4)"
    )
    baseline_igst = models.BigIntegerField(null=True)
    baseline_cgst = models.BigIntegerField(null=True)
    baseline_sgst = models.BigIntegerField(null=True)
    baseline_cess = models.BigIntegerField(null=True)
    # Only for an amendment that lowers a credit note: the part of the earlier version's tax that the
    # amendment does not add back to ITC. The recipient's ITC was never reduced by this part.
    untaken_igst = models.BigIntegerField(null=True)
    untaken_cgst = models.BigIntegerField(null=True)
    untaken_sgst = models.BigIntegerField(null=True)
    untaken_cess = models.BigIntegerField(null=True)

    # facets of the situation (invoices/rules/situation.py)
    book = models.CharField("rules since (year and month)", max_length=4)
    kind = models.CharField(max_length=3, choices=KIND_CHOICES)
    route = models.CharField("where it goes", max_length=1, choices=ROUTE_CHOICES)
    filing = models.CharField(max_length=1, choices=FILING_CHOICES)
    standing = models.CharField("open, held or blocked", max_length=1, choices=STANDING_CHOICES)
    direction = models.CharField("what the amendment changes", max_length=1, choices=DIRECTION_CHOICES)
    superseded = models.CharField("replaced by an amendment (X)", max_length=1, default="-")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.number} ({self.section})"

    @property
    def tax(self) -> int:
        return self.igst + self.cgst + self.sgst + self.cess


class Record(RecordFields):
    """One version of a document, not archived. The table has the records on recipients' desks, and the
    records of documents that are not in IMS."""

    label = GeneratedField(
        expression=_joined_facets(), output_field=models.CharField(max_length=24), db_persist=True
    )
    effect = GeneratedField(
        expression=_signed_effect(), output_field=models.BigIntegerField(), db_persist=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "number_key", "year", "kind"],
                condition=Q(amends_id__isnull=True, supplier__isnull=False),
                name="one_document_per_number",
            ),
            models.UniqueConstraint(
                fields=["amends_id", "recipient", "kind"],
                condition=Q(amends_id__isnull=False),
                name="one_amendment_per_version",
            ),
            models.CheckConstraint(
                condition=Q(value__gte=0, taxable__gte=0, igst__gte=0, cgst__gte=0, sgst__gte=0, cess__gte=0),
                name="record_amounts_not_negative",
            ),
        ]
        indexes = [
            # `queries.suppliers` asks whether a supplier has a record in a certain 2B period. This index
            # answers in one look-up.
            models.Index(fields=["recipient", "claim_period", "supplier"], name="record_by_claim"),
            models.Index(fields=["recipient", "number_key", "id"], name="record_by_number"),
            # The record list uses the next three indexes, and a test checks the list's query plans. The
            # indexes contain only documents in IMS. Otherwise the list's query might have to skip thousands
            # of documents that are not in IMS.
            models.Index(
                fields=["recipient", "document_date", "id"], condition=IN_IMS, name="listed_by_date"
            ),
            models.Index(
                fields=["recipient", "section", "document_date", "id"],
                condition=IN_IMS,
                name="listed_by_section",
            ),
            models.Index(
                fields=["recipient", "filing", "document_date", "id"],
                condition=IN_IMS,
                name="listed_by_filing",
            ),
            models.Index(fields=["recipient", "supplier", "id"], name="record_by_supplier"),
            # Finds the suppliers with unfiled documents. The GSTR-2B draft waits if one of them is filing.
            # This index is small, because few documents are saved but not filed.
            models.Index(fields=["recipient", "supplier"], condition=Q(filing="S"), name="record_unfiled"),
            # finds two documents of a supplier whose numbers differ only in "-", "/" or leading zeros
            models.Index(
                F("recipient"),
                F("supplier"),
                bare_number(F("number_key")),
                condition=Q(amends_id__isnull=True, supplier__isnull=False),
                name="record_by_bare_number",
            ),
            # The next two indexes serve filters for rare values. They have no columns for a sort, so that
            # they stay small.
            models.Index(fields=["recipient", "place_of_supply"], name="record_by_place"),
            models.Index(fields=["recipient", "form"], name="record_by_source"),
            # The next four indexes are for amounts. They have no condition, because with a condition the
            # database would have no statistics about the expression of the index. So these indexes also
            # contain documents that are not in IMS, and a query must skip these documents. This costs little:
            # such documents have all kinds of amounts, so the query skips only a few of them at a time.
            models.Index(F("recipient"), signed(F("value")), F("id"), name="record_by_value"),
            models.Index(F("recipient"), signed(F("taxable")), F("id"), name="record_by_taxable"),
            models.Index(F("recipient"), signed(TAX), F("id"), name="record_by_tax"),
            models.Index(fields=["recipient", "effect", "id"], name="record_by_effect"),
            models.Index(
                fields=["recipient", "route", "document_date", "id"],
                condition=~IN_IMS,
                name="record_past_ims",
            ),
            models.Index(fields=["supplier", "form", "tax_period"], name="record_by_form"),
            models.Index(fields=["root_id"], condition=Q(root_id__isnull=False), name="record_by_root"),
            models.Index(
                fields=["recipient", "amends_id"],
                condition=Q(amends_id__isnull=False),
                name="amendment_by_recipient",
            ),
            # Finds amendments when the portal compares an uploaded file with saved documents. The index of
            # the constraint `one_document_per_number` finds the originals.
            models.Index(
                fields=["supplier", "number_key", "year"],
                condition=Q(amends_id__isnull=False),
                name="amendment_by_number",
            ),
        ]


class ArchivedRecord(RecordFields):
    """A record that has left the desk, with its final decision in the same row. The id is the id of the
    former `Record`."""

    class Why(models.TextChoices):
        CLOSED = "C", "GSTR-3B filed"
        PURGED = "U", "Section 16(4) date passed"
        WITHDRAWN = "W", "Withdrawn by an amendment"
        DELETED = "D", "Removed by the supplier"

    id = models.BigIntegerField(primary_key=True)
    label = models.CharField(max_length=24)
    effect = models.BigIntegerField()
    action = models.CharField(max_length=1, choices=ACTION_CHOICES)
    answer = models.CharField(max_length=1, choices=ANSWER_CHOICES)
    reduction_igst = models.BigIntegerField(null=True)
    reduction_cgst = models.BigIntegerField(null=True)
    reduction_sgst = models.BigIntegerField(null=True)
    reduction_cess = models.BigIntegerField(null=True)
    remarks = models.CharField(max_length=500, blank=True)
    acted_at = models.DateTimeField(null=True)
    land_period = models.PositiveIntegerField(
        help_text="The 2B period in which the recipient took the action"
    )
    why = models.CharField(max_length=1, choices=Why.choices)
    left_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["recipient", "land_period", "document_date", "id"], name="archive_by_period"
            ),
            models.Index(fields=["recipient", "supplier", "land_period"], name="archive_by_supplier"),
            models.Index(fields=["supplier", "number_key", "year"], name="archive_by_number"),
            # finds a document of a filed period by a part of its number
            models.Index(fields=["recipient", "number_key", "id"], name="archive_by_own_number"),
            models.Index(fields=["supplier", "form", "tax_period"], name="archive_by_form"),
            models.Index(fields=["root_id"], condition=Q(root_id__isnull=False), name="archive_by_root"),
            models.Index(
                fields=["amends_id"], condition=Q(amends_id__isnull=False), name="archive_by_amended"
            ),
        ]
