"""The words of the filters by the matcher's answer: class, suggestion, and credit to give back."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from invoices.matching.ladder import Class
from invoices.matching.words import ACTIONS, CLASSES, class_words
from invoices.queries.record_list.findings import ALONE, DOUBLE, NONE, PAIRED, SUGGESTIONS, UNASKED, WAITING

GATHERED = {
    PAIRED: gettext_noop("Has a bill"),
    WAITING: gettext_noop("Not matched yet"),
    # classes that have a name only with their sub-class
    "NUMBER": gettext_noop("Number differs"),
    "PLACE": gettext_noop("Place of supply or reverse charge"),
    "VALUE": gettext_noop("Amounts differ"),
    "YEAR": gettext_noop("Other financial year"),
    "GSTIN": gettext_noop("Supplier's GSTIN in the books"),
}
REDUCED = {
    "full": gettext_noop("in full"),
    "part": gettext_noop("in part"),
    "none": gettext_noop("nothing"),
    UNASKED: gettext_noop("not asked"),
}


def match(value: str) -> str:
    """Return the words of one value of the filter `match`."""
    if value in GATHERED:
        return _(GATHERED[value])
    class_, _dash, sub = value.partition("-")
    return _(class_words(class_, sub)[0])


def suggestion(value: str) -> str:
    return _("No suggestion") if value == NONE else _(ACTIONS[value])


def reduction(value: str) -> str:
    return _(REDUCED[value])


def filters() -> list[tuple[str, str, dict[str, str]]]:
    """Return the filters by class and by suggestion for the form: name, label, and the words of each value."""
    classes = [one.value for one in Class]
    values = (*classes, ALONE, DOUBLE, PAIRED, WAITING)
    return [
        (
            "match",
            _("Match"),
            {value: match(value) for value in values if value in GATHERED or value in CLASSES},
        ),
        ("suggests", _("Suggestion"), {value: suggestion(value) for value in SUGGESTIONS}),
    ]
