"""Names that stand beside the models or in the kernel, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ims_portal.kernel.places import state_name
from ims_portal.kernel.wording import Said
from invoices.models.choices import SECTION_LABELS

# What the journal calls an event, as it is stored; pages say it with a capital letter.
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
    gettext_noop("sample month played"),
    gettext_noop("sample world built"),
)

# who acted, where it was no person
ACTORS = (
    gettext_noop("System"),
    gettext_noop("Supplier"),
    gettext_noop("Command"),
    gettext_noop("Api"),
    gettext_noop("File"),
)


def section_label(key: str) -> str:
    """An IMS section by its name, as pages print it; nothing for a key that is none."""
    return _(SECTION_LABELS[key]).replace(" - ", " – ") if key in SECTION_LABELS else ""


def state_label(code: str) -> str:
    """A State by its code: "27 Maharashtra"."""
    return f"{code} {_(state_name(code))}" if code else "—"


def in_language(text: str) -> str:
    """A sentence of the law or of an error, with its figures, in the reader's language."""
    if isinstance(text, Said):
        values = {
            name: in_language(value) if isinstance(value, Said) else value
            for name, value in text.values.items()
        }
        return _(text.pattern) % values
    return _(text) if text else ""


def event_label(event: str) -> str:
    """An event of the journal: "documents saved" is "Documents saved"."""
    known = event if event in EVENTS else event[:1].lower() + event[1:]
    said = _(known) if event else ""
    return said[:1].upper() + said[1:]


def name_of(user: Any) -> str:
    """A person as pages name them: Meera Deshpande, or the user name of somebody without one."""
    return str(user.get_full_name() or user.get_username())
