"""The parts of a record's row that a page repeats for each of fifty records.

This module builds the HTML of these parts as text, because Django's templates need ten times as much
processor time. Parts that a page shows once or seldom are templates. All text from people and suppliers must
go through `escape`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from invoices.templatetags.portal import icon, money, verb

register = template.Library()

# A number in place of a record's id. Django builds one address with this number. For each record, the number
# is replaced by the record's id.
ANY_ID = 987_654_321


@lru_cache(maxsize=4096)
def _around(name: str, gstin: str) -> tuple[str, str]:
    before, _id, after = reverse(name, args=[gstin, ANY_ID]).partition(str(ANY_ID))
    return before, after


@register.simple_tag
def record_url(name: str, gstin: str, pk: int) -> str:
    """Return the address of a record's page or action at a GSTIN. Django's `url` tag gives the same address,
    but builds the address anew for each record."""
    before, after = _around(name, gstin)
    return f"{before}{pk}{after}"


@register.simple_tag
def tick(row: Any) -> SafeString:
    """Return the cell with the box that selects a row for a bulk action."""
    record = row.record
    words = _("Select %(number)s from %(name)s") % {
        "number": escape(record.number),
        "name": escape(row.supplier_name),
    }
    return mark_safe(  # noqa: S308
        f'<td class="c-sel"><input class="form-check-input" type="checkbox" form="pick" name="pick" '
        f'value="{record.pk}.{row.seen}"{" checked" if row.ticked else ""} data-tax="{row.tax}" '
        f'aria-label="{words}"></td>'
    )


@register.simple_tag
def act_buttons(row: Any, act: str, section: str) -> SafeString:
    """Return the buttons Accept, Reject and Pending of a row. `act` is the address of the row's actions. The
    larger buttons of the panel, with words, are in components/actions.html."""
    number, target = escape(row.record.number), row.target
    address = escape(f"{act}?in={section}&seen={row.seen}")
    described = f' aria-describedby="{row.why_id}"' if row.why_id else ""
    made = []
    for code in row.offered:
        if code in row.allowed:
            made.append(
                f'<button type="submit" form="act" formaction="{address}" hx-post="{address}" hx-target="{target}" '
                f'hx-swap="outerHTML" name="action" value="{code}" data-s="{code}" '
                f'aria-pressed="{"true" if code == row.action else "false"}" '
                f'aria-label="{escape(verb(code))} {number}" id="{target[1:]}-{code}">{code}</button>'
            )
        else:
            words = _("%(action)s %(number)s is not available") % {
                "action": escape(verb(code)),
                "number": number,
            }
            made.append(
                f'<button type="button" data-s="{code}" aria-disabled="true"{described} '
                f'aria-label="{words}">{icon("lock")}</button>'
            )
    words = _("Action for %(number)s") % {"number": number}
    return mark_safe(f'<div class="arp" role="group" aria-label="{words}">{"".join(made)}</div>')  # noqa: S308


@register.simple_tag
def cells(row: Any) -> SafeString:
    """Return the cells of the columns that this person sees."""
    return mark_safe("".join(_cells(row.cells)))  # noqa: S308


def _cells(several: Iterable[Any]) -> Iterable[str]:
    for cell in several:
        column = cell.column
        if column.kind == "text":
            number, shown = "", str(escape(cell.value))
        else:
            number, shown = " num", str(money(cell.value, column.kind == "signed"))
        note = ""
        if cell.note:
            note = f'<div class="{"gstin" if cell.mono else "sm"} mut">{escape(cell.note)}</div>'
        yield f'<td class="c-{column.key}{number}" data-label="{escape(cell.label)}">{shown}{note}</td>'
