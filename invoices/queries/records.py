"""The records on a recipient's desk, as its list asks for them: filters, search, sorts and pages by key.

Pages are cut by the values of the sort and the id, never by position: the thousandth page costs what the first does.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core import signing
from django.db.models import BigIntegerField, Case, Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, NullIf

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.gstin import SHAPE
from ims_portal.kernel.money import BadAmount, format_inr, parse_inr
from ims_portal.kernel.periods import BadPeriod, TaxPeriod
from invoices.models import Record, Taxpayer
from invoices.queries.situations import DeskView, is_closed, land_period
from invoices.rules.documents import number_key
from invoices.rules.situation import Route

# Counts beyond this are not made for a page: "more than 10,000" tells a person the same.
MOST_COUNTED = 10_000
ROWS = (25, 50, 100, 200)
SALT_OF_PAGES = "inward.page"

# Documents that go past IMS and are listed with their reason; ISD has a tab of its own.
PAST_IMS = (
    Route.REVERSE_CHARGE,
    Route.NON_RESIDENT,
    Route.PLACE_OF_SUPPLY,
    Route.TIME_BAR,
    Route.ICEGATE,
)
GONE = (Route.NO_ACCESS, Route.BEFORE_IMS, Route.WITHDRAWN, Route.PURGED)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list was asked for. Amounts are paise of taxable value; empty means any."""

    section: str = "all"
    search: str = ""
    status: str = ""
    kind: str = ""
    filing: str = ""
    lands: str = ""
    least: int | None = None
    most: int | None = None
    edited: bool = False
    past: str = ""

    @property
    def straight(self) -> bool:
        """Documents that never entered IMS: nothing to decide, only to look at."""
        return bool(self.past) or self.section in ("isd", "isda")


@dataclass(frozen=True, slots=True)
class Sort:
    key: str
    label: str
    expression: Any
    kind: type


def _signed(expression: Any) -> Any:
    number = BigIntegerField()
    return Case(When(kind="CN", then=Value(0) - expression), default=expression, output_field=number)


SORTS = {
    sort.key: sort
    for sort in (
        Sort("date", "Date", F("document_date"), date),
        Sort("number", "Document", F("number_key"), str),
        Sort(
            "supplier",
            "Supplier",
            Coalesce(
                NullIf(F("supplier__trade_name"), Value("")),
                NullIf(F("supplier__legal_name"), Value("")),
                F("supplier__gstin"),
                Value(""),
            ),
            str,
        ),
        Sort("taxable", "Taxable ₹", _signed(F("taxable")), int),
        Sort("tax", "Tax ₹", _signed(F("igst") + F("cgst") + F("sgst") + F("cess")), int),
        Sort("effect", "Effect on ITC ₹", F("effect"), int),
    )
}


# which records


def on_desk(recipient: Taxpayer, view: DeskView) -> QuerySet[Record]:
    """Live records in IMS: routed there and not closed with a filed GSTR-3B."""
    return (
        Record.objects.filter(recipient_id=recipient.pk, route=Route.IMS.value)
        .annotate(land=land_period())
        .exclude(is_closed(view))
    )


def past_ims(recipient: Taxpayer, view: DeskView, routes: list[str]) -> QuerySet[Record]:
    """Documents on their way straight to GSTR-2B, of statements not yet final."""
    return (
        Record.objects.filter(recipient_id=recipient.pk, route__in=routes)
        .annotate(land=land_period())
        .exclude(filing="F", land__lt=view.open_period)
    )


def base(recipient: Taxpayer, view: DeskView, filters: Filters) -> QuerySet[Record]:
    """The section, before any filter."""
    if filters.past:
        return past_ims(recipient, view, [filters.past])
    if filters.straight:
        return past_ims(recipient, view, [Route.ISD.value]).filter(section=filters.section)
    records = on_desk(recipient, view)
    return records if filters.section == "all" else records.filter(section=filters.section)


