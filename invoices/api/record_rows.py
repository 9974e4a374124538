"""Records as the API lists them: read as plain values, ruled once per situation, cut by key.

No model instance and no serializer stands between the database and the encoder; that is what makes a page of fifty
several times cheaper (`returns/benchmarks`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.core import signing
from django.db.models import QuerySet

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.money import HEADS, rupee_text
from ims_portal.support.database import prepared
from invoices.api.common.fields import moment, period
from invoices.models import Record, Taxpayer
from invoices.queries.record_list import records as query
from invoices.queries.record_list.paging import Walk, parts
from invoices.queries.record_list.records import SORTS
from invoices.queries.situations import DeskView, with_clock_facets
from invoices.rules.books import rule
from invoices.rules.situation import Action, from_labels

SALT = "api.records"
AMOUNTS = ("value", "taxable", *HEADS, "effect")
OFFERED = (Action.ACCEPTED, Action.REJECTED, Action.PENDING)
COLUMNS = (
    "pk",
    "section",
    "kind",
    "number",
    "document_date",
    "supplier__gstin",
    "supplier__trade_name",
    "supplier__legal_name",
    "form",
    "tax_period",
    "filing",
    "filed_on",
    "saved_at",
    "place_of_supply",
    "invoice_type",
    "reverse_charge",
    *AMOUNTS,
    "claim_period",
    "land",
    "amends_id",
    "revision",
    "decision__version",
    "decision__action",
    "decision__answer",
    *(f"decision__reduction_{head}" for head in HEADS),
    "decision__remarks",
    "decision__acted_at",
    "decision__cleared_action",
    "label",
    "decision__label",
    "closed",
    "time_barred",
    "limit_reached",
)


@dataclass(frozen=True, slots=True)
class RecordsPage:
    """Rows ready for the encoder, and the token of the page after."""

    rows: list[dict[str, Any]]
    next: str | None


def page(
    records: QuerySet[Record] | None,
    view: DeskView,
    *,
    recipient_id: int,
    few: bool,
    sort: str,
    size: int,
    token: str,
    asked: str,
    whole: QuerySet[Record] | None = None,
) -> RecordsPage:
    """One page of the recipient's `records` (None: all on the desk) in the order `sort` ("-date": descending).
    `asked` names the list, so that a token of another list is refused. `whole`: as for `paging.Walk`; a page of it may
    hold fewer rows."""
    order, descending = SORTS[sort.removeprefix("-")], sort.startswith("-")
    mine = _name(asked, sort)
    value, pk = _position(token, mine, order.kind) if token else (None, None)
    edge = None
    if records is None and order.key != "supplier":
        place: tuple[Any, ...] = (recipient_id,) if pk is None else (recipient_id, value, pk)
        rows = prepared.rows(_on_desk, (view, sort, size + 1), place)
    else:
        if records is None:
            records = query.on_desk(Taxpayer(pk=recipient_id), view)
        rows = []
        walk = Walk(
            with_clock_facets(records, view),
            order,
            whole=whole,
            recipient_id=recipient_id,
            backwards=descending,
            value=value,
            pk=pk,
            few=few,
        )
        for part in walk:
            rows += part.values_list(*COLUMNS, "sort_key")[: size + 1 - len(rows)]
            if len(rows) > size:
                break
        edge = walk.edge
    more, rows = len(rows) > size, rows[:size]
    last = (rows[-1][-1], rows[-1][0]) if more else edge
    following = _token(mine, *last) if last else None
    return RecordsPage([_row(values) for values in rows], following)


def _on_desk(
    view: DeskView, sort: str, most: int, recipient_id: int, value: Any = None, pk: int | None = None
) -> QuerySet:
    """All on the recipient's desk beyond (value, pk), in an order that is one part."""
    (found,) = parts(
        with_clock_facets(query.on_desk(Taxpayer(pk=recipient_id), view), view),
        SORTS[sort.removeprefix("-")],
        recipient_id=recipient_id,
        backwards=sort.startswith("-"),
        value=value,
        pk=pk,
    )
    return found.values_list(*COLUMNS, "sort_key")[:most]


def token_of(asked: str, sort: str, value: Any, pk: int) -> str:
    """The token of the page that begins after this place in the list."""
    return _token(_name(asked, sort), value, pk)


