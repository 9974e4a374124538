"""A door is a place where the portal receives a text or a file from a stranger: an address or a command. The
text or file is the body. For each door, this module has a valid body, and a function that sends a body and
returns the door's answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ims_portal.kernel.errors import PortalError
from invoices import jobs
from invoices.documents.customs import load
from invoices.journal.writing import By
from invoices.models import Decision, Job, JournalEntry, Record, Role
from tests.api_client import api_for
from tests.desk_pages import client_for
from tests.returns.gstn.plain import Plain


@dataclass(frozen=True)
class DoorAnswer:
    """The answer of a door to a body: whether the door refused the body, and the text of the answer."""

    refused: bool
    text: str


def stored() -> str:
    """Return a digest of all records, decisions and journal entries."""
    whole = hashlib.sha256()
    for model in (Record, Decision, JournalEntry):
        for row in model.objects.order_by("pk").values_list():
            whole.update(repr(row).encode())
    return whole.hexdigest()


def _web(answer: Any) -> DoorAnswer:
    assert answer.status_code < 500, answer.content[:300]
    return DoorAnswer(400 <= answer.status_code < 500, answer.content.decode())


def api_action(world, record: Record) -> Callable[[bytes], DoorAnswer]:
    api = api_for(world, name="door-api")
    return lambda data: _web(api.post(f"records/{record.pk}/action/", data))


def api_upload(world, record: Record) -> Callable[[bytes], DoorAnswer]:
    api = api_for(world, at=world.supplier, name="door-upload")

    def send(data: bytes) -> DoorAnswer:
        said = _web(api.post("forms/gstr1/102024/upload/", data))
        told = json.loads(said.text)
        return DoorAnswer(said.refused or (told.get("refused", 0) > 0 and not told["saved"]), said.text)

    return send


def page_upload(world, record: Record) -> Callable[[bytes], DoorAnswer]:
    client = Client()
    client.force_login(world.person("door-page", Role.SUPPLIER_CLERK, at=world.supplier))
    url = f"/t/{world.supplier.gstin}/gstr1/102024/upload/"

    def send(data: bytes) -> DoorAnswer:
        answer = client.post(url, {"file": SimpleUploadedFile("r1.json", data), "mode": "good"})
        said = _web(answer)
        report = answer.context["report"] if answer.context else None
        return DoorAnswer(said.refused or bool(report and report.refused and not report.saved), said.text)

    return send


def page_import(world, record: Record) -> Callable[[bytes], DoorAnswer]:
    client = client_for(world, Role.PREPARER, name="door-import")
    url = f"/t/{world.recipient.gstin}/ims/import/"
    return lambda data: _job(client, url, data)


def other_portal(world, record: Record) -> Callable[[bytes], DoorAnswer]:
    client = client_for(world, Role.PREPARER, name="door-other")
    url = f"/t/{world.recipient.gstin}/ims/other-portal/"
    return lambda data: _job(client, url, data)


def _job(client: Client, url: str, data: bytes) -> DoorAnswer:
    answer = client.post(url, {"file": SimpleUploadedFile("ims.json", data)})
    if answer.status_code != 302:
        return _web(answer)
    job = Job.objects.order_by("-pk").first()
    assert job is not None
    # a refused file gets a message from the code that reads the file, and no Python traceback
    assert "Traceback" not in job.error
    told = json.dumps(job.result or {}, ensure_ascii=False)
    refused = job.state == Job.State.FAILED or bool(
        (job.result or {}).get("fault") or (job.result or {}).get("refused")
    )
    return DoorAnswer(refused or not (job.result or {}).get("changing"), told + job.error)


def gstn_save(world, record: Record) -> Callable[[bytes], DoorAnswer]:
    world.person("door-erp", Role.PREPARER)
    erp = Plain(Client(), "door-erp").signs_in()

    def send(data: bytes) -> DoorAnswer:
        body = b'{"action": "SAVE", "data": ' + data + b"}"
        told = erp.sends("put", "returns/ims", body)
        assert erp.status < 500
        if told.get("status_cd") in ("0", 0):
            return DoorAnswer(True, json.dumps(told))
        # the portal accepted the request; the result is known after the job of the request has run
        job = Job.objects.order_by("-pk").first()
        assert job is not None
        jobs.run(job.pk)
        gstin = world.recipient.gstin
        told = erp.gets("returns/ims", action="REQSTS", gstin=gstin, int_tran_id=told["data"]["reference_id"])
        return DoorAnswer(told.get("data", {}).get("status_cd") in ("ER", "PE"), json.dumps(told))

    return send


def customs(world, record: Record) -> Callable[[bytes], DoorAnswer]:
    def send(data: bytes) -> DoorAnswer:
        try:
            report = load.load(data, by=By(source="file"))
        except PortalError as refusal:
            return DoorAnswer(True, str(refusal))
        return DoorAnswer(not report.counts.get("saved"), str(report))

    return send


DOORS = {
    "REST: action": api_action,
    "REST: GSTR-1": api_upload,
    "page: GSTR-1": page_upload,
    "page: IMS import": page_import,
    "page: other portal's file": other_portal,
    "GSTN: SAVE": gstn_save,
    "command: customs": customs,
}


def good(door: str, world) -> dict[str, Any] | list[Any]:
    """Return a body that the door accepts."""
    invoice = {
        "inum": "INV-77", "idt": "05-10-2024", "val": 11800, "pos": "29", "rchrg": "N", "inv_typ": "R",
        "itms": [{"num": 1, "itm_det": {"rt": 18, "txval": 10000, "iamt": 1800, "csamt": 0}}],
    }  # fmt: skip
    ims = {
        "stin": world.supplier.gstin, "inum": "INV-78", "inv_typ": "R", "srcform": "R1", "rtnprd": "102024",
        "idt": "10-10-2024", "val": 11800, "pos": "29", "txval": 10000, "iamt": 1800, "camt": 0, "samt": 0,
        "cess": 0, "prev_status": "N", "action": "A",
    }  # fmt: skip
    bill = {
        "gstin": world.recipient.gstin, "boe_number": "4512345", "port_code": "INNSA1",
        "reference_date": "06-10-2024", "sez": False, "taxable_value": 250000, "igst": 45000, "cess": 0,
    }  # fmt: skip
    return {
        "REST: action": {"action": "accept", "revision": 1, "version": 1},
        "REST: GSTR-1": {
            "gstin": world.supplier.gstin, "fp": "102024", "b2b": [{"ctin": world.recipient.gstin, "inv": [invoice]}],
        },
        "page: GSTR-1": {
            "gstin": world.supplier.gstin, "fp": "102024", "b2b": [{"ctin": world.recipient.gstin, "inv": [invoice]}],
        },
        "page: IMS import": {"rtin": world.recipient.gstin, "reqtyp": "SAVE", "invdata": {"b2b": [ims]}},
        "page: other portal's file": {"imsDetails": {"b2b": [ims]}, "gstin": world.recipient.gstin},
        "GSTN: SAVE": {"rtin": world.recipient.gstin, "reqtyp": "SAVE", "invdata": {"b2b": [ims]}},
        "command: customs": [bill],
    }[door]  # fmt: skip


# For each door, one key of the valid body with its number, as JSON text. The tests replace the number by a
# value that the door must refuse.
NUMBER = {
    "REST: action": '"revision": 1', "REST: GSTR-1": '"txval": 10000', "page: GSTR-1": '"txval": 10000',
    "page: IMS import": '"txval": 10000', "page: other portal's file": '"txval": 10000',
    "GSTN: SAVE": '"txval": 10000', "command: customs": '"taxable_value": 250000',
}  # fmt: skip
