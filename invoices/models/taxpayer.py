"""Registrations and the people who work for them."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.periods import Frequency, TaxPeriod
from ims_portal.kernel.places import state_name
from invoices.models.choices import FREQUENCY_CHOICES, REGISTRATION_CHOICES
from invoices.rules.attribution import RegistrationType, registration_of
from invoices.rules.extensions import PIN_CODE, Seat, place_name


class Taxpayer(models.Model):
    """A GST registration: a recipient, a supplier, or both. If `listed` is False, the portal knows the GSTIN
    only from a document that was addressed to this GSTIN. Nobody works for such a GSTIN yet, and the portal
    drafts no GSTR-2B for it.

    `open_period` is the earliest tax period without GSTR-3B (R-006). The filing of GSTR-3B moves
    `open_period` to the next period. At the same moment, the decided records of earlier periods leave IMS."""

    gstin = models.CharField(max_length=15, unique=True)
    legal_name = models.CharField(max_length=200, blank=True)
    trade_name = models.CharField(max_length=200, blank=True)
    registration_type = models.CharField(
        max_length=16, choices=REGISTRATION_CHOICES, default=RegistrationType.NORMAL.value
    )
    frequency = models.CharField(max_length=1, choices=FREQUENCY_CHOICES, default=Frequency.MONTHLY.value)
    open_period = models.PositiveIntegerField(default=202410)
    listed = models.BooleanField(
        default=True,
        help_text="The taxpayer uses this portal, and the portal drafts its GSTR-2B. Not ticked: only suppliers or "
        "recipients named the GSTIN.",
    )
    district = models.CharField(
        max_length=60,
        blank=True,
        help_text="District of the principal place of business. An extension of a due date can name districts",
    )
    pin_code = models.CharField(
        "PIN code",
        max_length=6,
        blank=True,
        validators=[RegexValidator(PIN_CODE.pattern, "A PIN code has six digits, like 400001.")],
        help_text="PIN code of the principal place of business",
    )
    working_copy = models.BooleanField(
        default=False,
        help_text="The taxpayer's real desk is on another portal. Files of that portal can be copied into this portal",
    )

    class Meta:
        ordering = ["gstin"]
        indexes = [models.Index(fields=["listed", "open_period"], name="taxpayer_due")]

    def __str__(self) -> str:
        return f"{self.gstin} {self.name}".strip()

    def clean(self) -> None:
        """Write the district in the way in which extensions name districts."""
        self.district = place_name(self.district)

    @classmethod
    def unlisted(cls, gstin: str) -> Taxpayer:
        """Return a new, unsaved registration for a GSTIN that nobody has registered. The form of the GSTIN
        tells the kind of registration (R-140)."""
        return cls(gstin=gstin, registration_type=registration_of(Gstin(gstin)).value, listed=False)

    @classmethod
    def known_or_unlisted(cls, gstin: str) -> Taxpayer:
        """Return the registration of the GSTIN. Create it unlisted if the portal does not know it."""
        new = cls.unlisted(gstin)
        values = {"registration_type": new.registration_type, "listed": False}
        return cls.objects.get_or_create(gstin=gstin, defaults=values)[0]

    @property
    def name(self) -> str:
        return self.trade_name or self.legal_name or self.gstin

    @property
    def state(self) -> str:
        return self.gstin[:2]

    @property
    def seat(self) -> Seat:
        return Seat(self.state, self.district, self.pin_code, self.gstin)

    @property
    def state_name(self) -> str:
        return state_name(self.state)

    @property
    def files(self) -> Frequency:
        return Frequency(self.frequency)

    @property
    def registration(self) -> RegistrationType:
        return RegistrationType(self.registration_type)

    @property
    def opens(self) -> TaxPeriod:
        return TaxPeriod.from_number(self.open_period)

    @property
    def parsed_gstin(self) -> Gstin:
        return Gstin(self.gstin)


class Role(models.TextChoices):
    """A role of a person at a GSTIN. A person may have several roles at a GSTIN, and work for many GSTINs."""

    VIEWER = "viewer", "Viewer"
    PREPARER = "preparer", "Preparer"
    SIGNATORY = "signatory", "Signatory"
    SUPPLIER_CLERK = "clerk", "Supplier clerk"
    AUDITOR = "auditor", "Auditor"


class Membership(models.Model):
    """A person's role at a GSTIN. For a person without a role at a GSTIN, the pages of the GSTIN answer 404,
    as if the GSTIN did not exist."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "taxpayer", "role"], name="one_membership_per_role")
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()} at {self.taxpayer.gstin}"
