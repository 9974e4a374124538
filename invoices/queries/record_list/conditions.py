"""Turns the filters of the record list into database conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache, partial
from itertools import product

from django.contrib.auth import get_user_model
from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.db.models.lookups import In

from ims_portal.kernel import clock
from ims_portal.kernel.periods import FinancialYear
from invoices.models import Record, Taxpayer
from invoices.models.record import TAX
from invoices.queries import look_alikes, numbers, suppliers, tallies
from invoices.queries.calendar import annual_returns, calendar
from invoices.queries.record_list import findings
from invoices.queries.record_list.filters import CUSTOMS, Filters
from invoices.queries.record_list.search_box import amount_between, understood
from invoices.queries.situations import DeskView, where, with_clock_facets
from invoices.rules.calendar import cutoff
from invoices.rules.documents import PORT_CODE, number_key
from invoices.rules.rulebooks import BOOKS, rule
from invoices.rules.situation import Action, Direction, Filing, Kind, Route, Situation, Standing

EFFECTS = {"more": Q(effect__gt=0), "less": Q(effect__lt=0), "none": Q(effect=0), "notless": Q(effect__gte=0)}


def narrowed(
    records: QuerySet[Record], recipient: Taxpayer, view: DeskView, asked: Filters
) -> QuerySet[Record]:
    """Return those of `records` that match the filters. The function does not apply the filters by section
    and route, because `records.base` applies them. `records` must have the annotation `land`, the 2B period
    in which a record lands."""
    records = records.filter(understood(asked.search, recipient).where)
    for lookup, values in (
        ("decision__action__in", asked.status),
        ("kind__in", [k for kind in asked.kind for k in (("BOE", "BOR") if kind == "BOE" else (kind,))]),
        ("section__in", asked.sections),
        ("filing__in", asked.filing),
        ("form__in", asked.source),
        ("place_of_supply__in", asked.pos),
    ):
        if values:
            records = records.filter(**{lookup: list(values)})
    for lookup, value in (
        ("document_date__gte", asked.since or None),
        ("document_date__lte", asked.until or None),
    ):
        if value is not None:
            records = records.filter(**{lookup: value})
    for amount, least, most in (
        (F("taxable"), asked.least, asked.most),
        (F("value"), asked.value_least, asked.value_most),
        (TAX, asked.tax_least, asked.tax_most),
    ):
        records = records.filter(amount_between(amount, least, most))
    if asked.year:
        year = FinancialYear.parse(asked.year)
        records = records.filter(document_date__gte=year.first_day, document_date__lte=year.last_day)
    if asked.effect:
        records = records.filter(EFFECTS[asked.effect])
    if asked.lands:
        lookup = {"this": "land__lte", "later": "land__gt", "earlier": "land__lt"}[asked.lands]
        records = records.filter(**{lookup: view.open_period})  # type: ignore[misc]  # annotated
    if asked.ends is not None:
        records = records.filter(_ends_within(recipient, view, asked.ends_first, asked.ends))
    if asked.suppliers or asked.numbers or asked.pairs:
        records = records.filter(_pasted(asked))
    if asked.supplier == CUSTOMS:
        records = records.filter(supplier_id__isnull=True)
    elif asked.supplier:
        found = Taxpayer.objects.filter(gstin=asked.supplier).values_list("pk", flat=True)
        records = records.filter(supplier_id__in=list(found))
    if asked.edited:
        records = records.exclude(decision__cleared_action="")
    if asked.open:
        records = _situated(records, recipient, view, partial(is_open, actions=asked.open))
    if asked.declare:
        records = _situated(records, recipient, view, to_declare)
    if asked.adds_back:
        records = _situated(records, recipient, view, adds_back)
    if asked.newcomer:
        # a list of ids instead of a join: the database then looks up each supplier in the index
        records = records.filter(supplier_id__in=suppliers.new_to(recipient, view.open_period))
    if asked.duplicate:
        records = records.filter(look_alikes.is_reported_twice())
    if asked.last_claim:
        # a record that its amendment replaced gives no credit
        records = records.filter(last_claim_period=view.open_period, superseded="-")
    if asked.match or asked.suggests or asked.differs or asked.reduces:
        matched = findings.condition(
            recipient.pk,
            match=asked.match,
            suggests=asked.suggests,
            differs=asked.differs,
            reduces=asked.reduces,
        )
        records = records.filter(matched)
    return records.filter(_looked_for(asked))


def indexed(asked: Filters, sort: str) -> Filters:
    """Return the filters `asked` without the filters for which the database has no index. The remaining
    filters select a longer list. A page reads this longer list record by record.

    For a sort by value, taxable value or tax, the function also removes the filter `effect`. These sorts
    place all credit notes at one end of the list, and records that lower ITC are mostly credit notes. If the
    database applied this filter, it might read very many records before it finds a match."""
    if sort.removeprefix("-") in ("value", "taxable", "tax"):
        asked = replace(asked, effect="")
    return replace(
        asked,
        declare=False,
        duplicate=False,
        last_claim=False,
        adds_back=False,
        open=(),
        periods=(),
        irn="",
        remarks="",
        remarked="",
        actor="",
        acted_since="",
        acted_until="",
    )


def _looked_for(asked: Filters) -> Q:
    """Return the condition for the filters that have no index.

    These filters have no index because people seldom use them, and an index would slow down the saving of
    every document."""
    found = (
        Q(tax_period__in=[int(period[2:] + period[:2]) for period in asked.periods]) if asked.periods else Q()
    )
    if asked.irn:
        has = Q(details__has_key="irn")
        found &= has if asked.irn == "yes" else Q(details__isnull=True) | ~has
    if asked.remarks:
        found &= Q(decision__remarks__icontains=asked.remarks)
    if asked.remarked:
        found &= ~Q(decision__remarks="") if asked.remarked == "yes" else Q(decision__remarks="")
    if asked.actor:
        people = get_user_model().objects.filter(username=asked.actor)
        found &= Q(decision__actor_id__in=list(people.values_list("pk", flat=True)))
    if asked.acted_since:
        found &= Q(decision__acted_at__gte=_midnight(asked.acted_since))
    if asked.acted_until:
        found &= Q(decision__acted_at__lt=_midnight(asked.acted_until) + timedelta(days=1))
    return found


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), tzinfo=clock.IST)


def is_open(situation: Situation, actions: Iterable[str]) -> bool:
    """True if at least one of these actions is available."""
    return any(action.value in actions for action in rule(situation).allowed)


def to_declare(situation: Situation) -> bool:
    """True if the record has no action yet, and the portal would ask about ITC reduction when the record is
    accepted. Such records are credit notes, and amendments that lower the credit."""
    return situation.action is Action.NONE and rule(situation).asks_reduction


def adds_back(situation: Situation) -> bool:
    """True if the rejection adds the tax of the document to the supplier's return (R-110)."""
    return situation.action is Action.REJECTED and rule(situation).adds_back


