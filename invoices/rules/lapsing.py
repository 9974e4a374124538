"""Documents that a supplier saved in a form that can no longer be filed (R-045, R-075)."""

from __future__ import annotations

from dataclasses import dataclass

from ims_portal.kernel.periods import Frequency, TaxPeriod
from ims_portal.kernel.wording import say
from invoices.rules.calendar import Form

# what programs of the recipient are told about a lapsed document of any form
ANY_FORM = (
    "The supplier saved this document in a form that can no longer be filed. The document brings no credit. Ask "
    "the supplier to report it again in another form."
)
# the forms that can end without being filed, each with the rule that ends it
ENDS = {Form.GSTR1A: "R-045", Form.IFF: "R-075"}


@dataclass(frozen=True, slots=True)
class Ended:
    """A form whose documents can no longer be filed, for the periods from `first` to `last`. Without `first`,
    all earlier periods are included."""

    form: Form
    last: TaxPeriod
    first: TaxPeriod | None = None


def ended_by(filed: Form, period: TaxPeriod) -> Ended | None:
    """Return the form that ends when the return `filed` of `period` is filed, or None (R-045, R-075).

    GSTR-3B ends GSTR-1A of its period. GSTR-1 of a quarter ends the IFF of the quarter: until then, documents
    of an IFF that was not filed in time can move to the next form of the quarter. The supplier's present
    frequency does not matter: it may have changed since the quarter, and a monthly filer has no IFF. No other form
    ends without being filed."""
    if filed is Form.GSTR3B:
        return Ended(Form.GSTR1A, period)
    if filed is Form.GSTR1 and period.is_quarter_end:
        return Ended(Form.IFF, period, Frequency.QUARTERLY.first_month(period))
    return None


def what_to_do(form: Form, period: TaxPeriod) -> str:
    """Return the sentence that tells the supplier about a lapsed document of this form."""
    if form is Form.IFF:
        return say(
            "IFF of %(period)s can no longer be filed, because GSTR-1 of the quarter is filed. Delete the "
            "document; its number is then free. Report it in GSTR-1A of the quarter or in a later GSTR-1.",
            period=period.label,
        )
    return say(
        "GSTR-1A of %(period)s can no longer be filed, because GSTR-3B of the period is filed. Delete the "
        "document; its number is then free. Report it in a later GSTR-1.",
        period=period.label,
    )


def for_recipient(form: Form, period: TaxPeriod) -> str:
    """Return the sentence that tells the recipient about a lapsed document of this form."""
    return say(
        "The supplier saved this document in %(form)s of %(period)s, which can no longer be filed. The document "
        "brings no credit. Ask the supplier to report it again in another form.",
        form=form.value,
        period=period.label,
    )
