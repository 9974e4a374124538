"""The page of bills that a later register has no more. A person says whether they are gone."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from ims_portal.kernel import typed_values
from invoices.people.access import ACT, READ, Access, for_taxpayer
from invoices.register import gone as event
from invoices.register import matching_job
from invoices.web.register.told import crumbs, paged


@require_http_methods(["GET", "HEAD", "POST"])
@for_taxpayer(READ, writes=ACT)
def gone(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the bills. A POST ends the chosen bills (`mode=gone`) or keeps them (`mode=stay`), or does it with all
    (`every`). The matcher runs after that."""
    if request.method == "POST":
        chosen = [typed_values.whole_number(pk) or 0 for pk in request.POST.getlist("bill")]
        every = request.POST.get("every") == "yes"
        settle = {"gone": event.end, "stay": event.keep}.get(request.POST.get("mode", ""))
        if settle is None or not (chosen or every):
            messages.error(request, _("Choose the bills first. Nothing was done."))
            return redirect("register_gone", access.taxpayer.gstin)
        count = settle(access.taxpayer, None if every else chosen, by=access.by())
        if count:
            matching_job.ask(access.taxpayer, by=access.by())
        told = (
            ngettext("%(count)s bill ended.", "%(count)s bills ended.", count)
            if settle is event.end
            else ngettext("%(count)s bill stays.", "%(count)s bills stay.", count)
        )
        messages.success(request, told % {"count": count})
        return redirect("register_gone", access.taxpayer.gstin)
    found = event.waiting(access.taxpayer).select_related("gone_from").defer("gone_from__mapping")
    context = {
        "access": access,
        "page": paged(request, found.order_by("document_date", "pk")),
        "crumbs": crumbs(access, _("No more in the register")),
    }
    return render(request, "invoices/register/gone.html", context)
