"""The message codes of section 22 of the screen specification. `wordings` returns all wordings of a code as
regular expressions."""

from __future__ import annotations

import re

from ims_portal.support.web.screen_messages import COUNTED, MESSAGES
from invoices.queries.clauses import closing
from invoices.rules.gates import IFF_ELSEWHERE
from invoices.rules.refusals import CODES, QUOTED
from invoices.rules.rulebooks import BOOKS
from invoices.rules.ruling import CLAUSES

SECTION_22 = [
    "NOACT-INFO",
    "PEND-WINDOW",
    "PEND-OLD",
    "PEND-LIMIT",
    "PEND-BACK",
    "REJ-BOE",
    "ORIG-FIRST",
    "AMEND-WINS",
    "3B-FILED",
    "NOT-FILED",
    "RESET-EDIT",
    "SUP-DELETED",
    "RED-REMARK",
    "RED-MAX",
    "PAIR-REJECT",
    "2B-STALE",
    "2B-BEFORE-14",
    "2B-PREV3B",
    "2B-QRMP",
    "2B-RUNNING",
    "2B-NOCHANGE",
    "3B-LOCKED",
    "3B-GATE",
    "R1A-CLOSED",
    "R1A-GSTIN",
    "IFF-NA",
    "ROW-CHANGED",
    "ROW-MINE",
    "BATCH-DRIFT",
    "BATCH-DONE",
    "SAVED-ONE",
    "UNDONE",
    "UNDO-LATE",
    "IMP-FORMAT",
    "IMP-GSTIN",
    "IMP-PERIOD",
    "IMP-EMPTY",
    "CSRF",
    "EXPIRED",
    "ERR",
    "NOPERM",
]
# These codes say why a form is not available. Their sentences come from the check of the form
# (invoices/rules/gates.py).
OF_GATES = {
    "R1A-CLOSED": "is filed, so GSTR-1A of the period is closed. Amend the document in a later GSTR-1.",
    "IFF-NA": str(IFF_ELSEWHERE),
}


class Places(dict):
    """A dict of values for the placeholders of a text. A placeholder without a value stays in the text."""

    def __missing__(self, name: str) -> str:
        return f"%({name})s"


def wordings(code: str) -> list[str]:
    """Return all wordings of a code as regular expressions: from the catalogue of messages, from the checks
    of forms, and from the sentences of the law."""
    found = []
    if code in MESSAGES:
        found.append(MESSAGES[code])
    if code in COUNTED:
        found += [COUNTED[code] % Places(n=n) for n in (1, 2)]
    if code in OF_GATES:
        found.append(OF_GATES[code])
    for name, rule in QUOTED:
        if QUOTED[name, rule] == code:
            found += [clause.sentence for clause in CLAUSES.values() if clause.code == rule]
            for law in (law for book in BOOKS for law in book.legality if law.clause.code == rule):
                found += closing(law.rule)[3]
            found.append(CODES[name].sentence)
    return [".+?".join(re.escape(part) for part in re.split(r"%\(\w+\)s", one)) for one in found]