def _name(asked: str, sort: str) -> str:
    return hashlib.sha256(f"{asked} {sort}".encode()).hexdigest()[:16]


def one(record_id: int, recipient_id: int, view: DeskView) -> dict[str, Any] | None:
    """A single live record of the recipient, as the list shows it."""
    mine = Record.objects.filter(pk=record_id, recipient_id=recipient_id)
    values = with_clock_facets(mine, view).values_list(*COLUMNS).first()
    return _row((*values, None)) if values else None


def many(ids: list[int], recipient_id: int, view: DeskView) -> list[dict[str, Any]]:
    """Live records of the recipient by id."""
    mine = Record.objects.filter(pk__in=ids, recipient_id=recipient_id).order_by("pk")
    return [_row((*values, None)) for values in with_clock_facets(mine, view).values_list(*COLUMNS)]


def _token(mine: str, value: Any, pk: int) -> str:
    return signing.dumps([mine, value.isoformat() if isinstance(value, date) else value, pk], salt=SALT)


def _position(token: str, mine: str, kind: type) -> tuple[Any, int]:
    try:
        owner, value, pk = signing.loads(token, salt=SALT)
        if owner == mine:
            return (date.fromisoformat(value) if kind is date else value), pk
    except (signing.BadSignature, ValueError, TypeError):
        pass
    raise Invalid("BAD_PAGE", "“after” belongs to another list or is damaged. Begin at the first page.")


def _row(v: tuple) -> dict[str, Any]:
    (
        pk,
        section,
        kind,
        number,
        document_date,
        gstin,
        trade,
        legal,
        form,
        tax_period,
        filing,
        filed_on,
        saved_at,
        pos,
        invoice_type,
        reverse,
        value,
        taxable,
        igst,
        cgst,
        sgst,
        cess,
        effect,
        claim,
        land,
        amends,
        revision,
        version,
        action,
        answer,
        r_igst,
        r_cgst,
        r_sgst,
        r_cess,
        remarks,
        acted_at,
        cleared,
        label,
        decision_label,
        closed,
        barred,
        limit,
        _sort_key,
    ) = v
    law = ruling_columns(label, decision_label, closed, barred, limit)
    return {
        "id": pk,
        "section": section,
        "kind": kind,
        "number": number,
        "document_date": document_date.isoformat(),
        "supplier_gstin": gstin,
        "supplier_name": trade or legal or gstin,
        "form": form,
        "tax_period": period(tax_period),
        "filing": filing,
        "filed_on": None if filed_on is None else filed_on.isoformat(),
        "saved_at": moment(saved_at),
        "place_of_supply": pos,
        "invoice_type": invoice_type,
        "reverse_charge": reverse,
        "value": rupee_text(value),
        "taxable": rupee_text(taxable),
        "igst": rupee_text(igst),
        "cgst": rupee_text(cgst),
        "sgst": rupee_text(sgst),
        "cess": rupee_text(cess),
        "effect": rupee_text(effect),
        "claim_period": period(claim),
        "land_period": period(land),
        "amends": amends,
        "revision": revision,
        "version": version,
        "action": action,
        "answer": answer,
        "reduction": None
        if r_igst is None
        else {
            "igst": rupee_text(r_igst),
            "cgst": rupee_text(r_cgst),
            "sgst": rupee_text(r_sgst),
            "cess": rupee_text(r_cess),
        },
        "remarks": remarks,
        "acted_at": moment(acted_at),
        "cleared_action": cleared,
        "closed": bool(closed),
        **law,
    }


@lru_cache(maxsize=4096)
def ruling_columns(label: str, decision: str, closed: bool, barred: bool, limit: bool) -> dict[str, Any]:
    """What the law says of a situation: a few dozen of them, whatever the number of records."""
    ruling = rule(
        from_labels(
            label,
            decision,
            closed=bool(closed),
            time_barred=bool(barred),
            pending_limit_reached=bool(limit),
        )
    )
    return {
        "allowed": [action.value for action in OFFERED if action in ruling.allowed],
        "may_reset": ruling.can_reset,
        "asks_reduction": ruling.asks_reduction,
        "refusals": [
            {
                "action": action.value,
                "code": refusal.code,
                "rule": refusal.clause.code,
                "sentence": refusal.clause.sentence,
                "instead": refusal.instead,
            }
            for action in OFFERED
            if (refusal := ruling.refusals.get(action)) is not None
        ],
    }
