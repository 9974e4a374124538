"""Cuts Bootstrap's published stylesheet down to the rules that this portal's pages can use.

    python tools/trim_bootstrap.py        (needs nothing but Python)

The program reads vendor/bootstrap/bootstrap.min.css and writes css/bootstrap.css. The published file does not
change. The program keeps a rule if every class in the rule's selector is a word of a template, of a view or
of a script. The program keeps a variable if a kept rule or the portal's own style sheet uses the variable.
tests/static/test_assets.py fails if css/bootstrap.css does not match the templates.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "static"
PUBLISHED = STATIC / "vendor" / "bootstrap" / "bootstrap.min.css"
TRIMMED = STATIC / "css" / "bootstrap.css"
SOURCES = (
    "templates/**/*.html",
    "*/web/**/*.py",
    "*/templatetags/*.py",
    "*/templates/**/*.html",
    "static/js/*.js",
)
# Parts of Bootstrap whose whole style comes from the portal's own style sheet. The program removes all rules
# for these parts.
OURS = re.compile(
    r"\.(?:accordion|alert|badge|breadcrumb|card|carousel|dropdown|list-group|modal|nav|navbar|offcanvas"
    r"|pagination|placeholder|popover|spinner|toast|tooltip|table|progress)(?![a-z])"
)


# helper classes that stay even if no page uses them, so that a new page rarely needs a new version of
# css/bootstrap.css
ALWAYS = re.compile(
    r"[mp][tbsexy]?-(?:[0-5]|auto)|(?:gap|row-gap|column-gap|g|gx|gy)-[0-5]|col(?:-(?:sm|md|lg|xl))?(?:-\d+|-auto)?"
    r"|(?:d|flex|justify-content|align-items|align-self|text|fw|w|h|order)-(?!sm|md|lg|xl|xxl|print)[a-z0-9-]+"
)


def words() -> set[str]:
    """Return every word of the files in `SOURCES`. In Python files, only words in strings count, and
    docstrings do not count."""
    found: set[str] = set()
    for pattern in SOURCES:
        for path in ROOT.glob(pattern):
            text = path.read_text(encoding="utf-8")
            parts = strings(text) if path.suffix == ".py" else [text]
            found.update(word for part in parts for word in re.findall(r"[A-Za-z][\w-]*", part))
    return found


def strings(source: str) -> list[str]:
    """Return the strings of a Python file without its docstrings."""
    nodes = list(ast.walk(ast.parse(source)))
    docstrings = {node.value for node in nodes if isinstance(node, ast.Expr)}
    constants = (node for node in nodes if isinstance(node, ast.Constant) and node not in docstrings)
    return [node.value for node in constants if isinstance(node.value, str)]


def rules(css: str) -> Iterator[tuple[str, str]]:
    """Yield each rule at the top level of the stylesheet, as (selector or at-rule, body). The body is an
    empty text for a statement without a body, such as @import."""
    at = 0
    while at < len(css):
        opens, ends = css.find("{", at), css.find(";", at)
        if opens < 0:
            return
        if 0 <= ends < opens:
            yield css[at : ends + 1], ""
            at = ends + 1
            continue
        depth, close = 1, opens + 1
        while depth:
            depth += {"{": 1, "}": -1}.get(css[close], 0)
            close += 1
        yield css[at:opens], css[opens + 1 : close - 1]
        at = close


def selectors(text: str) -> list[str]:
    """Split a selector at the commas outside brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0)
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def used(selector: str, known: set[str]) -> bool:
    classes = re.findall(r"\.([A-Za-z][\w-]*)", selector)
    return not OURS.search(selector) and all(name in known or ALWAYS.fullmatch(name) for name in classes)


def trimmed(css: str, known: set[str]) -> str:
    kept = ""
    for head, body in rules(css):
        if head.startswith(("@media", "@supports")):
            inner = trimmed(body, known)
            kept += f"{head}{{{inner}}}" if inner else ""
        elif head.startswith("@"):
            kept += f"{head}{{{body}}}" if body else head
        else:
            wanted = [one for one in selectors(head) if used(one, known)]
            kept += f"{','.join(wanted)}{{{body}}}" if wanted else ""
    return kept


VARIABLE = re.compile(r"(--bs-[\w-]+):((?:\"[^\"]*\"|[^;}\"])*)(;|(?=\}))")


def _if_read(read: set[str], found: re.Match[str]) -> str:
    return found[0] if found[1] in read else ""


def without_unread(css: str, ours: str) -> str:
    """Remove variables and animations that nothing reads. A removed variable may have been the only reader of
    another variable, so the function repeats until nothing more can be removed."""
    while True:
        read = set(re.findall(r"var\(\s*(--bs-[\w-]+)", css + ours))
        fewer = VARIABLE.sub(partial(_if_read, read), css)
        names = set(re.findall(r"animation(?:-name)?:[^;}]*?([\w-]+)[;}]|animation:[^;}]*? ([\w-]+) ", fewer))
        moving = {name for pair in names for name in pair}
        fewer = "".join(
            f"{head}{{{body}}}" if body else head
            for head, body in rules(fewer)
            if not (head.startswith("@keyframes") and head.split()[-1] not in moving)
            and (body or head.endswith(";"))
        )
        if fewer == css:
            return css
        css = fewer


def build() -> str:
    css = re.sub(r"/\*#.*?\*/", "", PUBLISHED.read_text(encoding="utf-8"))
    head = re.match(r"(?:@charset[^;]*;)?(/\*!.*?\*/)", css, re.S)
    assert head is not None
    css = css[head.end() :]
    ours = (STATIC / "css" / "portal.css").read_text(encoding="utf-8")
    return f"{head[1]}\n{without_unread(trimmed(css, words()), ours)}\n"


if __name__ == "__main__":
    TRIMMED.write_text(build(), encoding="utf-8")
