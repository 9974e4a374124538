"""Says in which GSTR-2B a record lands, for the record list and for its workbook."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ims_portal.kernel.periods import TaxPeriod
from invoices.rules.situation import Action, Filing, Situation


@dataclass(frozen=True, slots=True)
class Lands:
    """The 2B period in which a record lands, as a number like 202410, and a note. `period` is 0 if the record lands in
    no GSTR-2B. If the record is carried over, `earlier` is the period from which the record comes. Otherwise `earlier`
    is 0."""

    period: int
    note: str = ""
    earlier: int = 0


LAPSED, REPLACED = Lands(0, gettext_noop("can no longer be filed")), Lands(0, gettext_noop("replaced"))
WAITING = Lands(0, gettext_noop("while pending"))
IF_FILED = gettext_noop("if filed in time")


def lands(situation: Situation, land: int, open_period: int) -> Lands:
    """Return where a record lands. `land` is the record's own 2B period, and `open_period` is the open period of its
    desk."""
    if situation.filing is Filing.LAPSED:
        return LAPSED
    if situation.superseded:
        return REPLACED
    if situation.action is Action.PENDING and land <= open_period:
        return WAITING
    if land < open_period:
        return Lands(open_period, earlier=land)
    return Lands(land, IF_FILED if situation.filing is Filing.SAVED else "")


def lands_choices(open_period: TaxPeriod) -> list[tuple[str, str]]:
    """Return the values of the filter by 2B period, with their labels."""
    return [
        ("this", _("In GSTR-2B %(period)s") % {"period": open_period.short_label}),
        ("later", _("In a later GSTR-2B")),
        ("earlier", _("Carried over from an earlier period")),
    ]
