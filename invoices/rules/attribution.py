"""The natural 2B month and the route of a reported document (R-010, R-013, R-030 to R-033, R-070 to R-074).

The natural 2B month is the month in whose GSTR-2B a document would appear if only its day of filing counted.
For a bill of entry, the ICEGATE reference date counts instead of the day of filing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from ims_portal.kernel.gstin import Gstin, GstinForm
from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from invoices.rules.calendar import Calendar, Form, last_claim_period
from invoices.rules.extensions import Seat
from invoices.rules.rulebooks import imports_in_ims
from invoices.rules.situation import Book, Kind, Route

FIRST_IMS_PERIOD = TaxPeriod(2024, 10)
ACTIONS_OPEN_ON = date(2024, 10, 14)
NO_LIMIT = TaxPeriod(2099, 12)


class RegistrationType(str, Enum):
    """The kinds of GST registration. R-010 lists the kinds that have IMS."""

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


# the kind of registration that each special form of a GSTIN belongs to
OF_FORM = {
    GstinForm.COLLECTOR: RegistrationType.TCS,
    GstinForm.DEDUCTOR: RegistrationType.TDS,
    GstinForm.UIN: RegistrationType.UIN,
    GstinForm.NON_RESIDENT: RegistrationType.NON_RESIDENT,
    GstinForm.OIDAR: RegistrationType.OIDAR,
}


def registration_of(gstin: Gstin) -> RegistrationType:
    """Return the kind of registration of a GSTIN that nobody has registered in the portal (R-140). A GSTIN of
    the normal form counts as a normal registration."""
    return OF_FORM.get(gstin.form, RegistrationType.NORMAL)


def filed_month(
    calendar: Calendar, form: Form, on: date, *, form_month: TaxPeriod, frequency: Frequency, seat: Seat
) -> TaxPeriod:
    """Return the natural 2B month of a form that is filed on `on` (R-070; R-072 for GSTR-1A). `form_month` is
    the last month of the form's period. `frequency` and `seat` are the supplier's."""
    first = form_month.offset(1) if form is Form.GSTR1A else form_month
    window = calendar.window_month(on, form=form, frequency=frequency, seat=seat, form_month=first)
    return max(window, first) if form is Form.GSTR1A else window


def provisional_month(
    calendar: Calendar, form: Form, today: date, *, form_month: TaxPeriod, frequency: Frequency, seat: Seat
) -> TaxPeriod:
    """Return the natural 2B month of a form that is saved but not filed (R-073). The month moves forward with
    `today`."""
    first = form_month.offset(1) if form is Form.GSTR1A else form_month
    return max(
        first, calendar.window_month(today, form=form, frequency=frequency, seat=seat, form_month=first)
    )


def import_month(reference_date: date, first_open: TaxPeriod) -> TaxPeriod:
    """Return the natural 2B month of a bill of entry (R-074): the month of its ICEGATE reference date. If
    `first_open` is later, return `first_open`, the first month of the first period without a GSTR-2B."""
    return max(TaxPeriod.of(reference_date), first_open)


@dataclass(frozen=True, slots=True)
class Reported:
    """Facts about one document version. The version's route and claim limit depend on these facts."""

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
    """True if the place of supply bars the credit (R-031): the place of supply is the supplier's State, the
    recipient is in another State, and the document charges CGST or SGST."""
    return (
        r.supplier_state == r.place_of_supply
        and r.recipient_state != r.place_of_supply
        and bool(r.tax.cgst or r.tax.sgst)
    )


def claim_limit(r: Reported) -> TaxPeriod:
    """Return the last 2B period that may offer the credit, or `NO_LIMIT`. Credit notes and versions that
    lower credit have no time limit (R-032). Documents of GSTR-5, GSTR-6 and ICEGATE have no time limit either
    (R-031)."""
    if not r.kind.takes_credit or r.lowers_baseline or r.form in (Form.GSTR5, Form.GSTR6, Form.ICEGATE):
        return NO_LIMIT
    return last_claim_period(
        r.root_year, frequency=r.recipient_frequency, annual_return_on=r.annual_return_on
    )


def is_barred(r: Reported) -> bool:
    """True if the place of supply or the time limit bars the credit. The credit of a document of GSTR-5,
    GSTR-6 or ICEGATE is never barred (R-031)."""
    return _facets(r).barred


@dataclass(frozen=True, slots=True)
class RouteFacets:
    """Facts about a document version. The version's route depends on these facts (R-030). `place_bars` is
    True if the place of supply bars the credit (R-031). `too_late` is True if the version's 2B period is
    after the last period that may offer the credit (R-032)."""

    form: Form
    has_ims: bool
    before_ims: bool
    imports_in_ims: bool
    place_bars: bool
    too_late: bool
    reverse_charge: bool

    @property
    def barred(self) -> bool:
        """True if the place of supply or the time limit bars the credit. The portal accepts a document of
        GSTR-5, GSTR-6 or ICEGATE as reported, so its credit is never barred (R-031)."""
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
    """The route of a document (R-030)."""
    return route_of(_facets(r))


def route_of(facets: RouteFacets) -> Route:
    """Return the route of a document with these facts (R-030).

    A document with the route "reverse charge" or "before IMS" can become the baseline of a later version
    (R-084). A document whose credit is barred must not become a baseline, so it never gets one of these two
    routes (R-031)."""
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
    """Return the route that an original record gets when it moves to the natural 2B month `month` (R-033).
    The record must not be closed.

    `stored` is the route of the record before the move. The move does not change whether the recipient has
    IMS, or whether the place of supply bars the credit. The function finds both facts in `stored`. `too_late`
    must be computed for the 2B period of the new month. A withdrawn or purged record keeps its route."""
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
    """True if the reversal under rule 37A is due (R-098): `today` is after the 30 September that follows the
    financial year in which the recipient took the credit."""
    return today > date(availed_in.financial_year.start + 1, 9, 30)
