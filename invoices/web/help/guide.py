"""The screens of the portal with their purposes. This module also knows on which screens a person sees a rule
or a refusal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from invoices.models import Role
from invoices.rules.refusals import CODES
from invoices.rules.ruling import Line, Section, Table4Row
from invoices.rules.situation import Route


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen. `path` is the screen's address below the taxpayer's address. A `path` that begins with "/" is
    the whole address. None means that the screen has no fixed address."""

    key: str
    label: str
    purpose: str
    path: str | None

    @property
    def anchor(self) -> str:
        """Return the anchor of the screen's description on the help page."""
        return f"screen-{self.key}"

    def url(self, gstin: str) -> str:
        """Return the screen's address at a GSTIN. Without a GSTIN, or for a screen without a path, return the
        address at which the help describes the screen."""
        if self.path is None or not gstin and not self.path.startswith("/"):
            return f"/help/#{self.anchor}"
        return self.path if self.path.startswith("/") else f"/t/{gstin}/{self.path}"


SCREENS = (
    Screen(
        "taxpayers",
        gettext_noop("My taxpayers"),
        gettext_noop(
            "All GSTINs at which you have a role: what is late, the next due date, undecided records and the "
            "GSTR-2B draft of each."
        ),
        "/t/",
    ),
    Screen(
        "home",
        gettext_noop("Home"),
        gettext_noop(
            "Your tasks, the most urgent first, each with a link to its list. The next due dates. Your "
            "credit by status."
        ),
        "",
    ),
    Screen(
        "register",
        gettext_noop("Purchase register"),
        gettext_noop(
            "Upload your purchase register: any Excel or CSV file, or XML of Tally. Check what was read, take the bills "
            "over, and download the rows with the answer for each bill."
        ),
        "register/",
    ),
    Screen(
        "match",
        gettext_noop("Match"),
        gettext_noop(
            "Books and IMS compared: each class of matches with its suggestion, what silence accepts, and the bills "
            "that nobody reported. Accept a class through the preview."
        ),
        "match/",
    ),
    Screen(
        "ims",
        gettext_noop("IMS dashboard"),
        gettext_noop("Counts of inward supplies, outward supplies and files, as on the GST portal."),
        "ims/",
    ),
    Screen(
        "inward",
        gettext_noop("Inward supplies"),
        gettext_noop("Records and tax of each section by action. Each figure opens its list."),
        "ims/inward/",
    ),
    Screen(
        "records",
        gettext_noop("Record list"),
        gettext_noop(
            "The buttons A, R and P save an action at once. You can undo the action. To act on many "
            "records, tick the records or choose all records that match. You see a preview first. A lock "
            "marks an action that is not "
            "available, with the reason next to it."
        ),
        "ims/inward/all/",
    ),
    Screen(
        "record",
        gettext_noop("Record"),
        gettext_noop(
            "The effect of each action on GSTR-2B and GSTR-3B, the record's amendments, its history, and "
            "the rules that apply."
        ),
        None,
    ),
    Screen(
        "triage",
        gettext_noop("Triage"),
        gettext_noop("One record at a time, for a phone or the keyboard."),
        "ims/triage/all/",
    ),
    Screen(
        "gstr2b",
        "GSTR-2B",
        gettext_noop(
            "The draft by part and table. Each figure opens its documents. Compare shows the changes "
            "between two drafts, and the changes that a recompute would make."
        ),
        "gstr2b/",
    ),
    Screen(
        "gstr3b",
        "GSTR-3B",
        gettext_noop("Table 4, filled from GSTR-2B; the obstacles to filing; and the three steps to file."),
        "gstr3b/",
    ),
    Screen(
        "outward",
        gettext_noop("Outward supplies"),
        gettext_noop(
            "The recipients' actions on your documents, and the rejections that add to your liability."
        ),
        "ims/outward/",
    ),
    Screen(
        "forms",
        gettext_noop("GSTR-1, IFF, GSTR-1A"),
        gettext_noop(
            "Enter, upload, amend and file your own documents. The recipient sees a saved document at once."
        ),
        "returns/",
    ),
    Screen(
        "downloads",
        gettext_noop("Downloads"),
        gettext_noop(
            "Workbooks and JSON files to download, and the upload of files. Large files are prepared in "
            "the background."
        ),
        "jobs/",
    ),
    Screen(
        "audit",
        gettext_noop("Audit"),
        gettext_noop(
            "Everything that was done at this GSTIN, and a check that the journal is complete and unchanged."
        ),
        "audit/",
    ),
    Screen(
        "clock",
        gettext_noop("Clock"),
        gettext_noop(
            "In a sandbox: move the clock to the 14th, to a due date or into another year. A preview "
            "shows the events before that time."
        ),
        "/clock/",
    ),
)
# what a person with each role may do at a GSTIN (`invoices/people/access.py`), in the order of the help page
ROLES = {
    Role.SIGNATORY: gettext_noop(
        "Does everything at the GSTIN: decides records, enters documents, files GSTR-3B and the supplier's "
        "forms, checks and exports the journal."
    ),
    Role.PREPARER: gettext_noop("Decides records, recomputes GSTR-2B and imports files. Does not file."),
    Role.VIEWER: gettext_noop("Reads every page and changes nothing."),
    Role.SUPPLIER_CLERK: gettext_noop(
        "Enters and uploads the GSTIN's own documents and amendments. Does not file, and does not decide "
        "records."
    ),
    Role.AUDITOR: gettext_noop("Reads every page, and checks and exports the journal."),
}
BY_KEY = {screen.key: screen for screen in SCREENS}

