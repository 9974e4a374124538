"""The access table, docs/access.csv. For each address and method, the table has the portal's answer to every
person and to every token scope."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver

from returns.gstn import codes
from returns.gstn.calls.call import CALLS
from tests.access.cast import PEOPLE, SCOPES, Cast

TABLE = Path(__file__).resolve().parents[2] / "docs" / "access.csv"
COLUMNS = (*PEOPLE, *SCOPES)
PAGE_METHODS = ("GET", "POST")
API_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# a middleware answers these addresses, so the URL configuration does not contain them
PROBES = ("livez", "readyz")
GSTN = "taxpayerapi: "
# Each of these patterns matches every GSTN call. The table has a row for each call, and no rows for the
# patterns.
DISPATCHED = {
    r"^taxpayerapi(?:/(?P<path>[\s\S]*))?$",
    r"^commonapi(?:/(?P<path>[\s\S]*))?$",
    r"^standard/gstn(?:/(?P<path>[\s\S]*))?$",
}
# the API checks the body of these requests before it looks up the record, so the body must be valid
BODIES = {"action/": b'{"action": "accept", "revision": 1, "version": 1}'}
WORDS = {
    "period": "112024", "section": "b2b", "table": "b2b", "row": "4a5", "code": "r-001", "form": "gstr1",
    "ledger": "reclaim", "supplier": "27AAACT1001A1ZC",
    "app_label": "invoices", "url": "nothing", "name": f"{'0' * 32}.tar.gz", "content_type_id": "1",
}  # fmt: skip
# placeholder values for addresses that need a particular object: a filed period, or the job of an import
SPECIAL = {
    "gstr3b/<str:period>/filed/": {"period": "102024"},
    "filed/": {"period": "102024"},
    "missing/<slug:form>/": {"form": "csv"},
    "import/<int:job_id>/": {"job_id": "import_id"},
    "register/files/<int:job_id>/": {"job_id": "register_job_id"},
    "register/download/": {"form": "csv"},
    "imports/<int:job_id>/apply/": {"job_id": "import_id"},
    "gstr2b/": {"period": "102024"},
    "gstr2a/": {"period": "102024"},
    "gstr3b/<str:period>/": {"period": "102024"},
    "table4/": {"period": "102024"},
    "<slug:section>/<slug:table>/": {"period": "102024", "section": "available"},
}


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Yield the two addresses in `PROBES`, and the pattern of every address in the URL configuration."""
    if resolver is None:
        yield from PROBES
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


def required_rows() -> list[tuple[str, str]]:
    """Return every (address, method) that must have a row in the table."""
    found = []
    for route in routes():
        if route not in DISPATCHED:
            found += [(route, m) for m in (API_METHODS if route.startswith("api/") else PAGE_METHODS)]
    found += [(f"{GSTN}{resource} {action}", method) for (resource, action), (method, _) in CALLS.items()]
    return list(dict.fromkeys(found))


FAMILIES = ("t/", "api/", "admin/", "other")


def family_of(route: str) -> str:
    """Return the part of the portal to which the address belongs: a member of `FAMILIES`, or "other"."""
    return next((family for family in FAMILIES if route.lstrip("^").startswith(family)), "other")


def read() -> dict[tuple[str, str], dict[str, str]]:
    """Return the rows of docs/access.csv as a dict. A key is (address, method), and its value is a dict from
    column to cell."""
    if not TABLE.exists():
        return {}
    with TABLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {(row["address"], row["method"]): {c: row[c] for c in COLUMNS} for row in rows}


def write(rows: dict[tuple[str, str], dict[str, str]]) -> None:
    """Write the table in the order of the URL configuration."""
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["address", "method", *COLUMNS])
        for key in (key for key in required_rows() if key in rows):
            out.writerow([*key, *(rows[key][column] for column in COLUMNS)])


def columns_of(route: str) -> tuple[str, ...]:
    """Return the columns that are checked for an address. The columns of token scopes are checked only for
    addresses of the API."""
    return COLUMNS if route.startswith("api/") else PEOPLE


def path_of(route: str, gstin: str, ids: dict[str, Any]) -> str:
    """Return the path of an address, with the ids of existing objects in its placeholders."""
    places: dict[str, Any] = {**WORDS, **ids}
    for ending, special in SPECIAL.items():
        if ending in route:
            places |= {name: ids.get(value, value) for name, value in special.items()}
    places["gstin"] = gstin
    if (match := re.match(r"admin/(\w+)/(\w+)/<", route)) or (
        match := re.match(r"admin/(auth)/(user)/", route)
    ):
        places["object_id"] = places["id"] = _first(*match.groups())
    path = route.replace("^", "").replace("$", "").replace("\\Z", "").replace("[\\s\\S]*", "nothing")
    path = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda m: str(places.get(m[1], "1")), path)
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(places.get(m[1], "1")), path)
    return "/" + path


