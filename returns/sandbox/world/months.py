"""An ordinary month of the sample world: suppliers report, recipients decide, all taxpayers file GSTR-3B.

A trainer may have moved the clock by hand. If the planned moment of an event has passed already, the event
happens at the current time of the portal clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from gstr2b import generation
from ims_portal.kernel import clock
from ims_portal.kernel.periods import Frequency, TaxPeriod
from invoices.journal.writing import By
from invoices.models import RecipientDesk, Record, Role, Taxpayer
from invoices.queries.calendar import calendar
from invoices.rules.calendar import Form
from returns import own_gstr1
from returns.gstr3b import filing
from returns.outward import save_and_file as outward
from returns.sandbox.world import volume
from returns.sandbox.world.cast import PEOPLE, PLAYERS
from returns.sandbox.world.stage import Doc, Stage, fy

VOLUME_SUPPLIERS = 10
VOLUME_DOCUMENTS = 4


@dataclass(frozen=True, slots=True)
class Trade:
    """A regular trade between a supplier and a recipient: the usual amount in rupees, and the number of
    documents a month."""

    supplier: str
    recipient: str
    rupees: float
    rate: float = 18
    kind: str = "INV"
    documents: int = 1
    rcm: bool = False
    type: str = "R"


TRADES = (
    Trade("konkan", "sahyadri", 182_000, documents=2),
    Trade("konkan", "sahyadri", 9_400, kind="CN"),
    Trade("konkan", "yamuna", 96_000),
    Trade("konkan", "depot", 61_000),
    Trade("deccan", "sahyadri", 143_000, documents=2),
    Trade("deccan", "sahyadri", 17_500, kind="CN"),
    Trade("narmada", "sahyadri", 118_000, documents=2),
    Trade("narmada", "yamuna", 74_000),
    Trade("kaveri", "sahyadri", 88_000),
    Trade("kaveri", "sahyadri", 6_200, kind="DN"),
    Trade("godavari", "sahyadri", 41_000, 5),
    Trade("satpura", "sahyadri", 58_000),
    Trade("satpura", "kandla", 39_000, type="SEWP"),
    Trade("bhima", "sahyadri", 32_000, 5, rcm=True),
    Trade("manjira", "sahyadri", 264_000),
    Trade("hooghly", "sahyadri", 127_000),
    Trade("setu", "sahyadri", 11_800, 5, kind="ECO"),
    Trade("kandla", "sahyadri", 83_000),
    Trade("yamuna", "sahyadri", 66_000),
    Trade("aravalli", "sahyadri", 52_000),
)


def moment(month: TaxPeriod, day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment in the month after `month`, in IST."""
    return datetime(month.offset(1).year, month.offset(1).month, day, hour, minute, tzinfo=clock.IST)


def documents(supplier: str, month: TaxPeriod) -> list[Doc]:
    """Return the documents that a supplier of the cast reports for a month: the usual trade, with amounts
    that differ a little each month."""
    found: list[Doc] = []
    serials: dict[str, int] = defaultdict(int)
    for trade in TRADES:
        if trade.supplier != supplier:
            continue
        for _ in range(trade.documents):
            serials[trade.kind] += 1
            serial = serials[trade.kind]
            chance = volume.seeded("trade", supplier, trade.kind, month, serial)
            on = month.first_day.replace(day=chance.randint(2, 27))
            number = f"{PLAYERS[supplier].code}/{fy(on)}/{month.month:02d}{serial:02d}"
            rupees = round(trade.rupees * chance.uniform(0.7, 1.4), -1)
            found.append(
                Doc(
                    trade.kind,
                    number,
                    trade.recipient,
                    on.isoformat(),
                    rupees,
                    trade.rate,
                    rcm=trade.rcm,
                    type=trade.type,
                )
            )
    return found


def suppliers() -> list[str]:
    return list(dict.fromkeys(trade.supplier for trade in TRADES))


def reports(s: Stage, month: TaxPeriod, *, late: Iterable[str] = ()) -> None:
    """Report GSTR-1 of monthly suppliers on the 9th, and IFF, quarterly GSTR-1 and GSTR-6 on the 12th."""
    s.goes_to(moment(month, 9, 11))
    for name in suppliers():
        if s.at(name).files is Frequency.MONTHLY and name not in late:
            report(s, name, month, documents(name, month))
    crowd = volume.existing()
    for index in range(VOLUME_SUPPLIERS):
        supplier = crowd[index]
        if outward.why_closed(supplier, Form.GSTR1, month) is None:
            volume.report(s, supplier, index, VOLUME_DOCUMENTS, month)
            s.files(supplier, month.iso)
    s.goes_to(moment(month, 12, 11, 30))
    for name in suppliers():
        if s.at(name).files is Frequency.QUARTERLY:
            report(s, name, month, documents(name, month))
    shared = Doc(
        "INV",
        f"ISD/{fy(month.first_day)}/{month.month:02d}9",
        "sahyadri",
        month.last_day.isoformat(),
        96_000,
        heads="local",
    )
    report(s, "head_office", month, [shared], form=Form.GSTR6)
    s.imports(
        "sahyadri",
        f"7{month.number % 10000}01",
        month.first_day.replace(day=16).isoformat(),
        640_000,
        port="INNSA1",
    )


