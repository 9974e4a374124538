"""Takes the codes of a message out of its text, so that a page can show them behind "Details".

Messages that go through the session or a JSON column are plain text. Such a text has its rule and its codes at
the end, in parentheses: "… (Rule R-…, LAW_CODE · CATALOGUE-CODE)"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeData, SafeString, mark_safe
from django.utils.translation import gettext as _

from ims_portal.support.web import screen_messages
from invoices.rules.refusals import CODES, QUOTED

KNOWN = {*screen_messages.MESSAGES, *screen_messages.COUNTED, *CODES, *QUOTED.values(), "LOCKED"}
# codes of errors outside the two catalogues: BAD_FILTER, IMP-SIZE
_SHAPE = re.compile(r"[A-Z0-9]+(_[A-Z0-9]+)+|(?:IMP|REG)-[A-Z0-9-]+")
_GROUP = re.compile(r"\s*\(([^()]+)\)")
_RULE = re.compile(r"\bR-[0-9]{3}\b")
_BETWEEN = re.compile(r", | · ")


@dataclass(frozen=True, slots=True)
class Apart:
    """A message in parts: the text without codes, the codes, and the rules named beside the codes."""

    text: str
    codes: tuple[str, ...]
    rules: tuple[str, ...]


def is_code(word: str) -> bool:
    return word in KNOWN or bool(_SHAPE.fullmatch(word))


def apart(text: str) -> Apart:
    """Return the parts of a message. Only parentheses with a code, and with nothing but codes and rules, are
    taken out. HTML stays HTML."""
    codes: list[str] = []
    rules: list[str] = []

    def keep(group: re.Match[str]) -> str:
        parts = _BETWEEN.split(group[1])
        own = [part for part in parts if is_code(part)]
        named = [rule[0] for part in parts if (rule := _RULE.search(part))]
        if not own or len(own) + len(named) < len(parts):
            return group[0]
        codes.extend(own)
        rules.extend(named)
        return ""

    plain = _GROUP.sub(keep, text)
    if isinstance(text, SafeData):
        plain = mark_safe(plain)  # noqa: S308  a part of the HTML that came in
    return Apart(plain, tuple(dict.fromkeys(codes)), tuple(dict.fromkeys(rules)))


def details(codes: tuple[str, ...], rules: tuple[str, ...] = ()) -> SafeString:
    """Return the closed details with the rules and codes of a message, or "" if there are none."""
    if not codes and not rules:
        return mark_safe("")  # noqa: S308  empty
    linked = format_html_join(
        " · ",
        '<a href="/help/rules/{}/">{}</a>',
        ((rule, _("Rule %(rule)s") % {"rule": rule}) for rule in rules),
    )
    coded = format_html('{} <span class="mono">{}</span>', _("Message code"), " · ".join(codes))
    said = [part for part in (linked, coded if codes else "") if part]
    return format_html(
        '<details class="codes"><summary>{}</summary> <span>{}</span></details>',
        _("Details"),
        format_html_join(" · ", "{}", ((part,) for part in said)),
    )
