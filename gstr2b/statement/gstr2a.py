"""GSTR-2A: all documents that suppliers have filed for a month, with their current data. Actions in IMS make
no difference (R-015)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext as _

from ims_portal.kernel.money import HEADS, TaxAmounts
from ims_portal.kernel.periods import TaxPeriod
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.models.choices import SECTIONS


@dataclass(slots=True)
class TableTotal:
    """The totals of one table of GSTR-2A, in paise."""

    table: str
    label: str
    count: int = 0
    suppliers: int = 0
    taxable: int = 0
    tax: TaxAmounts = TaxAmounts()


def filed(recipient: Taxpayer, month: TaxPeriod, table: str = "") -> list[QuerySet]:
    """Return two querysets of the documents that suppliers filed for the period `month`: live records and
    archived records. Actions in IMS make no difference."""
    about = {"recipient_id": recipient.pk, "filing": "F", "tax_period": month.number}
    if table:
        about["section"] = table
    live = Record.objects.filter(**about)
    # The condition on `land_period` leaves out no document, because the 2B period of a document is at most
    # one month before the period of its form. With this condition, the database uses an index of the archive.
    gone = ArchivedRecord.objects.filter(land_period__gte=month.offset(-1).number, **about)
    return [live, gone]


def totals(recipient: Taxpayer, month: TaxPeriod) -> list[TableTotal]:
    """Return the totals of every table, in the order of GSTR-2A. Needs two queries."""
    found = {
        key: TableTotal(key, _(label).replace(" - ", " – "))
        for key, label, _tab in SECTIONS  # in the order of GSTR-2A
    }
    suppliers: dict[str, set[int]] = defaultdict(set)
    for source in filed(recipient, month):
        rows = source.order_by().values("section", "kind", "supplier_id")
        for row in rows.annotate(
            n=Count("pk"), s_taxable=Sum("taxable"), **{f"s_{h}": Sum(h) for h in HEADS}
        ):
            total = found[row["section"]]
            # a credit note lowers the totals of supplies
            sign = -1 if row["kind"] == "CN" else 1
            total.count += row["n"]
            total.taxable += sign * int(row["s_taxable"] or 0)
            total.tax += TaxAmounts(*(sign * int(row[f"s_{h}"] or 0) for h in HEADS))
            if row["supplier_id"]:
                suppliers[row["section"]].add(row["supplier_id"])
    for table, ids in suppliers.items():
        found[table].suppliers = len(ids)
    return list(found.values())
