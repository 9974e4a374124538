"""I17: no two originals have the same supplier, number, financial year and kind. No version has two
amendments of the same kind for the same recipient."""

from __future__ import annotations

from invoices.checks.frame import Looked, count, owned, table
from invoices.models import Record

NAME = "I17 documents are unique"


def look(only: int | None) -> Looked:
    record = table(Record)
    mine = owned("r.recipient_id", only)
    looked = Looked(count(f"{record} r WHERE 1 = 1{mine}"), "documents")
    looked.ask(
        f"SELECT min(r.id), count(*) FROM {record} r WHERE r.amends_id IS NULL AND r.supplier_id IS NOT "
        f"NULL{mine} "
        "GROUP BY r.supplier_id, r.number_key, r.year, r.kind HAVING count(*) > 1",
        lambda pk, n: f"the document of record {pk} exists {n} times",
    )
    looked.ask(
        f"SELECT r.amends_id, count(*) FROM {record} r WHERE r.amends_id IS NOT NULL{mine} "
        "GROUP BY r.amends_id, r.recipient_id, r.kind HAVING count(*) > 1",
        lambda pk, n: f"record {pk} is amended {n} times",
    )
    return looked