# screens on which a person acts on one record, on many records, or by a file
ACTING = ("records", "record", "triage", "downloads")
COMPUTING = ("gstr2b",)
FILING = ("gstr2b", "gstr3b")
ENTERING = ("forms",)
# Refusal code -> the screens on which a person may get this refusal. The codes of the rulebook's clauses are
# not in this table, because `of_clause` finds the screens of a clause.
MET: dict[str, tuple[str, ...]] = {
    "NO_ACCESS": (*ACTING, *COMPUTING),
    "TOO_EARLY": (*ACTING, *COMPUTING),
    "RECORD_CLOSED": ACTING,
    "NOT_IN_IMS": ACTING,
    **{code: ACTING for code in CODES if code.startswith("DECL_")},
    "REMARKS_REQUIRED": ACTING,
    "REMARKS_TOO_LONG": ACTING,
    "ANSWER_REQUIRED": (),  # only programs can get this refusal
    "FINAL_2B": FILING,
    "PREV_3B_PENDING": FILING,
    "NO_2B": FILING,
    "STALE_2B": ("gstr3b",),
    "GSTR1_PENDING": ("gstr3b",),
    "NOT_SIGNATORY": ("gstr3b",),
    "OPENING_BALANCE": ("gstr3b",),
    "DOC_LOCKED": ENTERING,
    "DUPLICATE_DOC": ENTERING,
    "BAD_GSTIN": ENTERING,
    "BAD_DOC_NO": ENTERING,
    "BAD_DOC": ENTERING,
    "GSTIN_CHANGE_IN_1A": ENTERING,
    "FORM_CLOSED": ENTERING,
    "BAD_PERIOD": (*FILING, *ENTERING),
}


def of_clause(*, closes: bool, lines: Iterable[Line], routes: frozenset[Route]) -> tuple[Screen, ...]:
    """Return the screens on which a person sees the effect of a clause. For a clause that `closes` actions,
    return the screens with actions. For a clause that sends records to `lines` of GSTR-2B, return the screens
    that show these lines. `routes` are the routes of the records to which the clause applies."""
    lines = tuple(lines)
    keys = {"record"}
    if routes and Route.IMS not in routes:
        keys.add("inward")  # this screen lists the documents that are not in IMS, with reasons
    elif closes:
        keys |= set(ACTING)
    if lines:
        keys.add("gstr2b")
    if any(line.row is not Table4Row.NONE for line in lines):
        keys.add("gstr3b")
    if any(line.section is Section.REJECTED for line in lines):
        keys.add("outward")
    return ordered(keys)


def ordered(keys: Iterable[str]) -> tuple[Screen, ...]:
    """Return the screens with these keys, in the order of the menu."""
    wanted = set(keys)
    return tuple(screen for screen in SCREENS if screen.key in wanted)
