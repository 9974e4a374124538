"""Pages of one period's GSTR-2B: the summary, the list of versions, and the button that computes a
version."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from gstr2b import generation
from gstr2b.models import Statement
from gstr2b.statement import queries
from gstr2b.statement.sections import NET_ROWS, TABLE_4_ROWS
from gstr2b.web.pages import crumbs, link, period_name, standing
from ims_portal.kernel.errors import NotFound, Refused
from ims_portal.kernel.money import format_count
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.support.web import screen_messages
from ims_portal.support.web.addresses import tax_period
from invoices.models import RecipientDesk
from invoices.people.access import ACT, Access, for_taxpayer
from invoices.web.page import words


@for_taxpayer()
def now(request: HttpRequest, access: Access) -> HttpResponse:
    """Redirect to the GSTR-2B of the open period."""
    return redirect("gstr2b", access.taxpayer.gstin, access.taxpayer.opens.wire)


@for_taxpayer()
def summary(request: HttpRequest, access: Access, period: str) -> HttpResponse:
    """Show the current version, or the reason why there is no version."""
    month = tax_period(period)
    statement = queries.current(access.taxpayer, month)
    return _shown(request, access, month, statement)


@for_taxpayer()
def one_version(request: HttpRequest, access: Access, period: str, number: int) -> HttpResponse:
    """Show one version by its number. Earlier versions can only be read."""
    month = tax_period(period)
    statement = queries.version(access.taxpayer, month, number)
    if statement is None:
        raise NotFound("NOT_FOUND", _("GSTR-2B of this period has no version with this number."))
    return _shown(request, access, month, statement)


def _shown(
    request: HttpRequest, access: Access, period: TaxPeriod, statement: Statement | None
) -> HttpResponse:
    taxpayer = access.taxpayer
    name = period_name(taxpayer, period)
    block = request.GET.get("block", "available")
    shown = queries.summary(statement) if statement else None
    if shown is not None and block not in {b.block.slug for b in shown.blocks}:
        raise NotFound("NOT_FOUND", _("GSTR-2B has no block with this name. Open GSTR-2B again."))
    steps = [(_("GSTR-2B"), reverse("gstr2b_now", args=[taxpayer.gstin]))]
    if statement is not None and not statement.is_current:
        steps += [
            (name, reverse("gstr2b", args=[taxpayer.gstin, period.wire])),
            (_("Draft %(n)s") % {"n": statement.version}, ""),
        ]
    else:
        steps.append((name, ""))
    return render(
        request,
        "gstr2b/summary.html",
        {
            "access": access,
            "period": period,
            "name": name,
            "statement": statement,
            "standing": standing(access, period, statement if statement and statement.is_current else None)
            if statement is None or statement.is_current
            else None,
            "summary": shown,
            "current_block": next((b for b in shown.blocks if b.block.slug == block), None)
            if shown
            else None,
            "net_rows": [
                {"label": label, "slug": slug, "table": TABLE_4_ROWS[slug][0], "tax": shown.net[slug]}
                for label, slug in NET_ROWS
            ]
            if shown
            else [],
            "neighbours": {
                "previous": taxpayer.files.previous(period),
                "next": taxpayer.files.next(period) if period < taxpayer.opens else None,
            },
            "old_version": statement is not None and not statement.is_current,
            "query": f"?draft={statement.version}" if statement and not statement.is_current else "",
            "crumbs": crumbs(access, *steps),
            "three_b_url": link("gstr3b", taxpayer.gstin, period.wire),
            "downloads_url": link("gstr2b_download", taxpayer.gstin, period.wire),
        },
    )


@for_taxpayer()
def versions(request: HttpRequest, access: Access, period: str) -> HttpResponse:
    """List all versions of the period's GSTR-2B, newest first."""
    month = tax_period(period)
    name = period_name(access.taxpayer, month)
    gstin = access.taxpayer.gstin
    found = queries.versions(access.taxpayer, month)
    return render(
        request,
        "gstr2b/versions.html",
        {
            "access": access,
            "period": month,
            "name": name,
            "versions": [
                {"statement": made, "net": tax, "documents": count}
                for made, tax, count in queries.with_net(found)
            ],
            "crumbs": crumbs(
                access,
                (_("GSTR-2B"), reverse("gstr2b_now", args=[gstin])),
                (name, reverse("gstr2b", args=[gstin, month.wire])),
                (_("Drafts"), ""),
            ),
        },
    )


@require_POST
@for_taxpayer(ACT)
def compute(request: HttpRequest, access: Access, period: str) -> HttpResponse:
    """Generate the statement, or recompute an existing statement (R-091, R-094). If the draft is not stale,
    do nothing."""
    month = tax_period(period)
    was = queries.current(access.taxpayer, month)
    make = generation.recompute if was is not None else generation.generate
    if was is not None and not was.is_final and not _is_stale(access, month):
        messages.info(request, screen_messages.text_with_code("2B-NOCHANGE", d=was.version))
        return redirect("gstr2b", access.taxpayer.gstin, month.wire)
    try:
        made = make(access.taxpayer, month, by=access.by())
    except Refused as refusal:
        messages.error(request, words.refusal_text(refusal))
        return redirect("gstr2b", access.taxpayer.gstin, month.wire)
    count = queries.document_counts([made])[made.pk]
    told = ngettext(
        "GSTR-2B draft %(n)s for %(period)s is ready: %(count)s document.",
        "GSTR-2B draft %(n)s for %(period)s is ready: %(count)s documents.",
        count,
    ) % {
        "n": made.version,
        "period": period_name(access.taxpayer, month),
        "count": format_count(count),
    }
    if was is not None:
        address = reverse("gstr2b_compare", args=[access.taxpayer.gstin, month.wire])
        told = format_html(
            '{} <a href="{}?from={}&amp;to={}">{}</a>',
            told,
            address,
            was.version,
            made.version,
            _("Compare with draft %(n)s") % {"n": was.version},
        )
    messages.success(request, told)
    return redirect("gstr2b", access.taxpayer.gstin, month.wire)


def _is_stale(access: Access, period: TaxPeriod) -> bool:
    """Return true if the draft is stale, or if the period has no desk. In both cases the caller calls
    `recompute`. If there is no desk, `recompute` refuses the period, and the page shows the refusal."""
    desk = RecipientDesk.objects.filter(recipient=access.taxpayer, period=period.number).first()
    return desk is None or desk.is_stale
