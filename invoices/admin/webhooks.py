"""Staff page of the hosts to which the portal may send events."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from ims_portal.support.web.read_only_admin import FoundById
from invoices.models import WebhookHost


@admin.register(WebhookHost)
class WebhookHostAdmin(FoundById):
    """Staff page of the allowed hosts. The portal sends events only to these hosts. The portal pauses a host
    that does not answer."""

    list_display: Any = ["host", "private", "silences", "paused_at", "paused_until"]
    readonly_fields = ("silences", "paused_at", "paused_until")
