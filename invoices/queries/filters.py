"""What a record list is asked for: its parameters read once for screen, API and download, and the condition each of
them puts on the records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import cache
from itertools import product
from typing import Any

from django.db.models import Q, QuerySet

from ims_portal.kernel import clock
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.money import BadAmount, parse_inr
from ims_portal.kernel.periods import FinancialYear
from ims_portal.kernel.places import BEYOND_STATES, STATES
from ims_portal.kernel.wording import say
from invoices.models import Record, Taxpayer
from invoices.models.choices import SECTION_LABELS
from invoices.queries.calendar import annual_returns, calendar
from invoices.queries.search import taxable_between, understood
from invoices.queries.situations import DeskView
from invoices.rules.books import BOOKS, rule
from invoices.rules.calendar import Form, cutoff
from invoices.rules.situation import Action, Direction, Filing, Kind, Route, Situation, Standing

# Documents that go past IMS and are listed with their reason; ISD has a tab of its own.
PAST_IMS = (
    Route.REVERSE_CHARGE,
    Route.NON_RESIDENT,
    Route.PLACE_OF_SUPPLY,
    Route.TIME_BAR,
    Route.ICEGATE,
)
LANDS = ("this", "later", "earlier")
# what may be chosen of a parameter that takes several, with commas between
CHOICES: dict[str, Collection[str]] = {
    "status": tuple(action.value for action in Action),
    "kind": ("INV", "DN", "CN", "ECO", "BOE"),
    "sections": tuple(SECTION_LABELS),
    "source": tuple(
        form.value for form in (Form.GSTR1, Form.IFF, Form.GSTR1A, Form.GSTR5, Form.GSTR6, Form.ICEGATE)
    ),
    "pos": (*STATES, *BEYOND_STATES),
}
NAMES = (
    *("q", "status", "kind", "sections", "filing", "source", "lands", "pos", "min", "max"),
    *("from", "to", "ends", "suppliers", "edited", "past"),
)
MOST_ENDS = 400
# GSTINs that may stand in an address; more of them are pasted
MOST_SUPPLIERS = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list was asked for. Amounts are paise of taxable value, days are ISO dates; empty means any."""

    section: str = "all"
    search: str = ""
    status: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    filing: str = ""
    source: tuple[str, ...] = ()
    lands: str = ""
    pos: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    since: str = ""
    until: str = ""
    ends: int | None = None
    suppliers: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    edited: bool = False
    past: str = ""

    def __post_init__(self) -> None:
        # they come back from stored JSON as lists, and from older batches as one word
        for one in fields(self):
            value = getattr(self, one.name)
            if str(one.type).startswith("tuple") and not isinstance(value, tuple):
                several = ((value,) if value else ()) if isinstance(value, str) else tuple(value)
                object.__setattr__(self, one.name, several)

    @property
    def straight(self) -> bool:
        """Documents that never entered IMS: nothing to decide, only to look at."""
        return bool(self.past) or self.section in ("isd", "isda")


def read(
    given: Mapping[str, str],
    section: str,
    *,
    suppliers: Iterable[str] = (),
    numbers: Iterable[str] = (),
) -> Filters:
    """The filters that the parameters `given` ask for (see `NAMES`), with GSTINs and document numbers from a pasted
    list. Raises `Invalid` BAD_FILTER naming the parameter."""
    several = {name: _several(name, given.get(name, ""), known) for name, known in CHOICES.items()}
    return Filters(
        section=section,
        search=given.get("q", "")[:200],
        filing=_one(given, "filing", [filing.value for filing in Filing]),
        lands=_one(given, "lands", LANDS),
        least=_amount(given, "min"),
        most=_amount(given, "max"),
        since=_day(given, "from"),
        until=_day(given, "to"),
        ends=_days(given, "ends"),
        suppliers=(*_gstins(given), *suppliers),
        numbers=tuple(numbers),
        edited=bool(given.get("edited")),
        past=_one(given, "past", [route.value for route in PAST_IMS]),
        **several,
    )


def split(text: str) -> tuple[str, ...]:
    """Values with commas between, each once, in their order."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def unknown(name: str, value: str, message: str = "") -> Invalid:
    """The refusal of a parameter's value."""
    text = message or say("“%(value)s” is no choice of “%(name)s”.", value=value[:30], name=name)
    errors = [{"field": name, "message": message or "no such choice"}]
    return Invalid("BAD_FILTER", text, details={"field": name, "errors": errors})


def _several(name: str, text: str, known: Collection[str]) -> tuple[str, ...]:
    values = split(text)
    for value in values:
        if value not in known:
            raise unknown(name, value)
    return values


def _one(given: Mapping[str, str], name: str, known: Collection[str]) -> str:
    value = given.get(name, "")
    if value and value not in known:
        raise unknown(name, value)
    return value


def _amount(given: Mapping[str, str], name: str) -> int | None:
    try:
        return parse_inr(given[name]) if given.get(name) else None
    except BadAmount as bad:
        raise unknown(name, given[name], bad.args[0]) from None


