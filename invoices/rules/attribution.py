"""To which 2B month and which route a reported document belongs (R-010, R-013, R-030 to R-033, R-070 to R-074)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from invoices.rules.calendar import Calendar, Form, last_claim_period
from invoices.rules.rulebooks import imports_in_ims
from invoices.rules.situation import Book, Kind, Route

FIRST_IMS_PERIOD = TaxPeriod(2024, 10)
ACTIONS_OPEN_ON = date(2024, 10, 14)
NO_LIMIT = TaxPeriod(2099, 12)


class RegistrationType(str, Enum):
    """Kinds of GST registration; R-010 says which have IMS."""

    NORMAL = "normal"
    SEZ_UNIT = "sez_unit"
    SEZ_DEVELOPER = "sez_developer"
    CASUAL = "casual"
    COMPOSITION = "composition"
    ISD = "isd"
    NON_RESIDENT = "nonresident"
    TDS = "tds"
    TCS = "tcs"
    OIDAR = "oidar"
    UIN = "uin"

    @property
    def has_ims(self) -> bool:
        return self in (
            RegistrationType.NORMAL,
            RegistrationType.SEZ_UNIT,
            RegistrationType.SEZ_DEVELOPER,
            RegistrationType.CASUAL,
        )

    @property
    def is_sez(self) -> bool:
        return self in (RegistrationType.SEZ_UNIT, RegistrationType.SEZ_DEVELOPER)


def filed_month(
    calendar: Calendar, form: Form, on: date, *, form_month: TaxPeriod, frequency: Frequency, state: str
) -> TaxPeriod:
    """Natural 2B month N of a form filed on `on` (R-070; R-072 for GSTR-1A). `form_month` is the last month
    of the form's own period; `frequency` and `state` are the supplier's."""
    window = calendar.window_month(on, form=form, frequency=frequency, state=state)
    return max(window, form_month.offset(1)) if form is Form.GSTR1A else window


def provisional_month(
    calendar: Calendar, form: Form, today: date, *, form_month: TaxPeriod, frequency: Frequency, state: str
) -> TaxPeriod:
    """N while the form is only saved (R-073): it moves forward as days pass unfiled."""
    window = calendar.window_month(today, form=form, frequency=frequency, state=state)
    return max(window, form_month.offset(1) if form is Form.GSTR1A else form_month)


def import_month(reference_date: date, first_open: TaxPeriod) -> TaxPeriod:
    """R-074: the month of the ICEGATE reference date, or the first period whose 2B is not made yet.
    `first_open` is the first month of that period."""
    return max(TaxPeriod.of(reference_date), first_open)


@dataclass(frozen=True, slots=True)
class Reported:
    """What routing looks at in one document version."""

    form: Form
    kind: Kind
    book: Book
    natural_month: TaxPeriod
    claim_period: TaxPeriod
    root_year: FinancialYear
    supplier_state: str
    recipient_state: str
    place_of_supply: str
    tax: TaxAmounts
    reverse_charge: bool
    recipient_type: RegistrationType
    recipient_frequency: Frequency
    lowers_baseline: bool = False
    annual_return_on: date | None = None


def place_of_supply_bars(r: Reported) -> bool:
    """R-031: supplier's State is the place of supply, the recipient's is another, and CGST/SGST is charged."""
    return (
        r.supplier_state == r.place_of_supply
        and r.recipient_state != r.place_of_supply
        and bool(r.tax.cgst or r.tax.sgst)
    )


def claim_limit(r: Reported) -> TaxPeriod:
    """Last 2B period that may offer the credit, or `NO_LIMIT`. Credit notes and versions that lower credit
    are never time-barred (R-032); neither are documents taken as reported (R-031)."""
    if not r.kind.takes_credit or r.lowers_baseline or r.form in (Form.GSTR5, Form.GSTR6, Form.ICEGATE):
        return NO_LIMIT
    return last_claim_period(
        r.root_year, frequency=r.recipient_frequency, annual_return_on=r.annual_return_on
    )


def is_barred(r: Reported) -> bool:
    """Is the credit barred by place of supply or by time? Never for documents taken as reported (R-031)."""
    return _facets(r).barred


@dataclass(frozen=True, slots=True)
class RouteFacets:
    """The few facts about a document version that decide its route (R-030). `place_bars` is R-031, `too_late` says
    that its 2B period lies after the last one that may offer the credit (R-032)."""

    form: Form
    has_ims: bool
    before_ims: bool
    imports_in_ims: bool
    place_bars: bool
    too_late: bool
    reverse_charge: bool

    @property
    def barred(self) -> bool:
        """R-031: nothing bars a document that is taken as reported."""
        as_reported = self.form in (Form.GSTR5, Form.GSTR6, Form.ICEGATE)
        return not as_reported and (self.place_bars or self.too_late)


def _facets(r: Reported) -> RouteFacets:
    return RouteFacets(
        form=r.form,
        has_ims=r.recipient_type.has_ims,
        before_ims=r.natural_month < FIRST_IMS_PERIOD,
        imports_in_ims=imports_in_ims(r.book),
        place_bars=place_of_supply_bars(r),
        too_late=r.claim_period > claim_limit(r),
        reverse_charge=r.reverse_charge,
    )


def route(r: Reported) -> Route:
    """Where a document goes (R-030)."""
    return route_of(_facets(r))


def route_of(facets: RouteFacets) -> Route:
    """Where a document with these facets goes (R-030). Bars come before routes: they apply to reverse charge too
    (R-031), and to documents from before IMS, for a barred one is no baseline of a later version (R-084)."""
    if not facets.has_ims:
        return Route.NO_ACCESS
    if facets.before_ims and not facets.barred:
        return Route.BEFORE_IMS
    if facets.form is Form.GSTR6:
        return Route.ISD
    if facets.form is Form.GSTR5:
        return Route.NON_RESIDENT
    if facets.form is Form.ICEGATE:
        return Route.IMS if facets.imports_in_ims else Route.ICEGATE
    if facets.place_bars:
        return Route.PLACE_OF_SUPPLY
    if facets.barred:
        return Route.TIME_BAR
    if facets.reverse_charge:
        return Route.REVERSE_CHARGE
    return Route.IMS


def route_in_month(
    month: TaxPeriod, book: Book, *, stored: Route, form: Form, reverse_charge: bool, too_late: bool
) -> Route:
    """R-033: the route of an original that goes to another natural 2B month before it is closed. `stored` is its
    route until now. `stored` tells whether the recipient has IMS and whether the place of supply bars the credit;
    the month changes neither. `too_late` is judged by the 2B period of the new month. Who has left IMS stays away."""
    if stored in (Route.WITHDRAWN, Route.PURGED):
        return stored
    return route_of(
        RouteFacets(
            form=form,
            has_ims=stored is not Route.NO_ACCESS,
            before_ims=month < FIRST_IMS_PERIOD,
            imports_in_ims=imports_in_ims(book),
            place_bars=stored is Route.PLACE_OF_SUPPLY,
            too_late=too_late,
            reverse_charge=reverse_charge,
        )
    )


def rule_37a_due(availed_in: TaxPeriod, today: date) -> bool:
    """R-098: past 30 September after the year in which the recipient took the credit."""
    return today > date(availed_in.financial_year.start + 1, 9, 30)
