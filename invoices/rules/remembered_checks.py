"""Remembered answers of the checks in `documents`: one answer for all documents of the same pattern.

This module contains no law. For each pattern, the module asks `documents` only once and remembers the answer.
If a document does not pass the remembered checks, `documents.check` checks the document again and writes the
message."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import FinancialYear
from invoices.rules import documents, retail_price
from invoices.rules.calendar import Form
from invoices.rules.documents import Draft
from invoices.rules.situation import Kind

# The remembered checks apply only to documents up to this total, in paise. The portal accepts much larger
# amounts, and checks larger documents with `documents.check`.
MOST_ORDINARY = 10**12


class Pattern(NamedTuple):
    """Properties of an original document. The checks and the route depend on these properties and on the
    recipient (R-030 to R-032)."""

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
        """The smallest tax amounts that have this pattern, in paise."""
        cgst = int(self.cgst)
        sgst = cgst if self.halves else 2 * int(self.sgst)
        return TaxAmounts(int(self.igst), cgst, sgst, int(self.cess))


class Day(NamedTuple):
    """A document date. `rates` are the GST rates that are allowed on this date, or None if no document may
    have the date."""

    iso: str
    year: int
    rates: frozenset[int] | None
    cess_ended: bool


class RememberedChecks:
    """The remembered checks for the documents of one form."""

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
        self.sez = sez  # GSTINs of SEZ registrations: a supply to a SEZ is inter-State
        self._patterns: dict[tuple[Pattern, bool], bool] = {}

    def day(self, when: date) -> Day:
        bears = documents.date_problem(when, self.period_end, self.today) is None
        rates = frozenset(documents.rates_on(when)) if bears else None
        return Day(when.isoformat(), FinancialYear.of(when).start, rates, when >= retail_price.BEGINS)

    def passes(self, pattern: Pattern, *, to_sez: bool) -> bool:
        """True if a document of this pattern passes the checks of type, place of supply and tax heads. This
        function does not check amounts, number and date, because these differ from document to document."""
        found = self._patterns.get((pattern, to_sez))
        if found is None:
            found = self._patterns[pattern, to_sez] = self._ask(pattern, to_sez)
        return found

    def _ask(self, pattern: Pattern, to_sez: bool) -> bool:
        if not documents.is_gstr1(self.form):
            # Other forms have few documents, so no answer is remembered. False sends each document to
            # `documents.check`.
            return False
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
