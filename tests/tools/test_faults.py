"""The table that `./run faults` prints shows FAIL if a limit is broken, and only then."""

from __future__ import annotations

import pytest

from tools import faults
from tools.faults.frame import Fault, Outcome, Tally, printed

pytestmark = pytest.mark.once

FAULT = Fault("x", "something", lambda stage, dice, rounds: Tally(), recover_within=60, delay_within=1.5)


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        ({}, []),
        ({"recovered": [59.9], "delays": [1.4]}, []),
        ({"lost": 1}, ["1 lost"]),
        ({"torn": 2}, ["2 torn"]),
        ({"doubled": 3}, ["3 doubled"]),
        ({"errors": 4}, ["4 answers 500"]),
        ({"broken": ["the server did not come back"]}, ["the server did not come back"]),
        ({"recovered": [1, 61.0]}, ["recovered after 61.0 s, bar 60 s"]),
        ({"delays": [1.6]}, ["delayed by 1.60 s, bar 1.5 s"]),
        ({"rounds": 0}, ["not one round was run"]),
    ],
)
def test_every_limit_is_checked(seen, why):
    outcome = Outcome(FAULT, Tally(**({"rounds": 5} | seen)))
    assert outcome.why == why
    assert list(printed([outcome]))[1].endswith("FAIL" if why else "ok")


def test_a_finding_of_verify_and_a_fault_that_did_not_run_count_as_failures():
    assert Outcome(FAULT, Tally(rounds=1), verified="BROKEN I2").why == ["verify: BROKEN I2"]
    assert Outcome(FAULT, Tally(), failure="OSError: no").why == ["did not run: OSError: no"]


def test_every_fault_module_is_found_and_runs_at_least_once():
    found = faults.every()
    assert len({fault.name for fault in found}) == len(found) >= 13
    assert all(fault.rounds(1) >= 1 and fault.needs(1) >= 5 for fault in found)
