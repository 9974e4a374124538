"""A client and a running portal for time measurements.

Client and portal are two processes, and all data passes over HTTP, encrypted. The client is only for
measurements. `tests/returns/gstn/independent_client.py` shows that the portal also works with independent
clients."""

from __future__ import annotations

import base64
import http.client
import io
import json
import os
import secrets
import socket
import subprocess
import sys
import tarfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from django.conf import settings
from django.db import connection

from returns.gstn.clients import Made
from returns.gstn.envelope import crypto

PREFIX = "/taxpayerapi/v1.0/"
IMS = "returns/ims"
STARTS_WITHIN = 60.0
PAUSE = 0.05
# fields of a GETINV record that a SAVE request does not contain
NOT_SENT = ("tradenm", "ispendactblocked", "isRemarksBlocked", "isItcRedReqBlocked", "hash", "srcfilstatus")


@contextmanager
def served(port: int) -> Iterator[None]:
    """Run the portal during the block, as `./run demo` does: web and worker in one process. The portal uses
    the database of the current connection."""
    with TemporaryDirectory() as folder:
        environment = {
            **{k: v for k, v in os.environ.items() if k not in ("REDIS_URL", "CELERY_BROKER_URL")},
            "DATABASE_URL": _address(),
            "PORTAL_MODE": "embedded",
            "PORTAL_VAR": folder,
            "BIND": f"127.0.0.1:{port}",
        }
        gunicorn = Path(sys.executable).with_name("gunicorn")
        command = [str(gunicorn), "--config", "ims_portal/gunicorn_conf.py", "ims_portal.wsgi:application"]
        server = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)  # noqa: S603  our own server
        try:
            _wait(port, server)
            yield
        finally:
            server.terminate()
            server.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _address() -> str:
    given = connection.settings_dict
    who = f"{given['USER']}:{given['PASSWORD']}" if given["PASSWORD"] else given["USER"]
    return f"postgres://{who}@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and server.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            # Send one request before the measurement. The first request takes longer, because it loads the
            # portal and makes the portal's key pair.
            warm = http.client.HTTPConnection("127.0.0.1", port, timeout=STARTS_WITHIN)
            warm.request("GET", "/taxpayerapi/certificate.pem")
            if warm.getresponse().status == http.client.OK:
                return
        time.sleep(PAUSE)
    raise SystemExit("the portal could not be served; what it said stands above")


class TimedClient:
    """A client that signs in, reads records and saves actions. `seconds` has the duration of each HTTP
    request, by action."""

    def __init__(self, port: int, made: Made, username: str, gstin: str):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.made, self.username, self.gstin = made, username, gstin
        self.headers = {
            "clientid": made.client.client_id,
            "client-secret": made.secret,
            "username": username,
            "Content-Type": "application/json",
        }
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.largest = 0

    def signs_in(self) -> None:
        public = x509.load_pem_x509_certificate(self._fetch("CERTIFICATE", "/taxpayerapi/certificate.pem"))
        app_key = crypto.new_key()
        wrapped = crypto.encode(public.public_key().encrypt(app_key, PKCS1v15()))  # type: ignore[union-attr]
        body = {"action": "AUTHTOKEN", "username": self.username, "app_key": wrapped}
        body["otp"] = crypto.encrypt(app_key, self.made.otp.encode())
        answer = self._json("AUTHTOKEN", "POST", PREFIX + "authenticate", body)
        self.headers["auth-token"] = answer["auth_token"]
        self.key = crypto.decrypt(app_key, answer["sek"])

    def records(self, section: str) -> list[dict[str, Any]]:
        """Return every record of a section. The portal sends the records in one response or as files
        (FILEDET)."""
        found = self._get("GETINV", section=section)
        if found is None:
            return []
        if "token" not in found:
            return next(iter(found.values()))
        while (files := self._get("FILEDET", token=found["token"])) is None:
            time.sleep(PAUSE)
        rows: list[dict[str, Any]] = []
        for url in files["urls"]:
            with tarfile.open(fileobj=io.BytesIO(self._fetch("file", url["ul"])), mode="r:gz") as archive:
                text = archive.extractfile(archive.getmembers()[0]).read().decode()  # type: ignore[union-attr]
            part = json.loads(base64.b64decode(crypto.decrypt(base64.b64decode(files["ek"]), text)))
            rows += next(iter(part.values()))
        return rows

    def saves(self, section: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Send a SAVE request with actions, and ask for the state of this request until the portal has
        processed the actions. Return the portal's report."""
        data = {"rtin": self.gstin, "reqtyp": "SAVE", "invdata": {section: rows}}
        plain = crypto.encode(json.dumps(data, separators=(",", ":")).encode()).encode()
        body = {
            "action": "SAVE",
            "data": crypto.encrypt(self.key, plain),
            "hmac": crypto.signature(self.key, plain),
        }
        started = time.perf_counter()
        sent = self._opened(self._json("SAVE", "PUT", PREFIX + IMS, body))
        while (state := self._get("REQSTS", int_tran_id=sent["reference_id"]))["status_cd"] == "IP":
            time.sleep(PAUSE)
        self.seconds["SAVE until worked off"].append(time.perf_counter() - started)
        return state

    def _get(self, action: str, **query: str) -> Any:
        """Return the data of a GET request. Return None if the portal has no data, or has no data yet."""
        asked = urlencode({"action": action, "gstin": self.gstin, **query})
        answer = self._json(action, "GET", f"{PREFIX}{IMS}?{asked}", None)
        if answer["status_cd"] == "0":
            if answer["error"]["error_cd"] in ("RET11416", "RTN_24"):
                return None
            raise SystemExit(str(answer))
        return self._opened(answer)

    def _opened(self, answer: dict[str, Any]) -> Any:
        if "data" not in answer:
            raise SystemExit(str(answer))
        key = crypto.decrypt(self.key, answer["rek"])
        plain = crypto.decrypt(key, answer["data"])
        if crypto.signature(key, plain) != answer["hmac"]:
            raise SystemExit("hmac mismatch")
        return json.loads(base64.b64decode(plain))

    def _json(self, action: str, method: str, address: str, body: dict[str, Any] | None) -> dict[str, Any]:
        data = json.dumps(body).encode() if body is not None else None
        self.largest = max(self.largest, len(data or b""))
        return json.loads(self._fetch(action, address, method, data))

    def _fetch(self, action: str, address: str, method: str = "GET", data: bytes | None = None) -> bytes:
        started = time.perf_counter()
        self.http.request(method, address, body=data, headers=self.headers)
        answer = self.http.getresponse().read()
        self.seconds[action].append(time.perf_counter() - started)
        return answer


def decided(nth: int, row: dict[str, Any]) -> dict[str, Any]:
    """Return the action that a client sends for a record from GETINV. Every third record is rejected, each
    with a different remark. The other records are accepted."""
    asked = {name: value for name, value in row.items() if name not in NOT_SENT}
    asked["prev_status"] = row["action"]
    if nth % 3 == 0:
        return asked | {"action": "R", "remarks": f"Not ours, {secrets.token_hex(4)}"}
    # a client that accepts a note must say whether the recipient reduces ITC
    answered = {"itcRedReq": "Y"} if row.get("isItcRedReqBlocked") == "N" else {}
    return asked | {"action": "A", **answered}
