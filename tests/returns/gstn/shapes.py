"""GSTN's samples, and functions that compare two JSON values by field names, types and spelling."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ims_portal.kernel import strict_json

FOLDER = Path(__file__).parent / "samples"


def _text(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def sample(name: str) -> Any:
    """Return a sample, with its amounts as Python numbers."""
    return json.loads(_text(name))


def as_sent(name: str) -> Any:
    """Return a sample, parsed as the portal parses the body of a request."""
    return strict_json.loads(_text(name))


def kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return {str: "text", list: "list", dict: "object", type(None): "null"}[type(value)]


def shape(value: Any, path: str = "") -> set[str]:
    """Return every path of a JSON value with the type at this path, for example ".b2b[].inum text". All items
    of a list have the same path."""
    found = {f"{path} {kind(value)}"}
    if isinstance(value, dict):
        for key, part in value.items():
            found |= shape(part, f"{path}.{key}")
    elif isinstance(value, list):
        for part in value:
            found |= shape(part, f"{path}[]")
    return found


def missing(expected: Any, got: Any) -> set[str]:
    """Return the paths of the sample `expected` that the portal's response `got` lacks, or has with another
    type."""
    return shape(expected) - shape(got)
