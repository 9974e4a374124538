"""Every text of a page comes from the catalogue: if gettext answers in another alphabet, no page shows a
Latin word.

Data (names, numbers, remarks) and proper names of the law and of file formats are exempt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import translation

from ims_portal.kernel.wording import say
from invoices.models import Record, Taxpayer
from invoices.queries.law_words import law_words
from invoices.register.models import Bill, RegisterRow, RegisterUpload
from invoices.rules.refusals import CODES
from invoices.rules.ruling import CLAUSES
from invoices.rules.statements.sources import SOURCES
from invoices.web.help import examples, rules
from invoices.web.page import labels
from tests.browser.screens import found

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# Latin letters become letters of another alphabet. Placeholders, tags and entities stay unchanged.
LATIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
OTHER = str.maketrans(LATIN, "".join(chr(0x0905 + n) for n in range(len(LATIN))))
KEPT = re.compile(r"(%\([a-z_]+\)[a-z]|%[sd]|\{[a-z]+\}|<[^>]*>|&[a-z]+;)")
# attributes that a browser shows or a screen reader speaks
SPOKEN = ("aria-label", "placeholder", "title", "alt", "data-label")
# elements without text for translation: scripts, styles, code, keys, templates
SILENT = ("script", "style", "code", "kbd", "template")

# Words that are the same in every language, and codes that the portal shows unchanged.
PROPER = re.compile(
    r"\b(IMS( Portal)?|GSTR-?[0-9][A-Z]?|GSTIN|IGST|CGST|SGST|ITC|ISD|ISDA?|IFF|ECO|QRMP|TDS|TCS|PAN|IRN|FY|"
    r"B2B[A-Z]*|IMPG[A-Z]*|JSON|Excel|CSV|API|HTTP|SHA-256|Esc|Enter|Ctrl|ICEGATE|R-[0-9]+|SEZ|OK|R1A-[A-Z]+|CSRF|ERR|EXPIRED|NOPERM|UNDONE|A[−+]?|"
    # sources and codes of the rulebook, scopes of tokens
    r"[0-9]?[A-Z]+[0-9]{2}|2BM|2BRSN|T[12]|[0-9]?[A-Z]+(-[A-Z0-9]+)+|[A-Z0-9]+_[A-Z0-9_]+|[a-z_]+[:.][a-z_.:]+|"
    # the kernel has English names of months only (ims_portal/locale/README.md)
    r"(Jan|Febr)uary|March|April|May|June|July|August|(Sept|Nov|Dec)ember|October|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec|[0-9a-f]{16,})\b"
)


COMMENT = re.compile(r"{#.*?#}|{%\s*comment.*?%}.*?{%\s*endcomment\s*%}", re.DOTALL)
# the block of the record list that fills a tag of base.html holds attributes, not words
ATTRIBUTES = re.compile(r"{% block row_address %}.*?{% endblock %}")
TRANSLATED = re.compile(r"{%\s*blocktrans\b.*?%}.*?{%\s*endblocktrans\s*%}", re.DOTALL)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
# a literal text that a template passes to an included template
GIVEN = re.compile(r"\b(?:label|title|text|strong|link|caption|first|note|word|hint)=\"([^\"]*)\"")
PAGES = sorted((Path(__file__).resolve().parents[2] / "templates").rglob("*.html"))


class Seen(HTMLParser):
    """Collects the text of a page: text between tags, and the attributes in `SPOKEN`."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in SILENT
        given = dict(attrs)
        self.text += [given[name] or "" for name in SPOKEN if name in given]
        if tag == "input" and given.get("type") in ("submit", "button"):
            self.text.append(given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in SILENT and self.silent > 0

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.text.append(data)


def in_other_alphabet(text: str) -> str:
    return "".join(part if KEPT.fullmatch(part) else part.translate(OTHER) for part in KEPT.split(str(text)))


def answer_in_other_alphabet(monkeypatch) -> None:
    """Let gettext answer in another alphabet. A text that does not pass through gettext stays Latin."""
    real = translation._trans
    monkeypatch.setattr(real, "gettext", in_other_alphabet, raising=False)
    monkeypatch.setattr(real, "pgettext", lambda _context, text: in_other_alphabet(text), raising=False)
    monkeypatch.setattr(
        real, "ngettext", lambda one, many, n: in_other_alphabet(one if n == 1 else many), raising=False
    )


def unmarked(page: str, data: re.Pattern[str]) -> set[str]:
    seen = Seen()
    seen.feed(page)
    return latin(seen.text, data)


def latin(texts: Iterable[str], data: re.Pattern[str]) -> set[str]:
    left = set()
    for text in texts:
        rest = PROPER.sub(" ", data.sub(" ", text))
        if re.search(r"[A-Za-z]{3}", rest):
            left.add(" ".join(text.split())[:120])
    return left


def test_no_page_shows_a_word_that_is_not_in_the_catalogue(monkeypatch, sample_world):
    sample_world(records=60)
    people = [user.get_full_name() or user.username for user in get_user_model().objects.all()]
    people += list(get_user_model().objects.values_list("username", flat=True))
    names = {name for pair in Taxpayer.objects.values_list("legal_name", "trade_name") for name in pair}
    numbers = set(Record.objects.values_list("number", flat=True))
    remarks = set(Record.objects.exclude(decision__remarks="").values_list("decision__remarks", flat=True))
    # pages show citations and examples unchanged
    sources = {s.clause.source for s in rules.clauses()} | set(SOURCES) | {"INV/24", "konkan steel"}
    # what a register has, and the names of the layouts of programs
    uploads = {text for pair in RegisterUpload.objects.values_list("name", "layout") for text in pair}
    cells = {
        " · ".join(str(cell) for cell in row if cell)
        for row in RegisterRow.objects.values_list("cells", flat=True)
    }
    numbers |= set(Bill.objects.values_list("number", flat=True))
    given = sorted(
        {*sources, *people, *names, *numbers, *remarks, *uploads, *cells} - {""}, key=len, reverse=True
    )
    data = re.compile("|".join(map(re.escape, given)) + r"|\b[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z0-9]{4}\b")

    answer_in_other_alphabet(monkeypatch)
    monkeypatch.setattr(rules, "get_language", lambda: "another")
    monkeypatch.setattr(examples, "get_language", lambda: "another")
    left: dict[str, set[str]] = {}
    for person, start in (
        ("meera", "/t/27AAXCS4821K1ZN/"),
        ("arjun", "/t/27AAKFK3310M1Z8/"),
    ):
        client = Client()
        client.force_login(get_user_model().objects.get(username=person))
        for screen in found(person, start):
            for text in unmarked(client.get(screen.path).content.decode(), data):
                left.setdefault(text, set()).add(screen.name)
    assert not left, "\n".join(f"{text!r} on {', '.join(sorted(names))}" for text, names in left.items())


def test_no_template_contains_a_word_outside_gettext():
    """Some pages appear only after an error, and no link leads to them. This test therefore reads the files
    of all templates."""
    examples_of_searches = re.compile(r"INV/24|konkan steel|29AAACT3000A1Z5|IMS-FAQ|T1, T2|CSRF")
    left = {}
    for path in PAGES:
        source = TRANSLATED.sub("", COMMENT.sub("", path.read_text()))
        source = ATTRIBUTES.sub("", source)
        seen = Seen()
        seen.feed(TAG.sub("", source))
        given = [text for tag in TAG.findall(source) for text in GIVEN.findall(tag) if " with " in tag]
        if found_here := latin([*seen.text, *given], examples_of_searches):
            left[str(path.relative_to(PAGES[0].parents[1]))] = found_here
    assert not left


def test_the_sentences_of_the_rulebook_are_collected_for_the_catalogue():
    words = law_words()
    assert {clause.sentence for clause in CLAUSES.values()} <= set(words)
    assert {code.sentence for code in CODES.values()} <= set(words)
    assert "Accept or reject the record. Without an action, the record counts as accepted." in words
    assert {"Credit note", "Maharashtra", "Preparer"} <= set(words)


def test_a_sentence_with_figures_is_translated_by_its_pattern(monkeypatch):
    sentence = say("GSTR-1A of %(period)s opens on %(day)s.", period="May 2026", day=say("the %(n)sth", n=11))
    assert sentence == "GSTR-1A of May 2026 opens on the 11th."
    answer_in_other_alphabet(monkeypatch)
    opens, on, the, th = map(in_other_alphabet, ("GSTR-1A of ", " opens on ", "the ", "th"))
    assert labels.in_language(sentence) == f"{opens}May 2026{on}{the}11{th}."
