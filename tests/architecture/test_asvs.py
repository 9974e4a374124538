"""docs/asvs.md is complete and true. The page lists every requirement of ASVS (levels 1 and 2) once. Every
file and test that the page names exists. In the chapters of `NOTHING_OPEN`, no requirement is open."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| ([0-9]+)\.([0-9]+)\.([0-9]+) \| (met|n/a|open) \| (.*) \| (.*) \|$", re.M)
# The number of requirements of levels 1 and 2 in each chapter of ASVS 5.0.0.
CHAPTERS = {1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13, 14: 9, 15: 13, 16: 16, 17: 7}  # fmt: skip
NOTHING_OPEN = {"2", "5", "7", "8", "16"}


def rows() -> list[tuple[str, ...]]:
    return ROW.findall((ROOT / "docs" / "asvs.md").read_text(encoding="utf-8"))


@lru_cache
def functions(path: Path) -> set[str]:
    return {
        n.name
        for n in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(n, ast.FunctionDef)
    }


def test_every_requirement_of_the_two_levels_is_listed_once():
    found = rows()
    numbers = [row[:3] for row in found]
    assert len(numbers) == len(set(numbers)) == sum(CHAPTERS.values()) == 253
    assert {chapter: sum(int(row[0]) == chapter for row in found) for chapter in CHAPTERS} == CHAPTERS


def test_a_met_requirement_names_evidence_that_exists():
    for *number, state, what, where in rows():
        assert state == "met" or what, number
        assert where or state != "met", number
        for place in re.findall(r"`([^`]+)`", where):
            path, _, name = place.partition("::")
            assert (ROOT / path).is_file(), f"{number}: {place}"
            assert not name or name in functions(ROOT / path), f"{number}: {place}"


def test_nothing_is_open_in_validation_files_sessions_authorisation_and_logging():
    assert not [row[:3] for row in rows() if row[3] == "open" and row[0] in NOTHING_OPEN]
