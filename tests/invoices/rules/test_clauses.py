"""Each clause of the law has a test. The test's name contains the rule number and the name of the clause.

The first test fails if a clause has no test."""

from __future__ import annotations

import pytest

from invoices.queries.clauses import closing
from invoices.rules.rulebooks import BOOKS, rule
from invoices.rules.ruling import CLAUSES, Effect, Reason, Section, Table4Row, Treated
from invoices.rules.situation import Action, Answer, Book, Direction, Filing, Kind, Route, Standing
from tests.invoices.rules.domain import situation

EVERY = {Action.ACCEPTED, Action.REJECTED, Action.PENDING, Action.NONE}
NOTE, BILL = Kind.CREDIT_NOTE, Kind.BILL_OF_ENTRY
LOWERED = {"standing": Standing.BASELINE, "direction": Direction.DOWN}


def test_every_clause_has_a_test_that_bears_its_rule_and_name():
    named = {name for name in globals() if name.startswith("test_r")}
    wanted = {f"test_{c.code.lower().replace('-', '')}_{c.name}" for c in CLAUSES.values()}
    assert wanted <= named, f"no test for {sorted(wanted - named)}"


def test_every_clause_of_the_books_says_its_number_date_source_and_sentence():
    for book in BOOKS:
        for law in (*book.legality, *book.disposition):
            clause = law.clause
            assert clause.code.startswith("R-"), clause
            assert clause.since in ("2024-10", "2025-10"), clause
            assert clause.source, clause
            assert clause.sentence.endswith("."), clause


def test_every_refusal_has_a_short_reason_of_one_line():
    for book in BOOKS:
        for law in book.legality:
            shorts = closing(law.rule)[3]
            assert shorts, law.clause
            for short in shorts:
                assert 20 <= len(short) <= 96, short
                assert short[0].isupper(), short
                assert short.endswith("."), short
                assert not set(":;()") & set(short[:-1].replace("16(4)", "").replace("9(5)", "")), short


NOTES = "Amendments that {} cannot be kept pending before October 2025."


@pytest.mark.parametrize(
    ("facets", "short"),
    [
        ({"kind": NOTE}, "Credit notes cannot be kept pending before October 2025."),
        (
            {"kind": NOTE, "standing": Standing.BASELINE, "direction": Direction.UP},
            NOTES.format("raise a credit note"),
        ),
        (
            {"kind": NOTE, "standing": Standing.PREVAILS, "direction": Direction.LEVEL},
            NOTES.format("leave a credit note's tax unchanged"),
        ),
        (
            {"kind": NOTE, "standing": Standing.NO_BASELINE, "direction": Direction.DOWN},
            NOTES.format("lower a rejected credit note"),
        ),
        ({"kind": Kind.INVOICE, **LOWERED}, NOTES.format("lower an accepted invoice")),
        ({"kind": Kind.DEBIT_NOTE, **LOWERED}, NOTES.format("lower an accepted debit note")),
        ({"kind": Kind.ECO, **LOWERED}, NOTES.format("lower an accepted 9(5) document")),
    ],
)
def test_r053_the_reason_names_only_the_class_of_this_record(facets, short):
    refusal = rule(situation(**facets)).refusals[Action.PENDING]
    assert refusal.clause.name == "pending_barred"
    assert refusal.short == refusal.full == short


def closed_by(**facets) -> tuple[set[Action], str, str]:
    """Return the actions that are closed in this situation, and the error code and the clause of the first
    refusal."""
    ruling = rule(situation(**facets))
    first = next(iter(ruling.refusals.values()))
    return set(ruling.refusals), first.code, first.clause.name


def line(**facets):
    lines = rule(situation(**facets)).lines
    return [(x.section, x.row, x.treated, x.reason, x.effect) for x in lines]


def placed_by(**facets) -> str:
    return rule(situation(**facets)).trail[-1].name


def test_r102_closed_with_gstr3b():
    assert closed_by(closed=True) == (EVERY, "RECORD_CLOSED", "closed_with_gstr3b")
    # a record that was never in IMS is refused as "not in IMS", not as "closed"
    for route in set(Route) - {Route.IMS}:
        assert closed_by(closed=True, route=route)[1] == "NOT_IN_IMS"


def test_r010_recipient_without_ims():
    assert closed_by(route=Route.NO_ACCESS) == (EVERY, "NOT_IN_IMS", "recipient_without_ims")


def test_r013_before_ims():
    assert closed_by(route=Route.BEFORE_IMS) == (EVERY, "NOT_IN_IMS", "before_ims")


def test_r030_straight_to_gstr2b():
    for route in (Route.REVERSE_CHARGE, Route.ISD, Route.NON_RESIDENT, Route.ICEGATE):
        assert closed_by(route=route) == (EVERY, "NOT_IN_IMS", "straight_to_gstr2b")


def test_r031_barred_by_place_of_supply():
    assert closed_by(route=Route.PLACE_OF_SUPPLY) == (EVERY, "NOT_IN_IMS", "barred_by_place_of_supply")


def test_r032_barred_by_time():
    assert closed_by(route=Route.TIME_BAR) == (EVERY, "NOT_IN_IMS", "barred_by_time")


def test_r088_withdrawn_by_amendment():
    assert closed_by(route=Route.WITHDRAWN) == (EVERY, "NOT_IN_IMS", "withdrawn_by_amendment")


def test_r063_purged():
    assert closed_by(route=Route.PURGED) == (EVERY, "NOT_IN_IMS", "purged")


def test_r081_original_must_close_first():
    facets = {"standing": Standing.BLOCKED, "direction": Direction.UP}
    assert closed_by(**facets) == (EVERY, "ORIGINAL_NOT_CLOSED", "original_must_close_first")


