"""The attacks in test_table_of_attacks.py are tried at the doors of doors.py, the places where the portal
receives texts and files.

A door refuses the hostile text or file and names the position of the fault. Nothing is stored, and the portal
does not fail."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ims_portal.support.csv_cells import as_text
from invoices.models import Record, Role, Taxpayer
from tests.access import table
from tests.access.cast import gather_cast
from tests.api_client import api_for
from tests.desk_pages import act, at, client_for
from tests.hostile.doors import DOORS, NUMBER, good, stored

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def text_of(door: str, world) -> str:
    return json.dumps(good(door, world))


NO_JSON = {
    "broken": lambda text: (text[:-1] + ",}").encode(),
    "truncated": lambda text: text[: len(text) // 2].encode(),
    "100,000 deep": lambda text: b"[" * 100_000 + b"]" * 100_000,
    "100,000 deep objects": lambda text: b'{"a":' * 100_000,
    "not UTF-8": lambda text: text.replace("{", '{"x": "\x80", ', 1).encode("latin-1"),
    "half a character": lambda text: text.replace("{", '{"x": "\\ud800", ', 1).encode(),
    "two byte order marks": lambda text: b"\xef\xbb\xbf" * 2 + text.encode(),
    "a zip file": lambda text: b"PK\x03\x04" + text.encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "a NUL byte": lambda text: text.replace("{", "{\x00", 1).encode(),
    "empty": lambda text: b"",
    "a bare word": lambda text: b"null",
}


@pytest.mark.parametrize("door", DOORS)
def test_text_that_is_no_json_is_refused_with_its_position(world, door):
    record = world.saves()
    send, text, before = DOORS[door](world, record), text_of(door, world), stored()
    for name, spoil in NO_JSON.items():
        if name == "half a character" and (door == "command: customs" or "GSTR-1" in door):
            # These doors refuse only the faulty document and not the whole file. Other tests check this:
            # gstr1_file/test_json.py and customs/test_icegate_json.py.
            continue
        said = send(spoil(text))
        assert said.refused, f"{door} took {name}: {said.text[:200]}"
        assert stored() == before, f"{door} stored something of {name}"


NO_NUMBER = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "9" * 5000,
    "-" + "9" * 5000,
    "10000.123",
    "1e-400",
    '"x"',
    "true",
)


@pytest.mark.parametrize("door", DOORS)
def test_a_meaningless_number_is_refused(world, door):
    record = world.saves(number="INV-78")
    send, text, before = DOORS[door](world, record), text_of(door, world), stored()
    assert NUMBER[door] in text
    for bad in NO_NUMBER:
        spoilt = text.replace(NUMBER[door], NUMBER[door].split(":")[0] + ": " + bad)
        said = send(spoilt.encode())
        assert said.refused, f"{door} took {bad[:20]}: {said.text[:200]}"
        assert stored() == before, f"{door} stored something of {bad[:20]}"


@pytest.mark.parametrize("door", DOORS)
def test_a_key_twice_is_refused(world, door):
    record = world.saves()
    send, text, before = DOORS[door](world, record), text_of(door, world), stored()
    said = send(text.replace(NUMBER[door], f"{NUMBER[door]}, {NUMBER[door]}").encode())
    assert said.refused
    assert stored() == before


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("ims/import/", Role.PREPARER),
        ("ims/other-portal/", Role.PREPARER),
    ],
)
def test_a_file_over_20_mb_is_refused_before_it_is_parsed(world, path, role):
    client = client_for(world, role)
    big = SimpleUploadedFile("big.json", b"[" * (20 * 1024 * 1024 + 1))
    answer = client.post(at(world, path), {"file": big, "mode": "good"})
    assert answer.status_code in (400, 413, 422)
    assert "20 MB" in answer.content.decode()


def test_csv_cells_that_begin_like_a_formula_are_quoted(world):
    record = world.saves(number="-1/2")
    client = client_for(world, Role.PREPARER)
    sent = {
        "action": "A", "scope": "ticked", "pick": [f"{record.pk}.9.9"], "next": at(world, "ims/inward/all/"),
        "as_of": "2024-10-28T10:00:00+05:30",
    }  # fmt: skip
    preview = client.post(at(world, "ims/batches/"), sent)["Location"]
    client.post(f"{preview}run/")
    reasons = client.get(f"{preview}reasons/").content.decode("utf-8-sig")
    assert "'-1/2" in reasons
    assert [as_text(cell) for cell in ("=1+1", "+1", "-1", "@x", "\tx", "\rx", "INV-1")] == [
        "'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "INV-1"
    ]  # fmt: skip


LOOK_ALIKES = {
    "wrong check character": lambda g: g[:-1] + ("A" if g[-1] != "A" else "B"),
    "letter O for nought": lambda g: g.replace("0", "O", 1),
    "Cyrillic A": lambda g: g.replace("A", "\u0410", 1),
    "full-width digits": lambda g: "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in g),
    "a zero-width space inside": lambda g: g[:5] + "\u200b" + g[5:],
    "too short": lambda g: g[:-1],
}


@pytest.mark.parametrize("spoil", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_gstin_that_only_looks_like_one_is_refused(world, spoil):
    record = world.saves()
    bad = spoil(world.recipient.gstin)
    for door in ("REST: GSTR-1", "command: customs"):
        before, taxpayers = stored(), Taxpayer.objects.count()
        said = DOORS[door](world, record)(text_of(door, world).replace(world.recipient.gstin, bad).encode())
        assert said.refused, (door, bad)
        assert (stored(), Taxpayer.objects.count()) == (before, taxpayers)
    client = client_for(world, Role.PREPARER)
    assert client.get(f"/t/{bad}/ims/").status_code == 404


@pytest.mark.parametrize(
    "number", ["X" * 17, "INV 1", "INV_1", "इ-1", "INV-1\u202e", "INV\x00", "=1+1", "a'b", "", "é-1"]
)
def test_a_document_number_of_other_letters_is_refused(world, number):
    record = world.saves()
    door = "REST: GSTR-1"
    before = stored()
    said = DOORS[door](world, record)(
        text_of(door, world).replace("INV-77", json.dumps(number)[1:-1]).encode()
    )
    assert said.refused
    assert stored() == before


@pytest.mark.parametrize("date", ["29-02-2023", "31-04-2024", "05-10-2999", "30-06-2017", "05-10-24", "45570", "2024-10-05", "5/10/2024", ""])  # fmt: skip
def test_a_meaningless_date_is_refused(world, date):
    record = world.saves()
    for door, there in (("REST: GSTR-1", "05-10-2024"), ("command: customs", "06-10-2024")):
        before = stored()
        said = DOORS[door](world, record)(text_of(door, world).replace(there, date).encode())
        assert said.refused, (door, date)
        assert stored() == before


@pytest.mark.parametrize("remarks", ["a\x00b", "\u202eevil", "\u200f\u200e", "😀" * 3, "x" * 10_000])
def test_odd_characters_in_remarks_are_refused_or_shown_as_text(world, remarks):
    record = world.saves()
    client = client_for(world, Role.PREPARER)
    answer = act(client, world, record, "R", remarks=remarks)
    assert answer.status_code < 500
    kept = world.now(record).decision.remarks
    assert "\x00" not in kept
    assert len(kept) <= 500
    page = client.get(at(world, f"ims/records/{record.pk}/"))
    assert page.status_code == 200
    other = world.saves()
    body = {"action": "reject", "revision": 1, "version": 1, "remarks": remarks}
    answer = api_for(world, Role.PREPARER).post(f"records/{other.pk}/action/", body)
    assert answer.status_code in (200, 400, 422)
    assert "\x00" not in world.now(other).decision.remarks


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "..\\..\\x", "CON", "a\x00b.json", "<b>.json", "x" * 300]
)
def test_the_name_of_a_file_is_never_a_path(world, tmp_path, name):
    client = client_for(world, Role.PREPARER)
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    for path in ("ims/import/", "ims/other-portal/"):
        file = SimpleUploadedFile("x.json", b'{"rtin": "x"}')
        file._name = name
        assert client.post(at(world, path), {"file": file}).status_code < 500
    for path in {path for path in tmp_path.rglob("*") if path.is_file()} - before:
        assert path.resolve().is_relative_to(tmp_path)
        assert not {"passwd", "CON", "<b>.json"} & {path.name, path.stem}
    assert "<b>.json" not in client.get(at(world, "jobs/")).content.decode()


def test_no_page_takes_a_post_without_its_token(world):
    cast = gather_cast(world)
    client = Client(enforce_csrf_checks=True)
    client.cookies.update(cast.browsers["signatory"].cookies)
    before = stored()
    took = []
    written = table.read()
    for route, method in table.required_rows():
        if method != "POST" or route.startswith(("api/", table.GSTN)) or route in table.PROBES:
            continue
        if written[route, method]["signatory"] == "yes":
            answer = client.post(table.path_of(route, cast.own.gstin, cast.ids), table.FORM)
            if answer.status_code != 403:
                took.append(f"{route}: {answer.status_code}")
    assert took == []
    assert stored() == before


def test_looking_at_every_page_changes_no_document_and_no_decision(world):
    cast = gather_cast(world)
    before = stored()
    for route, method in table.required_rows():
        if method == "GET" and not route.startswith(("api/", table.GSTN)):
            table.outcome(cast, "signatory", route, method)
    assert stored() == before


SCRIPT = "<script>alert(1)</script>"
IN_ATTRIBUTE = '"><img src=x onerror=alert(1)>'


def test_script_in_names_remarks_and_files_is_inert(world):
    Taxpayer.objects.filter(pk=world.supplier.pk).update(trade_name=SCRIPT, legal_name=IN_ATTRIBUTE)
    record = world.saves()
    client = client_for(world, Role.PREPARER, Role.SIGNATORY)
    act(client, world, record, "R", remarks=SCRIPT + IN_ATTRIBUTE)
    file = SimpleUploadedFile("x.json", b"{}")
    file._name = f"{SCRIPT}.json"
    client.post(at(world, "ims/import/"), {"file": file})
    client.post(at(world, "ims/views/"), {"name": SCRIPT, "section": "b2b", "query": ""})
    staff = Client()
    staff.force_login(world.person("boss", is_staff=True, is_superuser=True))
    pages = [
        *(client.get(at(world, path)) for path in (
            "", "ims/", "ims/inward/", "ims/inward/all/", f"ims/records/{record.pk}/", "ims/views/", "jobs/", "audit/",
            "find/?q=%3Cscript%3Ealert(1)%3C/script%3E", "analytics/",
        )),
        *(staff.get(f"/admin/{path}/") for path in (
            "invoices/taxpayer", "invoices/record", f"invoices/record/{record.pk}/change", "invoices/journalline",
            "invoices/job",
        )),
    ]  # fmt: skip
    for page in pages:
        text = page.content.decode()
        assert SCRIPT not in text, page.request["PATH_INFO"]
        assert "<img src=x" not in text, page.request["PATH_INFO"]
        policy = page["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy


QUERIES = [
    "sort=number;drop table invoices_record", "sort=recipient__memberships__user__password", "rows=1000000000", "rows=-1",
    "rows=50&page=' or 1=1--", "page=AAAA", "q=%00", "q=%25%27%22%3B--", "supplier=' OR '1'='1", "status=Z",
    "columns=password", "from=0000-00-00", "list=../../x", "action=A&action=R", "q=" + "x" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_string_is_a_known_choice_or_is_refused(world, query):
    world.saves()
    other = world.saves(recipient=world.taxpayer("07", 4001).gstin, place_of_supply="07", number="NOT-MINE")
    client = client_for(world, Role.PREPARER)
    for path in ("ims/inward/all/", "find/", "audit/", "jobs/", "analytics/"):
        answer = client.get(f"{at(world, path)}?{query}")
        assert answer.status_code in (200, 302, 400, 404, 422), (path, answer.status_code)
        assert other.number not in answer.content.decode()
    assert api_for(world, Role.PREPARER).get(f"records/?{query}").status_code in (200, 400)
    assert Record.objects.count() == 2


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_leads_to_no_other_host(world, onward):
    world.person("asha", Role.VIEWER)
    answer = Client().post("/accounts/login/", {"username": "asha", "password": "practice", "next": onward})
    assert answer["Location"] == "/t/"


def test_a_forged_host_is_refused(db):
    assert Client().get("/", headers={"Host": "evil.example"}).status_code == 400


def test_only_webhooks_reach_out_and_only_to_hosts_staff_has_listed():
    """This test checks which modules open connections. tests/invoices/webhooks/test_webhooks.py checks to
    which hosts."""
    clients = {
        "http.client",
        "urllib.request",
        "requests",
        "httpx",
        "aiohttp",
        "urllib3",
        "socket",
        "ftplib",
        "smtplib",
    }
    found = set()
    for package in ("ims_portal", "invoices", "gstr2b", "returns"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = (
                    [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else []
                )
                if clients & set(names):
                    found.add(str(path.relative_to(ROOT)))
    # the modules of the server accept connections and open no connections to other hosts
    server = {"ims_portal/buffered_worker.py", "ims_portal/limited_connections.py"}
    assert found <= {"invoices/webhooks/sending.py", *server}
