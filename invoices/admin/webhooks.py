"""Staff page of the hosts to which events may be sent."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from invoices.models import WebhookHost


@admin.register(WebhookHost)
class WebhookHostAdmin(admin.ModelAdmin):
    """Nothing is ever sent to a host that is not on this list. A host that gives no answer is paused by itself."""

    list_display: Any = ["host", "private", "silences", "paused_at", "paused_until"]
    readonly_fields = ("silences", "paused_at", "paused_until")
