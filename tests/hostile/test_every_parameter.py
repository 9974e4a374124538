"""No edge value of a parameter breaks a page, an operation of the API or a call of GSTN's API.

The tests learn the names of the parameters from the portal. They open each address once, and note which names
the code asks for. A new parameter is therefore tried without a line here."""

from __future__ import annotations

import logging
from collections import Counter

import pytest
from django import http
from django.core.handlers import wsgi
from django.db import transaction
from django.http import QueryDict, request
from django.urls import resolve

from returns.gstn import parameters
from returns.gstn.calls.call import CALLS
from tests.access import blank_templates, table
from tests.access.cast import gather_cast

pytestmark = [pytest.mark.timeout(280), pytest.mark.once]

# The values to try for each parameter. Addresses get all of them. Forms get only values that once caused an error,
# because the same functions read the parameters of addresses and of forms.
EDGES = {
    "GET": (
        "", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59-12:00", "010001", "122099", "012017", "2099-00", "-1",
        "9" * 30, "9" * 5000, "\x00", "²",
    ),
    "POST": ("", "0001-01-01", "9999-12-31T23:59:59-12:00", "9" * 30, "9" * 5000, "\x00", "²"),
}  # fmt: skip
MOST_CALLS = 5  # calls of GSTN's API at which a parameter is tried
# fields of a form that carry no parameter
NO_PARAMETERS = {"csrfmiddlewaretoken"}


class Remembering(QueryDict):
    """A QueryDict that adds each name that is asked for to `names`."""

    names: set[str] = set()

    def get(self, key, *rest):
        self.names.add(key)
        return super().get(key, *rest)

    def getlist(self, key, *rest):
        self.names.add(key)
        return super().getlist(key, *rest)

    def __getitem__(self, key):
        self.names.add(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self.names.add(key)
        return super().__contains__(key)


@pytest.fixture(autouse=True)
def _names_are_remembered(monkeypatch):
    for module in (wsgi, request, http):
        monkeypatch.setattr(module, "QueryDict", Remembering)
    text = parameters.text

    def remembering(values, name, **how):
        Remembering.names.add(name)
        return text(values, name, **how)

    monkeypatch.setattr(parameters, "text", remembering)
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def _status(ask) -> int:
    """Return the status of the answer, and undo what the request changed."""
    with transaction.atomic():
        status = ask()
        transaction.set_rollback(True)
    return status


def _names(ask) -> list[str]:
    Remembering.names = set()
    _status(ask)
    return sorted(str(name) for name in Remembering.names - NO_PARAMETERS)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("family", table.FAMILIES)
def test_no_edge_value_of_a_parameter_breaks_an_address(world, settings, family, method):
    if method == "POST":
        # the answers to a form are the same pages, and their templates take most of the time
        settings.TEMPLATES = blank_templates.TEMPLATES
    cast = gather_cast(world)
    for browser in cast.browsers.values():
        browser.raise_request_exception = False
    person = "superuser" if family == "admin/" else "signatory"
    headers = {"Authorization": f"Bearer {cast.secrets[person]}"} if family == "api/" else {}
    browser = cast.browsers["anonymous" if headers else person]
    written, wrong, tried = table.read(), [], set()
    for route, its_method in table.required_rows():
        if (table.family_of(route), its_method) != (family, method) or route.startswith(table.GSTN):
            continue
        if written[route, method][person] != "yes" or "logout" in route or route in table.PROBES:
            continue
        path = table.path_of(route, cast.own.gstin, cast.ids)
        base = {} if method == "GET" else table.FORM

        def ask(path=path, base=base, **given):
            return getattr(browser, method.lower())(path, base | given, headers=headers).status_code

        # The forms GSTR-1, IFF and GSTR-1A share their views, and the pages of staff share Django's own
        # parameters. One address of them is enough.
        view = "admin" if family == "admin/" else resolve(path).func
        for name in _names(ask):
            if (view, name) in tried and name != "q":
                continue
            tried.add((view, name))
            for value in EDGES[method]:
                if (status := _status(lambda n=name, v=value: ask(**{n: v}))) >= 500:
                    wrong.append(f"{method} {path} {name}={value[:40]!r}: {status}")
    assert tried or (family, method) == ("api/", "POST"), "no address asked for a parameter"
    assert not wrong, "\n".join(wrong)


def test_no_edge_value_of_a_parameter_breaks_a_call_of_gstn(world):
    cast = gather_cast(world)
    program, gstin, wrong = cast.programs["signatory"], cast.own.gstin, []
    program.http.raise_request_exception = False
    usual = {"gstin": gstin, "rtnprd": "112024", "ret_period": "112024", "section": "b2b", "int_tran_id": "x"}
    tried: Counter[tuple[str, str]] = Counter()
    for (resource, action), (method, _handler) in CALLS.items():

        def ask(resource=resource, action=action, method=method, **given):
            if method == "GET":
                program.gets(resource, action=action, **usual | given)
            else:
                data = table._data(resource, action, gstin, usual) | given
                program.puts(resource, action=action, data=data)
            return program.status

        for name in _names(ask):
            # the calls read a parameter with the same functions, so a few calls are enough
            tried[method, name] += 1
            if tried[method, name] > MOST_CALLS:
                continue
            for value in (*EDGES["GET"], *(() if method == "GET" else (None, [], {}, 1.5, True))):
                if (status := _status(lambda n=name, v=value: ask(**{n: v}))) >= 500:
                    wrong.append(f"{resource} {action} {name}={str(value)[:40]!r}: {status}")
    assert not wrong, "\n".join(wrong)
