"""Lists of a supplier's documents in a form. Each document comes with the recipient's action, and with the
versions just before and after it in the chain of amendments.

The lists contain live and archived records, so a document that left the recipient's IMS stays in the
supplier's view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.models.choices import KIND_LABELS, ROUTE_LABELS
from invoices.queries.situations import DeskView, clock_facets
from invoices.rules import gates, lapsing, named_original, retail_price
from invoices.rules.calendar import Form
from invoices.rules.documents import RateLine, is_gstr1, number_key
from invoices.rules.retail_price import DocumentWarning
from invoices.rules.situation import Filing, Kind, Route
from returns.outward.queries import Table, gone, mine

NOT_ACTIONABLE = "L"
DEEMED = "D"
AnyRecord = Record | ArchivedRecord


@dataclass(slots=True)
class Line:
    """A document in a list, with the recipient's action. `amends` is the earlier version, which this document
    amends. `amended_by` is the later version, which amends this document."""

    record: AnyRecord
    action: str
    action_word: str
    acted_at: datetime | None
    remarks: str
    amends: AnyRecord | None = None
    amended_by: AnyRecord | None = None

    @property
    def kind_label(self) -> str:
        return _(KIND_LABELS[Kind(self.record.kind)])

    @property
    def signed_value(self) -> int:
        return Kind(self.record.kind).sign * self.record.value

    @property
    def signed_tax(self) -> int:
        return Kind(self.record.kind).sign * self.record.tax

    @property
    def signed_taxable(self) -> int:
        return Kind(self.record.kind).sign * self.record.taxable

    @property
    def is_saved(self) -> bool:
        return self.record.filing == Filing.SAVED.value

    @property
    def lapsed(self) -> str:
        """The sentence that the document can no longer be filed, or an empty text."""
        return lapsed_note(self.record)

    @property
    def can_amend(self) -> bool:
        return not self.is_saved and not self.lapsed and self.amended_by is None

    @property
    def amended_in(self) -> str:
        later = self.amended_by
        return f"{later.form} {TaxPeriod.from_number(later.tax_period).short_label}" if later else ""


@dataclass(slots=True)
class DocumentsPage:
    lines: list[Line]
    next_after: int | None


def documents(
    supplier: Taxpayer,
    form: Form,
    period: TaxPeriod,
    table: Table,
    *,
    after: int = 0,
    search: str = "",
    action: str = "",
    size: int = 50,
) -> DocumentsPage:
    """Return a page of a table's documents, live and archived, in the order in which they were saved (by id).
    The page starts after the id `after`."""
    sources = in_table(supplier, form, period, table, search=search, action=action)
    rows = [row for source in sources for row in source.filter(pk__gt=after).order_by("pk")[: size + 1]]
    rows.sort(key=lambda r: r.pk)
    shown = rows[:size]
    return DocumentsPage(lines_of(shown), shown[-1].pk if len(rows) > size else None)


def in_table(
    supplier: Taxpayer, form: Form, period: TaxPeriod, table: Table, *, search: str = "", action: str = ""
) -> list[QuerySet]:
    """Return two querysets of a table's documents with their recipients: live records and archived
    records."""
    wanted = mine(supplier, form, period) & table.filters
    if search:
        wanted &= Q(number_key__contains=number_key(search)) | Q(recipient__gstin=search.upper())
    live = Record.objects.filter(wanted & _with_action(action, "decision__action"))
    archived = gone(wanted & _with_action(action, "action"))
    return [live.select_related("decision", "recipient"), archived.select_related("recipient")]


def _with_action(action: str, column: str) -> Q:
    if not action:
        return Q()
    if action == NOT_ACTIONABLE:
        return ~Q(route=Route.IMS.value)
    return Q(route=Route.IMS.value, **{column: action})


def lines_of(records: Iterable[AnyRecord]) -> list[Line]:
    """Return the documents as lines. Each line also has the version just before the document and the version
    just after it. Needs four queries for any number of documents."""
    records = list(records)
    ids = [r.pk for r in records]
    originals = _by_id({r.amends_id for r in records if r.amends_id})
    later: dict[int, AnyRecord] = {}
    for found in (
        Record.objects.filter(amends_id__in=ids),
        ArchivedRecord.objects.filter(amends_id__in=ids).exclude(why=ArchivedRecord.Why.DELETED),
    ):
        later |= {r.amends_id: r for r in found if r.amends_id is not None}
    return [_line(record, originals.get(record.amends_id or 0), later.get(record.pk)) for record in records]


def _by_id(ids: set[int]) -> dict[int, AnyRecord]:
    return (
        {r.pk: r for model in (Record, ArchivedRecord) for r in model.objects.filter(pk__in=ids)}
        if ids
        else {}
    )


def _line(record: AnyRecord, amends: AnyRecord | None, amended_by: AnyRecord | None) -> Line:
    action, word = action_of(record)
    decided = record.decision if isinstance(record, Record) else record
    return Line(record, action, word, decided.acted_at, decided.remarks, amends, amended_by)


def lapsed_note(record: AnyRecord) -> str:
    """Return the sentence for the supplier of a document that can no longer be filed, or an empty text."""
    if record.filing != Filing.LAPSED.value:
        return ""
    return lapsing.what_to_do(Form(record.form), TaxPeriod.from_number(record.tax_period))


AnnualReturns = Mapping[tuple[int, int], date]  # the result of `annual_returns`


def late_amendment(record: AnyRecord, returns: AnnualReturns) -> tuple[DocumentWarning, ...]:
    """Return the warning that a document of GSTR-1, GSTR-1A or IFF amends another one too late, as a tuple of
    one warning or none. A filed amendment is judged on the day of filing, a saved one today. `returns` has the
    annual returns of the supplier."""
    if record.amends_id is None or not is_gstr1(Form(record.form)):
        return ()
    furnished = returns.get((record.supplier_id or 0, record.root_year))
    told = gates.late_amendment(
        FinancialYear(record.root_year), record.filed_on or clock.today(), annual_return_on=furnished
    )
    return (told,) if told else ()


def originals_of(records: Iterable[AnyRecord]) -> dict[int, AnyRecord]:
    """Return the versions that these documents amend, with their recipients, by id. Two queries at most."""
    ids = {record.amends_id for record in records if record.amends_id}
    if not ids:
        return {}
    models = (Record, ArchivedRecord)
    return {r.pk: r for model in models for r in model.objects.filter(pk__in=ids).select_related("recipient")}


def moving_amendment(
    record: AnyRecord, recipient: str, originals: Mapping[int, AnyRecord]
) -> tuple[DocumentWarning, ...]:
    """Return the warnings that a document changes the recipient or the place of supply of the version that it
    amends. `recipient` is the GSTIN of the document's recipient. `originals` has the amended versions."""
    original = originals.get(record.amends_id or 0)
    if original is None:
        return ()
    places = (original.place_of_supply, record.place_of_supply)
    return named_original.moves(
        original.number, recipients=(original.recipient.gstin, recipient), places=places
    )


