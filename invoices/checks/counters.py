"""The counters equal a count of the records (`invoices/counters.py`)."""

from __future__ import annotations

from collections.abc import Iterator

from invoices import counters
from invoices.checks.frame import Looked, count, owned, table
from invoices.models import Decision, Taxpayer

NAME = "counters equal the counts of records"


def look(only: int | None) -> Looked:
    decided = f"{table(Decision)} d WHERE 1 = 1{owned('d.recipient_id', only)}"
    looked = Looked(count(decided), "records")
    looked.add(_sentences_of_drifts(counters.drifts(None if only is None else [only])))
    return looked


def _sentences_of_drifts(drifts: list[counters.Drift]) -> Iterator[str]:
    gstins = Taxpayer.objects.in_bulk({drift.keys[0] for drift in drifts})
    for drift in drifts:
        recipient_id, label, decision, section, *_rest = drift.keys
        owner = gstins.get(recipient_id)
        figures = ", ".join(
            f"{name} {kept} counted, {found} found" for name, (kept, found) in drift.differing.items()
        )
        yield f"{owner.gstin if owner else f'taxpayer {recipient_id}'} {section} {label} / {decision}: {figures}"
