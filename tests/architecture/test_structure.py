"""Promises about the code itself: law in one place, wire names at the edge, modules of one subject."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ims_portal", "invoices", "gstr2b", "returns")
WIRE = re.compile(r"\b(ctin|rtnprd|inum|nt_num|txval|camt|samt|iamt|rchrg|srcfilstatus|itcRedReq)\b")
WIRE_MODULES = {"wire.py", "wire_out.py", "wire_documents.py", "exports.py", "sheets_layout.py"}
# the scenario files' own schema uses short names for amounts
WIRE_EXCEPT = {"returns/scenarios", "invoices/rules"}


def sources(*packages: str):
    for package in packages or PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_text(encoding="utf-8")


def test_rules_look_at_no_clock_environment_or_chance():
    for path, text in sources("invoices/rules"):
        names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        attributes = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
        assert not names & {"clock", "os", "random", "environ", "settings"}, path
        assert not attributes & {"now", "utcnow", "environ"}, path


def test_wire_names_stay_at_the_edge():
    for path, text in sources():
        place = path.relative_to(ROOT).as_posix()
        if path.name in WIRE_MODULES or any(place.startswith(skip) for skip in WIRE_EXCEPT):
            continue
        found = WIRE.search(text)
        assert not found, f"{place}: wire name {found.group()} outside wire.py"


def test_only_the_kernel_clock_reads_the_system_time():
    for path, text in sources():
        if path.name == "clock.py" and "kernel" in path.parts:
            continue
        for call in ("datetime.now(", "date.today(", "timezone.now(", "utcnow(", "localdate("):
            assert call not in text, f"{path.relative_to(ROOT)} calls {call}"


def test_law_is_decided_in_the_rules_only():
    """Refusal codes, book codes and T2 sections are written in the rules; elsewhere they are read, not decided."""
    law = re.compile(r"PENDING_NOT_ALLOWED|REJECT_NOT_ALLOWED|ORIGINAL_NOT_CLOSED|DECL_EXCEEDS|AV_A1|REV_37A")
    for path, text in sources():
        place = path.relative_to(ROOT).as_posix()
        if place.startswith(("invoices/rules", "returns/scenarios")) or path.name in {
            "sections.py",
            "exports.py",
            # a table of what each is called on the wire; nothing is decided there
            "codes.py",
        }:
            continue
        found = law.search(text)
        assert not found, f"{place} names {found.group()}"


def test_modules_keep_to_one_subject():
    for path, text in sources():
        assert text.count("\n") <= 400, f"{path.relative_to(ROOT)} has more than 400 lines"
        assert ast.get_docstring(ast.parse(text)) or not text.strip(), (
            f"{path.relative_to(ROOT)} says not what it is for"
        )
