"""The checks of `documents`, answered once for each distinct situation instead of once for each document.

Nothing here states law: every answer is asked of `documents` and kept. What it cannot answer with yes is judged in
full by `documents.check`, which also finds the words.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import FinancialYear
from invoices.rules import documents
from invoices.rules.calendar import Form
from invoices.rules.documents import Draft
from invoices.rules.situation import Kind

# far below what the portal can hold, so that no sum of an ordinary document needs to be looked at
MOST_ORDINARY = 10**12


class Pattern(NamedTuple):
    """All that checks and routing see of a sound original document but its recipient (R-030 to R-032)."""

    kind: Kind
    invoice_type: str
    place_of_supply: str
    reverse_charge: bool
    igst: bool
    cgst: bool
    sgst: bool
    halves: bool  # CGST and SGST are equal
    cess: bool
    year: int

    def heads(self) -> TaxAmounts:
        """The smallest tax with this pattern."""
        cgst = int(self.cgst)
        sgst = cgst if self.halves else 2 * int(self.sgst)
        return TaxAmounts(int(self.igst), cgst, sgst, int(self.cess))


class Day(NamedTuple):
    """A date as documents give it: `rates` are those it may carry, None if no document may bear it."""

    iso: str
    year: int
    rates: frozenset[int] | None


class RememberedChecks:
    """The checks of one form's documents, remembered."""

    def __init__(
        self,
        *,
        supplier: str,
        supplier_is_sez: bool,
        form: Form,
        period_end: date,
        today: date,
        sez: frozenset[str] = frozenset(),
    ):
        self.supplier, self.supplier_is_sez = supplier, supplier_is_sez
        self.form, self.period_end, self.today = form, period_end, today
        self.sez = sez  # the GSTINs of SEZ registrations: a supply to one is inter-State
        self._patterns: dict[tuple[Pattern, bool], bool] = {}

    def day(self, when: date) -> Day:
        bears = documents.date_problem(when, self.period_end, self.today) is None
        rates = frozenset(documents.rates_on(when)) if bears else None
        return Day(when.isoformat(), FinancialYear.of(when).start, rates)

    def passes(self, pattern: Pattern, *, to_sez: bool) -> bool:
        """Does a document of this pattern pass whatever does not depend on its amounts, number and date?"""
        found = self._patterns.get((pattern, to_sez))
        if found is None:
            found = self._patterns[pattern, to_sez] = self._ask(pattern, to_sez)
        return found

    def _ask(self, pattern: Pattern, to_sez: bool) -> bool:
        if not documents.is_gstr1(self.form):
            return False  # taken as reported, few, and judged in full
        draft = Draft(
            kind=pattern.kind,
            recipient="",
            number="",
            document_date=self.today,
            place_of_supply=pattern.place_of_supply,
            taxable=0,
            tax=pattern.heads(),
            invoice_type=pattern.invoice_type,
            reverse_charge=pattern.reverse_charge,
        )
        return documents.place_and_heads(draft, self.supplier, self.supplier_is_sez or to_sez) is None