def matching(recipient: Taxpayer, view: DeskView, filters: Filters) -> QuerySet[Record]:
    """Every record that matches, in no order."""
    records = base(recipient, view, filters).filter(understood(filters.search).where)
    if filters.status:
        records = records.filter(decision__action=filters.status)
    if filters.kind:
        records = records.filter(kind__in=["BOE", "BOR"] if filters.kind == "BOE" else [filters.kind])
    if filters.filing:
        records = records.filter(filing=filters.filing)
    if filters.lands == "this":
        records = records.filter(land__lte=view.open_period)
    elif filters.lands == "later":
        records = records.filter(land__gt=view.open_period)
    elif filters.lands == "earlier":
        records = records.filter(land__lt=view.open_period)
    if filters.least is not None:
        records = records.filter(taxable__gte=filters.least)
    if filters.most is not None:
        records = records.filter(taxable__lte=filters.most)
    if filters.edited:
        records = records.exclude(decision__cleared_action="")
    return records


# search


@dataclass(frozen=True, slots=True)
class Understood:
    """How the search box was read, as a filter and in words."""

    where: Q = field(default_factory=Q)
    words: tuple[str, ...] = ()


_AMOUNT = re.compile(r"(>=|<=|>|<)(.+)")
_MONTH = re.compile(r"(0[1-9]|1[0-2])-(20[0-9]{2})")
_PAN = re.compile(r"[A-Z]{5}[0-9]{4}[A-Z]")
_LOOKUP = {">": ("gt", "above"), ">=": ("gte", "from"), "<": ("lt", "below"), "<=": ("lte", "up to")}


def understood(text: str) -> Understood:
    """Amounts (>50000, <2L), months (10-2024), a GSTIN or a PAN stand for themselves; what is left is the
    beginning of a document number or words of a supplier's name."""
    where, words, rest = Q(), [], []
    for token in text.replace("\x00", "").split():
        found = _one(token)
        if found is None:
            rest.append(token)
        else:
            where &= found[0]
            words.append(found[1])
    if rest:
        where &= _number_or_name(rest)
        words.append(f"number or supplier “{' '.join(rest)}”")
    return Understood(where, tuple(words))


def _one(token: str) -> tuple[Q, str] | None:
    upper = token.upper()
    if SHAPE.match(upper):
        return Q(supplier__gstin=upper), f"GSTIN {upper}"
    if _PAN.fullmatch(upper):
        return Q(supplier__gstin__contains=upper), f"PAN {upper}"
    amount = _AMOUNT.fullmatch(token)
    if amount:
        lookup, word = _LOOKUP[amount[1]]
        try:
            paise = parse_inr(amount[2])
        except BadAmount:
            return None
        return Q(**{f"taxable__{lookup}": paise}), f"taxable value {word} ₹{format_inr(paise)}"
    month = _MONTH.fullmatch(token)
    if month:
        try:
            period = TaxPeriod(int(month[2]), int(month[1]))
        except BadPeriod:
            return None
        return Q(tax_period=period.number), f"reported for {period.label}"
    return None


def _number_or_name(words: list[str]) -> Q:
    named = Q()
    for word in words:
        named &= Q(trade_name__icontains=word) | Q(legal_name__icontains=word)
    # asked as EXISTS, so that the supplier's row is looked at only where the number does not match
    supplier = Exists(Taxpayer.objects.filter(named, pk=OuterRef("supplier_id")))
    return Q(number_key__startswith=number_key(" ".join(words))) | Q(supplier)


# counts


@dataclass(frozen=True, slots=True)
class Counted:
    """How many match, exact up to `MOST_COUNTED`, with their signed tax; `more` where there are more."""

    count: int
    tax: int
    more: bool


def count(records: QuerySet[Record]) -> Counted:
    some = records.order_by().annotate(signed=SORTS["tax"].expression).values("pk", "signed")
    found = some[: MOST_COUNTED + 1].aggregate(n=Count("pk"), tax=Sum("signed", default=0))
    more = found["n"] > MOST_COUNTED
    return Counted(min(found["n"], MOST_COUNTED), int(found["tax"]), more)


