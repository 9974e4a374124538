"""A supplier's client of GSTN's interface, and the sections of GSTR-1 outside IMS that it sends."""

from __future__ import annotations

from copy import deepcopy
from hashlib import sha256

from invoices import jobs
from invoices.models import Job
from tests.returns.gstn.july_2026 import BHARAT
from tests.returns.gstn.plain import Plain
from tests.returns.gstn.shapes import sample

GSTR1, GSTR1A, GSTRPTF = "returns/gstr1", "returns/gstr1a", "returns/gstrptf"
WHO = {"gstin": BHARAT, "ret_period": "072026"}
# the checksum of a section without documents
EMPTY = sha256(b"").hexdigest()
B2CS = {
    "sply_ty": "INTRA",
    "pos": "29",
    "typ": "OE",
    "rt": 18,
    "txval": 1000,
    "camt": 90,
    "samt": 90,
    "csamt": 0,
}
EXPORT = {
    "exp_typ": "WPAY",
    "inv": [
        {
            "inum": "EXP-1",
            "idt": "05-07-2026",
            "val": 118000,
            "sbpcode": "INNSA1",
            "sbnum": "1234567",
            "sbdt": "05-07-2026",
            "itms": [{"txval": 100000, "rt": 18, "iamt": 18000, "csamt": 0}],
        }
    ],
}
OTHERS = {
    "b2cs": [B2CS],
    "exp": [EXPORT],
    "nil": {"inv": [{"sply_ty": "INTRB2B", "expt_amt": 500, "nil_amt": 300.5, "ngsup_amt": 0}]},
    "hsn": {"hsn_b2b": [{"num": 1, "hsn_sc": "8482", "uqc": "NOS", "qty": 10.125, "rt": 18, "txval": 1000}]},
    "doc_issue": {
        "doc_det": [
            {
                "doc_num": 1,
                "docs": [{"num": 1, "from": "1", "to": "9", "totnum": 9, "cancel": 1, "net_issue": 8}],
            }
        ]
    },
    "supeco": {
        "clttx": [{"etin": "07AAHCE2266P1Z6", "suppval": 2000, "igst": 0, "cgst": 0, "sgst": 0, "cess": 0}]
    },
}


def run_jobs():
    for job in Job.objects.filter(state=Job.State.QUEUED):
        jobs.run(job.pk)


class Supplier:
    """The client of Bharat, with the calls in the order in which a client makes them."""

    def __init__(self, http):
        self.plain = Plain(http, "demo_supplier", operator=True).signs_in()

    def body(self) -> dict:
        """Return the sample's new invoice, debit note and credit note."""
        data = deepcopy(sample("gstr1_save_body_plain")["data"])
        data.pop("b2ba"), data.pop("cdnra")
        data["b2b"][0]["inv"][0]["inum"] = "BLR/26-27/0431"
        return data

    def state(self, sent: dict, name: str = "ref_id") -> dict:
        assert sent["status_cd"] == "1", sent
        run_jobs()
        return self.plain.gets("returns", action="RETSTATUS", **WHO, **{name: sent["data"]["reference_id"]})[
            "data"
        ]

    def saves(self, data: dict, path: str = GSTR1) -> dict:
        return self.state(self.plain.puts(path, action="RETSAVE", data=data))

    def summary(self, path: str = GSTR1, **more: str) -> dict:
        return self.plain.gets(path, action="RETSUM", **WHO, **more)["data"]

    def section(self, name: str, path: str = GSTR1, **more: str):
        return self.plain.gets(path, action=name, **WHO, **more)

    def resets(self):
        return self.plain.posts(GSTR1, action="RESET", data=WHO)

    def proceeds(self, **more: str):
        return self.plain.posts(GSTRPTF, action="RETNEWPTF", data={**WHO, "isnil": "N", **more})

    def files(self, data: dict, path: str = GSTR1, form: str = "R1"):
        asked = {"action": "EVCOTP", "gstin": BHARAT, "pan": BHARAT[2:12], "form_type": form}
        assert self.plain.gets("authenticate", **asked)["status_cd"] == "1"
        return self.plain.posts(path, action="RETFILE", data=data, st="EVC", sid=f"{BHARAT[2:12]}|575757")

    def goes_to(self, when: str) -> None:
        assert self.plain.puts("sandbox/clock", action="SETCLOCK", data={"to": when})["status_cd"] == "1"


def sent_part(value):
    """Return read-back rows without the fields that the portal adds."""
    if isinstance(value, dict):
        added = ("chksum", "updby", "cflag")
        return {name: sent_part(part) for name, part in value.items() if name not in added}
    return [sent_part(part) for part in value] if isinstance(value, list) else value


def named(summary: dict, name: str) -> dict:
    return next(section for section in summary["sec_sum"] if section["sec_nm"] == name)
