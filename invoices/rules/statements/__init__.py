"""Every rule in plain words, by its number. The help page of a rule shows its statement.

`invoices.rules` applies the law. This package only says it. The package is pure text."""

from __future__ import annotations

from invoices.rules.statements.actions import ACTIONS
from invoices.rules.statements.documents import DOCUMENTS
from invoices.rules.statements.periods import PERIODS
from invoices.rules.statements.records import RECORDS
from invoices.rules.statements.returns import RETURNS
from invoices.rules.statements.statement import Statement

STATEMENTS: dict[str, Statement] = {
    said.code: said
    for said in sorted((*RECORDS, *ACTIONS, *PERIODS, *RETURNS, *DOCUMENTS), key=lambda said: said.code)
}