VIEWS: dict[str, tuple[str, Q]] = {
    "needs": ("Needs action", Q(decision__action="N")),
    "edited": ("Supplier edited", ~Q(decision__cleared_action="")),
    "saved": ("Supplier not filed", Q(filing="S")),
    "notes": ("Credit notes", Q(kind="CN")),
    "large": ("₹1 lakh or more", Q(taxable__gte=100_000_00)),
}


def view_counts(records: QuerySet[Record]) -> dict[str, int] | None:
    """How many records of a section each ready-made view holds, and "all"; None where there are too many to
    count for a page. One query."""
    marks = {
        name: Case(When(where, then=Value(1)), default=Value(0), output_field=BigIntegerField())
        for name, (_, where) in VIEWS.items()
    }
    some = records.order_by().annotate(**{f"is_{n}": mark for n, mark in marks.items()})
    some = some.values("pk", *(f"is_{n}" for n in marks))[: MOST_COUNTED + 1]
    found = some.aggregate(all=Count("pk"), **{n: Sum(f"is_{n}", default=0) for n in marks})
    return None if found["all"] > MOST_COUNTED else {name: int(n) for name, n in found.items()}


# pages


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: after or before a record in the order, or at either end. `row` counts rows where known."""

    back: bool = False
    value: Any = None
    pk: int | None = None
    row: int | None = 1


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Record]
    first: str | None
    previous: str | None
    next: str | None
    last: str | None
    start: int | None


def page(
    records: QuerySet[Record], *, sort: str, size: int, token: str, asked: str, total: int | None
) -> Page:
    """One page of `records` in the order `sort` ("-date": descending). `token` comes from an earlier page;
    `asked` names filters and section, so that a token of another list begins anew. `total`, where known, gives
    the last page its row numbers."""
    descending = sort.startswith("-")
    order = SORTS[sort.removeprefix("-")]
    # a page size cuts the last page differently, so it belongs to the list's name
    mine = hashlib.sha256(f"{asked} {sort}".encode()).hexdigest()[:16]
    position = _read(token, mine)
    backwards = descending != position.back
    ordered = records.annotate(sort_key=order.expression)
    if position.pk is not None:
        value = date.fromisoformat(position.value) if order.kind is date else position.value
        beyond = "lt" if backwards else "gt"
        ordered = ordered.filter(
            Q(**{f"sort_key__{beyond}": value}) | Q(sort_key=value, **{f"pk__{beyond}": position.pk})
        )
    ordered = ordered.order_by("-sort_key", "-pk") if backwards else ordered.order_by("sort_key", "pk")
    rows = list(ordered.select_related("decision", "supplier")[: size + 1])
    beyond_page = len(rows) > size
    rows = rows[:size]
    if position.back:
        rows.reverse()
    at_start = not beyond_page if position.back else position.pk is None
    at_end = position.pk is None if position.back else not beyond_page
    start = _start(position, len(rows), at_start=at_start, total=total)

    def token_for(back: bool, record: Any = None, row: int | None = None) -> str:
        value = None
        if record is not None:
            value = record.sort_key.isoformat() if order.kind is date else record.sort_key
        return signing.dumps([mine, back, value, record.pk if record else None, row], salt=SALT_OF_PAGES)

    following = start + len(rows) if start is not None else None
    return Page(
        rows=rows,
        first=None if at_start else "",
        previous=token_for(True, rows[0], start) if rows and not at_start else None,
        next=token_for(False, rows[-1], following) if rows and not at_end else None,
        last=token_for(True) if not at_end else None,
        start=start,
    )


def _start(position: Position, found: int, *, at_start: bool, total: int | None) -> int | None:
    if at_start:
        return 1
    if not position.back:
        return position.row
    if position.pk is None:
        return total - found + 1 if total is not None else None
    return position.row - found if position.row is not None and position.row > found else None


def _read(token: str, mine: str) -> Position:
    if not token:
        return Position()
    try:
        owner, back, value, pk, row = signing.loads(token, salt=SALT_OF_PAGES)
    except (signing.BadSignature, ValueError):
        raise Invalid(
            "BAD_PAGE", "This page address is damaged. Open the list from its first page."
        ) from None
    return Position(bool(back), value, pk, row) if owner == mine else Position()
