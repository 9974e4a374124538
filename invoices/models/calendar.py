"""Dated facts that staff enter: extended due dates and annual returns. Also the portal clock."""

from django.conf import settings
from django.db import models

from ims_portal.kernel.periods import TaxPeriod
from invoices.models.choices import FORM_CHOICES
from invoices.models.taxpayer import Taxpayer
from invoices.rules.extensions import Extension, where_in_words


class DueDateExtension(models.Model):
    """A due date that a notification extended (R-067). An extension changes filing windows, the dates of
    GSTR-2B drafts, and time limits, as long as it is in force."""

    FORMS = [
        *FORM_CHOICES,
        ("GSTR-1 quarterly", "GSTR-1 quarterly"),
        ("GSTR-3B quarterly", "GSTR-3B quarterly"),
    ]

    form = models.CharField(max_length=20, choices=FORMS)
    period = models.PositiveIntegerField(help_text="Last month of the period, as 202412")
    state = models.CharField(
        max_length=2,
        blank=True,
        help_text="State code; A or B for the States whose quarterly GSTR-3B is due on the 22nd or the 24th; "
        "empty for all States",
    )
    places = models.TextField(
        blank=True,
        help_text="Districts, PIN codes or GSTINs, one in each line or separated by commas. Empty for the "
        "whole State",
    )
    due_on = models.DateField()
    source = models.CharField(max_length=200, help_text="Notification number and date")
    in_force = models.BooleanField(
        default=True, help_text="An extension that is not in force changes no date"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["form", "period", "state", "source", "due_on"], name="one_extension_per_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.form} {TaxPeriod.from_number(self.period).short_label} {self.where}: {self.due_on:%d-%m-%Y}"

    @property
    def where(self) -> str:
        """The States and places of the extension, in words."""
        return where_in_words(self.state, self.places.split("\n") if self.places else ())

    @property
    def as_law(self) -> Extension:
        return Extension(
            self.form,
            self.period,
            self.due_on,
            self.state,
            frozenset(filter(None, self.places.split("\n"))),
            self.source,
        )


class AnnualReturn(models.Model):
    """The day on which a taxpayer furnished the annual return of a year. If this day is before the 30
    November after the year, this day is the section 16(4) date of the year (R-062)."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="annual_returns")
    year = models.PositiveSmallIntegerField(help_text="First calendar year of the financial year")
    furnished_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["taxpayer", "year"], name="one_annual_return_per_year")
        ]

    def __str__(self) -> str:
        return f"{self.taxpayer.gstin} {self.year}-{(self.year + 1) % 100:02d}"


class PortalClock(models.Model):
    """The portal clock. The table has one row. At the real time `real_anchor`, the portal showed the time
    `portal_anchor`. If both are empty, the portal shows real time. `nights_through` is the latest date whose
    midnight jobs have run."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    real_anchor = models.DateTimeField(null=True, blank=True)
    portal_anchor = models.DateTimeField(null=True, blank=True)
    frozen = models.BooleanField(default=False)
    nights_through = models.DateField(null=True, blank=True)
    moving_to = models.DateTimeField(null=True, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_portal_clock")]

    def __str__(self) -> str:
        return "Portal clock"
