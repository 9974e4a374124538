"""Write docs/rules-to-tests.md. The page lists each rule that the code names, with the tests that name the
same rule.

`python -m tools.rules_to_tests` writes the page. With `--check`, the command writes nothing, and the exit
code is 1 if a rule of the code has no test or if the page is out of date. `./run lint` uses `--check`."""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "rules-to-tests.md"
PRODUCT = ("invoices", "gstr2b", "returns", "ims_portal")
# modules that explain rules to readers and do not apply them
EXPLAINING = "invoices/rules/statements"
RULE = re.compile(r"R-(\d{3})(?!\d)")
# test_r053_... names the rule R-053
NAMED = re.compile(r"_r(\d{3})(?=_|$)")
EXAMPLE = re.compile(r"^  - id: (\S+)", re.MULTILINE)
MOST_SHOWN = 6


def rules_of_code() -> dict[str, set[str]]:
    """Return the rules that the portal's code names, each with the modules that name the rule."""
    found: dict[str, set[str]] = defaultdict(set)
    for package in PRODUCT:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if "migrations" not in path.parts and not name.startswith(EXPLAINING):
                for number in RULE.findall(path.read_text()):
                    found[number].add(name)
    return found


def rules_of_tests() -> dict[str, list[str]]:
    """Return the rules that tests and worked examples name. Each rule has the list of its tests, as
    `file::test`, and of its worked examples, as `file::example`."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("*")):
        name = str(path.relative_to(ROOT))
        if path.suffix == ".py":
            named = _of_module(path.read_text())
        elif path.suffix == ".yaml":
            named = _of_examples(path.read_text())
        else:
            continue
        for number, test in named:
            place = f"{name}::{test}" if test else name
            if place not in found[number]:
                found[number].append(place)
    return found


def _of_module(source: str) -> Iterator[tuple[str, str]]:
    """Yield pairs (rule number, name of a test) for the rules that a test module names. A rule in the
    module's docstring belongs to no single test, so the name of the test is empty."""
    tree = ast.parse(source)
    for number in RULE.findall(ast.get_docstring(tree) or ""):
        yield number, ""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            text = ast.get_source_segment(source, node) or ""
            for number in {*NAMED.findall(node.name), *RULE.findall(text)}:
                yield number, node.name


def _of_examples(source: str) -> Iterator[tuple[str, str]]:
    """Yield pairs (rule number, id of an example) for the rules in a file of worked examples."""
    starts = [*EXAMPLE.finditer(source)]
    for start, end in zip(starts, [*(s.start() for s in starts[1:]), len(source)], strict=True):
        for number in {*RULE.findall(source[start.start() : end])}:
            yield number, start[1]


def page(code: dict[str, set[str]], tests: dict[str, list[str]]) -> str:
    """Return the text of the page, with a row for each rule of the code."""
    lines = [
        "# From rules to tests",
        "",
        "Each rule that the code names, with the modules that state or use it and the tests that name it. The page is made",
        "by `python -m tools.rules_to_tests`; `./run lint` fails when a rule has no test.",
        "",
        "| rule | modules | tests | among them |",
        "|---|---|---|---|",
    ]
    for number, modules in sorted(code.items()):
        named = tests.get(number, [])
        shown = ", ".join(f"`{place}`" for place in named[:MOST_SHOWN])
        # modules of `invoices/rules/` come first
        first = sorted(modules, key=lambda name: (not name.startswith("invoices/rules/"), name))
        inside = ", ".join(f"`{name}`" for name in first[:3])
        lines.append(f"| R-{number} | {inside} | {len(named)} | {shown} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check docs/rules-to-tests.md. Return the exit code."""
    code, tests = rules_of_code(), rules_of_tests()
    untested = sorted(number for number in code if not tests.get(number))
    for number in untested:
        sys.stderr.write(f"R-{number} has no test; {', '.join(sorted(code[number]))} name the rule.\n")
    text = page(code, tests)
    if "--check" not in arguments:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        sys.stderr.write("docs/rules-to-tests.md is out of date: run `python -m tools.rules_to_tests`.\n")
        return 1
    return 1 if untested else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
