"""Faults in what an amendment says of the document that it amends (R-045, R-080)."""

from __future__ import annotations

from datetime import date
from typing import Any

from ims_portal.kernel.periods import TaxPeriod
from ims_portal.kernel.places import state_name
from ims_portal.kernel.wording import say
from invoices.rules.documents import DocumentFault
from invoices.rules.retail_price import DocumentWarning
from invoices.rules.situation import Kind


def _fault(sentence: str, rule: str = "R-080", field: str = "original") -> DocumentFault:
    return DocumentFault("BAD_DOC", field, sentence, rule=rule)


def named(version: Any) -> str:
    """Return the number of a version with its form and period, because an amendment may keep the number."""
    return f"{version.number} ({version.form} {TaxPeriod.from_number(version.tax_period).short_label})"


def missing_original(number: str, dated: date | None) -> DocumentFault:
    """Return the fault that no filed document has the number and the date that the amendment names (R-080).
    `number` is empty if the amendment names an id."""
    if not number:
        sentence = say("The document to amend is not a filed document of this kind. Choose it again.")
        return _fault(sentence)
    asked = f"{number} of {dated:%d-%m-%Y}" if dated else number
    return _fault(
        say(
            "There is no filed original %(named)s of this kind to amend. Check its number and date.",
            named=asked,
        ),
    )


def unfiled_original(number: str) -> DocumentFault:
    """Return the fault that the named document is only saved (R-080)."""
    return _fault(
        say("%(number)s is not filed yet. Edit the document; do not amend it.", number=number),
    )


def earlier_version(number: str) -> DocumentFault:
    """Return the fault that another amendment has replaced the named version (R-080)."""
    return _fault(
        say("%(number)s was amended already; amend its latest version.", number=number),
    )


def taken_original(number: str, saved: str, *, lapsed: bool = False) -> DocumentFault:
    """Return the fault that a saved amendment, `saved`, already amends the named version (R-080). A `lapsed`
    amendment can only be deleted."""
    if lapsed:
        return _fault(
            say(
                "The saved document %(saved)s amends %(number)s, and its form can no longer be filed. Delete "
                "the saved document first.",
                saved=saved,
                number=number,
            )
        )
    return _fault(
        say(
            "The saved document %(saved)s amends %(number)s. Edit or delete the saved document first.",
            saved=saved,
            number=number,
        ),
    )


def original_of_another_period(
    number: str, form: TaxPeriod, reported: TaxPeriod, reported_in: str = "GSTR-1"
) -> DocumentFault:
    """Return the fault that a GSTR-1A of the period `form` amends a document of the period `reported`
    (R-045). `reported_in` is the form of the document."""
    return _fault(
        say(
            "GSTR-1A of %(form)s amends documents reported for that period; %(number)s was reported in "
            "%(where)s of %(reported)s. Amend it in a later GSTR-1.",
            where=reported_in,
            form=form.label,
            number=number,
            reported=reported.label,
        ),
        "R-045",
    )


def moves(
    number: str, *, recipients: tuple[str, str], places: tuple[str, str]
) -> tuple[DocumentWarning, ...]:
    """Return the warnings that an amendment of the document `number` changes the recipient (R-080) or the place
    of supply (R-089). Each pair has the GSTIN or State code of the original and of the amendment. An amendment
    may correct both, but a supplier who names the wrong original changes them without noticing."""
    found = []
    if recipients[0] != recipients[1]:
        sentence = say(
            "This amendment of %(number)s changes the recipient from %(old)s to %(new)s.",
            number=number,
            old=recipients[0],
            new=recipients[1],
        )
        found.append(DocumentWarning("recipient", sentence, "R-080"))
    if places[0] != places[1]:
        old, new = (f"{code} {state_name(code)}" for code in places)
        sentence = say(
            "This amendment of %(number)s changes the place of supply from %(old)s to %(new)s.",
            number=number,
            old=old,
            new=new,
        )
        found.append(DocumentWarning("place_of_supply", sentence, "R-089"))
    return tuple(found)


def amended_date_problem(
    kind: Kind, when: date, reported: TaxPeriod, form: str = "GSTR-1"
) -> DocumentFault | None:
    """Return the fault in the date of an amended invoice or ECO document, or None (R-080). The date may not be
    after the last day of `reported`, the period of the form `form`, in which the first version was reported. Notes
    are not checked."""
    if kind not in (Kind.INVOICE, Kind.ECO) or when <= reported.last_day:
        return None
    return _fault(
        say(
            "Document date %(day)s is after %(end)s. The original was reported in %(form)s of %(period)s, and an "
            "amendment cannot move the date past the end of that period.",
            form=form,
            period=reported.label,
            day=f"{when:%d-%m-%Y}",
            end=f"{reported.last_day:%d-%m-%Y}",
        ),
        field="date",
    )
