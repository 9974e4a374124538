"""A client of GSTN's taxpayer API, like the client of an ERP: a separate process that encrypts its data.

The client uses only GSTN's published fields and envelope, and imports nothing of the portal. Each line of
standard input is an order: one call as JSON. The client answers each order with one line of JSON."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import io
import json
import os
import sys
import tarfile
import urllib.parse
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def aes(key: bytes, data: bytes) -> str:
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return b64(encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize())


def unaes(key: bytes, text: str) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.ECB()).decryptor()
    padded = decryptor.update(base64.b64decode(text)) + decryptor.finalize()
    unpadder = padding.PKCS7(128).unpadder()
    return unpadder.update(padded) + unpadder.finalize()


def sign(key: bytes, data: bytes) -> str:
    return b64(hmac.new(key, data, hashlib.sha256).digest())


class Client:
    def __init__(self, host: str, client_id: str, secret: str, username: str, prefix: str):
        self.host, self.prefix, self.username = host, prefix, username
        self.headers = {
            "clientid": client_id,
            "client-secret": secret,
            "username": username,
            "ip-usr": "203.0.113.7",
            "Content-Type": "application/json",
        }
        self.app_key = os.urandom(32)
        self.session_key = b""

    def fetch(self, method: str, path: str, query: dict, body: dict | None) -> dict:
        address = f"{self.host}{self.prefix}/{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        headers = {**self.headers, "txn": os.urandom(16).hex()}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(address, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def signs_in(self, otp: str) -> dict:
        with urllib.request.urlopen(f"{self.host}/taxpayerapi/certificate.pem") as response:
            certificate = x509.load_pem_x509_certificate(response.read())
        wrapped = b64(certificate.public_key().encrypt(self.app_key, PKCS1v15()))
        who = {"username": self.username, "app_key": wrapped}
        asked = self.fetch("POST", "authenticate", {}, {"action": "OTPREQUEST", **who})
        if asked["status_cd"] not in ("1", 1):
            return asked
        otp = aes(self.app_key, otp.encode())
        return self._begins(
            self.fetch("POST", "authenticate", {}, {"action": "AUTHTOKEN", **who, "otp": otp})
        )

    def refreshes(self) -> dict:
        body = {
            "action": "REFRESHTOKEN",
            "username": self.username,
            "auth_token": self.headers["auth-token"],
            "app_key": aes(self.session_key, self.app_key),
        }
        return self._begins(self.fetch("POST", "authenticate", {}, body))

    def _begins(self, reply: dict) -> dict:
        if "auth_token" in reply:
            self.headers["auth-token"] = reply["auth_token"]
            self.session_key = unaes(self.app_key, reply["sek"])
        return {name: value for name, value in reply.items() if name not in ("sek", "auth_token")}

    def gets(self, path: str, **query: str) -> dict:
        return self._opened(self.fetch("GET", path, query, None))

    def puts(self, path: str, action: str, data: dict, method: str = "PUT", **beside: str) -> dict:
        plain = b64(json.dumps(data).encode()).encode()
        body = {
            "action": action,
            "data": aes(self.session_key, plain),
            "hmac": sign(self.session_key, plain),
            "hdr": {"ret_period": "000000"},
            **beside,
        }
        return self._opened(self.fetch(method, path, {}, body))

    def signs(self, path: str, data: dict, pan: str, code: str, form: str) -> dict:
        """Ask for an EVC and file. The body has the signatory's HMAC over the base64 of the JSON, with the key
        `PAN|code`, in place of hmac."""
        asked = {"action": "EVCOTP", "gstin": data["gstin"], "pan": pan, "form_type": form}
        told = self.fetch("GET", "authenticate", asked, None)
        if told["status_cd"] not in ("1", 1):
            return told
        sid, plain = f"{pan}|{code}", b64(json.dumps(data).encode()).encode()
        body = {
            "action": "RETFILE",
            "data": aes(self.session_key, plain),
            "st": "EVC",
            "sid": sid,
            "sign": sign(sid.encode(), plain),
        }
        return self._opened(self.fetch("POST", path, {}, body))

    def _opened(self, reply: dict) -> dict:
        if "data" not in reply:
            return reply
        key = unaes(self.session_key, reply["rek"])
        plain = unaes(key, reply["data"])
        if sign(key, plain) != reply["hmac"]:
            raise ValueError("hmac mismatch")
        return {"status_cd": reply["status_cd"], "data": json.loads(base64.b64decode(plain))}

    def downloads(self, files: dict) -> dict:
        """Download every file of a FILEDET response. Return the rows of all files, by section."""
        key = base64.b64decode(files["ek"])
        merged: dict = {}
        for url in files["urls"]:
            with urllib.request.urlopen(f"{self.host}{url['ul']}") as response:
                data = response.read()
            if hashlib.sha256(data).hexdigest() != url["hash"]:
                raise ValueError("hash mismatch")
            with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as archive:
                (entry,) = archive.getmembers()
                text = archive.extractfile(entry).read().decode()
            part = json.loads(base64.b64decode(unaes(key, text)))
            if sum(len(rows) for rows in part.values()) != url["ic"]:
                raise ValueError("record count mismatch")
            for section, rows in part.items():
                merged.setdefault(section, []).extend(rows)
        return merged


def main() -> None:
    client = Client(*sys.argv[1:6])
    for line in sys.stdin:
        order = json.loads(line)
        answer = getattr(client, order["do"])(*order.get("with", []), **order.get("and", {}))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