def _situated(
    records: QuerySet[Record], recipient: Taxpayer, view: DeskView, wanted: Callable[[Situation], bool]
) -> QuerySet[Record]:
    """Return the records whose situation fulfils the test `wanted`. The function tests each situation on the
    desk once. The database then selects the records with these situations."""
    chosen = {row.where: row for row in tallies.rows(recipient, view) if wanted(row.situation)}
    return with_clock_facets(records, view).filter(where(chosen.values()))


def _pasted(asked: Filters) -> Q:
    """Return the condition for a list that a person pasted. A document matches if the list has its supplier's
    GSTIN alone, its number alone, or both together as a pair."""
    # a list of ids instead of a join: the database then looks up each supplier in the index
    found = Taxpayer.objects.filter(gstin__in=asked.suppliers).values_list("pk", flat=True)
    named = Q(supplier_id__in=list(found)) if asked.suppliers else Q(pk__in=[])
    if asked.numbers:
        named |= numbers.among(asked.numbers)
    return named | _in_pairs(asked.pairs) if asked.pairs else named


def _in_pairs(pairs: Iterable[str]) -> Q:
    """Return the condition that a document has the supplier and the number of one of these `GSTIN:NUMBER`
    texts, or that a bill of entry has the port and the number of one of these `PORT:NUMBER` texts (R-143)."""
    apart = [pair.partition(":") for pair in pairs]
    bills = [(port, number) for port, _colon, number in apart if PORT_CODE.match(port)]
    if bills:
        others = [":".join((gstin, number)) for gstin, _c, number in apart if not PORT_CODE.match(gstin)]
        return numbers.in_ports(bills) | _in_pairs(others)
    ids = dict(Taxpayer.objects.filter(gstin__in={gstin for gstin, *_ in apart}).values_list("gstin", "pk"))
    wanted = {(ids[gstin], number_key(number)) for gstin, _colon, number in apart if gstin in ids}
    if not wanted:
        return Q(pk__in=[])
    # The database first finds records through the indexes, by the two lists below. It then compares supplier
    # and number together for these few records only.
    together = Concat(Cast("supplier_id", CharField()), Value(":"), "number_key", output_field=CharField())
    return Q(
        In(together, sorted(f"{pk}:{number}" for pk, number in wanted)),
        supplier_id__in=sorted({pk for pk, _number in wanted}),
        number_key__in=sorted({number for _pk, number in wanted}),
    )


def _ends_within(recipient: Taxpayer, view: DeskView, least: int, most: int) -> Q:
    """Return the condition for records whose last pending day comes in `least` to `most` days from today
    (R-055, R-064). Records whose pending time is already over do not match."""
    today = clock.today()
    first, last = today + timedelta(days=least), today + timedelta(days=most)
    ending = calendar().pending_ends(first, last, frequency=recipient.files, seat=recipient.seat)
    periods = [period.number for period in ending]
    furnished = annual_returns([recipient.pk])
    coming = range(view.past_year + 1, last.year + 1)
    years = [
        year
        for year in coming
        if first <= cutoff(FinancialYear(year), furnished.get((recipient.pk, year))) <= last
    ]
    one_period, by_year = _pending_facets()
    return (one_period & Q(claim_period__in=periods)) | (by_year & Q(root_year__in=years))


@cache
def _pending_facets() -> tuple[Q, Q]:
    """Return two conditions for records that may be pending. The first selects records that may be pending
    for one tax period. The second selects records that may be pending until the section 16(4) date.

    The function asks the rulebooks for the ruling on every situation. This module therefore contains no time
    limit of the law."""
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
