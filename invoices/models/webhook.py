"""Programs that are told of events: where to, of what, and what is still to be told."""

from django.conf import settings
from django.db import models

from invoices.models.taxpayer import Taxpayer


class WebhookHost(models.Model):
    """A host events may be sent to. Only administrators add one; nothing is ever sent elsewhere."""

    host = models.CharField(
        max_length=253, unique=True, help_text="As erp.example.in, without https:// or path"
    )
    private = models.BooleanField(default=False, help_text="May stand at an address of the inner network")

    class Meta:
        ordering = ["host"]
        verbose_name = "allowed webhook host"

    def __str__(self):
        return self.host


class Webhook(models.Model):
    """An address of one taxpayer's program. The secret signs what is sent; it is stored sealed with the portal's key."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="webhooks")
    url = models.URLField(max_length=300)
    events = models.CharField(max_length=120, help_text="Words with a space between")
    sealed_secret = models.TextField()
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["taxpayer", "active"], name="webhook_by_taxpayer")]

    def __str__(self):
        return self.url


class Delivery(models.Model):
    """One event for one webhook: written in the event's own transaction, kept until it is taken or given up."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Delivered"
        GIVEN_UP = "given up", "Given up"

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    key = models.CharField(max_length=60, help_text="What it is about: said once to each webhook")
    event = models.CharField(max_length=20)
    payload = models.JSONField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    told = models.CharField(max_length=120, blank=True, help_text="What the last attempt met")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["webhook", "key"], name="one_delivery_per_event")]
        indexes = [models.Index(fields=["state", "next_at"], name="delivery_to_make")]

    def __str__(self):
        return f"{self.event} {self.state}"
