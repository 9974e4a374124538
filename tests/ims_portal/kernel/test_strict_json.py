"""For JSON from outside, depth and number of values are checked before Python objects are made.

A fault is reported with its position."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_portal.kernel import strict_json
from ims_portal.kernel.errors import Invalid

MOST = strict_json.MOST_DEPTH


def refusal(data: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        strict_json.loads(data)
    return caught.value.message


def nested(depth: int, opening: bytes = b"[", closing: bytes = b"]", inside: bytes = b"") -> bytes:
    return opening * depth + inside + closing * depth


def test_forty_levels_are_read_and_no_more():
    assert strict_json.loads(nested(MOST))
    assert refusal(nested(MOST + 1)).startswith(strict_json.TOO_DEEP)
    assert strict_json.loads(nested(MOST - 1, b'{"a":', b"}", b"[]"))
    assert refusal(nested(MOST, b'{"a":', b"}", b"[]")).startswith(strict_json.TOO_DEEP)


def test_a_deep_place_among_much_else_is_found(monkeypatch):
    data = b"[" + b"[1],\n" * 5000 + b'"[[", ' + nested(MOST) + b"]"
    monkeypatch.setattr(strict_json.json, "loads", lambda *a, **k: pytest.fail("the tree was built"))
    assert refusal(data) == f"{strict_json.TOO_DEEP} (line 5001, column {6 + MOST})"


@pytest.mark.parametrize(
    "text",
    [
        b'["' + b"[{" * 100 + b'"]',
        b'["\\"' + b"[" * 100 + b'\\""]',
        b'["\\\\", "' + b"[" * 100 + b'"]',
        b'["a\\n", "' + b"[" * 100 + b'"]',
        b'["\\\\\\"' + b"[" * 100 + b'"]',
    ],
)
def test_brackets_in_text_are_no_depth(text):
    assert strict_json.loads(text)


@given(st.recursive(st.text(alphabet='[]{}",\\a') | st.integers(), lambda inner: st.lists(inner, max_size=3)))
def test_the_check_of_depth_agrees_with_the_real_depth(value):
    def depth(part) -> int:
        return 1 + max(map(depth, part), default=0) if isinstance(part, list) else 0

    data = strict_json.json.dumps(value).encode()
    assert strict_json._may_be_too_deep(data) == (depth(value) > MOST)


@given(st.integers(min_value=35, max_value=45), st.binary(max_size=6))
def test_broken_json_is_refused_as_broken_or_too_deep(depth, noise):
    try:
        strict_json.loads(nested(depth, inside=noise))
    except Invalid:
        return
    assert depth <= MOST


def test_a_file_of_too_many_values_is_refused_before_they_exist(monkeypatch):
    monkeypatch.setattr(strict_json, "MOST_VALUES", 1000)
    assert strict_json.loads(b"[" + b"1," * 900 + b"1]")
    monkeypatch.setattr(strict_json.json, "loads", lambda *a, **k: pytest.fail("the tree was built"))
    assert refusal(b"[" + b"1," * 1001 + b"1]").startswith("The file contains more than")
    assert refusal(b"[" + b"[]," * 600 + b"1]").startswith("The file contains more than")


def test_equal_keys_among_very_many_are_found_in_time_that_grows_with_their_number():
    keys = b",".join(b'"k%d":1' % number for number in range(20_000))
    assert "'k7' appears twice" in refusal(b"{" + keys + b',"k7":2}')


@pytest.mark.parametrize("key", [b"a\tb", b"a\\q"])
def test_an_unreadable_key_in_a_too_deep_file_is_reported(key):
    """An earlier version failed if a file was too deep and had an unreadable key."""
    assert "not valid JSON" in refusal(b'{"' + key + b'":1,"x":' + nested(MOST + 9) + b"}")
