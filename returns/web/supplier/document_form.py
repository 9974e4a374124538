"""The form in which a supplier types one document. The form reads amounts and dates.
`invoices.documents.checking` checks the law."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from ims_portal.kernel.errors import Refused
from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.money import TaxAmounts, format_inr
from invoices.documents import changed_invoice
from invoices.documents.saving import Incoming
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.models.choices import HEAD_LABELS, KIND_LABELS
from invoices.rules.calendar import Form
from invoices.rules.documents import (
    RATES,
    Draft,
    RateLine,
    fits,
    tax_at,
    tax_waits_for_place,
)
from invoices.rules.situation import Kind
from invoices.web.page import words
from returns.outward.queries import Table
from returns.web.supplier.document_fields import AmountField, DocumentFields
from returns.web.supplier.document_values import LINE_PARTS, values_of

LINES_AT_FIRST, MOST_LINES = 2, len(RATES)
TAX_PARTS = ("igst", "cgst", "sgst")
PART_LABELS = {
    "rate": lazy("Rate"),
    "taxable": lazy("Taxable value"),
    **{head: lazy(label) for head, label in HEAD_LABELS.items()},
}
# field name in a refusal -> field of this form that shows the refusal (None: the top of the form)
FIELD_OF = {
    "date": "document_date",
    "original": "original_number",
    "form": None,
    "file": None,
    "stin": "supplied_by",
}
LINE_OF = re.compile(r"Line (\d+):")


@dataclass(frozen=True, slots=True)
class LineRow:
    """The bound fields of one rate line, for the template."""

    nth: int
    fields: tuple[BoundField, ...]


class DocumentForm(DocumentFields):
    """The form of a document. `original` is the version to amend. `record` is the saved document to edit, and
    `amends` is the version that this document amends. The person can name another version instead (R-080)."""

    _errors: dict[str, Any] | None  # an attribute of Django's forms that the type stubs leave out

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        supplier: Taxpayer,
        form: Form,
        table: Table,
        record: Record | None = None,
        original: Record | ArchivedRecord | None = None,
        amends: Record | ArchivedRecord | None = None,
    ):
        self.supplier, self.record, self.original = supplier, record, original
        self.recomputed: set[int] = set()
        shown = record or original
        count = max(LINES_AT_FIRST, _lines_in(data), len(shown.rate_lines or [1]) if shown else 0)
        super().__init__(data, initial=values_of(shown, record, amends) if shown else None)
        if amends is None:
            del self.fields["original_number"], self.fields["original_date"]
        self._add_lines(min(count, MOST_LINES))
        kinds = self.fields["kind"]
        assert isinstance(kinds, forms.ChoiceField)
        kinds.choices = [(kind.value, _(KIND_LABELS[kind])) for kind in table.kinds]
        if len(table.kinds) == 1:
            self.fields["kind"].widget = forms.HiddenInput()
            self.fields["kind"].initial = table.kinds[0].value
        if shown is not None:
            # Fixed fields: the kind of a note, and in GSTR-1A the recipient of an amendment.
            self.fields["kind"].disabled = True
            is_amendment = original is not None or shown.amends_id is not None
            if is_amendment and form is Form.GSTR1A:
                self.fields["recipient"].disabled = True
                self.fields["recipient"].help_text = words.of_law("GSTIN_CHANGE_IN_1A")
        if Kind.ECO in table.kinds:
            for name in ("reverse_charge", "irn", "concessional"):
                del self.fields[name]
        else:
            del self.fields["supplied_by"]
        if form is not Form.GSTR6 or Kind.CREDIT_NOTE not in table.kinds:
            for name in ("changed_number", "changed_date"):
                del self.fields[name]

    def _add_lines(self, count: int) -> None:
        rates = [("", "")] + [(str(rate), f"{rate / 100:g} %") for rate in RATES]
        for nth in range(count):
            before = self._initial_line(nth)
            for part in LINE_PARTS:
                label = _("Line %(nth)d, %(part)s") % {"nth": nth + 1, "part": PART_LABELS[part]}
                field: forms.Field = (
                    forms.TypedChoiceField(choices=rates, coerce=int, empty_value=None)
                    if part == "rate"
                    else AmountField()
                )
                field.required, field.label = False, label
                field.widget.attrs |= {"aria-label": label} | ({"class": "num"} if part != "rate" else {})
                if before is not None:
                    field.initial = before[part]
                self.fields[f"{part}_{nth}"] = field
        self.line_count = count

    def _initial_line(self, nth: int) -> dict[str, Any] | None:
        lines = self.initial.get("lines", [])
        return lines[nth] if nth < len(lines) else None

    # Parts of the form for the template

    def head_fields(self) -> list[BoundField]:
        names = (
            "original_number",
            "original_date",
            "kind",
            "recipient",
            "supplied_by",
            "number",
            "document_date",
            "place_of_supply",
            "invoice_type",
        )
        return [self[name] for name in names if name in self.fields]

    def tail_fields(self) -> list[BoundField]:
        names = ("changed_number", "changed_date", "value", "irn", "reverse_charge", "concessional")
        return [self[name] for name in names if name in self.fields]

    def line_rows(self) -> list[LineRow]:
        return [
            LineRow(nth + 1, tuple(self[f"{part}_{nth}"] for part in LINE_PARTS))
            for nth in range(self.line_count)
        ]

    @property
    def can_add_lines(self) -> bool:
        return self.line_count < MOST_LINES

    # Reading the input

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        for given, missing in (("changed_number", "changed_date"), ("changed_date", "changed_number")):
            if cleaned.get(given) and not cleaned.get(missing) and not self.has_error(missing):
                self.add_error(missing, _("Give the number and the date of the invoice, or neither."))
        self._tell_missing(cleaned)
        if not self.errors:
            cleaned["lines"] = self._lines(cleaned)
            if not cleaned["lines"] and not self.errors:
                self.add_error("taxable_0", _("Enter at least one line with a rate and a taxable value."))
        return cleaned

    def _lines(self, cleaned: dict[str, Any]) -> list[RateLine]:
        found = []
        for nth in range(self.line_count):
            given = {part: cleaned.get(f"{part}_{nth}") for part in LINE_PARTS}
            if all(value is None for value in given.values()):
                continue
            found.append(self._with_tax(cleaned, given, nth))
        return found

    def _tell_missing(self, cleaned: dict[str, Any]) -> None:
        """Tell the lines without a rate or a taxable value. A part that has a fault of its own is not missing."""
        for nth in range(self.line_count):
            names = [f"{part}_{nth}" for part in LINE_PARTS]
            if all(cleaned.get(name) is None for name in names):
                continue
            for name in names[:2]:
                if cleaned.get(name) is None and not self.has_error(name):
                    self.add_error(name, _("Give the rate and the taxable value of the line."))
                    break

    def _with_tax(self, cleaned: dict[str, Any], given: dict[str, Any], nth: int) -> RateLine:
        """Return a line with its tax. If the person typed no tax, or changed the line and left its tax, calculate
        the tax from the rate. In the second case `recomputed` gets the number of the line."""
        heads = {part: given[part] for part in TAX_PARTS}
        left = self._left_as_shown(given, heads, nth, concessional=bool(cleaned.get("concessional")))
        if left or all(value is None for value in heads.values()):
            tax = self._tax_at(cleaned, given["rate"], given["taxable"])
            computed = {"igst": tax.igst, "cgst": tax.cgst, "sgst": tax.sgst}
            if left and computed != heads:
                self.recomputed.add(nth + 1)
            heads = computed
        return RateLine(
            given["rate"],
            given["taxable"],
            heads["igst"] or 0,
            heads["cgst"] or 0,
            heads["sgst"] or 0,
            given["cess"] or 0,
        )

    def _left_as_shown(
        self, given: dict[str, Any], heads: dict[str, Any], nth: int, *, concessional: bool
    ) -> bool:
        """True if the person changed the taxable value or the rate of a line and left the tax, which no longer
        fits them."""
        before = self._initial_line(nth)
        if before is None or before["rate"] is None:
            return False
        if (before["rate"], before["taxable"]) == (given["rate"], format_inr(given["taxable"])):
            return False
        if any(before[part] != format_inr(heads[part] or 0) for part in TAX_PARTS):
            return False
        return not fits(given["rate"], given["taxable"], sum(v or 0 for v in heads.values()), concessional)

    def _tax_at(self, cleaned: dict[str, Any], rate: int, taxable: int) -> TaxAmounts:
        if self._waits_for_place(cleaned):
            return TaxAmounts()
        bare, me = self._bare(cleaned), self.supplier
        return tax_at(bare, rate, taxable, supplier=me.gstin, supplier_is_sez=me.registration.is_sez)

    def _waits_for_place(self, cleaned: dict[str, Any]) -> bool:
        """True if the heads of tax are not known yet, because the person chose no place of supply."""
        me = self.supplier
        return tax_waits_for_place(self._bare(cleaned), me.gstin, me.registration.is_sez)

    def _bare(self, cleaned: dict[str, Any]) -> Draft:
        """Return the typed document without amounts."""
        recipient = cleaned.get("recipient") or ""
        return Draft(
            kind=Kind(cleaned["kind"]),
            recipient=str(Gstin.parse(recipient)) if Gstin.is_valid(recipient) else recipient,
            number=cleaned.get("number") or "",
            document_date=cleaned.get("document_date") or date.min,
            place_of_supply=cleaned.get("place_of_supply") or "",
            taxable=0,
            tax=TaxAmounts(),
            invoice_type=cleaned.get("invoice_type") or "R",
            reverse_charge=bool(cleaned.get("reverse_charge")),
            concessional=bool(cleaned.get("concessional")),
            irn=cleaned.get("irn") or "",
        )

    def incoming(self) -> Incoming:
        """Return the document of a valid form."""
        lines: list[RateLine] = self.cleaned_data["lines"]
        draft = replace(
            self._bare(self.cleaned_data),
            taxable=sum(line.taxable for line in lines),
            tax=_tax_of(lines),
            value=self.cleaned_data["value"] or 0,
            rate_lines=tuple(lines),
        )
        shown = self.record or self.original
        before = (shown.details if shown else None) or {}
        details = {k: v for k, v in before.items() if k == "sold_through"} | self._changed_invoice(before)
        if self.cleaned_data.get("supplied_by"):
            details["supplied_by"] = self.cleaned_data["supplied_by"]
        if draft.irn and draft.irn == before.get("irn") and "irn_date" in before:
            draft = replace(draft, irn_date=date.fromisoformat(before["irn_date"]))
        return Incoming(draft, amends=self.original.pk if self.original else None, details=details or None)

    def named_original(self) -> tuple[str, date] | None:
        """Return the number and the date of the document to amend if the person changed them, or None."""
        if not {"original_number", "original_date"} & set(self.changed_data):
            return None
        return self.cleaned_data["original_number"], self.cleaned_data["original_date"]

    def typed_original(self) -> tuple[str, date | None]:
        """Return the number and the date of the document to amend as the person typed them. Return an empty
        text and None if the form has no such fields, or if a field is not valid."""
        names = ("original_number", "original_date")
        try:
            number, on = (self.fields[name].clean(self[name].value()) for name in names)
        except (KeyError, ValidationError):
            return "", None
        return number, on

    def _changed_invoice(self, before: dict[str, Any]) -> dict[str, Any]:
        if "changed_number" not in self.fields:
            named = changed_invoice.named_in(before)
            return changed_invoice.as_details(*named) if named else {}
        number, on = self.cleaned_data["changed_number"], self.cleaned_data["changed_date"]
        return changed_invoice.as_details(number, on) if number and on else {}

    # the portal's refusal of the input

    def add_refusal(self, error: Refused) -> None:
        """Show a refusal, with its rule and code, as an error at the field that the refusal names."""
        name = str(error.details.get("field", ""))
        name = FIELD_OF.get(name, name) or ""
        if name in LINE_PARTS:
            told = LINE_OF.match(error.message)
            rows = [n for n in range(self.line_count) if self.cleaned_data.get(f"rate_{n}") is not None]
            nth = int(told[1]) - 1 if told else self._unequal_line(rows)
            name = f"{name}_{rows[nth] if nth < len(rows) else 0}"
        shown = name in self.fields and not self.fields[name].disabled
        text = words.refusal_text(error)
        # the label of a line's field names the line already
        self.add_error(name if shown else None, LINE_OF.sub("", text).lstrip() if shown else text)

    def _unequal_line(self, rows: list[int]) -> int:
        """Return the place of the first line whose CGST and SGST differ, or of the first line: a refusal of the
        sums of the document names no line."""
        values = self.cleaned_data
        return next(
            (n for n, row in enumerate(rows) if values.get(f"cgst_{row}") != values.get(f"sgst_{row}")), 0
        )

    def totals(self) -> dict[str, Any]:
        """Return the sums of the lines that can be read, for the running total."""
        lines = [line for line in (self._readable(nth) for nth in range(self.line_count)) if line]
        tax = _tax_of(lines)
        taxable = sum(line.taxable for line in lines)
        return {"taxable": taxable, "tax": tax, "value": taxable + tax.total}

    def _readable(self, nth: int) -> RateLine | None:
        found = {}
        for part in LINE_PARTS:
            try:
                found[part] = self.fields[f"{part}_{nth}"].clean(self[f"{part}_{nth}"].value())
            except ValidationError:
                return None
        if found["rate"] is None or found["taxable"] is None:
            return None
        return self._with_tax(self._readable_head(), found, nth)

    def _readable_head(self) -> dict[str, Any]:
        names = ("kind", "place_of_supply", "invoice_type", "concessional")
        found = {name: self[name].value() for name in names if name in self.fields}
        valid = {kind.value for kind in Kind}
        return {**found, "kind": found["kind"] if found["kind"] in valid else Kind.INVOICE.value}

    def with_taxes(self) -> None:
        """Calculate the tax of every line again in a copy of the typed data, and use the copy. Without a place of
        supply on which the tax depends, leave the tax and ask for the place at its field."""
        self._errors, self.cleaned_data = {}, {}
        if self._waits_for_place(self._readable_head()):
            text = _(
                "Choose the place of supply. Within your State the tax is CGST and SGST, elsewhere IGST."
            )
            self.add_error("place_of_supply", text)
            return
        typed = cast(QueryDict, self.data).copy()
        for nth in range(self.line_count):
            for part in TAX_PARTS:
                typed[f"{part}_{nth}"] = ""
        self.data = typed
        for nth in range(self.line_count):
            line = self._readable(nth)
            if line is not None:
                for part in TAX_PARTS:
                    typed[f"{part}_{nth}"] = format_inr(getattr(line, part))


def _tax_of(lines: list[RateLine]) -> TaxAmounts:
    return sum((TaxAmounts(x.igst, x.cgst, x.sgst, x.cess) for x in lines), TaxAmounts())


def _lines_in(data: QueryDict | None) -> int:
    """Return how many lines the next page has: the lines of this page, and one more if the person pressed the
    button for a new line."""
    if data is None:
        return 0
    shown = sum(1 for nth in range(MOST_LINES) if f"rate_{nth}" in data)
    return shown + 1 if data.get("do") == "line" else shown
