"""The page of a taxpayer's webhooks: add a webhook, see the deliveries of a webhook, and end a webhook."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from ims_portal.kernel import typed_values
from ims_portal.kernel.errors import Invalid
from invoices.journal import outbox
from invoices.models import Delivery, Webhook, WebhookHost
from invoices.people.access import ACT, READ, Access, for_taxpayer
from invoices.web.page.labels import in_language
from invoices.webhooks import hosts
from invoices.webhooks import sending as webhooks

LABELS = {
    outbox.ARRIVED: lazy("A record arrived"),
    outbox.VOIDED: lazy("An action was cleared by a supplier's edit or by law"),
    outbox.DRAFTED: lazy("GSTR-2B was drafted or computed"),
    outbox.STALE: lazy("GSTR-2B went out of date"),
    outbox.FILED: lazy("A return was filed"),
}


class WebhookForm(forms.Form):
    url = forms.CharField(label=lazy("Address"), max_length=300, help_text=lazy("https, on an allowed host"))
    events = forms.MultipleChoiceField(
        label=lazy("Send a message when"), choices=list(LABELS.items()), widget=forms.CheckboxSelectMultiple
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_taxpayer(READ, writes=ACT)
def page(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the taxpayer's webhooks. A POST adds or ends a webhook. The secret of a new webhook is shown
    once."""
    posted = request.method == "POST"
    if posted and (pk := typed_values.whole_number(request.POST.get("end", ""))) is not None:
        ended = webhooks.end(access.taxpayer, pk)
        messages.info(
            request,
            _("The webhook is ended.")
            if ended
            else _("This webhook is not active. It may have ended already."),
        )
        return redirect("webhooks", access.taxpayer.gstin)
    form = WebhookForm(request.POST if posted else None)
    secret, status = "", 200
    if posted:
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            try:
                _hook, secret = webhooks.add(access.taxpayer, given["url"], given["events"], user=access.user)
                form, status = WebhookForm(), 200
            except Invalid as bad:
                form.add_error("url", f"{in_language(bad.message)} ({bad.code})")
    hooks = list(Webhook.objects.filter(taxpayer=access.taxpayer)[:50])
    paused = hosts.paused(hook.host for hook in hooks)
    context: dict[str, Any] = {
        "access": access,
        "form": form,
        "secret": secret,
        "rows": [{"hook": hook, "paused_until": paused.get(hook.host)} for hook in hooks],
        "deliveries": Delivery.objects.filter(webhook__taxpayer=access.taxpayer).select_related("webhook")[
            :50
        ],
        "hosts": list(WebhookHost.objects.values_list("host", flat=True)[:50]),
        "crumbs": [
            {"label": _("Home"), "url": f"/t/{access.taxpayer.gstin}/"},
            {"label": _("Webhooks"), "url": ""},
        ],
    }
    return render(request, "invoices/webhooks.html", context, status=status)
