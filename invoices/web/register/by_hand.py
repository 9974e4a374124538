"""A person's decision about a bill and a document of IMS. After it the matcher runs again, so that the next page shows the
new state."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST

from ims_portal.kernel import typed_values
from ims_portal.kernel.errors import Invalid
from invoices.journal.writing import By
from invoices.models import Taxpayer
from invoices.people.access import ACT, Access, for_taxpayer
from invoices.register import by_hand, match, matching_job
from invoices.web.record_list.posted import local_address

# what a button says about a pair -> the event and the message after it
PAIRS: dict[str, tuple[Callable[..., None], str]] = {
    "join": (by_hand.join, gettext_noop("The bill is joined with the document.")),
    "end-join": (by_hand.end_join, gettext_noop("The join ended.")),
    "apart": (by_hand.keep_apart, gettext_noop("The bill and the document are kept apart.")),
    "end-apart": (by_hand.end_apart, gettext_noop("The bill and the document may be paired again.")),
}
# what a button says about a bill, or about all bills of a supplier
CHASES: dict[str, tuple[Callable[..., None], str]] = {
    "unchase": (by_hand.never_chase, gettext_noop("It is not expected in IMS any more.")),
    "chase": (by_hand.chase_again, gettext_noop("It is expected in IMS again.")),
}


@for_taxpayer(ACT)
@require_POST
def say(request: HttpRequest, access: Access) -> HttpResponse:
    """Store what a person says. The fields are `say`, `bill`, `document` and `supplier`."""
    asked, by = request.POST.get("say", ""), access.by()
    bill = typed_values.whole_number(request.POST.get("bill", ""))
    if asked in PAIRS:
        document = typed_values.whole_number(request.POST.get("document", ""))
        if bill is None or document is None:
            raise Invalid("BAD_SELECTION", _("Choose a bill and a document."))
        event, told = PAIRS[asked]
        event(access.taxpayer, bill, document, by=by)
        if not match_again(access.taxpayer, by=by):
            told = gettext_noop("Saved. The matcher runs in the background; open the page again in a minute.")
    elif asked in CHASES:
        event, told = CHASES[asked]
        supplier = request.POST.get("supplier", "")[:40].replace("\x00", "")
        if bill is None and not supplier:
            raise Invalid("BAD_SELECTION", _("Choose a bill or a supplier."))
        event(access.taxpayer, identity=bill, supplier=supplier, by=by)
    else:
        raise Invalid("BAD_ACTION", _("Choose one of the buttons."))
    messages.success(request, _(told))
    back = local_address(request, request.POST.get("next", ""))
    return redirect(back or reverse("match_suppliers", args=[access.taxpayer.gstin]))


def match_again(taxpayer: Taxpayer, *, by: By) -> bool:
    """Run the matcher now for a small register, and as a job for a large one. Return True if it ran now."""
    if matching_job.size(taxpayer) <= matching_job.AT_ONCE:
        match.run(taxpayer, by=by)
        return True
    matching_job.ask(taxpayer, by=by)
    return False
