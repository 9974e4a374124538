"""The fields of the form in which a supplier types one document."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from ims_portal.kernel.gstin import BadGstin, Gstin
from ims_portal.kernel.money import BadAmount, parse_inr
from ims_portal.kernel.places import STATES
from invoices.models.choices import INVOICE_TYPE_LABELS
from invoices.rules.documents import DOCUMENT_NUMBER, number_fault
from invoices.rules.refusals import refused
from invoices.web.page import words
from invoices.web.page.labels import in_language

DATE_FORMATS = ["%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d"]


def places_of_supply() -> list[tuple[str, str]]:
    return [("", ""), *((code, f"{code} – {_(name)}") for code, name in STATES.items())]


def invoice_types() -> list[tuple[str, str]]:
    return [(value, _(label)) for value, label in INVOICE_TYPE_LABELS.items()]


class AmountField(forms.Field):
    """A field for an amount in rupees, typed as 1,23,456 or 123456.50 or 1.5L. The value is in paise."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        try:
            return parse_inr(value)
        except BadAmount as bad:
            raise ValidationError(in_language(bad.args[0])) from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return true if the amount changed. 1,000 and 1000.00 are the same amount."""
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


class DayField(forms.DateField):
    """A field for a day. It says if the day is written well but is not in the calendar, as 31-11-2024."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError:
            if re.fullmatch(r"\d{1,2}([-/.])\d{1,2}\1\d{4}|\d{4}-\d{1,2}-\d{1,2}", str(value).strip()):
                raise ValidationError(self.error_messages["no_such_day"], code="no_such_day") from None
            raise


def _day(label: Any, *, required: bool = True) -> forms.DateField:
    return DayField(
        label=label,
        required=required,
        input_formats=DATE_FORMATS,
        help_text=lazy("DD-MM-YYYY"),
        error_messages={
            "no_such_day": lazy("This day does not exist."),
            "invalid": lazy("Write the date as DD-MM-YYYY, for example 03-10-2024."),
        },
        widget=forms.DateInput(format="%d-%m-%Y", attrs={"autocomplete": "off", "maxlength": "10"}),
    )


class DocumentFields(forms.Form):
    """The fields of a document. `DocumentForm` removes the fields that a table does not have."""

    kind = forms.ChoiceField(label=lazy("Note type"))
    recipient = forms.CharField(
        label=lazy("Recipient's GSTIN"),
        widget=forms.TextInput(
            attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false", "maxlength": "18"}
        ),
    )
    number = forms.CharField(
        label=lazy("Document number"),
        help_text=lazy("1 to 16 letters, digits, - and /"),
        # no maxlength: a browser would cut a longer number, and another number would be saved
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    document_date = _day(lazy("Document date"))
    place_of_supply = forms.ChoiceField(
        label=lazy("Place of supply"),
        choices=places_of_supply,
    )
    invoice_type = forms.ChoiceField(label=lazy("Type"), choices=invoice_types, initial="R")
    supplied_by = forms.CharField(
        label=lazy("Supplier's GSTIN"),
        required=False,
        help_text=lazy("The seller on your e-commerce platform. Leave blank if the seller is unregistered"),
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "maxlength": "18"}),
    )
    reverse_charge = forms.BooleanField(
        label=lazy("Reverse charge: the recipient pays the tax"), required=False
    )
    concessional = forms.BooleanField(label=lazy("Tax at 65 % of the rate"), required=False)
    value = AmountField(
        label=lazy("Document value, rupees"),
        required=False,
        help_text=lazy("If left blank: taxable value plus tax"),
    )
    changed_number = forms.CharField(
        label=lazy("Invoice that the note changes"),
        required=False,
        help_text=lazy("The number of the invoice by which you distributed the credit"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": "16"}),
    )
    changed_date = _day(lazy("Date of this invoice"), required=False)
    irn = forms.CharField(
        label=lazy("IRN"),
        required=False,
        help_text=lazy("Only for an e-invoice"),
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "maxlength": "64"}),
    )
    original_number = forms.CharField(
        label=lazy("Number of the amended document"),
        help_text=lazy("As filed. With another number or date, this amendment amends that document instead"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": "16"}),
    )
    original_date = _day(lazy("Date of the amended document"))
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    # checks of one field alone

    def clean_recipient(self) -> str:
        """Check the GSTIN alone, so that one answer tells this fault with the faults of the other fields."""
        text: str = self.cleaned_data["recipient"]
        try:
            Gstin.parse(text)
        except BadGstin as bad:
            raise ValidationError(words.refusal_text(refused("BAD_GSTIN", bad.args[0]))) from None
        return text

    def clean_number(self) -> str:
        """Check the number alone, as `clean_recipient` does with the GSTIN."""
        number: str = self.cleaned_data["number"]
        if fault := number_fault(number):
            raise ValidationError(words.refusal_text(refused(fault.code, fault.message)))
        return number

    def clean_changed_number(self) -> str:
        number = self.cleaned_data["changed_number"]
        if number and not DOCUMENT_NUMBER.match(number):
            raise ValidationError(words.of_law("BAD_DOC_NO"))
        return number

    def clean_supplied_by(self) -> str:
        text = self.cleaned_data["supplied_by"]
        if text and not Gstin.is_valid(text):
            raise ValidationError(_("This is not a valid GSTIN. Check it, or leave it blank."))
        return str(Gstin.parse(text)) if text else ""

    def clean_irn(self) -> str:
        text = self.cleaned_data["irn"].lower()
        if text and not re.fullmatch(r"[0-9a-f]{64}", text):
            raise ValidationError(_("An IRN has 64 characters. Use only digits and the letters a to f."))
        return text
