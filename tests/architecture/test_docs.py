"""No link in the documentation is dead, and every file that the documentation names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
LINK = re.compile(r"\]\((?!https?:|mailto:|#|/)([^)#\s]+)")
# This pattern finds a path from the root of the repository, such as `invoices/desk/actions.py`.
FILE = re.compile(
    r"`((?:invoices|returns|gstr2b|ims_portal|tests|tools|docs|templates)/[\w./-]+\.(?:py|md|yaml|json|csv|conf|html))`"
)
# Names with one of these characters are not checked. They are patterns for several files, or names of files
# that only an installation creates.
PATTERN = re.compile(r"[*…<]")


@pytest.mark.once
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_every_file_that_a_page_names_exists(page):
    text = page.read_text()
    dead = [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    gone = [name for name in FILE.findall(text) if not PATTERN.search(name) and not (ROOT / name).exists()]
    assert (dead, gone) == ([], [])