def _first(app: str, model: str) -> Any:
    return apps.get_model(app, model).objects.order_by("pk").values_list("pk", flat=True).first() or 1


DOCUMENT = {
    "stin": "27AAACT1001A1ZC", "inum": "INV-1", "inv_typ": "R", "srcform": "R1", "rtnprd": "112024",
    "idt": "03-11-2024", "val": 11800, "pos": "29", "txval": 10000, "iamt": 1800, "camt": 0, "samt": 0, "cess": 0,
    "prev_status": "N", "action": "A",
}  # fmt: skip
FORM = {
    "action": "A", "seen": "1.1", "step": "file", "declared": "yes", "declare": "yes", "next": "/t/",
    "scope": "ticked", "expected": "0.0.0", "name": "mine", "password": "practice", "username": "viewer",
    "to": "2024-12-01T10:00", "post": "yes", "confirm": "yes", "url": "https://example.org/", "mode": "check",
}  # fmt: skip


def outcome(cast: Cast, column: str, route: str, method: str, *, at: Any = None, ids: Any = None) -> str:
    """Return the answer to a person or to a token of one scope: "yes", "login", or the status of a refusal.
    After a server error, return "ERROR" and the status."""
    gstin = (at or cast.own).gstin
    if route.startswith(GSTN):
        return _gstn(cast, column, route.removeprefix(GSTN), method, gstin)
    path = path_of(route, gstin, ids or cast.ids)
    if route.startswith("api/"):
        headers = {"Authorization": f"Bearer {cast.secrets[column]}"} if column in cast.secrets else {}
        body = b"" if method == "GET" else BODIES.get(route.rsplit(">/", 1)[-1], b"{}")
        answer = cast.browsers["anonymous"].generic(
            method, path, body, content_type="application/json", headers=headers
        )
    else:
        browser = cast.browsers[column]
        kept = dict(browser.cookies)
        answer = getattr(browser, method.lower())(path, FORM if method == "POST" else None)
        # restore the session: one address signs the person out, and the next request needs the session
        browser.cookies.clear()
        browser.cookies.update(kept)
    if answer.streaming:
        for _piece in answer.streaming_content:  # a file is read to its end, as a program reads it
            pass
    where = answer.get("Location", "")
    if answer.status_code == 302 and where.startswith(("/accounts/login/", "/admin/login/")):
        return "login"
    if answer.status_code >= 500:
        return f"ERROR {answer.status_code}"
    return str(answer.status_code) if answer.status_code in (401, 403, 404, 405) else "yes"


def rolled_back_outcome(cast: Cast, column: str, route: str, method: str) -> str:
    """Return `outcome`, and roll back every change that the request made in the database."""
    with transaction.atomic():
        said = outcome(cast, column, route, method)
        transaction.set_rollback(True)
    return said


def _data(resource: str, action: str, gstin: str, period: dict[str, str]) -> dict[str, Any]:
    if resource == "returns/ims":
        kind = "RESET" if action == "RESETIMS" else action
        return {"rtin": gstin, "reqtyp": kind, "invdata": {"b2b": [DOCUMENT]}}
    return {**period, "form_typ": "GSTR1", "rtin": gstin, "itcprd": "112024"}


def _gstn(cast: Cast, column: str, call: str, method: str, gstin: str) -> str:
    resource, action = call.split(" ")
    period = {"gstin": gstin, "rtnprd": "112024", "ret_period": "112024", "fp": "112024"}
    program = cast.programs[column]
    program.headers = {**program.headers, "gstin": gstin, "ret_period": "112024"}
    if method == "GET":
        told = program.gets(resource, action=action, section="b2b", int_tran_id="x", ref_id="x", **period)
    else:
        told = program.puts(resource, action=action, data=_data(resource, action, gstin, period))
    error = told.get("error", {}) if isinstance(told, dict) else {}
    code = str(error.get("error_cd", ""))
    if program.status >= 500:
        return f"ERROR {program.status}"
    if code.startswith("AUTH") or code == codes.NO_SESSION_FOR_PREFERENCES:
        return "401"
    return {"RET11402": "404", "RET2B1010": "404", "IMSSAV958": "403", "IMSSAV961": "403"}.get(code, "yes")
