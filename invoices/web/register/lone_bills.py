"""The list of bills by what became of them, to which the page Match leads."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from ims_portal.kernel import typed_values
from ims_portal.kernel.errors import Invalid
from invoices.people.access import Access, for_taxpayer
from invoices.register import expected
from invoices.web.page.crumbs import crumbs

ROWS = 50
TABS = {
    "": gettext_noop("All bills"),
    expected.EXPECTED: gettext_noop("Expected, not reported"),
    expected.NOT_EXPECTED: gettext_noop("Not expected"),
    expected.TWICE: gettext_noop("Booked twice"),
    expected.PAIRED: gettext_noop("With a record"),
    expected.WAITING: gettext_noop("Not matched yet"),
}


@for_taxpayer()
@require_safe
def bills(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the present bills with one state, or all of them, the oldest first."""
    state = request.GET.get("state", "")
    if state not in TABS:
        raise Invalid("BAD_FILTER", _("The list has no such part. Open the list again from the page Match."))
    counts = expected.by_state(access.taxpayer)
    pages = Paginator(expected.of_state(access.taxpayer, state).order_by("document_date", "pk"), ROWS)
    pages.count = counts[state].all if state else sum(one.all for one in counts.values())
    page = pages.get_page(typed_values.whole_number(request.GET.get("page", "1")) or 1)
    base = reverse("match_bills", args=[access.taxpayer.gstin])

    def url(n: int) -> str:
        return f"{base}?state={state}&page={n}"

    shown = list(page.object_list)
    return render(
        request,
        "invoices/register/lone_bills.html",
        {
            "access": access,
            "crumbs": crumbs(
                access, (_("Match"), reverse("match", args=[access.taxpayer.gstin])), here=_("Bills")
            ),
            "title": _(TABS[state]),
            "tabs": [
                {
                    "label": _(label),
                    "url": f"{base}?state={key}",
                    "current": key == state,
                    "count": counts[key].all if key else sum(one.all for one in counts.values()),
                }
                for key, label in TABS.items()
            ],
            "sum": counts.get(state),
            "bills": [{"bill": bill, "tax": expected.signed_tax(bill)} for bill in shown],
            "pager": {
                "first": url(1) if page.number > 1 else "",
                "previous": url(page.number - 1) if page.has_previous() else "",
                "next": url(page.number + 1) if page.has_next() else "",
                "last": url(pages.num_pages) if page.has_next() else "",
                "needed": pages.num_pages > 1,
            },
        },
    )
