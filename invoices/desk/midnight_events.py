"""The events of midnight, one function each: purge, reversion, expiry, provisional periods, annual returns.
`gstr2b.midnight.run_night` calls the functions in this order and then drafts the GSTR-2B.

Each function takes the date that begins at the midnight (IST). The events of a missed midnight can therefore
run later with the same result."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min, Q, QuerySet

from ims_portal.kernel.periods import FinancialYear, Frequency, TaxPeriod
from invoices import locks
from invoices.desk import decisions
from invoices.documents import placing
from invoices.documents.filing import move_to_month
from invoices.documents.staleness import mark_stale
from invoices.documents.voiding import void_decisions
from invoices.journal import writing as journal
from invoices.journal.writing import SYSTEM
from invoices.models import AnnualReturn, JournalLine, Record, Taxpayer
from invoices.queries import situations
from invoices.queries.calendar import SEAT_COLUMNS, calendar, in_seats, seat_columns
from invoices.queries.situations import DeskView
from invoices.rules.attribution import provisional_month
from invoices.rules.calendar import Form, last_claim_period, years_past_cutoff
from invoices.rules.extensions import Seat
from invoices.rules.rulebooks import ONE_PERIOD_BOOKS
from invoices.rules.situation import Action, Filing, Kind, Route, Standing

GSTR1_FORMS = (Form.GSTR1, Form.IFF, Form.GSTR1A)


def _past_cutoff(night: date) -> QuerySet[Record]:
    """Return the pending records whose section 16(4) date is over when `night` begins (R-062, R-063). Documents
    that can no longer be filed are left out: they stay until the supplier deletes them (R-045, R-075)."""
    year = years_past_cutoff(night)
    late = Q(root_year__lte=year.start)
    for taxpayer_id, furnished in AnnualReturn.objects.filter(
        furnished_on__lt=night, year__gt=year.start
    ).values_list("taxpayer_id", "year"):
        late |= Q(recipient_id=taxpayer_id, root_year=furnished)
    return _pending().filter(late)


def _pending() -> QuerySet[Record]:
    waiting = Record.objects.filter(route=Route.IMS.value, decision__action="P")
    return waiting.exclude(filing=Filing.LAPSED.value)


def end_pending(night: date) -> tuple[int, int, int]:
    """Run `purge`, `revert` and `expire`, in this order. Return their three counts. On most nights there is
    nothing to do, and then two short queries find this."""
    pending = _pending()
    if not pending.exists():
        return 0, 0, 0
    past = _past_cutoff(night).exists()
    return purge(night) if past else 0, revert(night) if past else 0, expire(night)


def _recipients_of(records: QuerySet[Record]) -> QuerySet[Taxpayer]:
    return Taxpayer.objects.filter(pk__in=records.values("recipient_id"))


def purge(night: date) -> int:
    """Purge the pending records whose section 16(4) date is over (R-063, R-082). Return how many records left
    IMS.

    A pending bill of entry leaves IMS together with an amendment that waits for the bill. Two kinds of
    records are not purged: records that may be pending for only one period (R-064, see `expire`), and records
    that lower ITC (see `revert`)."""
    pending = _past_cutoff(night)
    return sum(
        _purge_one(recipient, pending.filter(recipient_id=recipient.pk), night)
        for recipient in _recipients_of(pending)
    )


def _purge_one(recipient: Taxpayer, pending: QuerySet[Record], night: date) -> int:
    with transaction.atomic():
        locks.open_desk(recipient)
        view = DeskView.of(recipient, night, calendar())
        gone: list[tuple[int, str]] = []
        # a purge may release a pending amendment that must be purged too, so repeat until no record is left
        # to purge
        while ids := _ids(pending, view, [g for g in situations.tally(pending, view) if g.ruling.purgeable]):
            gone += _leave(ids)
        if gone:
            journal.write(
                recipient.pk,
                "purged at the 16(4) date",
                SYSTEM,
                record_count=len(gone),
                lines=(
                    JournalLine(record_id=pk, recipient_id=recipient.pk, before=label, after="")
                    for pk, label in gone
                ),
            )
    return len(gone)


def _leave(ids: list[int]) -> list[tuple[int, str]]:
    """Purge these records. Return the ids of all purged records, with their labels before the purge.

    If a bill of entry is purged, a held amendment of this bill is purged too, unless the amendment lowers
    ITC. The other amendments of purged records are placed again."""
    gone: list[tuple[int, str]] = []
    while ids:
        some, ids = ids[: placing.CHUNK], ids[placing.CHUNK :]
        going = Record.objects.filter(pk__in=some)
        gone += going.order_by("pk").values_list("pk", "decision__label")
        going.update(route=Route.PURGED.value)
        ids = ids + placing.release_from_purged(Record.objects.filter(amends_id__in=some))
    return gone


def _ids(records: QuerySet[Record], view: DeskView, groups: list[situations.Group]) -> list[int]:
    marked = situations.with_clock_facets(records, view)
    return list(marked.filter(situations.where(groups)).order_by("pk").values_list("pk", flat=True))


def revert(night: date) -> int:
    """Change the action of pending records from Pending to No action, if the records lower ITC and their section
    16(4) date has passed (R-063, R-086). Return the number of changed records.

    The records move to the open period. A GSTR-2B draft of the open period becomes stale."""
    pending = _past_cutoff(night)
    return sum(
        _fall_back(
            recipient,
            pending.filter(recipient_id=recipient.pk),
            night,
            "pending ended at the 16(4) date",
            lambda group: group.ruling.reverts,
        )
        for recipient in _recipients_of(pending)
    )


def expire(night: date) -> int:
    """Reset records from Pending to No action, if they may be pending for only one period and this period is
    over (R-064, R-065). Return the number of reset records.

    The records move to the open period. A GSTR-2B draft of the open period becomes stale."""
    pending = _pending().filter(book__in=ONE_PERIOD_BOOKS)
    # the earliest 2B period of each recipient's records tells whether a record of the recipient can expire
    earliest = dict(pending.order_by().values_list("recipient_id").annotate(Min("claim_period")))
    dates = calendar()
    return sum(
        _fall_back(
            recipient,
            pending.filter(recipient_id=recipient.pk),
            night,
            "pending expired",
            lambda group: (
                group.ruling.one_period
                and group.situation.pending_limit_reached
                and not group.situation.closed
            ),
        )
        for recipient in Taxpayer.objects.filter(pk__in=earliest)
        if earliest[recipient.pk] <= dates.expired(night, frequency=recipient.files, seat=recipient.seat).last
    )


def _fall_back(
    recipient: Taxpayer,
    pending: QuerySet[Record],
    night: date,
    event: str,
    ends: Callable[[situations.Group], bool],
) -> int:
    """Reset pending records to No action if `ends` is true for their group. Return the number of reset
    records.

    The records move to the open period, unless their own period is later (R-063, R-065)."""
    with transaction.atomic():
        desk = locks.open_desk(recipient)
        view = DeskView.of(recipient, night, calendar())
        ids = _ids(pending, view, [group for group in situations.tally(pending, view) if ends(group)])
        if not ids:
            return 0
        locks.records(Record.objects.filter(pk__in=ids))
        entry = journal.write(
            recipient.pk,
            event,
            SYSTEM,
            record_count=len(ids),
            lines=(
                JournalLine(record_id=pk, recipient_id=recipient.pk, before="P -", after="N -") for pk in ids
            ),
        )
        decisions.write(entry, {"action": Action.NONE.value}, moved_to=recipient.open_period, held_stay=True)
        # superseded originals and held amendments are in no GSTR-2B, so they make no draft stale
        free = Record.objects.filter(pk__in=ids).exclude(standing=Standing.BLOCKED.value)
        in_scope = free.filter(filing="F", superseded="-", claim_period__lte=recipient.open_period).count()
        mark_stale(desk, in_scope)
        # Place the amendments again: the reset may change the standing of an amendment of the same period, or
        # of a moved bill of entry (T1, R-134).
        placing.restand(Record.objects.filter(amends_id__in=ids))
    return len(ids)


def move_provisional_periods(night: date) -> int:
    """Move the provisional 2B month forward for saved records whose form is not filed yet (R-033, R-073).
    Return how many records moved. When the month of a record moves, its 2B period, its rulebook and its time
    bar are set again."""
    dates = calendar()
    moved = 0
    saved = Record.objects.filter(filing=Filing.SAVED.value)
    placed: Any = saved.annotate(**seat_columns("supplier", dates))
    forms = placed.values_list(
        "form", "tax_period", "supplier__frequency", *SEAT_COLUMNS, "natural_period"
    ).distinct()
    # the present months of the saved records of each form, by the suppliers' reduced seats
    seen: dict[tuple[str, int, str, Seat], set[int]] = {}
    for form, period, frequency, state, district, pin_code, gstin, natural in forms:
        seat = Seat(state, district, pin_code, gstin)
        seen.setdefault((form, period, frequency, seat), set()).add(natural)
    moving: dict[tuple[str, int, str, TaxPeriod], list[Seat]] = {}
    for (form, period, frequency, seat), months in seen.items():
        month = provisional_month(
            dates,
            Form(form),
            night,
            form_month=TaxPeriod.from_number(period),
            frequency=Frequency(frequency),
            seat=seat,
        )
        if months != {month.number}:  # on most nights no form's month changes
            moving.setdefault((form, period, frequency, month), []).append(seat)
    # seats with the same new month move together, so the statements do not grow with the places of extensions
    for (form, period, frequency, month), seats in moving.items():
        these = placed.filter(
            in_seats(seats), form=form, tax_period=period, supplier__frequency=frequency
        ).exclude(natural_period=month.number)
        with transaction.atomic():
            # If a supplier is filing the form at this moment, wait. The form's records are then filed and do
            # not move.
            locks.suppliers(these)
            locks.records(these)
            moved += move_to_month(these, month)
    return moved


def apply_annual_returns(night: date) -> int:
    """Apply the earlier section 16(4) date that follows from an annual return furnished on the day before
    (R-033). Return how many records became time-barred.

    The time limit of saved and filed records is set again, if the records are not closed. A GSTR-2B draft
    with a changed record becomes stale."""
    return sum(
        _reclassify(annual.taxpayer, annual.year, _last_claim(annual)) for annual in _furnished_before(night)
    )


def becoming_time_barred(night: date) -> int:
    """Return how many records `apply_annual_returns` will make time-barred in this night."""
    return sum(
        _barred(annual.taxpayer, _of_year(annual.taxpayer, annual.year), _last_claim(annual)).count()
        for annual in _furnished_before(night)
    )


def _furnished_before(night: date) -> QuerySet[AnnualReturn]:
    day_before = night - timedelta(days=1)
    return AnnualReturn.objects.filter(furnished_on__lt=night, furnished_on__gte=day_before).select_related(
        "taxpayer"
    )


def _last_claim(annual: AnnualReturn) -> int:
    frequency = annual.taxpayer.files
    limit = last_claim_period(
        FinancialYear(annual.year), frequency=frequency, annual_return_on=annual.furnished_on
    )
    return limit.number


def _of_year(recipient: Taxpayer, year: int) -> QuerySet[Record]:
    """Return the recipient's documents of a financial year that have a section 16(4) date."""
    return Record.objects.filter(
        recipient=recipient,
        root_year=year,
        kind__in=[Kind.INVOICE.value, Kind.DEBIT_NOTE.value, Kind.ECO.value],
        form__in=[f.value for f in GSTR1_FORMS],
        last_claim_period__lt=209912,
    )


