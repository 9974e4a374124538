"""A person saves a list as a view. A bad name and too many filters are refused with the same error code, but
with different messages."""

from __future__ import annotations

import pytest

from ims_portal.kernel.errors import Invalid
from invoices.desk import saved_views


@pytest.mark.parametrize(
    ("name", "filters", "message"),
    [
        (" ", {}, "Give the view a name of 1 to 40 characters."),
        ("x" * 41, {}, "Give the view a name of 1 to 40 characters."),
        ("Mine", {"q": "x" * 1000}, "The list has too many filters for a view."),
    ],
)
def test_the_message_names_the_fault_of_a_view(world, name, filters, message):
    user = world.person("asha")
    with pytest.raises(Invalid, match=message) as refusal:
        saved_views.save(world.recipient, user, name, "all", filters, columns=[], shared=False)
    assert refusal.value.code == "BAD_NAME"
