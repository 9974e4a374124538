"""A person's work on a desk: preferences, saved views, pasted lists, unsaved choices and batches."""

from django.conf import settings
from django.db import models

from ims_portal.kernel import clock
from invoices.models.choices import ACTION_CHOICES
from invoices.models.taxpayer import Taxpayer


class Preference(models.Model):
    """A person's preferences, which apply at every GSTIN. `lists` holds the columns of each section. The key
    "density" in `lists` holds the row height of each section that has its own height."""

    class Mode(models.TextChoices):
        INSTANT = "instant", "Each action is saved at once"
        SAVE = "save", "Choose first, then save"

    class Density(models.TextChoices):
        COMPACT = "compact", "Compact"
        REGULAR = "", "Regular"
        ROOMY = "roomy", "Roomy"

    class Landing(models.TextChoices):
        HOME = "", "Home"
        IMS = "ims", "IMS dashboard"
        INWARD = "inward", "Inward supplies"
        RECORDS = "records", "All records in IMS"
        TRIAGE = "triage", "Triage"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="preference"
    )
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.INSTANT)
    density = models.CharField(max_length=8, choices=Density.choices, default=Density.REGULAR, blank=True)
    rows = models.PositiveSmallIntegerField(default=50)
    heads = models.BooleanField(default=False, help_text="Tax by head instead of one total")
    shortcuts = models.BooleanField(default=True)
    keys = models.JSONField(
        default=dict, blank=True, help_text="Shortcuts for which the person chose other keys"
    )
    stay = models.BooleanField(default=False, help_text="After an action the focus stays on the record")
    ask_remarks = models.BooleanField(
        default=True, help_text="The list asks for remarks before it saves Rejected or Pending"
    )
    need_remarks = models.BooleanField(default=False)
    confirm_reject = models.BooleanField(default=False, help_text="Reject asks once more before it is saved")
    landing = models.CharField(
        max_length=8,
        choices=Landing.choices,
        default=Landing.HOME,
        blank=True,
        help_text="The first page that opens for a GSTIN",
    )
    lists = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"Preferences of {self.user}"

    def density_of(self, section: str) -> str:
        """Return the row height of a section's list: the section's own height, or the person's general
        choice."""
        return self.lists.get("density", {}).get(section, self.density)


class SavedView(models.Model):
    """A record list that a person saved under a name: section, filters, sort and columns."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    section = models.CharField(max_length=8)
    query = models.CharField(
        max_length=1000, blank=True, help_text="The query part of the list's address, after the ?"
    )
    columns = models.JSONField(default=list, blank=True)
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["taxpayer", "owner", "name"], name="one_view_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class PastedList(models.Model):
    """A list that a person pasted as a filter: GSTINs, document numbers, and `GSTIN:NUMBER` texts. The URL of
    the filtered page contains only the list's digest, because a URL is too short for thousands of entries.
    `unmatched` has the entries that were not found, so that the person can get these entries back."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=16)
    suppliers = models.JSONField(default=list)
    numbers = models.JSONField(default=list)
    pairs = models.JSONField(default=list)
    unmatched = models.JSONField(default=list)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["taxpayer", "digest"], name="one_pasted_list")]

    def __str__(self) -> str:
        return f"{len(self.suppliers) + len(self.numbers) + len(self.pairs)} pasted"


class StagedChoice(models.Model):
    """An action that a person chose for a record and has not saved yet, with the revision and version that
    the person saw. The choice survives reloads and sessions."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    record_id = models.BigIntegerField()
    action = models.CharField(max_length=1, choices=ACTION_CHOICES)
    revision = models.PositiveIntegerField()
    version = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["taxpayer", "user", "record_id"], name="one_choice_per_record")
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.action}"


class ActionBatch(models.Model):
    """One action on many records, from the preview to the result. The selection is ticked records, or all
    records that match a list's filters at one moment.

    `seen` is the selection's fingerprint at the preview. If the fingerprint differs at the run, the selection
    changed after the preview."""

    class State(models.TextChoices):
        PREVIEW = "preview", "Not run yet"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(help_text="Portal time")
    action = models.CharField(max_length=1, choices=ACTION_CHOICES)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PREVIEW)
    scope = models.CharField(max_length=8)
    list_address = models.CharField(max_length=1200, help_text="The list from which the records were chosen")
    filters = models.JSONField(
        default=dict, blank=True, help_text="The filters of that list, as query parameters"
    )
    picks = models.JSONField(
        default=dict,
        blank=True,
        help_text="For each record: the revision and the version that the person saw",
    )
    as_of = models.DateTimeField()
    seen = models.JSONField(default=dict, blank=True)
    seen_until = models.BigIntegerField(
        null=True, help_text="The last journal line at the time of the preview"
    )
    remarks = models.CharField(max_length=500, blank=True)
    answer = models.CharField(
        max_length=4,
        blank=True,
        help_text="The answer about the reduction of ITC for all records: no, or skip records that need an answer",
    )
    strict = models.BooleanField(
        default=False, help_text="Change nothing if one of the records cannot change"
    )
    stop_wanted = models.BooleanField(default=False)
    cursor = models.BigIntegerField(default=0, help_text="The id of the last record that was processed")
    entries = models.JSONField(default=list, blank=True, help_text="Journal entries made")
    result = models.JSONField(default=dict, blank=True)
    job = models.ForeignKey("invoices.Job", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name_plural = "action batches"
        ordering = ["-id"]
        indexes = [models.Index(fields=["taxpayer", "-id"], name="batch_by_taxpayer")]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Return the batch's number for people, with its date in IST, for example B-2024-1116-07."""
        return f"B-{self.created_at.astimezone(clock.IST):%Y-%m%d}-{self.pk:02d}"
