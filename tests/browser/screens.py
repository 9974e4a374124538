"""Finds the portal's screens by following links. A new page is tested as soon as another page links to it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import Resolver404, resolve

# each value of these query parameters gives a different screen; other parameters only narrow a list
TELLING = ("tab", "block")
# the screens of GSTR-1A and IFF count as screens of GSTR-1, because the three forms have the same screens
FORMS = re.compile(r"^(gstr1a|iff)(?=_|$)")
# addresses that are no pages of the portal: files, sign-out, static files, API, Django's administration
NOT_PAGES = re.compile(r"^/(admin|static|api)/|/(download|json|file\.|logout)|/jobs/\d+/file/|[?&]format=")
LINK = re.compile(r'(?:href|hx-get)="([^"#]+)"')


@dataclass(frozen=True, slots=True)
class Screen:
    """One page of the portal. `name` is the file name of its picture, and `person` is the user who opens the
    page."""

    name: str
    person: str
    path: str


def found(person: str, start: str) -> list[Screen]:
    """Return the screens that `person` reaches by links from `start`: one address of each kind of page."""
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
            continue  # this is no page, but a fragment that a script inserts into a page
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
