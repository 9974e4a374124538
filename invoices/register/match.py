"""Event: the matcher runs at one GSTIN. Its links and findings are kept with their beginning and their end.

The links of a run replace those of the run before it: a link that is found again stays as it is, a link that is not
found any more ends, and a new link begins. Links and partings of people stay."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date

from django.db import transaction

from ims_portal.kernel import clock
from ims_portal.kernel.periods import TaxPeriod
from invoices.journal import writing as journal
from invoices.journal.writing import By
from invoices.matching.documents import GROUPS
from invoices.matching.ladder import Class
from invoices.matching.relations import pan
from invoices.matching.run import Match, Result, matched
from invoices.matching.settings import VERSION, Settings
from invoices.matching.suggestions import Action, Desk, Suggestion, suggested
from invoices.models import Record, Taxpayer
from invoices.queries import situations
from invoices.queries.calendar import calendar
from invoices.queries.situations import DeskView
from invoices.register import keep_findings
from invoices.register.both_sides import OnDesk, bills_of, documents_of
from invoices.register.models import BY_MATCHER, BY_PERSON, Apart, Link, MatchRun
from invoices.rules.calendar import Calendar
from invoices.rules.legality import lowers_credit
from invoices.rules.situation import Action as Taken
from invoices.rules.situation import Book, Filing, Kind

OPEN = {Taken.ACCEPTED: Action.ACCEPT, Taken.PENDING: Action.PENDING}


@dataclass(frozen=True)
class Outcome:
    """The result of a run. `suggestions` and `documents` are by the ref of a document: the id of its chain's root as
    text."""

    run: MatchRun
    result: Result
    documents: dict[str, OnDesk]
    suggestions: dict[str, Suggestion]


@transaction.atomic
def run(taxpayer: Taxpayer, *, by: By, settings: Settings | None = None) -> Outcome:
    """Match the taxpayer's register with its IMS desk, and keep the links."""
    settings = settings or Settings()
    Taxpayer.objects.select_for_update().get(pk=taxpayer.pk)
    family = registrations_of_pan(taxpayer)
    every = [one for member in family for one in documents_of(member)]
    whole = matched(
        bills_of(family),
        [one.document for one in every],
        joined=_pairs(Link.objects.filter(taxpayer=taxpayer, by=BY_PERSON, until__isnull=True)),
        apart=_pairs(Apart.objects.filter(taxpayer=taxpayer, until__isnull=True)),
        settings=settings,
    )
    result = _at(taxpayer.gstin, whole)
    documents = {one.document.ref: one for one in every if one.document.own == taxpayer.gstin}
    counts = Counter(match.class_.value for match in result.matches)
    made = MatchRun.objects.create(
        taxpayer=taxpayer, at=clock.now(), version=VERSION, settings=asdict(settings), counts=dict(counts)
    )
    _keep(taxpayer, made, result)
    suggestions = _suggestions(taxpayer, documents, result)
    keep_findings.keep(made, result, suggestions, {ref: one.record for ref, one in documents.items()})
    journal.write(taxpayer.pk, "register matched", by, record_count=len(documents), after=dict(counts))
    return Outcome(made, result, documents, suggestions)


def registrations_of_pan(taxpayer: Taxpayer) -> list[Taxpayer]:
    """Return the registrations with the taxpayer's PAN, the taxpayer among them. A bill may be booked at one of them and
    reported to another."""
    own_pan = pan(taxpayer.gstin)
    return list(Taxpayer.objects.filter(gstin__regex=f"^[0-9][0-9]{own_pan}")) if own_pan else [taxpayer]


def _at(own: str, whole: Result) -> Result:
    """Return the part of a result that belongs to one registration: the matches of its records, and its bills and
    records without a match."""
    matches = tuple(match for match in whole.matches if any(record.own == own for record in match.records))
    return Result(
        matches,
        tuple(bill for bill in whole.only_books if bill.own == own),
        tuple(record for record in whole.only_ims if record.own == own),
        {ref: pair for ref, pair in whole.duplicates.items() if pair[0].own == own},
        {ref: first for ref, first in whole.doubles.items() if first.own == own},
    )


def _pairs(held) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]  # links or partings
    return [(str(bill), str(root)) for bill, root in held.values_list("bill_identity", "root_id")]


def _keep(taxpayer: Taxpayer, made: MatchRun, result: Result) -> None:
    """Save the links of the run."""
    wanted: dict[tuple[int, int], tuple[str, str, int | None]] = {}
    for match in result.matches:
        if match.class_ is Class.MANUAL:
            continue
        group = int(match.bills[0].ref) if match.class_ is Class.GROUP else None
        for bill in match.bills:
            for record in match.records:
                wanted[int(bill.ref), int(record.ref)] = (match.class_.value, match.sub, group)
    ended = []
    present = Link.objects.filter(taxpayer=taxpayer, by=BY_MATCHER, until__isnull=True)
    for pk, identity, root, *told in present.values_list(
        "pk", "bill_identity", "root_id", "match_class", "sub", "group"
    ):
        if wanted.get((identity, root)) == tuple(told):
            del wanted[identity, root]
        else:
            ended.append(pk)
    for n in range(0, len(ended), 2_000):
        Link.objects.filter(pk__in=ended[n : n + 2_000]).update(until=made.at)
    Link.objects.bulk_create(
        [
            Link(
                taxpayer=taxpayer,
                bill_identity=identity,
                root_id=root,
                match_class=class_,
                sub=sub,
                group=group,
                by=BY_MATCHER,
                run=made,
                since=made.at,
            )
            for (identity, root), (class_, sub, group) in wanted.items()
        ],
        batch_size=2_000,
    )


def _suggestions(taxpayer: Taxpayer, documents: dict[str, OnDesk], result: Result) -> dict[str, Suggestion]:
    dates = calendar()
    view = DeskView.of(taxpayer, clock.today(), dates)
    matches = {record.ref: match for match in result.matches for record in match.records}
    return {
        ref: _suggestion(taxpayer, one.record, view, dates, matches.get(ref), ref in result.doubles)
        for ref, one in documents.items()
    }


def _suggestion(
    taxpayer: Taxpayer, record: Record, view: DeskView, dates: Calendar, match: Match | None, double: bool
) -> Suggestion:
    return suggested(desk_facts(taxpayer, record, view, dates), match, double=double)


def desk_facts(taxpayer: Taxpayer, record: Record, view: DeskView, dates: Calendar) -> Desk:
    """Return the facts of a record's desk that a suggestion needs. The rulebook says which actions are open."""
    situation = situations.situation_of(record, view)
    ruling = situations.rule(situation)
    land = record.decision.moved_to or record.claim_period
    until: date | None = None
    if ruling.one_period:
        claim = TaxPeriod.from_number(record.claim_period)
        until = dates.pending(claim, frequency=taxpayer.files, seat=taxpayer.seat).on
    return Desk(
        group=GROUPS[Kind(record.kind)],
        book=Book(record.book),
        filing=Filing(record.filing),
        open=frozenset(OPEN[action] for action in ruling.allowed if action in OPEN),
        period=TaxPeriod.from_number(land),
        open_period=TaxPeriod.from_number(view.open_period),
        last_period=record.last_claim_period <= max(land, view.open_period),
        pending_until=until,
        lowers=lowers_credit(situation),
    )
