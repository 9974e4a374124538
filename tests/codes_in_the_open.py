"""Finds codes of messages in the visible text of a page. A page may show such a code only in closed details, or in
a box that a button opens."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from ims_portal.support.web.screen_messages import COUNTED, MESSAGES
from invoices.rules.refusals import CODES, QUOTED

CATALOGUE = {*MESSAGES, *COUNTED, *CODES, *QUOTED.values()}
# elements without an end tag, and elements whose text is not shown
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SILENT = {"script", "style", "title", "details"}


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        hides = tag in SILENT or any(name == "popover" for name, _value in attrs) and tag != "nav"
        self.open.append((tag, hides))

    def handle_endtag(self, tag: str) -> None:
        while self.open and any(name == tag for name, _hides in self.open):
            if self.open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if not any(hides for _tag, hides in self.open):
            self.text.append(data)


def visible(page: str) -> str:
    parser = _Visible()
    parser.feed(page)
    return " ".join(" ".join(parser.text).split())


def codes_in_the_open(page: str) -> set[str]:
    words = set(re.findall(r"[A-Z0-9]+(?:[-_][A-Z0-9]+)*", visible(page)))
    return words & CATALOGUE
