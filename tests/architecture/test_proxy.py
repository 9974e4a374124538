"""The proxy configuration docs/proxy/nginx.conf accepts every body that the portal accepts, and rejects
bodies far above the portal's limit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ims_portal.support.web import body_limits
from ims_portal.support.web.body_limits import AROUND_A_FILE, SMALL

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parents[2]
CONF = (ROOT / "docs" / "proxy" / "nginx.conf").read_text(encoding="utf-8")
LOCATION = re.compile(r"location (?P<how>=|~|)\s*(?P<what>\S+) \{(?P<inside>[^}]*)\}")
UNITS = {"k": 1024, "m": 1024 * 1024}
GSTIN = "27AAXCS4821K1ZN"
ADDRESSES = [
    f"/t/{GSTIN}/ims/import/",
    f"/t/{GSTIN}/ims/other-portal/",
    f"/t/{GSTIN}/register/",
    f"/api/v1/taxpayers/{GSTIN}/imports/",
    f"/api/v1/taxpayers/{GSTIN}/other-portal/",
    f"/api/v1/taxpayers/{GSTIN}/forms/gstr1/112024/upload/",
    "/taxpayerapi/v1.0/returns/gstr1",
    "/commonapi/v1.0/returns",
    "/standard/gstn/returns/gstr1",
    f"/api/v1/taxpayers/{GSTIN}/records/",
    "/t/",
]


def size(text: str) -> int:
    found = re.search(r"client_max_body_size (\d+)([km]);", text)
    assert found, text
    return int(found[1]) * UNITS[found[2]]


def most_of(path: str) -> int:
    """Return the size in bytes of the largest body that the proxy accepts for an address."""
    server = CONF[CONF.index("listen 8443") :]
    for location in LOCATION.finditer(server):
        fits = path == location["what"] if location["how"] == "=" else re.search(location["what"], path)
        if location["how"] and fits and "client_max_body_size" in location["inside"]:
            return size(location["inside"])
    return size(CONF)


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_body_that_the_portal_takes_passes_the_proxy(path):
    most = body_limits.most_bytes(path)
    assert most <= most_of(path) <= most + 2 * SMALL


def test_only_the_listed_addresses_accept_files():
    from tests.ims_portal.support.web.test_body_limits import FOR_FILES

    large = [path for path in ADDRESSES if body_limits.most_bytes(path) > SMALL]
    # ADDRESSES and FOR_FILES leave out one page with large bodies: the page where suppliers upload files
    assert len(large) == len(FOR_FILES)
    page = f"/t/{GSTIN}/outward/gstr1/112024/upload/"
    assert most_of(page) >= 1024 * SMALL + AROUND_A_FILE


def test_the_proxy_drops_slow_clients_and_overwrites_forwarded_headers():
    for name in ("client_header_timeout", "client_body_timeout", "send_timeout", "keepalive_timeout"):
        seconds = re.search(rf"{name} (\d+)s;", CONF)
        assert seconds, name
        assert int(seconds[1]) <= 30
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in CONF
    assert "proxy_set_header X-Forwarded-Proto https;" in CONF
    assert "proxy_request_buffering on;" in CONF


def test_compose_reaches_the_portal_through_the_proxy_alone():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    assert [name for name, one in services.items() if one.get("ports")] == ["proxy"]
    assert "./docs/proxy/nginx.conf:/etc/nginx/nginx.conf:ro" in services["proxy"]["volumes"]


def test_every_container_has_a_read_only_root_no_capabilities_and_limits():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    for name, one in services.items():
        assert one["read_only"] is True, name
        assert one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert one["mem_limit"], name
        assert one["pids_limit"], name
        assert name in ("postgres", "redis", "proxy") or one["image"] == "ims-portal", name
    versions = [one["image"].split(":")[1] for one in services.values() if one["image"] != "ims-portal"]
    assert all(version.split("@")[0].count(".") >= 1 for version in versions), versions


def test_only_web_and_the_backup_have_the_keys():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    have = [
        name for name, one in services.items() if any(v.startswith("keys:") for v in one.get("volumes", []))
    ]
    assert have == ["web", "backup"]
    assert "keys:/var/lib/portal-keys:ro" in services["backup"]["volumes"]
    # the servers of others get their own password, and none of the portal's secrets
    assert not [name for name in ("proxy", "postgres", "redis") if "env_file" in services[name]]


@pytest.mark.parametrize("name", ["requirements", "tests/requirements"])
def test_a_lock_has_every_pinned_library_at_its_version_with_hashes(name):
    """`./run` installs the locks alone. A changed pin needs `./run lock`."""
    pin = re.compile(r"^([\w.-]+)(?:\[\w+\])?==([^\s;\\]+)", re.MULTILINE)
    wanted = dict(pin.findall((ROOT / f"{name}.txt").read_text(encoding="utf-8")))
    locked = (ROOT / f"{name}.lock").read_text(encoding="utf-8")
    got = dict(pin.findall(locked))
    assert {
        library: version for library, version in wanted.items() if got.get(library.lower()) != version
    } == {}
    assert locked.count("--hash=sha256:") >= len(got)