def _day(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "")
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise unknown(name, text, say("“%(name)s” is a date like 2026-10-05.", name=name)) from None


def _days(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name, "")
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= MOST_ENDS:
        return int(text)
    raise unknown(
        name, text, say("“%(name)s” is a number of days up to %(most)s.", name=name, most=MOST_ENDS)
    )


def _gstins(given: Mapping[str, str]) -> tuple[str, ...]:
    values = split(given.get("suppliers", "").upper())
    for value in values:
        if not Gstin.is_valid(value):
            raise unknown("suppliers", value, say("“%(value)s” is no GSTIN.", value=value[:30]))
    if len(values) > MOST_SUPPLIERS:
        raise unknown(
            "suppliers", "", say("At most %(most)s GSTINs stand in an address.", most=MOST_SUPPLIERS)
        )
    return values


# conditions


def narrowed(
    records: QuerySet[Record], recipient: Taxpayer, view: DeskView, asked: Filters
) -> QuerySet[Record]:
    """Those of `records` that match everything but section and route; expects `land` annotated."""
    records = records.filter(understood(asked.search, recipient).where)
    for lookup, values in (
        ("decision__action__in", asked.status),
        ("kind__in", [k for kind in asked.kind for k in (("BOE", "BOR") if kind == "BOE" else (kind,))]),
        ("section__in", asked.sections),
        ("form__in", asked.source),
        ("place_of_supply__in", asked.pos),
    ):
        if values:
            records = records.filter(**{lookup: list(values)})
    for lookup, value in (
        ("filing", asked.filing or None),
        ("document_date__gte", asked.since or None),
        ("document_date__lte", asked.until or None),
    ):
        if value is not None:
            records = records.filter(**{lookup: value})
    records = records.filter(taxable_between(asked.least, asked.most))
    if asked.lands:
        lookup = {"this": "land__lte", "later": "land__gt", "earlier": "land__lt"}[asked.lands]
        records = records.filter(**{lookup: view.open_period})  # type: ignore[misc]  # annotated
    if asked.ends is not None:
        records = records.filter(_ends_within(recipient, view, asked.ends))
    if asked.suppliers or asked.numbers:
        records = records.filter(_pasted(asked))
    if asked.edited:
        records = records.exclude(decision__cleared_action="")
    return records


def _pasted(asked: Filters) -> Q:
    # ids, not a join: each of them is a place in the index of a recipient's suppliers
    found = Taxpayer.objects.filter(gstin__in=asked.suppliers).values_list("pk", flat=True)
    named = Q(supplier_id__in=list(found)) if asked.suppliers else Q(pk__in=[])
    return named | Q(number_key__in=asked.numbers) if asked.numbers else named


def _ends_within(recipient: Taxpayer, view: DeskView, days: int) -> Q:
    """Pending is open and its last day is today or at most `days` away (R-055, R-064)."""
    today = clock.today()
    last = today + timedelta(days=days)
    dates = calendar()
    periods = []
    period = dates.last_expired_period(today, frequency=recipient.files, state=recipient.state)
    while True:
        period = recipient.files.next(period)
        if dates.pending_deadline(period, frequency=recipient.files, state=recipient.state) > last:
            break
        periods.append(period.number)
    furnished = annual_returns([recipient.pk])
    coming = range(view.past_year + 1, last.year + 1)
    years = [
        year
        for year in coming
        if today <= cutoff(FinancialYear(year), furnished.get((recipient.pk, year))) <= last
    ]
    one_period, by_year = _pending_facets()
    return (one_period & Q(claim_period__in=periods)) | (by_year & Q(root_year__in=years))


@cache
def _pending_facets() -> tuple[Q, Q]:
    """Facets of records that may be pending: those bound to one tax period, and those bound by section 16(4). The
    rulebook is asked about every combination, so that it is not said again here."""
    bound: dict[tuple[bool, str, str, tuple[str, ...]], list[str]] = {}
    for book, kind, standing in product(BOOKS, Kind, Standing):
        open_to: dict[bool, list[str]] = {True: [], False: []}
        for direction in Direction:
            ruling = rule(
                Situation(book.book, kind, Route.IMS, Filing.SAVED, standing, direction, superseded=False)
            )
            if Action.PENDING not in ruling.refusals:
                open_to[ruling.one_period].append(direction.value)
        for one_period, directions in open_to.items():
            if directions:
                key = (one_period, kind.value, standing.value, tuple(directions))
                bound.setdefault(key, []).append(book.book.value)
    found = {True: Q(pk__in=[]), False: Q(pk__in=[])}
    for (one_period, kind_code, standing_code, chosen), books in bound.items():
        found[one_period] |= Q(book__in=books, kind=kind_code, standing=standing_code, direction__in=chosen)
    return found[True], found[False]


def summary(asked: Filters) -> dict[str, Any]:
    """The filters in force, by name: what a file says of how it was chosen."""
    plain = {one.name: getattr(asked, one.name) for one in fields(asked)}
    return {name: value for name, value in plain.items() if value not in ("", (), None, False)}
