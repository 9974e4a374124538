"""The project's own worked examples, and what the scenario command says of a bad file."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from invoices import portal_clock
from returns.scenarios import schema
from returns.scenarios.expect import hold
from returns.scenarios.story import Story

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
SCENARIOS = [scenario for file in FILES for scenario in schema.read(file)]


@pytest.mark.django_db
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[s["id"] for s in SCENARIOS])
def test_worked_example(scenario):
    portal_clock.forget()
    story = Story(scenario)
    for event in scenario["when"]:
        story.play(event)
    for expectation in scenario["then"]:
        hold(story, expectation)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("scenarios: 3", "expected a list"),
        ("scenarios: [{id: X, given: {taxpayers: {}}, when: [], then: [], wrong: 1}]", "unknown wrong"),
        (
            "scenarios: [{id: X, given: {taxpayers: {}}, when: [{at: 2024-10-01 10:00, do: dance}], then: []}]",
            "'do' must be",
        ),
        (
            "scenarios: [{id: X, given: {taxpayers: {}}, when: [{at: soon, do: clock}], then: []}]",
            "no moment",
        ),
        ("scenarios: [{id: X, id: Y}]", "stands twice"),
        (
            "scenarios: [{id: X, given: {taxpayers: {}}, when: [], then: [{record: {of: B, ref: I}}]}]",
            "no taxpayer",
        ),
        ("{", "no YAML"),
    ],
)
def test_a_bad_file_is_told_where_and_why(tmp_path, text, why):
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=why):
        call_command("scenarios", str(path))
