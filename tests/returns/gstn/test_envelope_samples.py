"""Sign-in requests, sign-in responses, encrypted responses and prepared files have the structure of GSTN's
samples."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from invoices import jobs
from invoices.models import Job
from returns.gstn import clients
from returns.gstn.envelope import crypto
from tests.returns.gstn.july_2026 import RECIPIENT
from tests.returns.gstn.shapes import sample, shape

pytestmark = pytest.mark.once

PREFIX = "/taxpayerapi/v1.0/"


class Sealed:
    """A client that sends GSTN's samples after their placeholders are filled in."""

    def __init__(self, http):
        self.http = http
        made = clients.create("Samples", ["demo_buyer"], otp="575757")
        self.headers = {"clientid": made.client.client_id, "client-secret": made.secret}
        self.app_key = os.urandom(32)
        pem = http.get("/taxpayerapi/certificate.pem").content
        public = x509.load_pem_x509_certificate(pem).public_key()
        self.filled = {
            "app_key": crypto.encode(public.encrypt(self.app_key, PKCS1v15())),
            "otp": crypto.encrypt(self.app_key, b"575757"),
        }

    def sends(self, name: str) -> dict:
        body = sample(name)
        body |= {field: value for field, value in self.filled.items() if field in body}
        assert shape(body) == shape(sample(name))
        return self.http.post(
            PREFIX + "authenticate", json.dumps(body), content_type="application/json", headers=self.headers
        ).json()

    def signs_in(self) -> dict:
        answer = self.sends("auth_authtoken")
        self.key = crypto.decrypt(self.app_key, answer["sek"])
        self.headers |= {"username": "demo_buyer", "auth-token": answer["auth_token"]}
        return answer

    def gets(self, **query) -> dict:
        return self.http.get(
            PREFIX + "returns/ims", {"gstin": RECIPIENT, **query}, headers=self.headers
        ).json()

    def opened(self, reply: dict):
        key = crypto.decrypt(self.key, reply["rek"])
        plain = crypto.decrypt(key, reply["data"])
        assert crypto.signature(key, plain) == reply["hmac"]
        return json.loads(base64.b64decode(plain))


@pytest.fixture
def sealed(july, client):
    return Sealed(client)


def test_sign_in_has_the_shapes_of_the_samples(sealed):
    assert sealed.sends("auth_otprequest") == {"status_cd": "1"}
    answer, expected = sealed.signs_in(), sample("auth_authtoken_response")
    assert shape(answer) == shape(expected)
    assert (answer["status_cd"], answer["expiry"]) == (expected["status_cd"], expected["expiry"])
    assert len(answer["auth_token"]) == len(expected["auth_token"])
    assert len(sealed.key) == 32


def test_a_sealed_reply_has_the_samples_shape_and_an_error_is_never_sealed(sealed):
    sealed.signs_in()
    reply = sealed.gets(action="GETINV", section="B2B")
    assert shape(reply) == shape(sample("envelope_success_encrypted"))
    assert reply["status_cd"] == sample("envelope_success_encrypted")["status_cd"]
    rows = sealed.opened(reply)["b2b"]
    assert shape(rows[0]) == shape(sample("envelope_success_plain")["data"]["b2b"][0])
    refused = sealed.gets(action="GETINV", section="B2B", status="A")
    assert shape(refused) == shape(sample("envelope_error"))
    assert refused == sample("envelope_error")


def test_a_too_large_section_gives_a_token_and_then_files_of_the_samples_shape(sealed, settings, tmp_path):
    settings.MEDIA_ROOT, settings.GSTN_RECORDS_PER_ANSWER = tmp_path, 1
    sealed.signs_in()
    asked = sealed.opened(sealed.gets(action="GETINV", section="B2B"))
    assert shape(asked) == shape(sample("ims_getinv_token"))
    assert len(asked["token"]) == len(sample("ims_getinv_token")["token"])
    assert sealed.gets(action="FILEDET", token=asked["token"])["error"]["error_cd"] == "RTN_24"
    for job in Job.objects.filter(state=Job.State.QUEUED):
        jobs.run(job.pk)
    listed, expected = (
        sealed.opened(sealed.gets(action="FILEDET", token=asked["token"])),
        sample("ims_filedet"),
    )
    assert shape(listed) == shape(expected)
    assert [set(url) for url in listed["urls"]] == [set(url) for url in expected["urls"]]
    assert (listed["fc"], [url["ic"] for url in listed["urls"]]) == (2, [1, 1])
    numbers = set()
    for url in listed["urls"]:
        assert url["ul"].startswith("/taxpayerapi-doc/")
        assert url["ul"].endswith(".tar.gz")
        data = b"".join(sealed.http.get(url["ul"]).streaming_content)
        assert hashlib.sha256(data).hexdigest() == url["hash"]
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            (entry,) = archive.getmembers()
            text = archive.extractfile(entry).read().decode()
        assert entry.name.endswith(".json")
        part = json.loads(base64.b64decode(crypto.decrypt(base64.b64decode(listed["ek"]), text)))
        assert shape(part) <= shape({"b2b": [sample("ims_getinv_b2b")["b2b"][0] | {"remarks": ""}]})
        numbers |= {row["inum"] for row in part["b2b"]}
    assert numbers == {"BLR/26-27/0417", "SV-1182"}


def test_an_unfinished_request_answers_as_in_the_sample(sealed):
    sealed.signs_in()
    body = sample("ims_save_body_plain")
    sent = sealed.http.put(
        PREFIX + "returns/ims", json.dumps(body), content_type="application/json", headers=sealed.headers
    ).json()
    reply = sealed.gets(action="REQSTS", int_tran_id=sent["data"]["reference_id"])
    assert sealed.opened(reply) == sample("ims_reqsts_processing")
