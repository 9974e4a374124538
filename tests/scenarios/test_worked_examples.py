"""The project's worked examples have the right results. The scenario command reports a faulty file."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from invoices import portal_clock
from returns.sandbox.scenarios import schema
from returns.sandbox.scenarios.expect import hold
from returns.sandbox.scenarios.story import Story

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
SCENARIOS = [scenario for file in FILES for scenario in schema.read(file)]


@pytest.mark.django_db
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[s["id"] for s in SCENARIOS])
def test_every_expectation_of_a_worked_example_is_true(scenario):
    portal_clock.forget()
    story = Story(scenario, hold)
    for event in scenario["when"]:
        story.play(event)
    for expectation in scenario["then"]:
        hold(story, expectation)
    call_command("verify")


TWO = (
    "scenarios: [{{id: X, given: {{taxpayers: {{B: {{gstin: 29AAACB2001A1ZO}}, X: {{gstin: 29AAACB2001A1ZX}}}}}}, "
    "when: [{}], then: []}}]"
)


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
            "not a time like",
        ),
        ("scenarios: [{id: X, id: Y}]", "appears twice"),
        (
            "scenarios: [{id: X, given: {taxpayers: {}}, when: [], then: [{record: {of: B, ref: I}}]}]",
            "no taxpayer",
        ),
        (
            TWO.format("{at: 2024-10-01 10:00, do: act, by: B, 'on': [I], action: approve}"),
            "action must be one of",
        ),
        (
            TWO.format("{at: 2024-10-01 10:00, do: file_3b, by: X, period: 2024-10}"),
            "documents can only be addressed to it",
        ),
        (
            TWO.format("{at: 2024-10-01 10:00, do: edit, by: B, doc: I, set: {kind: CN}}"),
            "unknown kind; the keys are",
        ),
        (
            TWO.format(
                "{at: 2024-10-01 10:00, do: boe, doc: {ref: E, to: B, 'no': '1', date: 2024-10-01, igst: much}}"
            ),
            "igst must be an amount",
        ),
        (
            TWO.format(
                "{at: 2024-10-01 10:00, do: check, expect: [{twob: {of: B, period: 2024-10, lines: [{ref: I, sec: A}]}}]}"
            ),
            "sec must be one of",
        ),
        (
            TWO.format(
                "{at: 2024-10-01 10:00, do: check, expect: [{record: {of: B, ref: I, in_ims: 'no'}}]}"
            ),
            "in_ims must be true or false",
        ),
        (
            TWO.format(
                "{at: 2024-10-01 10:00, do: act, by: B, 'on': [I], action: accept, errors: {J: RECORD_CLOSED}}"
            ),
            "but the action does not include them",
        ),
        ("{", "not valid YAML"),
    ],
)
def test_a_faulty_file_is_refused_with_position_and_reason(tmp_path, text, why):
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=why):
        call_command("scenarios", str(path))
