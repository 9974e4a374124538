"""Reads a scenario file and says precisely what is wrong with a bad one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from ims_portal.kernel.errors import Invalid

EVENTS: dict[str, tuple[set[str], set[str]]] = {  # required keys, optional keys
    "save": ({"by", "form", "period", "doc"}, set()),
    "edit": ({"by", "doc", "set"}, set()),
    "delete": ({"by", "doc"}, set()),
    "file": ({"by", "form", "period"}, set()),
    "boe": ({"doc"}, set()),
    "boe_amend": ({"amends", "date", "ref_new"}, {"igst", "cess", "txval", "to", "ref_old"}),
    "act": ({"by", "on", "action"}, {"itc_reduction", "remarks", "errors"}),
    "generate": ({"by", "period"}, set()),
    "recompute": ({"by", "period"}, set()),
    "file_3b": ({"by", "period"}, set()),
    "annual_return": ({"by", "fy"}, set()),
    "clock": (set(), set()),
    "check": ({"expect"}, set()),
}
DOCUMENT = (
    {"ref", "kind", "to", "no", "date"},
    {"pos", "txval", "igst", "cgst", "sgst", "cess", "inv_type", "rcm", "amends"},
)
BILL = ({"ref", "to", "no", "date"}, {"port", "sez", "txval", "igst", "cess"})
EXPECTATIONS: dict[str, tuple[set[str], set[str]]] = {
    "record": ({"of", "ref"}, {"in_ims", "status", "filing", "period", "allowed"}),
    "twob": ({"of", "period"}, {"exists", "state", "lines", "absent"}),
    "threeb": ({"of", "period", "rows"}, set()),
    "supplier": ({"of", "period", "add_back"}, set()),
    "outward": ({"of", "ref", "status"}, set()),
}
ACTIONS = {"accept": "A", "reject": "R", "pending": "P", "reset": "N"}
FORMS = {"GSTR-1", "IFF", "GSTR-1A", "GSTR-5", "GSTR-6"}
KINDS = {"INV", "DN", "CN", "ECO"}


class Unique(yaml.SafeLoader):
    """YAML with duplicate keys refused: the parser would silently keep the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise Invalid("BAD_SCENARIO", f"{key_node.start_mark}: the key {key!r} stands twice.")
            seen.add(key)
        return super().construct_mapping(node, deep)


# dates stay text, so that "2024-10" and "2024-10-28 10:00" are read by one rule
Unique.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(path: Path) -> list[dict[str, Any]]:
    """The scenarios of a file, checked. Raises `Invalid` naming scenario, event and key."""
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=Unique)  # noqa: S506  a safe loader
    except (OSError, UnicodeDecodeError) as failure:
        raise Invalid("BAD_SCENARIO", f"{path}: {failure}") from None
    except yaml.YAMLError as failure:
        raise Invalid("BAD_SCENARIO", f"{path} is no YAML: {failure}") from None
    if not isinstance(found, dict) or not isinstance(found.get("scenarios"), list):
        raise Invalid("BAD_SCENARIO", f"{path}: expected a list under the key 'scenarios'.")
    names: set[str] = set()
    for scenario in found["scenarios"]:
        _check(scenario)
        if scenario["id"] in names:
            raise Invalid("BAD_SCENARIO", f"{scenario['id']}: the id stands twice.")
        names.add(scenario["id"])
    return found["scenarios"]


def moment(text: Any) -> datetime:
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(str(text), form)  # noqa: DTZ007  the clock reads it as IST
        except ValueError:
            continue
    raise ValueError(f"{text!r} is no moment like 2024-10-28 10:00")


