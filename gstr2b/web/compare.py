"""Page that compares two versions of a GSTR-2B, or the current version with the result of a recomputation."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gstr2b import differences
from gstr2b.differences import Difference, Moved
from gstr2b.models import Statement
from gstr2b.statement import queries
from gstr2b.web.pages import crumbs, link, names_of, period_name, standing
from ims_portal.kernel import typed_values
from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.money import rupee_text
from ims_portal.support.web.addresses import tax_period
from invoices.people.access import Access, for_taxpayer
from invoices.web.page.labels import name_of

NOW = "now"
# fill pattern of a step of the waterfall chart, by the kind of difference
FILLS = {"added": "solid", "removed": "slash", "changed": "cross"}


@for_taxpayer()
def compare(request: HttpRequest, access: Access, period: str) -> HttpResponse:
    """Show the comparison of two versions. The address names the versions: `?from=1&to=2`, or `to=now` for a
    recomputation. Without these parameters, the page compares a stale draft with its recomputation. If the
    current version is not stale, the page compares it with the version before."""
    month = tax_period(period)
    taxpayer = access.taxpayer
    found = queries.versions(taxpayer, month)
    if not found:
        raise NotFound("NOT_FOUND", _("There is no GSTR-2B of this period."))
    state = standing(access, month, found[0])
    old, new = _chosen(request, found, stale=bool(state.changes))
    kind = request.GET.get("show", "")
    if kind not in differences.SHOWN:
        raise NotFound(
            "NOT_FOUND", _("The comparison has no list with this name. Open the comparison again.")
        )
    name, gstin = period_name(taxpayer, month), taxpayer.gstin
    context: dict[str, Any] = {
        "access": access,
        "period": month,
        "name": name,
        "versions": list(reversed(found)),
        "turned": old is not None and request.GET.get("to") == str(old.version),
        "old": old,
        "new": new,
        "standing": state,
        "kind": kind,
        "crumbs": crumbs(
            access,
            (_("GSTR-2B"), reverse("gstr2b_now", args=[gstin])),
            (name, reverse("gstr2b", args=[gstin, month.wire])),
            (_("Compare"), ""),
        ),
    }
    if old is None:
        return render(request, "gstr2b/compare.html", context)
    if new is None:
        context |= _ahead(access, old, kind)
    else:
        context |= _between(request, access, old, new, kind)
    difference = context.get("difference")
    if difference is not None:
        context["tabs"] = _tabs(difference, old, new, kind)
        context["same_url"] = f"?from={old.version}&to={new.version if new else NOW}&show=same"
        context["steps"] = _steps(difference)
        context["draws"] = any(cause.effect.total for cause in difference.causes)
        context["net_rupees"] = rupee_text(difference.change.total)
    return render(request, "gstr2b/compare.html", context)


def _chosen(
    request: HttpRequest, found: list[Statement], *, stale: bool
) -> tuple[Statement | None, Statement | None]:
    """Return the two versions to compare. The second version is None if the first is compared with a
    recomputation. The first version is None if there is no earlier version to compare with."""
    by_number = {str(s.version): s for s in found}
    wanted_from, wanted_to = request.GET.get("from", ""), request.GET.get("to", "")
    if (wanted_from and wanted_from not in by_number) or wanted_to not in {"", NOW, *by_number}:
        raise NotFound("NOT_FOUND", _("GSTR-2B of this period has no version with this number."))
    if not wanted_from and not wanted_to:
        if stale:
            return found[0], None
        return (found[1], found[0]) if len(found) > 1 else (None, found[0])
    if wanted_to == NOW:
        return found[0], None
    new = by_number.get(wanted_to, found[0])
    old = by_number.get(wanted_from) or by_number.get(str(new.version - 1))
    if old is not None and old.version > new.version:
        # The causes describe changes from an earlier to a later version. If the person chose the later version
        # first, exchange the two versions. The page tells the person about the exchange.
        old, new = new, old
    return old, new


def _between(
    request: HttpRequest, access: Access, old: Statement, new: Statement, kind: str
) -> dict[str, Any]:
    difference = differences.compare(old, new)
    if difference.totals_only:
        sections = queries.side_by_side(queries.summary(old), queries.summary(new))
        unchanged = not any(s.change.total or s.old_count != s.new_count for s in sections)
        return {
            "difference": difference,
            "sections": sections,
            "unchanged": unchanged,
            "rows": [],
            "more": None,
        }
    wanted = request.GET.get("after", "")
    after = typed_values.whole_number(wanted) or 0
    page = differences.documents(old, new, kind, after)
    return {
        "difference": difference,
        "rows": _rows(access, page.rows),
        "more": f"?from={old.version}&to={new.version}&show={kind}&after={page.next}" if page.next else "",
    }


def _ahead(access: Access, old: Statement, kind: str) -> dict[str, Any]:
    ahead = differences.if_computed_now(access.taxpayer, old)
    rows = [row for row in ahead.rows if not kind or _kind(row) == kind]
    return {
        "difference": ahead.difference,
        "rows": _rows(access, rows[:200]),
        "touched": ahead.touched,
        "more": "",
    }


def _kind(row: Moved) -> str:
    return differences.kind_of(row.was, row.becomes, differs=True)


def _rows(access: Access, moved: list[Moved]) -> list[dict[str, Any]]:
    names = names_of(row.supplier_id for row in moved)
    return [
        {
            "moved": row,
            "supplier": names.get(row.supplier_id) if row.supplier_id else None,
            "url": link("record", access.taxpayer.gstin, row.record_id),
            "was": _badge(row.was),
            "becomes": _badge(row.becomes),
            "who": _who(row),
        }
        for row in moved
    ]


def _badge(state: differences.State | None) -> str:
    return state.badge if state is not None else "P"


def _who(row: Moved) -> str:
    if row.entry is None:
        return ""
    return name_of(row.entry.actor) if row.entry.actor else _("System")


def _tabs(difference: Difference, old: Statement, new: Statement | None, kind: str) -> list[dict[str, Any]]:
    base = f"?from={old.version}&to={new.version if new else NOW}"
    labels = [
        ("", _("All differences"), difference.differing),
        ("added", _("Added"), difference.counts["added"]),
        ("removed", _("Removed"), difference.counts["removed"]),
        ("changed", _("Changed"), difference.counts["changed"]),
    ]
    if new is not None:
        labels.append(("same", _("Same"), difference.counts["same"]))
    return [
        {"label": label, "url": f"{base}&show={slug}", "current": slug == kind, "count": count}
        for slug, label, count in labels
    ]


def _steps(difference: Difference) -> list[dict[str, Any]]:
    """Return the rows of the waterfall chart. The table below the chart uses the same rows, so the chart and
    the table cannot differ."""
    shown = []
    for cause in difference.causes:
        up = cause.effect.total > 0
        shown.append(
            {
                "cause": cause,
                "short": "|".join(_wrapped(cause.label)),
                "rupees": rupee_text(cause.effect.total),
                "colour": "--c-a" if up else "--c-r" if cause.effect.total < 0 else "--c-n",
                "fill": FILLS.get(cause.kind, "solid"),
            }
        )
    return shown


def _wrapped(label: str) -> list[str]:
    """Return the label as two lines, for the axis of a chart."""
    words = label.split(" ")
    half = max(1, (len(words) + 1) // 2)
    return [" ".join(words[:half]), " ".join(words[half:])]
