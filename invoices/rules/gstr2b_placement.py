"""The table of GSTR-2B in which a record is listed, and the record's effect on ITC (table T2 and R-056).

`DISPOSITION` lists the clauses in order. The first clause that does not return None decides. If a clause
returns an empty tuple, the record is in no GSTR-2B."""

from __future__ import annotations

from invoices.rules.legality import lowers_credit
from invoices.rules.ruling import Effect, Line, Reason, Section, Table4Row, Treated, disposition
from invoices.rules.situation import Action, Answer, Filing, Kind, Route, Situation, Standing

NOWHERE: tuple[Line, ...] = ()
FORWARD_CREDIT_BACK = Line(
    Section.ALL_OTHER_ITC, Table4Row.ALL_OTHER, treated=Treated.CHARGE_CHANGED, effect=Effect.MINUS_BASELINE
)


@disposition("R-083", source="IMS-FAQ 'What happens to the original record'")
def superseded(s: Situation) -> tuple[Line, ...] | None:
    """An amendment in the same statement has replaced this record, so this record changes no credit."""
    return NOWHERE if s.superseded else None


@disposition("R-045", source="G1A; LAW Rule 59")
def can_no_longer_be_filed(s: Situation) -> tuple[Line, ...] | None:
    """The supplier saved this document in a form that can no longer be filed, so it reaches no GSTR-2B."""
    return NOWHERE if s.filing is Filing.LAPSED else None


@disposition("R-021", source="2BM")
def not_filed(s: Situation) -> tuple[Line, ...] | None:
    """The supplier has saved but not filed this document; it reaches GSTR-2B only after filing."""
    return NOWHERE if s.filing is Filing.SAVED else None


@disposition("R-048", source="IMS-FAQ; R-010, R-013, R-063, R-088")
def has_left(s: Situation) -> tuple[Line, ...] | None:
    """The record is in no GSTR-2B: it has left IMS, or never belonged to GSTR-2B."""
    gone = (Route.NO_ACCESS, Route.BEFORE_IMS, Route.WITHDRAWN, Route.PURGED)
    return NOWHERE if s.route in gone else None


@disposition("R-031", source="IMS-FAQ; 2BM; 2BRSN code P")
def place_of_supply_bar(s: Situation) -> tuple[Line, ...] | None:
    """Credit is not available, because the place of supply is the supplier's State and you are in another
    State."""
    if s.route is not Route.PLACE_OF_SUPPLY:
        return None
    if s.kind is Kind.CREDIT_NOTE:
        return (Line(Section.NOT_AVAILABLE_NOTES, reason=Reason.PLACE_OF_SUPPLY),)
    return (
        Line(
            Section.NOT_AVAILABLE,
            Table4Row.NOT_AVAILABLE,
            reason=Reason.PLACE_OF_SUPPLY,
            not_available=True,
            # 4(B)(1) takes back the credit of the earlier version
            reverses_baseline=s.standing in (Standing.BASELINE, Standing.CHARGE_CHANGED),
        ),
    )


@disposition("R-032", source="CGST Act s.16(4); IMS-FAQ")
def time_bar(s: Situation) -> tuple[Line, ...] | None:
    """Credit is not available, because the section 16(4) time limit for the document has passed."""
    if s.route is not Route.TIME_BAR or s.standing is Standing.BLOCKED:
        return None
    changed = s.standing is Standing.CHARGE_CHANGED
    own = Line(
        Section.NOT_AVAILABLE,
        Table4Row.NOT_AVAILABLE,
        reason=Reason.TIME_BAR,
        not_available=True,
        beside_baseline=changed,
    )
    # section 16(4) limits only the taking of credit, so R-088 still takes the forward-charge credit back
    return (own, FORWARD_CREDIT_BACK) if changed else (own,)


