"""R-142: the State codes, and the fields in which each code is allowed."""

from __future__ import annotations

from ims_portal.kernel.places import STATES, is_gstin_state, is_place_of_supply, state_name

TERRITORY = {f"{code:02d}" for code in range(1, 39)}
ALL_CODES = {f"{code:02d}" for code in range(100)}


def test_r142_states_are_01_to_38_and_97():
    assert set(STATES) == TERRITORY | {"97"}
    assert len(set(STATES.values())) == len(STATES)


def test_r142_a_place_of_supply_between_registered_persons_is_a_state_or_97():
    assert {code for code in ALL_CODES if is_place_of_supply(code)} == TERRITORY | {"97"}


def test_r142_a_gstin_may_also_be_of_the_centre_but_never_of_another_country():
    assert {code for code in ALL_CODES if is_gstin_state(code)} == TERRITORY | {"97", "99"}


def test_codes_are_two_digits_as_text():
    assert not any(
        is_place_of_supply(code) or is_gstin_state(code) for code in ("", "1", "7", "027", " 27", "२७")
    )


def test_every_code_has_its_state_name():
    assert (state_name("27"), state_name("29"), state_name("38")) == ("Maharashtra", "Karnataka", "Ladakh")
    assert (state_name("96"), state_name("97")) == ("Other Country", "Other Territory")
    assert state_name("99") == "Centre Jurisdiction"
    assert state_name("55") == "55"
