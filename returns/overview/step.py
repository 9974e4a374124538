"""One task of a taxpayer, and its words for a person who may do the task and for a person who may not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _

from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices.models import Role, Taxpayer
from invoices.people.access import READ, Access
from invoices.rules.calendar import Due


@dataclass(frozen=True, slots=True)
class Step:
    """One task of the taxpayer. `tax` is in paise. If `posts` is true, the button submits a form. If `stop`
    is true, the page marks the step as urgent. `until` is the last legal day for the step, or None if no date
    of the law limits the step. `if_accepted` is true if `tax` is the ITC that the records would bring if the
    recipient accepted them. `needs` are the roles that may do the step, and `told` is the title for a person
    with another role."""

    title: str
    why: str
    url: str
    link: str
    count: int | None = None
    tax: int | None = None
    posts: bool = False
    stop: bool = False
    until: date | None = None
    if_accepted: bool = False
    needs: frozenset[Role] = READ
    told: str = ""


def in_order(found: Iterable[Step], access: Access) -> list[Step]:
    """Return the steps with the words for this person, most urgent first: the urgent steps, then the steps with
    a legal date by this date, then the steps without a legal date. Steps with the same date keep their
    order."""
    worded = (one if access.may(one.needs) else _for_a_reader(one) for one in found)
    return sorted(worded, key=lambda step: (not step.stop, not step.stop and (step.until or date.max)))


def _for_a_reader(step: Step) -> Step:
    """Return the step for a person who may not do it. The title says who does the step."""
    return replace(step, title=step.told or step.title, link=step.link if step.posts else _("See"))


def period_name(taxpayer: Taxpayer, period: TaxPeriod | None = None) -> str:
    """Return the name of a tax period of the taxpayer; without `period`, of the open period."""
    period = period or taxpayer.opens
    return period.quarter_label if taxpayer.files is Frequency.QUARTERLY else period.label


def due_day(due: Due) -> str:
    """Return a due date in words, with the notification that extended the date."""
    day = day_name(due.on)
    return _("%(day)s (extended by %(source)s)") % {"day": day, "source": due.source} if due.source else day


def day_name(day: date) -> str:
    return format_date(day, "j M Y")