def test_r131_bills_of_entry_cannot_be_rejected():
    shut, code, name = closed_by(kind=BILL, book=Book.B2510)
    assert (shut, code, name) == (
        {Action.REJECTED},
        "REJECT_NOT_ALLOWED",
        "bills_of_entry_cannot_be_rejected",
    )


def test_r053_pending_barred():
    assert closed_by(kind=NOTE) == ({Action.PENDING}, "PENDING_NOT_ALLOWED", "pending_barred")
    assert closed_by(**LOWERED) == ({Action.PENDING}, "PENDING_NOT_ALLOWED", "pending_barred")


def test_r054_pending_for_one_period():
    facets = {"kind": NOTE, "book": Book.B2510}
    assert Action.PENDING in rule(situation(**facets)).allowed
    late = closed_by(**facets, pending_limit_reached=True)
    assert late == ({Action.PENDING}, "PENDING_NOT_ALLOWED", "pending_for_one_period")


def test_r055_pending_ends_at_cutoff():
    assert closed_by(past_cutoff=True) == (
        {Action.PENDING},
        "PENDING_NOT_ALLOWED",
        "pending_ends_at_cutoff",
    )


def test_r083_superseded():
    assert line(superseded=True) == []
    assert placed_by(superseded=True) == "superseded"


def test_r045_can_no_longer_be_filed():
    for kind in Kind:
        assert placed_by(kind=kind, filing=Filing.LAPSED) == "can_no_longer_be_filed"


def test_r021_not_filed():
    assert line(filing=Filing.SAVED) == []
    assert placed_by(filing=Filing.SAVED) == "not_filed"


def test_r048_has_left():
    for route in (Route.NO_ACCESS, Route.BEFORE_IMS, Route.WITHDRAWN, Route.PURGED):
        assert line(route=route) == []
        assert placed_by(route=route) == "has_left"


def test_r031_place_of_supply_bar():
    facets = {"route": Route.PLACE_OF_SUPPLY}
    assert line(**facets) == [
        (
            Section.NOT_AVAILABLE,
            Table4Row.NOT_AVAILABLE,
            Treated.DIRECT,
            Reason.PLACE_OF_SUPPLY,
            Effect.NONE,
        )
    ]
    assert line(**facets, kind=NOTE)[0][0] is Section.NOT_AVAILABLE_NOTES
    # credit taken on the earlier version is reversed through Table 4(B)(1)
    assert rule(situation(**facets, **LOWERED)).lines[0].reverses_baseline


def test_r032_time_bar():
    assert line(route=Route.TIME_BAR)[0][3] is Reason.TIME_BAR
    assert line(route=Route.TIME_BAR)[0][4] is Effect.NONE


def test_r088_reverse_charge():
    changed = {"standing": Standing.CHARGE_CHANGED, "direction": Direction.LEVEL}
    for kind, section in ((Kind.INVOICE, Section.REVERSE_CHARGE), (NOTE, Section.CREDIT_NOTES)):
        own, back = line(route=Route.REVERSE_CHARGE, kind=kind, **changed)
        assert own == (section, Table4Row.REVERSE_CHARGE, Treated.DIRECT, Reason.NONE, Effect.WHOLE)
        assert back == (
            Section.ALL_OTHER_ITC,
            Table4Row.ALL_OTHER,
            Treated.CHARGE_CHANGED,
            Reason.NONE,
            Effect.MINUS_BASELINE,
        )


def test_r034_straight_to_gstr2b():
    assert line(route=Route.ISD)[0][:2] == (Section.ISD, Table4Row.ISD)
    assert line(route=Route.ISD, kind=NOTE)[0][:2] == (Section.CREDIT_NOTES, Table4Row.ISD)
    assert line(route=Route.NON_RESIDENT)[0][:2] == (Section.ALL_OTHER_ITC, Table4Row.ALL_OTHER)
    assert line(route=Route.ICEGATE, kind=BILL)[0][:2] == (Section.IMPORTS, Table4Row.IMPORTS)


def test_r082_held():
    facets = {"standing": Standing.BLOCKED, "direction": Direction.DOWN}
    assert line(**facets) == []
    assert placed_by(**facets) == "held"


def test_r056_pending():
    assert line(action=Action.PENDING) == []
    assert placed_by(action=Action.PENDING) == "pending"


def test_r056_rejected():
    assert line(action=Action.REJECTED) == [
        (Section.REJECTED, Table4Row.NONE, Treated.REJECTED, Reason.NONE, Effect.NONE)
    ]


def test_r066_accepted_too_late():
    facets = {"time_barred": True, "action": Action.ACCEPTED}
    assert line(**facets)[0][:4] == (
        Section.NOT_AVAILABLE,
        Table4Row.NOT_AVAILABLE,
        Treated.ACCEPTED,
        Reason.TIME_BAR,
    )
    # credit can be reversed at any time, also after the time limit
    assert line(**facets, **LOWERED)[0][0] is Section.ALL_OTHER_ITC


def test_r056_accepted_or_deemed():
    assert line()[0][:3] == (Section.ALL_OTHER_ITC, Table4Row.ALL_OTHER, Treated.DEEMED)
    assert line(action=Action.ACCEPTED, kind=NOTE)[0][:3] == (
        Section.CREDIT_NOTES,
        Table4Row.ALL_OTHER,
        Treated.ACCEPTED,
    )
    part = line(action=Action.ACCEPTED, answer=Answer.PART, kind=NOTE, book=Book.B2510)
    assert part[0][4] is Effect.DECLARED
