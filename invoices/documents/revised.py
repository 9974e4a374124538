"""The record of an edited document: the same record with a new content, or a new record for another recipient or
another amended version (R-040, R-042, R-080)."""

from __future__ import annotations

from typing import Any

from ims_portal.kernel import clock
from invoices.documents import checking
from invoices.documents.checking import Batch
from invoices.models import Record


def revise(batch: Batch, record: Record, reported: dict[str, Any]) -> None:
    """Apply an edit to a record in memory. The recipient does not change."""
    for name, value in reported.items():
        setattr(record, name, value)
    record.revision += 1
    if record.amends_id is None:
        record.root_year = record.year
    checking.place_in_batch(batch, record)


def copy_for(batch: Batch, record: Record, reported: dict[str, Any], original: Any) -> Record:
    """Return a new record for an edited document that changes its recipient or the version that it amends. If
    `original` is not None, the new record amends this version."""
    amends_id, root_id, root_year = record.amends_id, record.root_id, record.root_year
    if original is not None:
        amends_id, root_id, root_year = original.pk, original.root_id or original.pk, original.root_year
    fresh = Record(
        supplier_id=record.supplier_id,
        form=record.form,
        tax_period=record.tax_period,
        section=record.section,
        kind=record.kind,
        filing=record.filing,
        saved_at=clock.now(),
        amends_id=amends_id,
        root_id=root_id,
        revision=record.revision + 1,
        **reported,
    )
    fresh.root_year = root_year if amends_id is not None else fresh.year
    checking.place_in_batch(batch, fresh)
    return fresh
