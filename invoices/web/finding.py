"""Find a page, a record, an action or a taxpayer by its name, on a separate page or in the dialog of Ctrl+K."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.models.choices import SECTION_LABELS
from invoices.people.access import Access, for_taxpayer, taxpayers_of
from invoices.queries import left_desk, numbers, suppliers
from invoices.rules.situation import Kind, Route
from invoices.web.page.crumbs import crumbs
from invoices.web.page.labels import section_label
from invoices.web.record_list import saved_views
from invoices.web.record_list.row import desk_view

MOST = 8
MOST_TAXPAYERS = 20  # on a page without a GSTIN
# kind of a document -> the page of its table in the supplier's form
TABLES = {Kind.INVOICE.value: "b2b", Kind.ECO.value: "eco"}

# pages that a registration without IMS does not have
ONLY_WITH_IMS = ("ims/inward/", "ims/voided/", "ims/triage/", "ims/views/", "gstr2b/", "gstr3b/")


@for_taxpayer()
@require_safe
def find(request: HttpRequest, access: Access) -> HttpResponse:
    """Show the results for `?q=`. The results are pages and saved views whose name contains every word, records
    whose number contains the text, on the desk and of filed periods, the taxpayer's own documents with such a number, suppliers whose name or GSTIN
    contains every word, and other taxpayers of the person."""
    asked = _asked(request)
    words = asked.lower().split()
    context = {
        "access": access,
        "crumbs": crumbs(access, here=_("Find")),
        "asked": asked,
        "places": _named(_places(access), asked),
        "records": _records(access, asked) if asked else [],
        "outward": _outward(access, asked) if asked else [],
        "suppliers": _suppliers(access, words) if len(asked) >= suppliers.LEAST_OF_GSTIN else [],
        "taxpayers": _taxpayers(request.user, asked, but=access.taxpayer.pk) if asked else [],
        "search_url": f"/t/{access.taxpayer.gstin}/ims/inward/all/?q=",
    }
    return _answer(request, context)


@login_required
@require_safe
def find_taxpayer(request: HttpRequest) -> HttpResponse:
    """Show the results for `?q=` on a page without a GSTIN: the person's taxpayers, and the person's own
    pages."""
    asked = _asked(request)
    places = _own_pages()
    taxpayers = _taxpayers(request.user, asked, most=MOST_TAXPAYERS + 1)
    context = {
        "crumbs": [{"label": _("Taxpayers"), "url": "/t/"}, {"label": _("Find"), "url": ""}],
        "asked": asked,
        "taxpayers": taxpayers[:MOST_TAXPAYERS],
        "more": len(taxpayers) > MOST_TAXPAYERS,
        "places": _named(places, asked),
    }
    response = _answer(request, context)
    response["Cache-Control"] = "no-store"
    return response


def _asked(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:40]


def _answer(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    name = "invoices/_found.html" if request.headers.get("HX-Request") else "invoices/find.html"
    return render(request, name, context)


def _named(places: list[dict[str, str]], asked: str) -> list[dict[str, str]]:
    words = asked.lower().split()
    return [one for one in places if all(word in one["label"].lower() for word in words)][:MOST]


def _taxpayers(user: Any, asked: str, *, but: int = 0, most: int = MOST) -> list[Taxpayer]:
    """Return taxpayers of the person whose GSTIN or name contains every word of `asked`, without the
    taxpayer with the id `but`, at most `most`."""
    return list(taxpayers_of(user, asked).exclude(pk=but)[:most])


def _records(access: Access, asked: str) -> list[dict[str, Any]]:
    """Return the recipient's documents with such a number. `left` says when or why a document left the desk."""
    desk = {"recipient_id": access.taxpayer.pk}
    closed = left_desk.held_closed(access.taxpayer, desk_view(access), asked)
    mine = Record.objects.filter(numbers.containing(asked, **desk), **desk).exclude(
        pk__in=[one.record.pk for one in closed]
    )
    mine = mine.exclude(route=Route.NO_ACCESS.value).select_related("supplier")
    held = mine.order_by("-document_date", "-pk")[:MOST]
    gone = [*closed, *left_desk.archived(access.taxpayer, asked)]
    found = [{"record": one, "left": ""} for one in held]
    return (found + [{"record": one.record, "left": one.words} for one in gone])[:MOST]


