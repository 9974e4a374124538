"""The project's worked matches have the right results on this database. The command reports a faulty file."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from invoices import portal_clock
from returns.sandbox.match_cases import compare, schema
from returns.sandbox.match_cases.world import World

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
CASES = [(case, companies) for cases, companies in map(schema.read, FILES) for case in cases]


@pytest.mark.django_db
@pytest.mark.parametrize(("case", "companies"), CASES, ids=[case["id"] for case, _companies in CASES])
def test_every_expectation_of_a_worked_match_is_true(case, companies):
    portal_clock.forget()
    assert list(compare.differences(World(case, companies))) == []
    call_command("verify")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("cases: 3", "expected a list"),
        ("cases: [{title: none}]", "a mapping with an id"),
        ("cases: [{id: X}]", "missing"),
        ("cases: [{id: X, id: Y}]", "appears twice"),
        (
            "cases: [{id: X, title: t, era: 2024-10, today: 2024-11-12, open_period: 2024-10, books: [{id: B, colour: 1}], "
            "ims: [], expect: {matches: []}}]",
            "X books: missing",
        ),
    ],
)
def test_a_faulty_file_is_reported_with_its_place(tmp_path, text, why):
    file = tmp_path / "cases.yaml"
    file.write_text(text)
    with pytest.raises(CommandError, match=why):
        call_command("match_cases", file)
