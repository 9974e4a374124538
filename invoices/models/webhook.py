"""Webhooks: the allowed hosts, the address and events of each program, and the deliveries."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from invoices.models.taxpayer import Membership, Taxpayer


class WebhookHost(models.Model):
    """A host to which the portal may send events. Only administrators add hosts. The portal sends events to
    no other host.

    If a host fails to answer several times, the portal sends the host nothing from `paused_at` until
    `paused_until`. After the pause the portal tries one delivery. If the host answers during a pause, the
    pause ends, and `paused_until` becomes the time of the answer. Only one run of `sending.deliver_due` at a
    time sends to a host. `held_until` is the end of this run's lease. All times are real time."""

    host = models.CharField(
        max_length=253,
        unique=True,
        help_text="The host name, such as erp.example.in, without https:// and path",
    )
    private = models.BooleanField(
        default=False, help_text="The host may have an address of the internal network"
    )
    silences = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="Number of deliveries without an answer since the host last answered",
    )
    paused_at = models.DateTimeField(null=True, editable=False)
    paused_until = models.DateTimeField(null=True, editable=False)
    held_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["host"]
        verbose_name = "allowed webhook host"

    def __str__(self) -> str:
        return self.host


class WebhookQuerySet(models.QuerySet):
    def in_use(self) -> WebhookQuerySet:
        """Return the webhooks that get events: the webhook has not ended, and the person who added the
        webhook is still active and has a role at the taxpayer.

        A webhook that a management command added has no person. Such a webhook gets events until it ends."""
        stays = Membership.objects.filter(
            user_id=OuterRef("created_by_id"), taxpayer_id=OuterRef("taxpayer_id")
        )
        return self.filter(Q(created_by=None) | (Q(created_by__is_active=True) & Exists(stays)), active=True)


class Webhook(models.Model):
    """An address of one taxpayer's program. The portal signs each delivery with the secret. The secret is
    stored encrypted with the portal's key.

    `host` is the host of `url`. The portal limits how many deliveries a host gets at the same time, from all
    taxpayers together."""

    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="webhooks")
    url = models.URLField(max_length=300)
    host = models.CharField(max_length=253, editable=False, db_index=True)
    events = models.CharField(max_length=120, help_text="Words, separated by spaces")
    sealed_secret = models.TextField()
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    # The person who added the webhook. If the person loses the role, the webhook ends. If the person is
    # deleted, the database deletes the webhook.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["taxpayer", "active"], name="webhook_by_taxpayer")]

    def __str__(self) -> str:
        return self.url

    def save(self, *given: Any, **named: Any) -> None:
        self.host = (urlsplit(self.url).hostname or "").lower()
        super().save(*given, **named)


class Delivery(models.Model):
    """One event that the portal sends to one webhook.

    If the host does not accept the event, the portal sends the event again later. After the time `KEPT` or
    after `MOST_ATTEMPTS` attempts, the portal gives the delivery up (`webhooks.sending`)."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Delivered"
        GIVEN_UP = "given up", "Given up"

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    key = models.CharField(
        max_length=60, help_text="The subject of the event. Each webhook gets one delivery for each subject"
    )
    event = models.CharField(max_length=20)
    payload = models.JSONField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    told = models.CharField(max_length=120, blank=True, help_text="The error of the last attempt")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["webhook", "key"], name="one_delivery_per_event")]
        indexes = [models.Index(fields=["state", "next_at"], name="delivery_to_make")]

    def __str__(self) -> str:
        return f"{self.event} {self.state}"
