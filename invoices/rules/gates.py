"""The conditions for making a GSTR-2B, filing a GSTR-3B and using a supplier's form.

Most functions return a refusal code (`refusals.CODES`) or None. Some return a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from ims_portal.kernel.wording import say
from invoices.rules.attribution import FIRST_IMS_PERIOD, RegistrationType
from invoices.rules.calendar import Calendar, Form, cutoff
from invoices.rules.extensions import Seat
from invoices.rules.legality import lowers_credit
from invoices.rules.retail_price import DocumentWarning
from invoices.rules.situation import Action, Filing, Route, Situation, Standing


def is_statement_period(period: TaxPeriod, frequency: Frequency) -> bool:
    """True if a taxpayer of this frequency can have a GSTR-2B of `period` (R-092, R-093). The period must be
    a tax period of the taxpayer, and October 2024 or later."""
    return period >= FIRST_IMS_PERIOD and frequency.is_period(period)


def generate(
    period: TaxPeriod,
    *,
    frequency: Frequency,
    open_period: TaxPeriod,
    today: date,
    calendar: Calendar,
    registration: RegistrationType = RegistrationType.NORMAL,
) -> str | None:
    """Return the refusal code if no GSTR-2B of `period` can be made, or None (R-090 to R-092, R-097). A
    registration without IMS gets no GSTR-2B (R-010). The period is checked before the registration."""
    if not is_statement_period(period, frequency):
        return "BAD_PERIOD"
    if not registration.has_ims:
        return "NO_ACCESS"
    if period < open_period:
        return "FINAL_2B"
    if period > open_period:
        return "PREV_3B_PENDING"
    return "TOO_EARLY" if today < calendar.draft_date(period) else None


IFF_ELSEWHERE = say("Only quarterly filers use IFF, and only for the first two months of a quarter.")
NON_PAYMENT_RULE, FREQUENCY_RULE = "R-098", "R-005"


def flag_non_payment(period: TaxPeriod, *, open_period: TaxPeriod) -> str:
    """Return the reason why the supplier's non-payment of tax for `period` cannot be flagged, as a sentence.
    Return "" if the non-payment can be flagged (R-098). `open_period` is the supplier's open period."""
    return (
        say(
            "The supplier has filed GSTR-3B of %(period)s, so non-payment cannot be flagged.",
            period=period.label,
        )
        if open_period > period
        else ""
    )


def change_frequency(open_period: TaxPeriod, *, frequency: Frequency, drafted: bool, reported: bool) -> str:
    """Return the reason why a taxpayer cannot change its filing frequency from the open period on, as a
    sentence. Return "" if the taxpayer can change the frequency (R-005).

    The frequency cannot change within a quarter, so the open period must begin a quarter. `drafted` says
    whether that quarter already has a drafted GSTR-2B. `reported` says whether the taxpayer, as a supplier,
    has already reported documents of that quarter. Each of the two facts prevents the change."""
    first = frequency.first_month(open_period)
    if not first.offset(-1).is_quarter_end:
        return say(
            "The filing frequency can change only at the start of a quarter. GSTR-3B is already filed up "
            "to %(period)s.",
            period=first.offset(-1).label,
        )
    if drafted:
        return say(
            "GSTR-2B of %(period)s is already drafted. The filing frequency can change from the next "
            "quarter.",
            period=open_period.label,
        )
    if reported:
        return say(
            "Documents of %(quarter)s are already reported. The filing frequency can change from the next "
            "quarter.",
            quarter=first.quarter_label,
        )
    return ""


def recompute(period: TaxPeriod, *, frequency: Frequency, open_period: TaxPeriod, exists: bool) -> str | None:
    """Return the refusal code if the GSTR-2B of `period` cannot be recomputed, or None (R-094, R-097)."""
    if not is_statement_period(period, frequency):
        return "BAD_PERIOD"
    if period < open_period:
        return "FINAL_2B"
    return None if exists else "NO_2B"


