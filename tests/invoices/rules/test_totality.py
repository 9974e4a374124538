"""The rulebook has one answer for every possible situation, and the answers change only on purpose."""

from __future__ import annotations

import csv
import io
import os
import pkgutil
from dataclasses import FrozenInstanceError, is_dataclass
from importlib import import_module
from pathlib import Path

import pytest

from invoices import rules
from invoices.rules.rulebooks import BOOKS, rule
from invoices.rules.ruling import Effect, Section, Table4Row
from invoices.rules.situation import Action, Book, Filing, Route, Situation, from_labels
from tests.invoices.rules.domain import possible

GOLDEN = Path(__file__).parent / "golden"
BOOK_CODES = [book.book for book in BOOKS]
# October 2025 changed only the available actions. The tables of GSTR-2B stayed the same, so the two rulebooks
# share one file of tables. If a later law changes a table of one rulebook, delete `SAME_AS_2024` and the code
# that uses it. `./run law --accept` then writes a second file.
SAME_AS_2024 = (Book.B2510, "disposition")
FOUR_A = {Table4Row.IMPORTS, Table4Row.REVERSE_CHARGE, Table4Row.ISD, Table4Row.ALL_OTHER}


@pytest.mark.parametrize("book", BOOK_CODES)
def test_every_situation_has_exactly_one_ruling(book: Book):
    for s in possible(book):
        ruling = rule(s)
        assert ruling.situation == s
        assert ruling.trail, f"no clause speaks for {s}"
        sections = [line.section for line in ruling.lines]
        assert len(sections) == len(set(sections)), f"two lines of one section for {s}"


@pytest.mark.parametrize("book", BOOK_CODES)
def test_labels_read_back_to_the_same_situation(book: Book):
    for s in possible(book):
        again = from_labels(
            s.record_label,
            s.decision_label,
            closed=s.closed,
            time_barred=s.time_barred,
            pending_limit_reached=s.pending_limit_reached,
            past_cutoff=s.past_cutoff,
        )
        assert again == s
        assert again.is_amendment is (s.record_label.split(" ")[4] != "O")
        bare = from_labels(s.record_label, s.decision_label)
        clock = (bare.closed, bare.time_barred, bare.pending_limit_reached, bare.past_cutoff)
        assert clock == (False,) * 4


def test_situations_and_rulings_cannot_be_altered():
    """Nobody can change a situation or a ruling. Rulings are cached and shared, so a changed ruling would be
    wrong on every screen."""
    modules = [
        import_module(f"invoices.rules.{found.name}") for found in pkgutil.iter_modules(rules.__path__)
    ]
    kept = {value for module in modules for value in vars(module).values() if is_dataclass(value)}
    classes = [
        value for value in kept if isinstance(value, type) and value.__module__.startswith("invoices.rules")
    ]
    assert len(classes) > 10
    for made in classes:
        empty = object.__new__(made)
        with pytest.raises(FrozenInstanceError):
            setattr(empty, next(iter(made.__dataclass_fields__)), None)
        assert not hasattr(empty, "__dict__"), f"{made.__name__} takes attributes nobody declared"


@pytest.mark.parametrize("book", BOOK_CODES)
def test_effects_reach_4a_only_through_a_4a_row(book: Book):
    for s in possible(book):
        for line in rule(s).lines:
            assert (line.effect is not Effect.NONE) == (line.row in FOUR_A), s
            assert line.section is not Section.REJECTED or line.row is Table4Row.NONE


@pytest.mark.parametrize("book", BOOK_CODES)
def test_r056_neither_a_pending_nor_a_saved_record_is_in_a_statement(book: Book):
    for s in possible(book):
        if s.filing is Filing.SAVED or (s.action is Action.PENDING and s.route is Route.IMS):
            assert rule(s).lines == ()


@pytest.mark.parametrize("book", BOOK_CODES)
def test_no_action_is_available_on_a_record_that_is_not_in_ims(book: Book):
    for s in possible(book):
        ruling = rule(s)
        if not ruling.in_ims:
            assert ruling.allowed == frozenset()
            assert not ruling.can_reset
            assert not ruling.asks_reduction


@pytest.mark.parametrize("book", BOOK_CODES)
def test_r120_the_reduction_is_asked_only_where_accept_is_open(book: Book):
    for s in possible(book):
        ruling = rule(s)
        assert Action.ACCEPTED in ruling.allowed or not ruling.asks_reduction


def _at_cutoff(s: Situation) -> str:
    """Return the effect of the section 16(4) cut-off on a pending record in this situation: "purged",
    "reverts" or an empty text (R-063)."""
    waiting = rule(s.with_action(Action.PENDING))
    return "purged" if waiting.purgeable else "reverts" if waiting.reverts else ""


def _tables(book: Book) -> dict[str, str]:
    legality, disposition = {}, {}
    for s in possible(book):
        if s.route is Route.IMS and not s.closed and s.filing is Filing.FILED and not s.superseded:
            ruling = rule(s)
            key = (s.kind.value, s.standing.value, s.direction.value, s.pending_limit_reached, s.past_cutoff)
            legality[key] = (
                "".join(a.value for a in Action if a in ruling.allowed),
                " ".join(f"{a.value}:{r.code}" for a, r in sorted(ruling.refusals.items())),
                ruling.asks_reduction,
                rule(s.with_action(Action.REJECTED)).adds_back,
                ruling.one_period,
                _at_cutoff(s),
            )
        if s.filing is Filing.FILED and not (s.closed or s.pending_limit_reached or s.past_cutoff):
            ruling = rule(s)
            key = (*s.record_label.split(" ")[1:], *s.decision_label.split(" "), s.time_barred)
            disposition[key] = (
                " + ".join(
                    "/".join(
                        (
                            line.section.value,
                            line.row.value,
                            line.treated.value,
                            line.reason.value,
                            line.effect.value,
                            "4D2" * line.not_available,
                            "4B1" * line.reverses_baseline,
                        )
                    )
                    for line in ruling.lines
                ),
                ruling.trail[-1].code,
            )
    heads = {
        "legality": [
            "kind",
            "standing",
            "direction",
            "limit",
            "past_cutoff",
            "allowed",
            "refusals",
            "asks",
            "adds_back",
            "one_period",
            "at_cutoff",
        ],
        "disposition": [
            "kind",
            "route",
            "filing",
            "standing",
            "direction",
            "superseded",
            "action",
            "answer",
            "barred",
            "lines",
            "clause",
        ],
    }
    tables = {}
    for name, rows in (("legality", legality), ("disposition", disposition)):
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(heads[name])
        writer.writerows([*key, *values] for key, values in rows.items())
        tables[name] = out.getvalue()
    return tables


@pytest.mark.parametrize("book", BOOK_CODES)
def test_ruling_tables_are_the_committed_ones(book: Book):
    """The files in `golden` contain the rulings. If a change of the law changes a ruling, this test fails
    until `./run law --accept` writes the new files."""
    for name, table in _tables(book).items():
        if (book, name) == SAME_AS_2024:
            assert table == _tables(Book.B2410)[name], "October 2025 changed no place of a record in GSTR-2B"
            continue
        path = GOLDEN / f"{book.value}-{name}.csv"
        if os.environ.get("PORTAL_ACCEPT_GOLDEN"):
            path.write_text(table, encoding="utf-8")
        assert path.exists(), f"{path.name} is missing: ./run law --accept"
        assert table == path.read_text(encoding="utf-8"), (
            f"{path.name} differs: review, then ./run law --accept"
        )
