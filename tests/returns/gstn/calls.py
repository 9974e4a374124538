"""Helpers that call GSTN's interface with any body and any envelope (the outer fields around the encrypted
data)."""

from __future__ import annotations

import json
import os
from base64 import b64encode

from returns.gstn import clients
from returns.gstn.envelope import crypto, keys
from tests.returns.gstn.shapes import sample

IMS = "returns/ims"
PARAMS = {
    "section": "B2B",
    "token": "0" * 32,
    "int_tran_id": "0" * 15,
    "ref_id": "0" * 15,
    "ret_period": "072026",
    "rtnprd": "072026",
    "rtn_typ": "GSTR1",
}


def save(**changed):
    return sample("ims_save_request") | changed


def encrypted(client):
    """Sign in with encryption. Return the headers and the session key of the new session."""
    made = clients.create("Encrypted", ["demo_buyer"], otp="575757")
    app_key = os.urandom(32)
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    public = x509.load_pem_x509_certificate(keys.certificate().encode()).public_key()
    body = {
        "action": "AUTHTOKEN",
        "username": "demo_buyer",
        "app_key": b64encode(public.encrypt(app_key, PKCS1v15())).decode(),
        "otp": crypto.encrypt(app_key, b"575757"),
    }
    headers = {"clientid": made.client.client_id, "client-secret": made.secret, "username": "demo_buyer"}
    answer = client.post(
        "/taxpayerapi/v1.0/authenticate", json.dumps(body), content_type="application/json", headers=headers
    ).json()
    return headers | {"auth-token": answer["auth_token"]}, crypto.decrypt(app_key, answer["sek"])


def put(client, headers, body):
    response = client.put(
        "/taxpayerapi/v1.0/returns/ims", json.dumps(body), content_type="application/json", headers=headers
    )
    return response.json()


def sealed(key, text):
    plain = b64encode(text.encode())
    return {"action": "SAVE", "data": crypto.encrypt(key, plain), "hmac": crypto.signature(key, plain)}