def _outward(access: Access, asked: str) -> list[dict[str, Any]]:
    """Return the documents that the taxpayer reported as a supplier, each with its form, its period and the address of
    its page. A document of which the recipient's period is filed is in the archive."""
    desk = {"supplier_id": access.taxpayer.pk}
    live = Record.objects.filter(numbers.containing(asked, **desk), **desk)
    gone = ArchivedRecord.objects.filter(numbers.containing(asked, ArchivedRecord, **desk), **desk)
    gone = gone.exclude(why=ArchivedRecord.Why.DELETED.value)
    found: list[Record | ArchivedRecord] = []
    for documents in (live, gone):
        found += documents.select_related("recipient").order_by("-document_date", "-pk")[:MOST]
    found.sort(key=lambda one: (one.document_date, one.pk), reverse=True)
    return [
        {"record": one, "period": _period_label(access, one), "url": _document_url(access, one)}
        for one in found[:MOST]
    ]


def _period_label(access: Access, record: Record | ArchivedRecord) -> str:
    """Return the name of the form's period. A quarterly filer files IFF for a month, and its other forms for a
    quarter."""
    period = TaxPeriod.from_number(record.tax_period)
    of_quarter = access.taxpayer.files is Frequency.QUARTERLY and period.is_quarter_end
    return period.quarter_label if of_quarter else period.label


def _document_url(access: Access, record: Record | ArchivedRecord) -> str:
    slug, period = record.form.lower().replace("-", ""), TaxPeriod.from_number(record.tax_period).wire
    table = TABLES.get(record.kind, "notes") + ("a" if record.amends_id else "")
    return f"/t/{access.taxpayer.gstin}/{slug}/{period}/{table}/{record.pk}/view/"


def _suppliers(access: Access, words: list[str]) -> list[Taxpayer]:
    found = Taxpayer.objects.filter(pk__in=suppliers.called(access.taxpayer, words))
    return list(found.order_by("legal_name", "pk")[:MOST])


def _places(access: Access) -> list[dict[str, str]]:
    base, period = f"/t/{access.taxpayer.gstin}/", access.taxpayer.opens.wire
    fixed = [
        (_("Home"), ""),
        (_("Records that need action"), "ims/inward/all/?status=N"),
        (_("Pending records"), "ims/inward/all/?status=P"),
        (_("Rejected records"), "ims/inward/all/?status=R"),
        (_("Actions cleared by a supplier's edit"), "ims/voided/"),
        (_("All records in IMS"), "ims/inward/all/"),
        (_("Inward summary"), "ims/inward/"),
        (_("IMS dashboard"), "ims/"),
        (_("GSTR-2B: see, compute, recompute"), f"gstr2b/{period}/"),
        (_("Compare drafts of GSTR-2B"), f"gstr2b/{period}/compare/"),
        (_("GSTR-3B"), f"gstr3b/{period}/"),
        (_("Outward supplies"), "ims/outward/"),
        (_("Downloads"), "jobs/"),
        (_("Saved views"), "ims/views/"),
    ]
    if access.can_act:
        fixed.insert(1, (_("Start triage"), "ims/triage/all/"))
    fixed += [(section_label(key), f"ims/inward/{key}/") for key in SECTION_LABELS]
    if not access.taxpayer.registration.has_ims:
        fixed = [(label, path) for label, path in fixed if not path.startswith(ONLY_WITH_IMS)]
    saved = [{"label": view.name, "url": saved_views.url_of(access, view)} for view in saved_views.of(access)]
    return [{"label": label, "url": base + path} for label, path in fixed] + saved + _own_pages()


def _own_pages() -> list[dict[str, str]]:
    return [
        {"label": _("My taxpayers"), "url": "/t/"},
        {"label": _("Preferences"), "url": "/me/preferences/"},
        {"label": _("Keyboard shortcuts"), "url": "/me/shortcuts/"},
        {"label": _("Help"), "url": "/help/"},
        {"label": _("Rules"), "url": "/help/rules/"},
        {"label": _("What changed in October 2025"), "url": "/help/october-2025/"},
    ]
