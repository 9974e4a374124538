"""Labels of sections, States, events and people, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ims_portal.kernel.periods import TaxPeriod
from ims_portal.kernel.places import state_name
from ims_portal.kernel.sentences import inside
from ims_portal.kernel.wording import Said
from invoices.models.choices import SECTION_LABELS
from invoices.rules.situation import Book

# The names of events, as the journal stores each name. Pages show each name with a capital first letter.
EVENTS = (
    gettext_noop("accepted"),
    gettext_noop("rejected"),
    gettext_noop("kept pending"),
    gettext_noop("reset to no action"),
    gettext_noop("document saved"),
    gettext_noop("documents saved"),
    gettext_noop("documents edited"),
    gettext_noop("document edited"),
    gettext_noop("document deleted"),
    gettext_noop("documents deleted"),
    gettext_noop("documents moved to the next form"),
    gettext_noop("file loaded"),
    gettext_noop("form filed"),
    gettext_noop("sections of a return saved"),
    gettext_noop("bill of entry received"),
    gettext_noop("bill of entry amended"),
    gettext_noop("bill of entry moved here"),
    gettext_noop("bill of entry moved away"),
    gettext_noop("bill of entry withdrawn"),
    gettext_noop("bill of entry superseded"),
    gettext_noop("time-barred before filing"),
    gettext_noop("time-barred by annual return"),
    gettext_noop("left IMS by its period or place of supply"),
    gettext_noop("GSTR-2B drafted"),
    gettext_noop("GSTR-2B recomputed"),
    gettext_noop("GSTR-2B generated"),
    gettext_noop("GSTR-3B filed"),
    gettext_noop("opening balance declared"),
    gettext_noop("taxpayer registered"),
    gettext_noop("taxpayer changed"),
    gettext_noop("filing frequency changed"),
    gettext_noop("roles changed"),
    gettext_noop("Rule 37A reversal flagged"),
    gettext_noop("annual return furnished"),
    gettext_noop("pending expired"),
    gettext_noop("pending ended at the 16(4) date"),
    gettext_noop("purged at the 16(4) date"),
    gettext_noop("released and time-barred"),
    gettext_noop("undone"),
    gettext_noop("redone"),
    gettext_noop("register taken over"),
    gettext_noop("register matched"),
    gettext_noop("bills gone"),
    gettext_noop("bills kept"),
    gettext_noop("sample month played"),
    gettext_noop("sample world built"),
)

# events that have one name in the journal and another name on pages
SHOWN_AS = {"records taken over": gettext_noop("records copied into this portal")}

# names of actors that are not persons
ACTORS = (
    gettext_noop("System"),
    gettext_noop("Supplier"),
    gettext_noop("Command"),
    gettext_noop("Api"),
    gettext_noop("File"),
)


def section_label(key: str) -> str:
    """Return the name of an IMS section for pages, or "" for an unknown key."""
    return _(SECTION_LABELS[key]).replace(" - ", " – ") if key in SECTION_LABELS else ""


def state_label(code: str) -> str:
    """Return a State with its code: "27 Maharashtra"."""
    return f"{code} {_(state_name(code))}" if code else "—"


def in_language(text: str) -> str:
    """Return a sentence of the law or of an error in the reader's language. The function also writes values,
    such as dates, into the sentence."""
    if isinstance(text, Said):
        values = {
            name: in_language(value) if isinstance(value, Said) else value
            for name, value in text.values.items()
        }
        return _(text.pattern) % values
    return _(text) if text else ""


def event_label(event: str) -> str:
    """Return the name of a journal event for pages: "documents saved" becomes "Documents saved"."""
    known = event if event in EVENTS else inside(event)
    said = _(SHOWN_AS.get(known, known)) if event else ""
    return said[:1].upper() + said[1:]


def name_of(user: Any) -> str:
    """Return a person's full name, or the user name if the person has no full name."""
    return str(user.get_full_name() or user.get_username())


def book_label(book: Book) -> str:
    """Return the month from which a rulebook holds, in words: October 2025."""
    return TaxPeriod(2000 + int(book.value[:2]), int(book.value[2:])).label
