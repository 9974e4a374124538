"""An error has an HTTP status, a code, a sentence, a rule and details. Pickling keeps all of them."""

from __future__ import annotations

import pickle

import pytest

from ims_portal.kernel.errors import Busy, Conflict, Forbidden, Invalid, NotFound, PortalError, Refused


@pytest.mark.parametrize(
    ("kind", "status"),
    [(Invalid, 400), (Forbidden, 403), (NotFound, 404), (Conflict, 409), (Refused, 422), (Busy, 503)],
)
def test_each_kind_has_its_http_status(kind, status):
    error = kind("SOME_CODE", "A sentence.", details={"field": "number"})
    assert isinstance(error, PortalError)
    assert (error.status, error.code, error.message, str(error)) == (
        status,
        "SOME_CODE",
        "A sentence.",
        "A sentence.",
    )
    assert error.details == {"field": "number"}


def test_a_refusal_names_its_rule():
    assert Refused("PENDING_NOT_ALLOWED", "It cannot be kept pending.", rule="R-053").rule == "R-053"
    assert Refused("PENDING_NOT_ALLOWED", "It cannot be kept pending.").rule == ""


def test_without_a_sentence_the_code_is_shown():
    assert str(Busy("TRY_AGAIN")) == Busy("TRY_AGAIN").message == "TRY_AGAIN"


def test_details_are_a_copy():
    details = {"count": 1}
    error = Conflict("CHANGED", "It was changed meanwhile.", details=details)
    details["count"] = 2
    assert error.details == {"count": 1}
    assert Conflict("CHANGED").details == {}


def test_an_error_keeps_its_contents_when_it_is_pickled():
    sent = Refused("PENDING_NOT_ALLOWED", "It cannot be kept pending.", rule="R-053", details={"ref": 7})
    got = pickle.loads(pickle.dumps(sent))
    assert (type(got), got.code, got.message, got.rule, got.details) == (
        Refused, "PENDING_NOT_ALLOWED", "It cannot be kept pending.", "R-053", {"ref": 7},
    )  # fmt: skip