def _barred(recipient: Taxpayer, mine: QuerySet[Record], limit: int) -> QuerySet[Record]:
    """Return the records that become time-barred. Only records of the open period or a later period are barred.
    Earlier records that are pending or were carried forward remain on the desk (R-063, R-066)."""
    return mine.filter(
        route__in=[Route.IMS.value, Route.REVERSE_CHARGE.value],
        claim_period__gt=limit,
        claim_period__gte=recipient.open_period,
    )


def _reclassify(recipient: Taxpayer, year: int, limit: int) -> int:
    with transaction.atomic():
        desk = locks.open_desk(recipient)
        mine = _of_year(recipient, year)
        mine.update(last_claim_period=limit)
        barred = _barred(recipient, mine, limit)
        rows = list(barred.values_list("pk", "filing", "claim_period"))
        # A carried record keeps its 2B period, but its credit is now too late. So the draft that
        # contains the record becomes stale.
        carried = mine.filter(
            filing="F", superseded="-", decision__moved_to=recipient.open_period, decision__action__in="AN"
        ).count()
        ids = [pk for pk, _, _ in rows]
        if ids:
            Record.objects.filter(pk__in=ids).update(route=Route.TIME_BAR.value)
            void_decisions(ids, "time-barred by annual return")
        drafted = sum(1 for _, filing, claim in rows if filing == "F" and claim <= recipient.open_period)
        mark_stale(desk, drafted + carried)
    return len(ids)