def _check(scenario: Any) -> None:
    if not isinstance(scenario, dict) or "id" not in scenario:
        raise Invalid("BAD_SCENARIO", f"A scenario is a mapping with an id; found {str(scenario)[:60]!r}.")
    where = scenario["id"]
    _keys(where, scenario, {"id", "given", "when", "then"}, {"title", "rules", "basis"})
    given = scenario["given"]
    _keys(f"{where} given", given, {"taxpayers"}, {"filed_3b_through"})
    for alias, taxpayer in given["taxpayers"].items():
        _keys(f"{where} taxpayer {alias}", taxpayer, {"gstin"}, {"type", "filing"})
    aliases = set(given["taxpayers"])
    unknown = set(given.get("filed_3b_through") or {}) - aliases
    if unknown:
        raise Invalid("BAD_SCENARIO", f"{where}: filed_3b_through names unknown taxpayers {sorted(unknown)}.")
    last = None
    for place, event in enumerate(scenario["when"] or [], start=1):
        here = f"{where} event {place}"
        _event(here, event, aliases)
        now = moment(event["at"])
        if last is not None and now < last:
            raise Invalid(
                "BAD_SCENARIO",
                f"{here}: events stand in time order, but {event['at']} is before the last one.",
            )
        last = now
    for place, item in enumerate(scenario["then"] or [], start=1):
        _expectation(f"{where} then {place}", item, aliases)


def _event(where: str, event: Any, aliases: set[str]) -> None:
    if not isinstance(event, dict) or event.get("do") not in EVENTS:
        raise Invalid("BAD_SCENARIO", f"{where}: 'do' must be one of {', '.join(EVENTS)}.")
    required, optional = EVENTS[event["do"]]
    _keys(where, event, required | {"at", "do"}, optional | {"error"})
    try:
        moment(event["at"])
    except ValueError as bad:
        raise Invalid("BAD_SCENARIO", f"{where}: {bad}.") from None
    for key in ("by", "to"):
        if key in event and event[key] not in aliases:
            raise Invalid("BAD_SCENARIO", f"{where}: no taxpayer is called {event[key]!r}.")
    if event["do"] in ("save", "boe"):
        required, optional = DOCUMENT if event["do"] == "save" else BILL
        _keys(f"{where} doc", event["doc"], required, optional)
        if event["doc"]["to"] not in aliases:
            raise Invalid("BAD_SCENARIO", f"{where} doc: no taxpayer is called {event['doc']['to']!r}.")
    if event["do"] in ("save", "file") and event["form"] not in FORMS:
        raise Invalid("BAD_SCENARIO", f"{where}: form must be one of {', '.join(sorted(FORMS))}.")
    if event["do"] == "save" and event["doc"]["kind"] not in KINDS:
        raise Invalid("BAD_SCENARIO", f"{where} doc: kind must be one of {', '.join(sorted(KINDS))}.")
    if event["do"] == "act":
        if event["action"] not in ACTIONS:
            raise Invalid("BAD_SCENARIO", f"{where}: action must be one of {', '.join(ACTIONS)}.")
        if not isinstance(event["on"], list):
            raise Invalid("BAD_SCENARIO", f"{where}: 'on' is a list of refs.")
    if event["do"] == "check":
        for place, item in enumerate(event["expect"], start=1):
            _expectation(f"{where} expect {place}", item, aliases)


def _expectation(where: str, item: Any, aliases: set[str]) -> None:
    if not isinstance(item, dict) or len(item) != 1 or next(iter(item)) not in EXPECTATIONS:
        raise Invalid("BAD_SCENARIO", f"{where}: an expectation has one key of {', '.join(EXPECTATIONS)}.")
    kind, body = next(iter(item.items()))
    _keys(f"{where} {kind}", body, *EXPECTATIONS[kind])
    if body["of"] not in aliases:
        raise Invalid("BAD_SCENARIO", f"{where} {kind}: no taxpayer is called {body['of']!r}.")


def _keys(where: str, found: Any, required: set[str], optional: set[str]) -> None:
    if not isinstance(found, Mapping):
        raise Invalid("BAD_SCENARIO", f"{where}: expected a mapping, found {str(found)[:60]!r}.")
    missing = required - set(found)
    if missing:
        raise Invalid("BAD_SCENARIO", f"{where}: missing {', '.join(sorted(map(str, missing)))}.")
    unknown = set(found) - required - optional
    if unknown:
        raise Invalid("BAD_SCENARIO", f"{where}: unknown {', '.join(sorted(map(str, unknown)))}.")


def chosen(scenarios: list[dict[str, Any]], only: list[str]) -> Iterator[dict[str, Any]]:
    """Those asked for, or all. Raises `Invalid` for an id that is not there."""
    unknown = set(only) - {s["id"] for s in scenarios}
    if unknown:
        raise Invalid("BAD_SCENARIO", f"No scenario is called {', '.join(sorted(unknown))}.")
    return (s for s in scenarios if not only or s["id"] in only)
