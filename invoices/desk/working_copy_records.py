"""Places documents of another portal's IMS on a working copy's desk, by the rules of this portal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q

from ims_portal.kernel import clock
from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import FinancialYear, TaxPeriod
from invoices.desk.actions import Asked
from invoices.desk.actions_by_number import RefusedDocument
from invoices.documents import archive, placing, voiding
from invoices.models import ArchivedRecord, Decision, Record, Taxpayer
from invoices.models.choices import section_of
from invoices.queries.calendar import annual_returns
from invoices.queries.versions import chains, earlier_versions
from invoices.rules.calendar import Form
from invoices.rules.documents import number_key
from invoices.rules.refusals import CODES
from invoices.rules.situation import Filing, Kind, Route

CHUNK = 5000
SUPPLIED = (Kind.INVOICE, Kind.DEBIT_NOTE, Kind.CREDIT_NOTE, Kind.ECO)
KINDS = {
    section_of(kind, form=Form.GSTR1, amended=amended): kind for kind in SUPPLIED for amended in (False, True)
}
Key = tuple[str, str, str, date]
Number = tuple[int, str, int, str]  # supplier id, number, financial year, kind


@dataclass(frozen=True, slots=True)
class Copied:
    """A document as another portal's IMS shows it, amounts in paise. `asked` is the recipient's action on the
    document at the other portal."""

    place: str
    section: str
    supplier: str
    number: str
    document_date: date
    form: Form
    tax_period: TaxPeriod
    filed: bool
    value: int
    taxable: int
    tax: TaxAmounts
    place_of_supply: str
    invoice_type: str
    asked: Asked
    supplier_name: str = ""
    original: tuple[str, date] | None = None

    @property
    def key(self) -> Key:
        return (self.section, self.supplier, number_key(self.number), self.document_date)

    @property
    def content(self) -> dict[str, Any]:
        """Return the columns that a supplier can change, with their values."""
        return {
            "form": self.form.value,
            "tax_period": self.tax_period.number,
            "filing": (Filing.FILED if self.filed else Filing.SAVED).value,
            "value": self.value,
            "taxable": self.taxable,
            "place_of_supply": self.place_of_supply,
            "invoice_type": self.invoice_type,
            **{head: getattr(self.tax, head) for head in HEADS},
        }


@dataclass(slots=True)
class Account:
    """The result of a file: how many records are new, changed or unchanged, and how many records got an
    action.

    `problems` are the refused documents or actions, with the reasons."""

    new: int = 0
    changed: int = 0
    same: int = 0
    acted: int = 0
    problems: list[tuple[Copied, RefusedDocument]] = field(default_factory=list)


class Placing:
    """Puts new and changed documents on the desk by the rules of this portal."""

    def __init__(
        self, recipient: Taxpayer, suppliers: dict[str, Taxpayer], fresh: Sequence[Copied], account: Account
    ):
        self.recipient, self.suppliers, self.account = recipient, suppliers, account
        self.first_open = recipient.files.first_month(recipient.opens)
        self.returns = annual_returns({recipient.pk})
        self.fresh = fresh
        self.originals = self._known([item for item in fresh if item.original])
        self.chains = chains(o.root_id or o.pk for o in self.originals.values())

    def insert(self) -> list[Record]:
        taken = self._numbers_taken()
        self._note_originals(taken)
        built = [record for item in self.fresh if (record := self._new(item, taken)) is not None]
        made = Record.objects.bulk_create(built, batch_size=1000)
        Decision.objects.bulk_create(
            [Decision(record_id=r.pk, recipient_id=r.recipient_id) for r in made], batch_size=2000
        )
        amended = [r.pk for r in made if r.amends_id and r.filing == Filing.FILED.value]
        for start in range(0, len(amended), placing.CHUNK):
            some = Record.objects.filter(pk__in=amended[start : start + placing.CHUNK])
            placing.settle_filed_amendments(some.select_related("decision").order_by("pk"))
        return made

    def edit(self, moved: Sequence[tuple[Record, Copied]]) -> None:
        """Replace the content of these records, and reset their actions to No action, as after every edit."""
        for record, item in moved:
            for name, value in item.content.items():
                setattr(record, name, value)
            record.revision += 1
            record.saved_at = clock.now()
            self._place(record, item)
            record.save()
        voiding.clear_decisions([record.pk for record, _item in moved])

    def _new(self, item: Copied, taken: set[Number]) -> Record | None:
        supplier, kind = self.suppliers[item.supplier], KINDS[item.section]
        year = FinancialYear.of(item.document_date).start
        original = self._original(item) if item.original else None
        own = (supplier.pk, number_key(item.number), year, kind.value)
        if (original is None and (item.original or own in taken)) or (
            original and original.pk in self.amended
        ):
            message = (
                "This portal already has another version of this document. The version in the file was not "
                "copied."
            )
            self.account.problems.append((item, RefusedDocument("DUPLICATE_DOC", message)))
            return None
        record = Record(
            recipient_id=self.recipient.pk,
            supplier_id=supplier.pk,
            section=item.section,
            kind=kind.value,
            number=item.number,
            number_key=number_key(item.number),
            document_date=item.document_date,
            year=year,
            saved_at=clock.now(),
            amends_id=original.pk if original else None,
            root_id=(original.root_id or original.pk) if original else None,
            root_year=original.root_year if original else year,
            **item.content,
        )
        self._place(record, item)
        if record.route != Route.IMS.value:
            known = CODES["NOT_IN_IMS"]
            self.account.problems.append((item, RefusedDocument("NOT_IN_IMS", known.sentence, known.rule)))
            return None
        if original is None:
            taken.add(own)
        else:
            self.amended.add(original.pk)
        return record

    def _place(self, record: Record, item: Copied) -> None:
        """Set a record's facets and period, without saving the record.

        The record belongs to the open period, or to the document's own period if that period is later."""
        month = item.tax_period.offset(1) if item.form is Form.GSTR1A else item.tax_period
        chain = self.chains.get(record.root_id, []) if record.root_id else []
        placing.place(
            record,
            max(month, self.first_open),
            supplier_state=item.supplier[:2],
            recipient=self.recipient,
            earlier=earlier_versions(chain, before=record.pk, recipient_id=self.recipient.pk),
            annual_return_on=self.returns.get((self.recipient.pk, record.root_year)),
        )

    def _known(self, amending: Sequence[Copied]) -> dict[Key, Record | ArchivedRecord]:
        """Return the originals that this portal has, by kind, supplier, number and date.

        The function also sets `amended`: the ids of the originals that another record already amends."""
        self.amended: set[int] = set()
        found: dict[Key, Record | ArchivedRecord] = {}
        names = {t.pk: t.gstin for t in self.suppliers.values()}
        numbers = sorted({number_key(item.original[0]) for item in amending if item.original})
        for start in range(0, len(numbers), CHUNK):
            some = Q(recipient_id=self.recipient.pk, number_key__in=numbers[start : start + CHUNK])
            versions: list[Record | ArchivedRecord] = [
                *ArchivedRecord.objects.filter(some),
                *Record.objects.filter(some),
            ]
            for version in versions:
                supplier = names.get(version.supplier_id or 0, "")
                found[(version.kind, supplier, version.number_key, version.document_date)] = version
        ids = [version.pk for version in found.values()]
        amending_them = Record.objects.filter(amends_id__in=ids, recipient_id=self.recipient.pk)
        self.amended |= {pk or 0 for pk in amending_them.values_list("amends_id", flat=True)}
        return found

    def _original(self, item: Copied) -> Record | ArchivedRecord | None:
        number, on = item.original or ("", item.document_date)
        return self.originals.get((KINDS[item.section].value, item.supplier, number_key(number), on))

    def _note_originals(self, taken: set[Number]) -> None:
        """Create the originals of the file's amendments, if this portal does not have them, and archive these
        originals as deleted.

        The file gives only an original's number and date. A created original has no amounts, so it is never
        the baseline of an amendment."""
        noted: dict[Key, Record] = {}
        for item in self.fresh:
            if item.original is None or self._original(item) is not None:
                continue
            (number, on), kind = item.original, KINDS[item.section]
            supplier, year = self.suppliers[item.supplier], FinancialYear.of(on).start
            if (supplier.pk, number_key(number), year, kind.value) in taken:
                continue
            key = (kind.value, item.supplier, number_key(number), on)
            noted[key] = Record(
                recipient_id=self.recipient.pk,
                supplier_id=supplier.pk,
                form=item.form.value,
                tax_period=item.tax_period.number,
                section=section_of(kind, form=Form.GSTR1, amended=False),
                kind=kind.value,
                number=number,
                number_key=number_key(number),
                document_date=on,
                year=year,
                root_year=year,
                place_of_supply=item.place_of_supply,
                filing=Filing.FILED.value,
                saved_at=clock.now(),
            )
            self._place(noted[key], item)
            taken.add((supplier.pk, number_key(number), year, kind.value))
        made = Record.objects.bulk_create(noted.values(), batch_size=1000)
        Decision.objects.bulk_create(
            [Decision(record_id=r.pk, recipient_id=r.recipient_id) for r in made], batch_size=2000
        )
        for start in range(0, len(made), CHUNK):
            archive.move_ids([r.pk for r in made[start : start + CHUNK]], ArchivedRecord.Why.DELETED)
        self.originals |= noted

    def _numbers_taken(self) -> set[Number]:
        """Return the numbers that these suppliers have already used, for any recipient.

        A document has only one recipient, so a number with another recipient counts as used."""
        found: set[Number] = set()
        named = [item.number for item in self.fresh] + [i.original[0] for i in self.fresh if i.original]
        numbers = sorted({number_key(number) for number in named})
        ids = [t.pk for t in self.suppliers.values()]
        for start in range(0, len(numbers), CHUNK):
            rows = Record.objects.filter(
                number_key__in=numbers[start : start + CHUNK], supplier_id__in=ids, amends_id__isnull=True
            )
            found |= set(rows.values_list("supplier_id", "number_key", "year", "kind"))
        return found