def file_gstr3b(
    period: TaxPeriod,
    *,
    frequency: Frequency,
    open_period: TaxPeriod,
    exists: bool,
    stale: bool,
    waits_for_gstr1: bool = False,
) -> str | None:
    """Return the refusal code if GSTR-3B of `period` cannot be filed, or None (R-101). `waits_for_gstr1` is
    true if the taxpayer's own GSTR-1 of the period is not filed and the portal refuses GSTR-3B because of
    this (setting `GSTR1_PENDING`)."""
    if not is_statement_period(period, frequency):
        return "BAD_PERIOD"
    if period < open_period:
        return "FINAL_2B"
    if period > open_period:
        return "PREV_3B_PENDING"
    if not exists:
        return "NO_2B"
    if stale:
        return "STALE_2B"
    return "GSTR1_PENDING" if waits_for_gstr1 else None


OWN_GSTR1 = "R-101"  # the rule that a warning about the taxpayer's own GSTR-1 names


def gstr1_comes_first(registration: RegistrationType) -> bool:
    """True if the taxpayer must file its own GSTR-1 of a period before GSTR-3B of the period (section 39(10),
    R-101). The setting `GSTR1_PENDING` says whether the portal then warns or refuses."""
    return Form.GSTR1 in forms_of(registration)


@dataclass(frozen=True, slots=True)
class FormState:
    """A supplier's form, with the facts that decide if the form is open. `gstr1_filed_on` is the day on which
    GSTR-1 of the same period was filed. `open_3b_period` is the supplier's first period without GSTR-3B."""

    form: Form
    period: TaxPeriod
    frequency: Frequency
    seat: Seat
    filed: bool
    gstr1_filed_on: date | None
    open_3b_period: TaxPeriod
    quarter_filed: bool = False  # for an IFF: GSTR-1 of its quarter is filed


def forms_of(registration: RegistrationType) -> tuple[Form, ...]:
    """Return the forms by which a registration reports documents to recipients. For a registration with IMS,
    one of the forms is IFF, although only quarterly filers may use IFF."""
    if registration is RegistrationType.ISD:
        return (Form.GSTR6,)
    if registration is RegistrationType.NON_RESIDENT:
        return (Form.GSTR5,)
    return (Form.GSTR1, Form.IFF, Form.GSTR1A) if registration.has_ims else ()


def is_form_period(form: Form, period: TaxPeriod, frequency: Frequency) -> bool:
    """True if the form can be filed for this period. GSTR-1 and GSTR-1A are filed for the filer's tax
    periods. Other forms are filed for months."""
    return frequency.is_period(period) if form in (Form.GSTR1, Form.GSTR1A) else True


def form_open(s: FormState, today: date, calendar: Calendar) -> str | None:
    """Return why the form is closed, as a sentence, or None if the form is open (R-045, R-075)."""
    if s.filed:
        return say("%(form)s of %(period)s is already filed.", form=s.form.value, period=s.period.label)
    if s.form is Form.IFF and (s.frequency is not Frequency.QUARTERLY or s.period.is_quarter_end):
        return IFF_ELSEWHERE
    begins = s.frequency.first_month(s.period) if s.form in (Form.GSTR1, Form.GSTR1A) else s.period
    if today < begins.first_day:
        return say(
            "%(form)s of %(period)s opens on %(day)s.",
            form=s.form.value,
            period=s.period.label,
            day=f"{begins.first_day:%d-%m-%Y}",
        )
    if s.form is Form.IFF and s.quarter_filed:
        return say(
            "IFF of %(period)s is closed, because GSTR-1 of the quarter is filed.", period=s.period.label
        )
    if s.form is Form.IFF:
        due = calendar.iff_due(s.period, seat=s.seat)
        if today > due:
            return say(
                "IFF of %(period)s closed on %(day)s. Move the documents to the next form.",
                period=s.period.label,
                day=f"{due:%d-%m-%Y}",
            )
    if s.form is Form.GSTR1A:
        if s.gstr1_filed_on is None:
            return say(
                "GSTR-1A of %(period)s opens after GSTR-1 of the period is filed.", period=s.period.label
            )
        opens = gstr1a_opens(s.period, s.gstr1_filed_on, s.frequency, s.seat, calendar)
        if today < opens:
            return say(
                "GSTR-1A of %(period)s opens on %(day)s.", period=s.period.label, day=f"{opens:%d-%m-%Y}"
            )
        if s.open_3b_period > s.period:
            return say(
                "GSTR-3B of %(period)s is filed, so GSTR-1A of the period is closed. Amend the document in "
                "a later GSTR-1.",
                period=s.period.label,
            )
    return None