def report(s: Stage, name: str, month: TaxPeriod, docs: list[Doc], *, form: Form | None = None) -> None:
    """Save and file documents in a form. If a trainer has filed the form already, or the form is closed, do
    nothing."""
    owner = s.at(name)
    if form is None:
        by_iff = owner.files is Frequency.QUARTERLY and not month.is_quarter_end
        form = Form.IFF if by_iff else Form.GSTR1
    owner.refresh_from_db(fields=["open_period"])
    if outward.why_closed(owner, form, month) is not None:
        return
    taken = set(
        Record.objects.filter(supplier=owner, number_key__in=[d.number.upper() for d in docs]).values_list(
            "kind", "number_key"
        )
    )
    s.saves(
        name, month.iso, [d for d in docs if d.amends or (d.kind, d.number.upper()) not in taken], form=form
    )
    s.files(name, month.iso, form=form)


def decides(s: Stage, month: TaxPeriod) -> None:
    """Decide as the recipient before GSTR-2B is drafted. Accept some records and the pending records of
    earlier months, mark one invoice as pending, and leave most records without action. At the end of a
    quarter, also reject credit notes."""
    s.goes_to(moment(month, 13, 16))
    owner = s.at("sahyadri")
    mine = Record.objects.filter(recipient=owner, route="M", claim_period=month.number, standing="O")
    act(s, "accept", mine.filter(supplier=s.at("deccan"), kind="INV"))
    waiting = Record.objects.filter(
        recipient=owner, route="M", claim_period__lt=month.number, decision__action="P", root_year__gte=2024
    )
    act(s, "accept", waiting)
    act(
        s,
        "pending",
        mine.filter(supplier=s.at("narmada"), kind="INV").order_by("-pk")[:1],
        "Goods in transit.",
    )
    if month.is_quarter_end:
        act(s, "reject", mine.filter(supplier=s.at("deccan"), kind="CN"), "Discount not agreed.")


def act(s: Stage, action: str, records: QuerySet[Record], remarks: str = "") -> None:
    """Act on documents of the sample's own suppliers. Leave the documents of other suppliers alone, because a
    person who practises decides on these documents."""
    keys = {t.pk: key for key, t in s.who.items()}
    named = [(keys[r.supplier_id], r.kind, r.number) for r in records if r.supplier_id in keys]
    if named:
        s.acts("sahyadri", action, named, remarks=remarks)


def everyone(s: Stage) -> list[Taxpayer]:
    """Return the sample taxpayers who have GSTR-2B and file GSTR-3B."""
    return [t for t in s.who.values() if t.registration.has_ims]


def file_gstr3b(s: Stage, month: TaxPeriod, *, late: Iterable[str] = ()) -> int:
    """File GSTR-3B of monthly filers on the 18th and of quarterly filers on the 22nd. Return how many were
    filed."""
    filed = 0
    away = {s.at(name).pk for name in late}
    taxpayers = [t for t in everyone(s) if t.pk not in away]
    s.goes_to(moment(month, 18, 15))
    filed += sum(file_due(s, t, month) for t in taxpayers if t.files is Frequency.MONTHLY)
    if month.is_quarter_end:
        s.goes_to(moment(month, 22, 12))
        filed += sum(file_due(s, t, month) for t in taxpayers if t.files is Frequency.QUARTERLY)
    return filed


def signatory(s: Stage, taxpayer: Taxpayer) -> str | None:
    """Return the person of the cast who signs for this taxpayer, or None."""
    for key, person in PEOPLE.items():
        if any(role is Role.SIGNATORY and s.at(player).pk == taxpayer.pk for player, role in person.roles):
            return key
    return None


def file_due(s: Stage, taxpayer: Taxpayer, through: TaxPeriod) -> int:
    """File GSTR-3B for every period up to `through` whose GSTR-2B is due. If the GSTR-2B is stale, compute
    the GSTR-2B again before filing. With the setting `GSTR1_PENDING` of `block`, a taxpayer whose GSTR-1 is
    late files no GSTR-3B. Return how many returns were filed."""
    filed = 0
    taxpayer.refresh_from_db(fields=["open_period"])
    while taxpayer.opens <= through and calendar().draft_date(taxpayer.opens) <= clock.today():
        period = taxpayer.opens
        desk = RecipientDesk.objects.filter(recipient=taxpayer, period=period.number).first()
        by = s.by(signatory(s, taxpayer))
        if desk is None or desk.statement_version == 0:
            generation.generate(taxpayer, period, by=by)
        elif desk.is_stale:
            generation.recompute(taxpayer, period, by=by)
        _file_nil_gstr1(taxpayer, period, by)
        if filing.why_not(taxpayer, period) == "GSTR1_PENDING":
            break
        filing.file(taxpayer, period, by=by)
        taxpayer.refresh_from_db(fields=["open_period"])
        filed += 1
    return filed


def _file_nil_gstr1(taxpayer: Taxpayer, period: TaxPeriod, by: By) -> None:
    """File GSTR-1 without documents for a taxpayer who supplies nothing, because GSTR-1 comes before GSTR-3B."""
    supplies = Record.objects.filter(supplier=taxpayer).exists()
    if supplies or not own_gstr1.is_missing(taxpayer, period):
        return
    if outward.why_closed(taxpayer, Form.GSTR1, period) is None:
        outward.file(taxpayer, Form.GSTR1, period, by=by)