@disposition("R-088", source="IMS-FAQ 'Can a supplier amend an FCM invoice'; T2")
def reverse_charge(s: Situation) -> tuple[Line, ...] | None:
    """You pay the tax on this document yourself, so the document is listed under inward supplies liable to
    reverse charge. If an earlier version was under forward charge, the credit or the reduction by that
    version is reversed."""
    if s.route is not Route.REVERSE_CHARGE:
        return None
    changed = s.standing is Standing.CHARGE_CHANGED
    section = Section.CREDIT_NOTES if s.kind is Kind.CREDIT_NOTE else Section.REVERSE_CHARGE
    own = Line(section, Table4Row.REVERSE_CHARGE, effect=Effect.WHOLE if changed else Effect.FULL)
    return (own, FORWARD_CREDIT_BACK) if changed else (own,)


@disposition("R-034", source="T2; 2BM")
def straight_to_gstr2b(s: Situation) -> tuple[Line, ...] | None:
    """The document goes straight to GSTR-2B as reported: ISD, non-resident, or customs before October
    2025."""
    note = s.kind is Kind.CREDIT_NOTE
    match s.route:
        case Route.ISD:
            return (Line(Section.CREDIT_NOTES if note else Section.ISD, Table4Row.ISD, effect=Effect.FULL),)
        case Route.NON_RESIDENT:
            section = Section.CREDIT_NOTES if note else Section.ALL_OTHER_ITC
            return (Line(section, Table4Row.ALL_OTHER, effect=Effect.FULL),)
        case Route.ICEGATE:
            return (Line(Section.IMPORTS, Table4Row.IMPORTS, effect=Effect.FULL),)
    return None


@disposition("R-082", source="inferred")
def held(s: Situation) -> tuple[Line, ...] | None:
    """The amendment is in no GSTR-2B until the amended version is closed by a GSTR-3B."""
    return NOWHERE if s.standing is Standing.BLOCKED else None


@disposition("R-056", source="IMS-FAQ 'Actions to be taken'")
def pending(s: Situation) -> tuple[Line, ...] | None:
    """A pending record is in no GSTR-2B and no GSTR-3B; it stays in IMS."""
    return NOWHERE if s.action is Action.PENDING else None


@disposition("R-056", source="IMS-FAQ 'Actions to be taken'")
def rejected(s: Situation) -> tuple[Line, ...] | None:
    """A rejected record is listed under ITC Rejected and gives no credit."""
    if s.action is Action.REJECTED:
        return (Line(Section.REJECTED, treated=Treated.REJECTED),)
    return None


@disposition("R-066", source="inferred from IMS-FAQ and R-032")
def accepted_too_late(s: Situation) -> tuple[Line, ...] | None:
    """The record reaches GSTR-2B after its section 16(4) date, so its credit is not available."""
    if s.time_barred and s.kind.takes_credit and not lowers_credit(s):
        return (
            Line(
                Section.NOT_AVAILABLE,
                Table4Row.NOT_AVAILABLE,
                treated=_treated(s),
                reason=Reason.TIME_BAR,
                not_available=True,
            ),
        )
    return None


@disposition(
    "R-056", source="IMS-FAQ 'Actions to be taken'; R-014 for silence; R-122 for a declared reduction"
)
def accepted_or_deemed(s: Situation) -> tuple[Line, ...] | None:
    """An accepted record, or a record at No action, counts in ITC available."""
    effect = Effect.DECLARED if s.answer in (Answer.PART, Answer.NO) else Effect.FULL
    if s.kind is Kind.CREDIT_NOTE:
        section, row = Section.CREDIT_NOTES, Table4Row.ALL_OTHER
    elif s.kind.is_import:
        section, row = Section.IMPORTS, Table4Row.IMPORTS
    else:
        section, row = Section.ALL_OTHER_ITC, Table4Row.ALL_OTHER
    return (Line(section, row, treated=_treated(s), effect=effect),)


def _treated(s: Situation) -> Treated:
    return Treated.ACCEPTED if s.action is Action.ACCEPTED else Treated.DEEMED


DISPOSITION = (
    superseded,
    can_no_longer_be_filed,
    not_filed,
    has_left,
    place_of_supply_bar,
    time_bar,
    reverse_charge,
    straight_to_gstr2b,
    held,
    pending,
    rejected,
    accepted_too_late,
    accepted_or_deemed,
)