def gstr1a_opens(
    period: TaxPeriod, gstr1_filed_on: date, frequency: Frequency, seat: Seat, calendar: Calendar
) -> date:
    """The day on which GSTR-1A opens: the later of the due date and the filing day of GSTR-1 (R-045)."""
    return max(calendar.gstr1_due(period, frequency=frequency, seat=seat), gstr1_filed_on)


def late_amendment(
    year: FinancialYear, day: date, annual_return_on: date | None = None
) -> DocumentWarning | None:
    """Return the warning about an amendment that is made on `day`, or None if the amendment is in time
    (R-046). The portal accepts a late amendment.

    `year` is the financial year of the first version. `annual_return_on` is the day on which the supplier
    furnished the annual return of this year. This day has the same effect on amendments as on credit
    (`cutoff`)."""
    ends = cutoff(year, annual_return_on)
    if day <= ends:
        return None
    sentence = say(
        "The time for amending documents of financial year %(year)s ended on %(day)s (section 37(3)). "
        "This portal takes the amendment and warns.",
        year=year.label,
        day=f"{ends:%d-%m-%Y}",
    )
    return DocumentWarning("amends", sentence, "R-046")


def add_back_period(
    recipient_period: TaxPeriod, *, supplier_frequency: Frequency, supplier_open_period: TaxPeriod
) -> TaxPeriod:
    """Return the supplier's period to which the portal adds the tax of a rejected record (R-111).

    `recipient_period` is the recipient's 2B period, as its last month. One period of the supplier contains
    this month. The portal adds the tax to the supplier's period after that period. If the supplier's open
    period is later, the portal adds the tax to the open period."""
    return max(supplier_frequency.next(supplier_frequency.period_of(recipient_period)), supplier_open_period)


def next_forms_of_quarter(period: TaxPeriod) -> list[tuple[Form, TaxPeriod]]:
    """Return the later forms of the quarter for documents of an IFF that was not filed by the 13th, earliest
    first (R-075). For the quarter's first month, these are the IFF of the second month and GSTR-1. For the
    second month, this is GSTR-1 only."""
    following = period.offset(1)
    if following.is_quarter_end:
        return [(Form.GSTR1, following)]
    return [(Form.IFF, following), (Form.GSTR1, following.offset(1))]


# the rule that the warning about pending records names whose credit this return is the last to give
LAST_CLAIM = "R-066"
LATE_CLAIM = "R-032"  # the rule that the warning about such records names


def is_claimed_late(s: Situation) -> bool:
    """True if a GSTR-3B filed today would take the credit of this record after the section 16(4) date of the
    record's financial year (R-032, R-101). This includes documents under reverse charge, which give credit
    without IMS. The portal takes such a return and warns."""
    takes = s.action in (Action.ACCEPTED, Action.NONE) and s.kind.takes_credit and not s.time_barred
    if lowers_credit(s) or s.standing is Standing.BLOCKED or s.superseded:
        return False
    counts = s.filing is Filing.FILED and s.route in (Route.IMS, Route.REVERSE_CHARGE)
    return takes and s.past_cutoff and counts
