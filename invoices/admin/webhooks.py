"""Staff page of the hosts that the portal may send events to."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from invoices.models import WebhookHost


@admin.register(WebhookHost)
class WebhookHostAdmin(admin.ModelAdmin):
    """The portal never sends events to a host that is not on this list. It pauses a host that gives no
    answer."""

    list_display: Any = ["host", "private", "silences", "paused_at", "paused_until"]
    readonly_fields = ("silences", "paused_at", "paused_until")