def warnings_of(
    record: AnyRecord, returns: AnnualReturns, originals: Mapping[int, AnyRecord]
) -> tuple[DocumentWarning, ...]:
    """Return the warnings about a saved or filed document: about its amounts, about an amendment that is too
    late, and about an amendment that changes the recipient or the place of supply. A document that can no
    longer be filed has only the warning that says so. `returns` has the annual returns of the supplier.
    `originals` has the versions that the document and others amend (`originals_of`)."""
    if told := lapsed_note(record):
        form = Form(record.form)
        return (DocumentWarning("form", told, lapsing.ENDS[form]),)
    moved = moving_amendment(record, record.recipient.gstin, originals)
    if not is_gstr1(Form(record.form)):
        return moved
    lines = [RateLine(*line) for line in record.rate_lines or []]
    tax = TaxAmounts(*(getattr(record, head) for head in HEADS))
    amounts = retail_price.warnings(record.document_date, record.taxable, tax, lines)
    return (*amounts, *late_amendment(record, returns), *moved)


def action_of(record: AnyRecord) -> tuple[str, str]:
    """Return the status letter of the recipient's action, and a text that the list shows instead of the
    letter's usual word. If the list shows the usual word, the text is empty."""
    if record.route != Route.IMS.value:
        return NOT_ACTIONABLE, f"{_('Not actionable')}: {_(ROUTE_LABELS[Route(record.route)])}"
    if isinstance(record, ArchivedRecord):
        closed, action = True, record.action
    else:
        closed = clock_facets(record, DeskView(record.recipient.open_period))["closed"]
        action = record.decision.action
    return (DEEMED, "") if closed and action == "N" else (action, "")


def document(supplier: Taxpayer, record_id: int) -> AnyRecord | None:
    """Return one of the supplier's documents, live or archived, or None if the supplier has no such
    document."""
    own = {"pk": record_id, "supplier_id": supplier.pk}
    return (
        Record.objects.filter(**own).select_related("decision", "recipient").first()
        or ArchivedRecord.objects.filter(**own)
        .exclude(why=ArchivedRecord.Why.DELETED)
        .select_related("recipient")
        .first()
    )


def original_named(supplier: Taxpayer, table: Table, number: str, on: date) -> AnyRecord | None:
    """Return the filed document with this number and date that the table may amend, or None."""
    found = originals(supplier, number, table)
    return next((line.record for line in found if line.record.document_date == on), None)


def originals(supplier: Taxpayer, number: str, table: Table) -> list[Line]:
    """Return the filed documents with this number that the table may amend, each in its latest version."""
    kinds = [kind.value for kind in table.kinds]
    own = {
        "supplier_id": supplier.pk,
        "number_key": number_key(number),
        "kind__in": kinds,
        "filing": Filing.FILED.value,
    }
    found: list[AnyRecord] = [
        *Record.objects.filter(**own).select_related("decision", "recipient"),
        *ArchivedRecord.objects.filter(**own)
        .exclude(why=ArchivedRecord.Why.DELETED)
        .select_related("recipient"),
    ]
    return [line for line in lines_of(sorted(found, key=lambda r: r.pk)) if line.can_amend]
