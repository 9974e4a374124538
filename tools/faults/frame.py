"""The definition of a fault, the counts of its results, and the table that `./run faults` prints."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.faults.stage import Stage


@dataclass(slots=True)
class Tally:
    """The counts of a fault. `lost` counts results that are missing. `torn` counts results that are half
    done. `doubled` counts results that were done twice. `errors` counts responses with status 500.
    `recovered` lists the times until the portal worked again, and `delays` lists waiting times, both in
    seconds. `broken` has a sentence for every other wrong result."""

    rounds: int = 0
    lost: int = 0
    torn: int = 0
    doubled: int = 0
    errors: int = 0
    recovered: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `run` causes the fault `rounds` times on a stage (a running portal), and takes its random
    numbers from the given generator. `times` multiplies the number of rounds of a fast fault. `divide`
    divides the number of rounds of a slow fault. `bar` is the least number of rounds for a full run, or None.
    Each round needs `recipients` new recipients. All rounds together need `shared` further recipients."""

    name: str
    title: str
    run: Callable[[Stage, random.Random, int], Tally]
    recipients: int = 1
    shared: int = 0
    bar: int | None = None
    times: int = 1
    divide: int = 1
    recover_within: float | None = None
    delay_within: float | None = None

    def rounds(self, asked: int, *, full: bool = False) -> int:
        """Return the number of rounds to run. A `full` run has at least `bar` rounds."""
        usual = max(1, asked * self.times // self.divide)
        return max(usual, self.bar or 0) if full else usual

    def needs(self, rounds: int) -> int:
        """Return the number of recipients that `rounds` rounds need, plus five in reserve."""
        return rounds * self.recipients + self.shared + 5


@dataclass(slots=True)
class Outcome:
    """One line of the table of results. `verified` is the output of `manage.py verify` if `verify` found a
    fault."""

    fault: Fault
    tally: Tally
    verified: str = ""
    failure: str = ""

    @property
    def why(self) -> list[str]:
        """Return the reasons for the verdict FAIL. The list is empty if the fault passed."""
        told, fault = self.tally, self.fault
        found = [
            f"{count} {what}"
            for count, what in (
                (told.lost, "lost"),
                (told.torn, "torn"),
                (told.doubled, "doubled"),
                (told.errors, "answers 500"),
            )
            if count
        ]
        found += told.broken[:5]
        slowest, longest = max(told.recovered, default=0.0), max(told.delays, default=0.0)
        if fault.recover_within is not None and slowest > fault.recover_within:
            found.append(f"recovered after {slowest:.1f} s, bar {fault.recover_within:g} s")
        if fault.delay_within is not None and longest > fault.delay_within:
            found.append(f"delayed by {longest:.2f} s, bar {fault.delay_within:g} s")
        if self.verified:
            found.append(f"verify: {self.verified}")
        if self.failure:
            found.append(f"did not run: {self.failure}")
        if not told.rounds and not self.failure:
            found.append("not one round was run")
        return found


def printed(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the table of results, line by line."""
    yield (
        f"{'fault':<22} {'rounds':>6} {'lost':>5} {'torn':>5} {'doubled':>8} {'500s':>5} {'recover s':>10} "
        f"{'(bar)':>6} {'delay s':>8} {'(bar)':>6}  verdict"
    )
    for one in outcomes:
        told, fault = one.tally, one.fault
        recover = f"{max(told.recovered):.1f}" if told.recovered else "-"
        delay = f"{max(told.delays):.2f}" if told.delays else "-"
        within = f"{fault.recover_within:g}" if fault.recover_within is not None else "-"
        delay_bar = f"{fault.delay_within:g}" if fault.delay_within is not None else "-"
        yield (
            f"{fault.name:<22} {told.rounds:>6} {told.lost:>5} {told.torn:>5} {told.doubled:>8} {told.errors:>5} "
            f"{recover:>10} {within:>6} {delay:>8} {delay_bar:>6}  {'FAIL' if one.why else 'ok'}"
        )
    for one in outcomes:
        for note in one.tally.notes:
            yield f"  {one.fault.name}: {note}"
    for one in outcomes:
        for why in one.why:
            yield f"  FAIL {one.fault.name}: {why}"
