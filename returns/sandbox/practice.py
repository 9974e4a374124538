"""Puts documents on a recipient's desk, on which a person can try the changes of October 2025.

A practice supplier saves the documents in GSTR-1 and files the form, and customs sends a bill of entry. These
are the portal's own events. A filed document has a fixed 2B month, so the last day of its wait is fixed too
(R-064). The number of a document names the change for which it is: TRY3 is for the third change."""

from __future__ import annotations

from datetime import date

from django.contrib.auth import get_user_model
from django.db import transaction

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Conflict
from ims_portal.kernel.periods import TaxPeriod
from invoices import locks, portal_clock
from invoices.documents import filing
from invoices.documents.customs import bills_of_entry
from invoices.documents.saving import Incoming
from invoices.journal.writing import By
from invoices.models import ArchivedRecord, Membership, Record, Role, Taxpayer
from invoices.queries import changes_2025
from invoices.queries.calendar import book_for, calendar
from invoices.rules.calendar import Form
from invoices.rules.changes_2025 import CHANGES, holds_in
from invoices.rules.documents import Draft
from invoices.rules.refusals import refused
from invoices.rules.situation import Filing, Kind
from returns.outward import save_and_file as outward
from returns.sandbox.world.cast import gstin
from returns.sandbox.world.stage import minor, rate_line, total

SUPPLIER = gstin("29", "AAACP2510P")
NAME = "Practice Supplier"
# This person of the sample world reads the remarks of recipients in the supplier's Outward supplies.
READER = "arjun"
# change (first is 1), kind, and taxable value in rupees of each document
DOCUMENTS = (
    (1, Kind.CREDIT_NOTE, 26_000),
    (2, Kind.CREDIT_NOTE, 9_900),
    (3, Kind.CREDIT_NOTE, 44_000),
    (4, Kind.INVOICE, 112_050),
    (6, Kind.CREDIT_NOTE, 21_000),
)
NEEDS_FILING = (1, 2)  # a saved document has no fixed last day of waiting
BILL_CHANGE = 5
BILL = 1_250_000
MOST_ROUNDS = 99


def may_set_up(today: date) -> bool:
    """True if documents that are saved today come under the rules of October 2025."""
    return holds_in(book_for(TaxPeriod.of(today)))


def set_up(recipient: Taxpayer, *, by: By) -> int:
    """Put a practice document on the recipient's desk for each change without a fitting document of its own,
    and return their number. A second call changes nothing until a document is used. Raises `Forbidden` outside
    a sandbox, `Conflict` if the clock shows an earlier time, and `Refused` (NO_ACCESS) if the recipient has no
    IMS."""
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
        # two presses of the button at once make the documents once
        supplier = locks.supplier(_supplier())
        lacking = _lacking(recipient)
        month = month_to_file(recipient, today)
        on = min(today, month.last_day) if month else today
        incoming = [
            Incoming(_draft(supplier, recipient, kind, _unused(supplier, change, recipient), rupees, on))
            for change, kind, rupees in DOCUMENTS
            if change in lacking and (month or change not in NEEDS_FILING)
        ]
        _save(supplier, month or TaxPeriod.of(today), incoming, by=by)
        if month is not None:
            _file(supplier, month, on=today, by=by)
        bill = None
        for again in range(MOST_ROUNDS if BILL_CHANGE in lacking else 0):
            bill = bills_of_entry.receive(recipient, _bill(recipient, today, again), by=by)
            if bill is not None:
                break
    return len(incoming) + (bill is not None)


def documents(recipient: Taxpayer) -> list[Record | None]:
    """Return one record for each change, the practice documents with the number of the change first."""
    return changes_2025.documents(recipient, own=[number_of(n) for n in range(1, len(CHANGES) + 1)])


def number_of(change: int) -> str:
    """Return how the numbers of the practice documents for this change begin."""
    return f"TRY{change}"


def month_to_file(recipient: Taxpayer, today: date) -> TaxPeriod | None:
    """Return the month whose GSTR-1 the practice supplier can file today. Return None if this form belongs to
    a month before the rules of October 2025, or to a month whose GSTR-3B the recipient has filed."""
    supplier = Taxpayer(gstin=SUPPLIER)
    month = calendar().window_month(today, form=Form.GSTR1, frequency=supplier.files, seat=supplier.seat)
    if not holds_in(book_for(month)) or recipient.files.period_of(month) < recipient.opens:
        return None
    return month


def reader() -> str:
    """Return the user name of the person who can read for the practice supplier, or ""."""
    return READER if get_user_model().objects.filter(username=READER, is_active=True).exists() else ""


def _lacking(recipient: Taxpayer) -> set[int]:
    """Return the changes without a fitting document that is made for them. Any bill of entry is enough for the
    change of bills."""
    return {
        change
        for change, record in enumerate(documents(recipient), 1)
        if record is None or (change != BILL_CHANGE and not record.number.startswith(number_of(change)))
    }


def _unused(supplier: Taxpayer, change: int, recipient: Taxpayer) -> str:
    """Return the first unused number of a practice document. A later document has a round: TRY1-2."""
    start, end = number_of(change), f"/{recipient.pk}"
    used: set[str] = set()
    for rows in (Record.objects, ArchivedRecord.objects):
        mine = rows.filter(supplier_id=supplier.pk, number_key__startswith=start, number_key__endswith=end)
        used.update(mine.values_list("number_key", flat=True))
    for again in range(1, MOST_ROUNDS + 1):
        number = f"{start}-{again}{end}" if again > 1 else f"{start}{end}"
        if number not in used:
            return number
    raise Conflict("PRACTICE_FULL", "No more documents to try can be made for this taxpayer.")


def _save(supplier: Taxpayer, period: TaxPeriod, incoming: list[Incoming], *, by: By) -> None:
    if not incoming:
        return
    for outcome in outward.save_many(supplier, Form.GSTR1, period, incoming, by=by, all_or_nothing=True):
        if outcome.problem is not None:
            raise Conflict(outcome.problem.code, outcome.problem.message)


def _file(supplier: Taxpayer, month: TaxPeriod, *, on: date, by: By) -> None:
    """File the saved practice documents of this month. The form stays open, because the supplier files the
    documents of the next recipient in the same form."""
    saved = Record.objects.filter(
        supplier_id=supplier.pk, tax_period=month.number, filing=Filing.SAVED.value, form=Form.GSTR1.value
    )
    if saved.exists():
        filing.mark_filed(supplier, Form.GSTR1, month, on=on, by=by)


def _supplier() -> Taxpayer:
    """Return the practice supplier. `listed` is false, so the portal drafts no GSTR-2B for it. A person of the
    sample world may look at it."""
    found, _new = Taxpayer.objects.get_or_create(
        gstin=SUPPLIER, defaults={"legal_name": NAME, "trade_name": NAME, "listed": False}
    )
    person = get_user_model().objects.filter(username=READER, is_active=True).first()
    if person is not None:
        Membership.objects.get_or_create(user=person, taxpayer=found, role=Role.VIEWER)
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


def _bill(recipient: Taxpayer, on: date, again: int) -> bills_of_entry.BillOfEntry:
    amount = minor(BILL)
    return bills_of_entry.BillOfEntry(
        # seven digits: the change, the round, and the recipient
        number=f"{BILL_CHANGE}{again:02d}{recipient.pk % 10_000:04d}",
        reference_date=on.replace(day=1),
        port="INNSA1",
        sez=False,
        taxable=amount,
        igst=amount * 18 // 100,
    )
