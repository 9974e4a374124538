"""GETPREF and RETTRACK: what a client asks first, and what it reads to learn which returns are filed."""

from __future__ import annotations

import pytest
from django.test import Client

from invoices.models import Role
from tests.returns.gstn.plain import Plain

pytestmark = pytest.mark.once


@pytest.fixture
def erp(world) -> Plain:
    world.person("erp", Role.SIGNATORY, at=world.recipient)
    world.person("erp", Role.SIGNATORY, at=world.supplier)
    return Plain(Client(), "erp").signs_in()


def test_getpref_gives_the_preference_of_every_quarter_that_has_begun(world, erp):
    quarterly = world.taxpayer("07", 1002, "Yamuna Electricals", frequency="Q")
    world.person("erp", Role.VIEWER, at=quarterly)
    for taxpayer, letter in ((world.recipient, "M"), (quarterly, "Q")):
        told = erp.gets("returns", action="GETPREF", gstin=taxpayer.gstin, fy="2024-25")["data"]
        assert told == {"response": [{"quarter": f"Q{n}", "preference": letter} for n in (1, 2, 3)]}
    before = erp.gets("returns", action="GETPREF", gstin=world.recipient.gstin, fy="2023-24")["data"]
    assert len(before["response"]) == 4
    for wrong in ("2024", "2024-26", "2099-00", "9999-00", ""):
        assert (
            erp.gets("returns", action="GETPREF", gstin=world.recipient.gstin, fy=wrong)["status_cd"] == "0"
        )


def test_a_dead_session_is_told_by_the_code_that_makes_clients_sign_in_again(world, erp):
    asked = {"action": "GETPREF", "gstin": world.recipient.gstin, "fy": "2024-25"}
    erp.headers = {**erp.headers, "auth-token": "0" * 32}
    assert erp.gets("returns", **asked)["error"]["error_cd"] == "RT-R1R3BAV-1007"
    assert erp.gets("returns", **asked | {"action": "RETTRACK"})["error"]["error_cd"] == "AUTH4033"


def test_rettrack_lists_the_filed_returns_of_a_year(world, erp):
    asked = {"action": "RETTRACK", "gstin": world.supplier.gstin, "fy": "2024-25"}
    assert erp.gets("returns", **asked)["error"]["error_cd"] == "RET13510"
    world.saves()
    world.goes_to("2024-11-05 10:00")
    filed = world.files("2024-10")
    world.goes_to("2024-11-16 10:00")
    world.files_3b("2024-10", by=world.supplier)
    told = erp.gets("returns", **asked)["data"]["EFiledlist"]
    assert [(row["rtntype"], row["ret_prd"], row["dof"]) for row in told] == [
        ("GSTR1", "102024", "05-11-2024"),
        ("GSTR3B", "102024", "16-11-2024"),
    ]
    assert told[0] == {
        "arn": filed.reference,
        "ret_prd": "102024",
        "mof": "ONLINE",
        "dof": "05-11-2024",
        "rtntype": "GSTR1",
        "status": "Filed",
        "valid": "Y",
    }
    only = erp.gets("returns", **asked, type="R3B")["data"]["EFiledlist"]
    assert [row["rtntype"] for row in only] == ["GSTR3B"]
    assert erp.gets("returns", **asked | {"fy": "2023-24"})["error"]["error_cd"] == "RET13510"
    month = {"action": "RETTRACK", "gstin": world.supplier.gstin, "ret_period": "102024", "type": "r1"}
    assert [row["rtntype"] for row in erp.gets("returns", **month)["data"]["EFiledlist"]] == ["GSTR1"]
    for change, expected in (
        ({"ret_period": "092024"}, "RET13510"),
        ({"ret_period": "132024"}, "IMSSAV951"),
        ({"ret_period": ""}, "GEN5001"),
        ({"type": "R9"}, "IMSSAV951"),
        ({"gstin": world.supplier.gstin[:-1] + "*"}, "FO8000"),
        ({"gstin": ""}, "GEN5001"),
    ):
        assert erp.gets("returns", **month | change)["error"]["error_cd"] == expected, change


def test_the_common_address_names_an_error_where_its_clients_read_it(world, erp):
    """Clients of /commonapi/ read `errorCode` beside the status."""
    asked = {"action": "RETTRACK", "gstin": world.recipient.gstin, "fy": "2023-24"}
    for prefix, failed in (("/commonapi/v1.0/", "0"), ("/commonapi/", 0)):
        erp.prefix = prefix
        told = erp.gets("returns", **asked)
        assert (told["status_cd"], told["errorCode"], told["error"]["error_cd"]) == (
            failed,
            *["RET13510"] * 2,
        )
