"""Checks of an amendment's reference to the version that it amends (R-043, R-045, R-080)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices import locks
from invoices.documents.recipients import known_recipients
from invoices.models import Record
from invoices.rules import named_original
from invoices.rules.calendar import Form
from invoices.rules.documents import DocumentFault, number_key
from invoices.rules.refusals import CODES
from invoices.rules.situation import Filing

if TYPE_CHECKING:
    from invoices.documents.checking import Batch, Incoming


def hold_desks(incoming: Iterable[Incoming], also: Collection[int] = ()) -> None:
    """Keep the desks of the recipients of these amendments, and the desks of `also`, until the transaction
    ends. Decisions on earlier versions cannot change while the amendments are placed."""
    gstins = {i.draft.recipient for i in incoming if i.is_amendment}
    if gstins or also:
        known = known_recipients(sorted(str(Gstin.parse(g)) for g in gstins if Gstin.is_valid(g)))
        locks.desks_of_amended({*also, *(taxpayer.pk for taxpayer in known.values())})


def original_of(batch: Batch, item: Incoming) -> Any:
    """Return the version that the amendment names by its id, or by its number and date. If no filed version has
    this number and date, return another document with the number, or None. `amendment_problem` then refuses
    the amendment."""
    if item.amends is not None:
        return batch.versions.get(item.amends)
    kind, number = item.draft.kind.value, number_key(item.original_number)
    if item.original_date is not None and (named := batch.named.get((kind, number, item.original_date))):
        return named
    day = item.original_date or item.draft.document_date
    return batch.by_number.get((kind, number, FinancialYear.of(day).start))


def other_document(batch: Batch, item: Incoming, original: Any, current: Record) -> Any:
    """Return a version of another document that has the number of this amendment, or None (R-049). `current` is
    the saved amendment that is edited, and `original` is the version that it amends after the edit."""
    draft, root = item.draft, original.root_id or original.pk
    year = FinancialYear.of(draft.document_date).start
    alike = batch.numbered.get((draft.kind.value, number_key(draft.number), year), {})
    return next((v for pk, v in alike.items() if pk != current.pk and (v.root_id or v.pk) != root), None)


def relinked_to(batch: Batch, item: Incoming, record: Record) -> Any:
    """Return the version that a saved amendment amends after an edit, if the edit names another version
    (R-080). Otherwise return None."""
    if record.amends_id is None or not item.is_amendment:
        return None
    named = original_of(batch, item)
    return named if named is not None and named.pk not in (record.amends_id, record.pk) else None


def amendment_problem(
    batch: Batch, item: Incoming, original: Any, current: Record | None
) -> DocumentFault | None:
    """Return an amendment's fault in its reference or under the rules of GSTR-1A (R-043, R-045, R-080).
    `original` is the version that the amendment names, and `current` is the saved amendment that it edits."""
    if (
        original is None
        or original.pk is None
        or original.kind != item.draft.kind.value
        or (item.original_date is not None and item.original_date != original.document_date)
    ):
        return named_original.missing_original(item.original_number, item.original_date)
    if original.filing != Filing.FILED.value:
        return named_original.unfiled_original(named_original.named(original))
    later = batch.amended_by.get(original.pk)
    if later is not None and (current is None or later.pk != current.pk):
        if later.filing == Filing.FILED.value:
            return named_original.earlier_version(named_original.named(original))
        lapsed = later.filing == Filing.LAPSED.value
        return named_original.taken_original(
            named_original.named(original), named_original.named(later), lapsed=lapsed
        )
    root = batch.versions.get(original.root_id or original.pk, original)
    problem = named_original.amended_date_problem(
        item.draft.kind, item.draft.document_date, TaxPeriod.from_number(root.tax_period), root.form
    )
    if problem is not None:
        return problem
    return _problem_in_gstr1a(batch, item, original) if batch.form is Form.GSTR1A else None


def _problem_in_gstr1a(batch: Batch, item: Incoming, original: Any) -> DocumentFault | None:
    first_month = batch.supplier.files.first_month(batch.period)
    if not first_month.number <= original.tax_period <= batch.period.number:
        reported = TaxPeriod.from_number(original.tax_period)
        return named_original.original_of_another_period(
            original.number, batch.period, reported, original.form
        )
    recipient = batch.recipients[Gstin.parse(item.draft.recipient)]
    if original.recipient_id != recipient.pk:
        return DocumentFault("GSTIN_CHANGE_IN_1A", "recipient", CODES["GSTIN_CHANGE_IN_1A"].sentence)
    return None
