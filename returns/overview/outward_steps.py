"""The steps of a taxpayer's outward supplies: the returns to file, the documents of a closed IFF, and the
documents that recipients rejected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ims_portal.kernel.money import format_count, format_inr
from invoices.models import Taxpayer
from invoices.people.access import FILE, SUPPLY, Access
from invoices.rules.calendar import Calendar, Form
from returns.outward import rejections
from returns.overview.due_returns import DueReturn, Returns, returns_of
from returns.overview.step import Step, due_day, period_name


def of(access: Access, today: date, dates: Calendar) -> list[Step]:
    """Return the steps of the outward supplies. People who enter supplies get the rejections too."""
    taxpayer = access.taxpayer
    found = to_file(taxpayer, returns_of([taxpayer], today, dates)[taxpayer.pk], today)
    return [*found, *rejected(taxpayer)] if access.can_supply or not access.as_recipient else found


def to_file(taxpayer: Taxpayer, returns: Returns, today: date) -> list[Step]:
    """Return a step for the earliest unfiled return of each form (R-101). A form whose period has not ended has
    no step yet. The step is urgent after the due date."""
    ended = [one for one in returns.open if one.form is not Form.GSTR3B and one.period.last_day < today]
    forms = sorted({one.form for one in ended}, key=lambda form: form.value)
    return [_first(taxpayer, [one for one in ended if one.form is form], today) for form in forms] + [
        _closed(taxpayer, one) for one in returns.closed
    ]


def _first(taxpayer: Taxpayer, due: Sequence[DueReturn], today: date) -> Step:
    one = due[0]
    name, late = return_name(taxpayer, one), one.is_late(today)
    said = {"form": one.form.value, "period": name, "day": due_day(one.due)}
    why = (_("%(form)s was due on %(day)s.") if late else _("%(form)s is due on %(day)s.")) % said
    if one.form is Form.GSTR1:
        if one.period < taxpayer.opens:
            why = f"{why} " + _("GSTR-3B of the period is filed, but GSTR-1 is still missing.")
        else:
            why = f"{why} " + _("File it before GSTR-3B (section 39(10)).")
    later = sum(each.is_late(today) for each in due[1:])
    if later:
        more = ngettext(
            "%(form)s of %(n)s later period is overdue too.",
            "%(form)s of %(n)s later periods are overdue too.",
            later,
        )
        why = f"{why} {more % {'form': one.form.value, 'n': later}}"
    if one.form is Form.IFF:
        why = f"{why} {_saved(one.documents)}"
    told = (
        _("%(form)s of %(period)s is late; a signatory files it")
        if late
        else _("%(form)s of %(period)s is not filed; a signatory files it")
    )
    return Step(
        _("File %(form)s for %(period)s") % said,
        why,
        form_url(taxpayer, one),
        _("Open it"),
        stop=late,
        until=one.due.on,
        needs=FILE,
        told=told % said,
    )


def _saved(documents: int) -> str:
    said = ngettext(
        "%(n)s saved document reaches its recipient only if you file IFF.",
        "%(n)s saved documents reach their recipients only if you file IFF.",
        documents,
    )
    return said % {"n": format_count(documents)}


def _closed(taxpayer: Taxpayer, one: DueReturn) -> Step:
    title = closed_iff(one)
    return Step(
        title,
        _("IFF closed on %(day)s. Move the documents to the next form of the quarter.")
        % {"day": due_day(one.due)},
        form_url(taxpayer, one),
        _("Open it"),
        needs=SUPPLY,
        told=_("%(what)s; a supplier clerk or a signatory moves them") % {"what": title},
    )


def closed_iff(one: DueReturn) -> str:
    """Return the sentence about the documents that are left in a closed IFF."""
    said = ngettext(
        "IFF of %(period)s closed, %(n)s document to move",
        "IFF of %(period)s closed, %(n)s documents to move",
        one.documents,
    )
    return said % {"period": one.period.short_label, "n": format_count(one.documents)}


def rejected(taxpayer: Taxpayer) -> list[Step]:
    """Return the step for documents that recipients rejected, if the supplier can still answer or tax will be
    added (R-110). The count and the tax are those of one list of rejected documents. The number of queries is fixed."""
    for show in ("now", "forecast"):
        listed = rejections.rejected(taxpayer, show=show)
        count = rejections.total(listed)[0]
        if count:
            break
    else:
        return []
    expected, posted = rejections.adds(taxpayer, listed)
    title = ngettext(
        "%(n)s document rejected by its recipient", "%(n)s documents rejected by recipients", count
    ) % {"n": format_count(count)}
    tax = (expected + posted).total
    if tax > 0:
        said = (
            _("%(what)s: ₹%(tax)s was added to your tax")
            if expected.is_zero
            else _("%(what)s: up to ₹%(tax)s is added to your tax")
        )
        title = said % {"what": title, "tax": format_inr(tax)}
    return [
        Step(
            title,
            _("Ask the recipient to change the action, or correct the document."),
            f"{reverse('outward_rejected', args=[taxpayer.gstin])}?show={show}",
            _("See list"),
        )
    ]


def return_name(taxpayer: Taxpayer, one: DueReturn) -> str:
    """Return the name of the return's period: a quarter, or a month."""
    return period_name(taxpayer, one.period) if one.form is Form.GSTR1 else one.period.label


def form_url(taxpayer: Taxpayer, one: DueReturn) -> str:
    """Return the address of the form."""
    return reverse(one.form.value.lower().replace("-", ""), args=[taxpayer.gstin, one.period.wire])
