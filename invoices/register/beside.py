"""Reads a document of IMS with its bills beside it: what the last run said, what people said, and which other bills come
near. The number of queries does not depend on the size of the register."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Case, Q, QuerySet, When

from ims_portal.kernel.gstin import check_character
from ims_portal.kernel.places import STATES
from invoices.matching import ladder, numbers, relations
from invoices.matching.candidates import pairs
from invoices.matching.documents import Bill as Booked
from invoices.matching.documents import Heads, Reported
from invoices.matching.ladder import Edge
from invoices.matching.relations import Facts, pan
from invoices.matching.settings import Settings
from invoices.models import Record, Taxpayer
from invoices.models.record import TAX
from invoices.register.both_sides import OnDesk, bill_of, documents_of, present_bills
from invoices.register.match import registrations_of_pan
from invoices.register.models import BY_PERSON, Apart, Bill, Finding, Link, RegisterUpload
from invoices.rules.situation import Kind, Route

MOST_CANDIDATES = 5
MOST_LOOKED_AT = 150
# the numbers of registrations that one PAN may have in a State and that are looked for
ENTITIES = "123"


@dataclass(frozen=True)
class Candidate:
    """Another bill that comes near the document. `edge` is None if the pair has no class. `joined` are the documents
    with which the bill is joined now, and `apart` is True if a person said that the two are not the same."""

    bill: Bill
    view: Booked
    document: Reported
    facts: Facts
    edge: Edge | None
    joined: tuple[OnDesk, ...]
    apart: bool


@dataclass(frozen=True)
class Beside:
    """A document with its bills. `finding` is None if the last run did not see the document. `documents` are this
    document and the others of its group. `facts` is the relation if one bill stands beside one document. `by_hand` are
    the identities of the bills that a person joined."""

    root: int
    finding: Finding | None
    documents: tuple[OnDesk, ...]
    bills: tuple[Bill, ...]
    facts: Facts | None
    by_hand: frozenset[int]
    candidates: tuple[Candidate, ...]

    @property
    def here(self) -> OnDesk:
        return next(one for one in self.documents if one.document.ref == str(self.root))

    @property
    def sums(self) -> tuple[Heads, Heads]:
        """The amounts of all bills, and those of all documents. A credit note counts with a minus."""
        books, ims = Heads(), Heads()
        for bill in self.bills:
            books = books.plus(bill_of(bill).heads, Kind(bill.kind).sign)
        for one in self.documents:
            ims = ims.plus(one.document.heads, one.document.kind.sign)
        return books, ims


def has_register(taxpayer: Taxpayer) -> bool:
    return RegisterUpload.objects.filter(taxpayer=taxpayer).exists()


def beside(taxpayer: Taxpayer, record: Record, settings: Settings | None = None) -> Beside | None:
    """Return the document of a record with its bills, or None for a taxpayer without a register."""
    if record.route != Route.IMS.value or not has_register(taxpayer):
        return None
    settings = settings or Settings()
    root = record.root_id or record.pk
    finding = Finding.objects.filter(taxpayer=taxpayer, root_id=root, until__isnull=True).first()
    links = _together(taxpayer, root)
    family = registrations_of_pan(taxpayer)
    mine = {link.bill_identity for link in links}
    bills = list(_rows(present_bills(family).filter(identity__in=mine)))
    apart = set(_present(Apart, taxpayer).filter(root_id=root).values_list("bill_identity", flat=True))
    near, order = near_bills(record, settings, alone=not mine)
    others = list(
        _rows(
            present_bills(family)
            .annotate(total_tax=TAX)
            .filter(Q(identity__in=apart) | near)
            .exclude(identity__in=mine)
            .order_by(order, "-document_date", "pk")[:MOST_LOOKED_AT]
        )
    )
    elsewhere: dict[int, set[int]] = defaultdict(set)
    held = _present(Link, taxpayer).filter(bill_identity__in=[one.identity for one in others])
    for identity, other in held.values_list("bill_identity", "root_id"):
        elsewhere[identity].add(other)
    roots = {root, *(link.root_id for link in links), *(one for found in elsewhere.values() for one in found)}
    documents = {int(one.document.ref): one for one in documents_of(taxpayer, roots)}
    if root not in documents:
        return None
    together = [root, *sorted({link.root_id for link in links} - {root})]
    shown = tuple(documents[one] for one in together if one in documents)
    alone = len(bills) == len(shown) == 1
    return Beside(
        root=root,
        finding=finding,
        documents=shown,
        bills=tuple(bills),
        facts=relations.facts(bill_of(bills[0]), shown[0].document, settings) if alone else None,
        by_hand=frozenset(
            link.bill_identity for link in links if link.by == BY_PERSON and link.root_id == root
        ),
        candidates=_candidates(documents, root, others, elsewhere, apart, settings),
    )


def _present(model: type[Link] | type[Apart], taxpayer: Taxpayer) -> QuerySet:
    return model._default_manager.filter(taxpayer=taxpayer, until__isnull=True)


def _rows(held: QuerySet[Bill]) -> QuerySet[Bill]:
    return held.select_related("taxpayer", "upload")


def _together(taxpayer: Taxpayer, root: int) -> list[Link]:
    """Return the present links of the document, and of the documents that share a bill with it."""
    present = _present(Link, taxpayer)
    bills = present.filter(root_id=root).values("bill_identity")
    roots = present.filter(bill_identity__in=bills).values("root_id")
    return list(present.filter(Q(root_id=root) | Q(root_id__in=roots)).order_by("pk"))


def near_bills(record: Record, settings: Settings, *, alone: bool) -> tuple[Q, Case]:
    """Return the condition of bills that may share a key of the matcher with the record, and their order.

    These are bills of the supplier or of its PAN with the serial or with about the amount. For a record without a bill
    they are also bills of any supplier with about the amount and the day, because the books may have mistyped the
    GSTIN."""
    supplier = record.supplier.gstin if record.supplier else ""
    step = 8 * settings.rounding
    amount = Q(total_tax__gte=record.tax - step, total_tax__lte=record.tax + step)
    of_supplier = Q(supplier_gstin__in=same_pan(supplier))
    serial = numbers.keys(record.number, record.document_date).serial
    by_number = of_supplier & (Q(number__contains=serial) if serial else Q(number=record.number))
    found = by_number | (of_supplier & amount & _around(record, settings.note_days))
    if alone:
        found |= amount & _around(record, settings.window_days)
    return found, Case(When(by_number, then=0), When(of_supplier, then=1), default=2)


def _around(record: Record, days: int) -> Q:
    span = timedelta(days=days)
    return Q(document_date__gte=record.document_date - span, document_date__lte=record.document_date + span)


def same_pan(gstin: str) -> list[str]:
    """Return the GSTINs that the holder of this GSTIN may have, the GSTIN itself first."""
    held = pan(gstin)
    if not held:
        return [gstin]
    starts = (f"{state}{held}{entity}Z" for state in STATES for entity in ENTITIES)
    return [gstin, *(start + check_character(start) for start in starts)]


def _candidates(
    documents: dict[int, OnDesk],
    root: int,
    others: list[Bill],
    elsewhere: dict[int, set[int]],
    apart: set[int],
    settings: Settings,
) -> tuple[Candidate, ...]:
    """Return the bills that the matcher would compare with the document, the surest first."""
    document = documents[root].document
    views = {str(one.identity): bill_of(one) for one in others}
    compared = {bill.ref for bill, _record in pairs(views.values(), [document], settings)}
    found = []
    for one in others:
        view = views[str(one.identity)]
        if view.ref not in compared and one.identity not in apart:
            continue
        joined = (documents.get(ref) for ref in sorted(elsewhere.get(one.identity or 0, ())))
        found.append(
            Candidate(
                bill=one,
                view=view,
                document=document,
                facts=relations.facts(view, document, settings),
                edge=ladder.classified(view, document, settings),
                joined=tuple(each for each in joined if each),
                apart=one.identity in apart,
            )
        )
    return tuple(sorted(found, key=_surest_first)[:MOST_CANDIDATES])


def _surest_first(one: Candidate) -> tuple[int, int, int]:
    rank = one.edge.rank if one.edge else ladder.LEFT * 10
    return rank, -ladder.score(one.facts), one.bill.pk
