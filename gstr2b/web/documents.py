"""Pages that list the documents behind a figure of GSTR-2B or behind a row of GSTR-3B Table 4."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gstr2b.models import Statement, StatementLine
from gstr2b.statement import queries, table4
from gstr2b.statement.sections import BY_SLUG, REASON_WORDS, TABLE_4_ROWS, TREATED_WORDS, table_label
from gstr2b.web.pages import crumbs, link, names_of, period_name
from ims_portal.kernel import typed_values
from ims_portal.kernel.errors import NotFound
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from ims_portal.support.database import keyset
from ims_portal.support.web.addresses import tax_period
from invoices.models.choices import SECTION_LABELS
from invoices.people.access import Access, for_taxpayer
from invoices.queries.bills import after_cutoff
from invoices.rules.calendar import BILL_AFTER_CUTOFF
from invoices.rules.situation import Kind


def _statement(request: HttpRequest, access: Access, period: TaxPeriod) -> Statement:
    wanted = typed_values.whole_number(request.GET.get("draft", ""))
    found = (
        queries.current(access.taxpayer, period)
        if wanted is None
        else queries.version(access.taxpayer, period, wanted)
    )
    if found is None:
        raise NotFound("NOT_FOUND", _("GSTR-2B of this period has no version with this number."))
    return found


@for_taxpayer()
def of_section(request: HttpRequest, access: Access, period: str, section: str, table: str) -> HttpResponse:
    """List the documents under a heading of the statement. `table` is an IMS section key, or "all"."""
    month = tax_period(period)
    heading = BY_SLUG.get(section)
    if heading is None or (table != "all" and table not in SECTION_LABELS):
        raise NotFound("NOT_FOUND", _("GSTR-2B has no table with this name. Open GSTR-2B again."))
    statement = _statement(request, access, month)
    lines = queries.lines(statement, heading, "" if table == "all" else table)
    words = str(heading.label) if table == "all" else table_label(table)
    total = queries.behind_heading(statement, heading, "" if table == "all" else table)
    return _listed(
        request,
        access,
        month,
        statement,
        lines,
        total,
        {
            "title": words,
            "under": heading.label if table != "all" else "",
            "table_3b": heading.table_3b,
            "amounts": heading.amounts,
            "advice": heading.advice,
        },
    )


@for_taxpayer()
def of_row(request: HttpRequest, access: Access, period: str, row: str) -> HttpResponse:
    """List the documents that a row of GSTR-3B Table 4 sums."""
    month = tax_period(period)
    if row not in TABLE_4_ROWS:
        raise NotFound("NOT_FOUND", _("Table 4 of GSTR-3B has no row with this name. Open GSTR-3B again."))
    name, label, key, which = TABLE_4_ROWS[row]
    statement = _statement(request, access, month)
    return _listed(
        request,
        access,
        month,
        statement,
        queries.row_parts(statement, key.value, which),
        (
            queries.documents_by_row(statement).get(key.value, 0),
            table4.fill(statement)[key.value],
        ),
        {
            "title": _("Documents behind %(row)s of GSTR-3B") % {"row": name},
            "under": label,
            "table_3b": name,
            "amounts": which,
            "advice": "",
        },
    )


def _listed(
    request: HttpRequest,
    access: Access,
    period: TaxPeriod,
    statement: Statement,
    lines: list[QuerySet[StatementLine]],
    total: tuple[int, TaxAmounts],
    about: dict[str, Any],
) -> HttpResponse:
    gstin, name = access.taxpayer.gstin, period_name(access.taxpayer, period)
    page = keyset.page(lines, keyset.Position.read(request.GET), request.GET)
    names = names_of(line.supplier_id for line in page.rows)
    which = about["amounts"]
    bills = {
        x.record_id: queries.amounts(x, "effect").total
        for x in page.rows
        if x.kind == Kind.BILL_OF_ENTRY.value
    }
    late = after_cutoff(access.taxpayer.pk, period, bills)
    rows = []
    for line in page.rows:
        tone, word = TREATED_WORDS[line.treated]
        rows.append(
            {
                "line": line,
                "supplier": names.get(line.supplier_id),
                "tone": tone,
                "word": word,
                "reason": REASON_WORDS[line.reason],
                "warning": _(BILL_AFTER_CUTOFF) if line.record_id in late else "",
                "table": table_label(line.table),
                "tax": queries.shown_amounts(line, which),
                "url": link("record", gstin, line.record_id),
            }
        )
    steps = [
        (_("GSTR-2B"), reverse("gstr2b_now", args=[gstin])),
        (name, reverse("gstr2b", args=[gstin, period.wire])),
        (about["title"], ""),
    ]
    return render(
        request,
        "gstr2b/documents.html",
        {
            "access": access,
            "period": period,
            "name": name,
            "statement": statement,
            "about": about,
            "rows": rows,
            "count": total[0],
            "total": total[1],
            "page": page,
            "signed": which == "effect",
            "crumbs": crumbs(access, *steps),
        },
    )
