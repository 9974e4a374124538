"""Puts documents on a recipient's desk, on which a person can try the changes of October 2025.

A practice supplier saves the documents in GSTR-1, and customs sends a bill of entry. These are the portal's
own events. The supplier never files, so the documents stay on the desk and reach no GSTR-2B. A second practice
supplier files one credit note. The note has a fixed 2B month, so its last day of pending is fixed too (R-064)."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict
from ims_portal.kernel.periods import TaxPeriod
from invoices import locks, portal_clock
from invoices.documents import filing
from invoices.documents.customs import bills_of_entry
from invoices.documents.saving import Incoming
from invoices.journal.writing import By
from invoices.models import ArchivedRecord, Record, Taxpayer
from invoices.queries.calendar import book_for, calendar
from invoices.rules.calendar import Form
from invoices.rules.changes_2025 import holds_in
from invoices.rules.documents import Draft
from invoices.rules.refusals import refused
from invoices.rules.situation import Kind
from returns.outward import save_and_file as outward
from returns.sandbox.world.cast import gstin
from returns.sandbox.world.stage import minor, rate_line, total

SUPPLIER = gstin("29", "AAACP2510P")
NAME = "Practice Supplier"
FILER = gstin("29", "AAACP2511P")
FILER_NAME = "Practice Supplier Who Files"
# kind and number of each document, and its taxable value in rupees
DOCUMENTS = (
    (Kind.CREDIT_NOTE, "TRY1", 26_000),
    (Kind.CREDIT_NOTE, "TRY3", 44_000),
    (Kind.INVOICE, "TRY4", 112_050),
    (Kind.CREDIT_NOTE, "TRY6", 21_000),
)
FILED_NOTE = 9_900
BILL = 1_250_000


def may_set_up(today: date) -> bool:
    """True if documents that are saved today come under the rules of October 2025."""
    return holds_in(book_for(TaxPeriod.of(today)))


def set_up(recipient: Taxpayer, *, by: By) -> int:
    """Put the missing practice documents on the recipient's desk, and return their number. A second call
    changes nothing. Raises `Forbidden` outside a sandbox, `Conflict` if the clock shows an earlier time, and
    `Refused` (NO_ACCESS) if the recipient has no IMS."""
    portal_clock.require_sandbox()
    if not recipient.registration.has_ims:
        raise refused("NO_ACCESS")
    today = clock.today()
    if not may_set_up(today):
        raise Conflict(
            "CLOCK_EARLY",
            "The rules of October 2025 do not apply yet. Move the portal clock to October 2025.",
        )
    with transaction.atomic():
        supplier = _supplier()
        locks.supplier(supplier)  # two presses of the button at once make the documents once
        wanted = [(kind, f"{start}/{recipient.pk}", amount) for kind, start, amount in DOCUMENTS]
        have = set(
            Record.objects.filter(
                supplier_id=supplier.pk, number_key__in=[number for _kind, number, _amount in wanted]
            ).values_list("number_key", flat=True)
        )
        incoming = [
            Incoming(_draft(supplier, recipient, kind, number, amount, today))
            for kind, number, amount in wanted
            if number not in have
        ]
        outcomes = (
            outward.save_many(supplier, Form.GSTR1, TaxPeriod.of(today), incoming, by=by, all_or_nothing=True)
            if incoming
            else []
        )
        for outcome in outcomes:
            if outcome.problem is not None:
                raise Conflict(outcome.problem.code, outcome.problem.message)
        filed = _file_note(recipient, today, by=by)
        bill = bills_of_entry.receive(recipient, _bill(recipient, today), by=by)
    return len(incoming) + filed + (bill is not None)


def _file_note(recipient: Taxpayer, today: date, *, by: By) -> bool:
    """Save and file one credit note for the recipient, and return True. Return False if the note of this month
    is there already, or if a form that is filed today belongs to a month before the rules of October 2025, or
    to a month whose GSTR-3B the recipient has filed."""
    supplier = locks.supplier(_supplier(FILER, FILER_NAME))
    month = calendar().window_month(today, form=Form.GSTR1, frequency=supplier.files, seat=supplier.seat)
    if not holds_in(book_for(month)) or recipient.files.period_of(month) < recipient.opens:
        return False
    number = filed_note(month, recipient)
    kept = (Record.objects, ArchivedRecord.objects)
    if any(rows.filter(supplier_id=supplier.pk, number_key=number).exists() for rows in kept):
        return False
    on = min(today, month.last_day)
    note = Incoming(_draft(supplier, recipient, Kind.CREDIT_NOTE, number, FILED_NOTE, on))
    (outcome,) = outward.save_many(supplier, Form.GSTR1, month, [note], by=by, all_or_nothing=True)
    if outcome.problem is not None:
        raise Conflict(outcome.problem.code, outcome.problem.message)
    # The form stays open, because the supplier files the note of the next recipient in the same form.
    filing.mark_filed(supplier, Form.GSTR1, month, on=today, by=by)
    return True


def filed_note(month: TaxPeriod, recipient: Taxpayer) -> str:
    """Return the number of the recipient's filed credit note of this month."""
    return f"T{month.number % 1000:03d}/{recipient.pk}"


def _supplier(number: str = SUPPLIER, name: str = NAME) -> Taxpayer:
    """Return a practice supplier. `listed` is false, so the portal drafts no GSTR-2B for it."""
    found, _new = Taxpayer.objects.get_or_create(
        gstin=number, defaults={"legal_name": name, "trade_name": name, "listed": False}
    )
    return found


def _draft(supplier: Taxpayer, recipient: Taxpayer, kind: Kind, number: str, rupees: int, on: date) -> Draft:
    inter = recipient.registration.is_sez or supplier.state != recipient.state
    lines = [rate_line(minor(rupees), 18, inter=inter)]
    return Draft(
        kind=kind,
        recipient=recipient.gstin,
        number=number,
        document_date=on,
        place_of_supply=recipient.state,
        taxable=lines[0].taxable,
        tax=total(lines),
        invoice_type="SEWP" if recipient.registration.is_sez else "R",
        reverse_charge=False,
        rate_lines=tuple(lines),
    )


def _bill(recipient: Taxpayer, on: date) -> bills_of_entry.BillOfEntry:
    amount = minor(BILL)
    return bills_of_entry.BillOfEntry(
        number=f"{9_000_000 + recipient.pk}",
        reference_date=on.replace(day=1),
        port="INNSA1",
        sez=False,
        taxable=amount,
        igst=amount * 18 // 100,
    )
