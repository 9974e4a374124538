"""Read records of another portal's IMS JSON completely, to copy them into a working copy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ims_portal.kernel.money import TaxAmounts
from ims_portal.kernel.periods import BadPeriod
from invoices.api import gstn_in
from invoices.api.gstn_in import FORMS, Unreadable
from invoices.desk.actions import Asked
from invoices.desk.actions_by_number import RefusedDocument
from invoices.desk.working_copy_records import Copied
from invoices.rules.calendar import Form
from invoices.rules.documents import MOST_PAISE
from invoices.rules.situation import Action
from returns.files.other_portals.amounts import FIELDS, amount
from returns.files.other_portals.read import IMPORTS, Document, day, period, plain, text

FILED = {"FILED": True, "F": True, "Y": True} | dict.fromkeys(("SAVED", "NOT FILED", "NF", "N"), False)
ORIGINALS = (("oinum", "oidt"), ("ont_num", "ont_dt"))
# The database column can store document numbers of at most MOST_CHARACTERS characters. The length must be
# checked, because a file of another portal may contain longer numbers than Rule 46 allows.
MOST_CHARACTERS = 20
INVOICE_TYPES = {"SEZWP": "SEWP", "SEZWOP": "SEWOP"}


def copied(documents: Iterable[Document]) -> tuple[list[Copied], list[tuple[Document, RefusedDocument]]]:
    """Return two lists: the documents that can be copied, and the documents that cannot be copied with the
    reasons."""
    found: list[Copied] = []
    problems: list[tuple[Document, RefusedDocument]] = []
    for document in documents:
        try:
            found.append(_copied(document))
        except (ValueError, BadPeriod, Unreadable) as bad:
            message = bad.message if isinstance(bad, Unreadable) else str(bad)
            problems.append((document, RefusedDocument("IMP-ROW", message)))
    return found, problems


def _copied(document: Document) -> Copied:
    if document.section in IMPORTS:
        raise ValueError(
            "Bills of entry are not copied from this file. Load them from the file of customs "
            "(import_icegate)."
        )
    row = gstn_in.of_the_tool(document.row)
    forms = FORMS.get(str(row.get("srcform") or row.get("rtnTyp") or "R1").upper(), frozenset())
    if not forms:
        raise ValueError("The supplier's form (srcform) is not known.")
    form = Form.GSTR1 if Form.GSTR1.value in forms else Form(min(forms))
    reported = document.row.get("rtnprd") or document.row.get("sRtnPrd")
    if reported is None:
        raise ValueError("The return period (rtnprd) is missing.")
    action = Action(document.action or "N")
    remarks = row.get("remarks")
    if isinstance(remarks, str) and "\x00" in remarks:
        raise ValueError("The remarks contain a character that cannot be stored.")
    value, said = amount(row, "val"), {name: getattr(document, name) for name in FIELDS}
    if value is None or None in said.values():
        unsaid = "val" if value is None else next(name for name in FIELDS if said[name] is None)
        raise ValueError(f"An amount of the record is missing ({unsaid}).")
    taxable, *heads = (said[name] or 0 for name in FIELDS)
    if not all(0 <= paise <= MOST_PAISE for paise in (value, taxable, *heads)):
        raise ValueError("An amount is negative, or is larger than the portal can store.")
    original = next(
        (
            (text(row, number), day(text(row, on)))
            for number, on in ORIGINALS
            if row.get(number) is not None and row.get(on) is not None
        ),
        None,
    )
    if document.section.endswith("a") and original is None:
        raise ValueError("The amendment does not name its original document.")
    if any(len(number) > MOST_CHARACTERS for number in (document.number, original[0] if original else "")):
        raise ValueError(f"A document's number has at most {MOST_CHARACTERS} characters.")
    filed = FILED.get(str(row.get("srcfilstatus") or "NF").upper())
    if filed is None:
        raise ValueError("The filing status of the supplier's return (srcfilstatus) is not known.")
    kind = plain(row.get("inv_typ") or "R").upper()
    return Copied(
        place=document.place,
        section=document.section,
        supplier=document.supplier,
        supplier_name=plain(row.get("tradenm")),
        number=document.number,
        document_date=document.document_date,
        form=form,
        tax_period=period(reported, since=document.document_date),
        filed=filed,
        value=value,
        taxable=taxable,
        tax=TaxAmounts(*heads),
        place_of_supply=plain(row.get("pos"))[:2],
        invoice_type=INVOICE_TYPES.get(kind, kind)[:5],
        original=original if document.section.endswith("a") else None,
        asked=_action_asked(row, action, remarks if isinstance(remarks, str) else "", document.place),
    )


def _action_asked(row: Any, action: Action, remarks: str, place: str) -> Asked:
    declared = gstn_in.declaration(row, place) if action is Action.ACCEPTED else None
    return Asked(action, remarks, declared)
