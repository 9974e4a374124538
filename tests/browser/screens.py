"""Which screens there are: found by following the links of the sample world, so that a new page is a new screen."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import Resolver404, resolve

# parts of an address that make another screen of the same view; any other query only narrows a list
TELLING = ("tab", "block")
# the three forms of outward supplies share their screens
FORMS = re.compile(r"^(gstr1a|iff)(?=_|$)")
# what answers a link with a file, or belongs to Django itself
NOT_PAGES = re.compile(r"^/(admin|static|api)/|/(download|json|file\.|logout)|/jobs/\d+/file/|[?&]format=")
LINK = re.compile(r'(?:href|hx-get)="([^"#]+)"')


@dataclass(frozen=True, slots=True)
class Screen:
    """A page worth looking at: `name` is the file name of its picture, `person` signs in for it."""

    name: str
    person: str
    path: str


def found(person: str, start: str) -> list[Screen]:
    """Every kind of page `person` reaches from `start` by links, one address of each kind."""
    client = Client()
    client.force_login(get_user_model().objects.get(username=person))
    waiting, seen, screens = [start], set(), []
    while waiting:
        path = waiting.pop(0)
        kind = _kind(path)
        if kind is None or kind in seen:
            continue
        answer = client.get(path)
        if answer.status_code in (301, 302):
            waiting.insert(0, urljoin(path, answer["Location"]))
            seen.add(kind)
            continue
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        seen.add(kind)
        if b"<!doctype" not in answer.content[:200].lower():
            continue  # a part that a script puts into a page
        screens.append(Screen(kind, person, path))
        waiting += [urljoin(path, html.unescape(to)) for to in LINK.findall(answer.content.decode())]
    return screens


def _kind(path: str) -> str | None:
    parts = urlsplit(path)
    if parts.netloc or parts.scheme or NOT_PAGES.search(path):
        return None
    try:
        match = resolve(parts.path)
    except Resolver404:
        return None
    telling = [value for name, value in parse_qsl(parts.query) if name in TELLING]
    return "-".join([FORMS.sub("gstr1", str(match.url_name)), *telling[:1]])
