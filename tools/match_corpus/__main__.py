"""Measure the matcher and a usual one on the same corpus, and write the tables into docs/matching.md."""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from invoices.matching.ladder import Class
from tools.match_corpus import disturbances as ways
from tools.match_corpus import measure, peer

PAGE = Path("docs/matching.md")
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
CLASSES = [one.value for one in Class]
# the disturbances after which a person accepts many records with one click, and records enough for 10,000 pairs
SURE = {
    ways.same: 12_000,
    ways.signs: 12_000,
    ways.zeros: 12_000,
    ways.rounded: 12_000,
    ways.other_day: 12_000,
    ways.year_left_out: 48_000,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=24_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shuffles", type=int, default=10)
    asked = parser.parse_args()
    lines = _mixed(asked.records, asked.seed, asked.shuffles) + ["", *_sure(asked.seed)]
    print("\n".join(lines))
    if PAGE.exists():
        text = PAGE.read_text()
        before, rest = text.split(BEGIN)
        PAGE.write_text("\n".join([before + BEGIN, "", *lines, "", END + rest.split(END)[1]]))


def _mixed(count: int, seed: int, shuffles: int) -> list[str]:
    made = measure.corpus(count, seed)
    pairs = measure.ours(made)
    lines = [f"{len(made.bills):,} bills and {len(made.records):,} records, seed {seed}.", ""]
    for heading, found, classes in (
        ("This portal", pairs, CLASSES),
        (
            "A usual matcher (first hit, parts of numbers alike by 90 of 100)",
            measure.theirs(made),
            list(peer.RULES),
        ),
    ):
        told = measure.tally(made, found)
        lines += [
            f"**{heading}**",
            "",
            *measure.table(told, classes),
            "",
            *measure.missed_table(made, told),
            "",
        ]
    rng = random.Random(seed)
    equal = 0
    for _ in range(shuffles):
        rng.shuffle(made.bills)
        rng.shuffle(made.records)
        equal += sorted(measure.ours(made)) == sorted(pairs)
    lines.append(f"The result was equal in {equal} of {shuffles} other orders of the rows.")
    return lines


def _sure(seed: int) -> list[str]:
    lines = ["| all records booked with | class | pairs | wrong |", "|---|---|---:|---:|"]
    for way, count in SURE.items():
        made = measure.corpus(count, seed, way)
        told = measure.tally(made, measure.ours(made))
        for class_ in ("EXACT", "ROUNDING", "DATE", "NUMBER"):
            pairs = told.right[class_] + told.wrong[class_]
            if pairs:
                lines.append(
                    f"| {way.__name__.replace('_', ' ')} | {class_} | {pairs:,} | {told.wrong[class_]:,} |"
                )
    return lines


if __name__ == "__main__":
    main()
