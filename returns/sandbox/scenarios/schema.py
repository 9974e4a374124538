"""Read a scenario file, and report exactly what is wrong with a bad file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.gstin import Gstin
from ims_portal.kernel.money import HEADS, BadAmount, paise
from ims_portal.kernel.periods import BadPeriod, TaxPeriod
from invoices.rules.attribution import RegistrationType
from invoices.rules.documents import INVOICE_TYPES
from invoices.rules.ruling import Section, Table4Row, Treated

EVENTS: dict[str, tuple[set[str], set[str]]] = {  # event -> required keys, optional keys
    "save": ({"by", "form", "period", "doc"}, set()),
    "edit": ({"by", "doc", "set"}, set()),
    "delete": ({"by", "doc"}, set()),
    "file": ({"by", "form", "period"}, set()),
    "boe": ({"doc"}, set()),
    "boe_amend": ({"amends", "date"}, {"ref_new", "igst", "cess", "txval", "to", "ref_old"}),
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
AMOUNTS = {"txval", *HEADS}
EDITABLE = {"to", "no", "date", "pos", "inv_type", "rcm", "amends", *AMOUNTS}
LINE = ({"ref", "sec"}, {"label", "reason", *HEADS})
ONE_OF = {  # key -> its allowed values
    "status": {"NO_ACTION", "ACCEPTED", "REJECTED", "PENDING"},
    "filing": {"SAVED", "FILED"},
    "state": {"draft", "stale", "final"},
    "label": {treated.value for treated in Treated if treated is not Treated.DIRECT},
    "reason": {"POS", "16(4)"},
    "sec": {section.value for section in Section},
    "inv_type": set(INVOICE_TYPES),
}
ROWS = {row.value for row in Table4Row if row is not Table4Row.NONE}
YES_NO = {"in_ims", "exists", "rcm", "sez", "required"}
# YAML 1.1 reads the keys `on` and `no` as true and false if the keys have no quotes. The loader changes the
# values true and false back into these keys.
UNQUOTED = {True: "on", False: "no"}


class Unique(yaml.SafeLoader):
    """A YAML loader that refuses duplicate keys. The plain loader would silently use the last value."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, (str, int, float, bool)):
                raise Invalid("BAD_SCENARIO", f"{key_node.start_mark}: a key is a word, not {key!r}.")
            if key in seen:
                raise Invalid("BAD_SCENARIO", f"{key_node.start_mark}: the key {key!r} appears twice.")
            seen.add(key)
        found = super().construct_mapping(node, deep)
        return {UNQUOTED.get(key, key) if isinstance(key, bool) else key: v for key, v in found.items()}


# The loader leaves dates as text, so the same code can read "2024-10" and "2024-10-28 10:00".
Unique.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_list(path: Path, key: str) -> dict[str, Any]:
    """Return the mapping of a YAML file that has a list under `key`. Raises `Invalid`."""
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=Unique)  # noqa: S506  a safe loader
    except (OSError, UnicodeDecodeError) as failure:
        raise Invalid("BAD_SCENARIO", f"{path}: {failure}") from None
    except yaml.YAMLError as failure:
        raise Invalid("BAD_SCENARIO", f"{path} is not valid YAML: {failure}") from None
    if not isinstance(found, dict) or not isinstance(found.get(key), list):
        raise Invalid("BAD_SCENARIO", f"{path}: expected a list under the key '{key}'.")
    return found


def read(path: Path) -> list[dict[str, Any]]:
    """Read a file, check its scenarios and return them. Raises `Invalid`, which names the scenario, event and
    key."""
    found = read_list(path, "scenarios")
    names: set[str] = set()
    for scenario in found["scenarios"]:
        _check(scenario)
        scenario["id"] = str(scenario["id"])
        if scenario["id"] in names:
            raise _bad(scenario["id"], "the id appears twice.")
        names.add(scenario["id"])
    return found["scenarios"]


def moment(text: Any) -> datetime:
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(str(text), form)  # noqa: DTZ007  the clock reads it as IST
        except ValueError:
            continue
    raise ValueError(f"{text!r} is not a time like 2024-10-28 10:00")


def _check(scenario: Any) -> None:
    if not isinstance(scenario, dict) or not isinstance(scenario.get("id"), (str, int)):
        raise _bad("A scenario", f"is a mapping with an id; found {str(scenario)[:60]!r}.")
    where = str(scenario["id"])
    check_keys(where, scenario, {"id", "given", "when"}, {"title", "rules", "basis", "then"})
    scenario.setdefault("then", [])
    given = scenario["given"]
    check_keys(f"{where} given", given, {"taxpayers"}, {"filed_3b_through"})
    who = _taxpayers(where, given)
    last = None
    for place, event in enumerate(_list(f"{where} when", scenario["when"]), start=1):
        here = f"{where} event {place}"
        _event(here, event, who)
        now = moment(event["at"])
        if last is not None and now < last:
            raise _bad(here, f"events must be in order of time, but {event['at']} is before the last one.")
        last = now
    for place, item in enumerate(_list(f"{where} then", scenario["then"]), start=1):
        _expectation(f"{where} then {place}", item, who)


# alias of a taxpayer -> true if the taxpayer's GSTIN is valid; only a taxpayer with a valid GSTIN can file
# and act
Who = dict[str, bool]


def _taxpayers(where: str, given: Any) -> Who:
    _mapping(f"{where} taxpayers", given["taxpayers"])
    who: Who = {}
    seen: set[str] = set()
    for alias, taxpayer in given["taxpayers"].items():
        here = f"{where} taxpayer {alias}"
        check_keys(here, taxpayer, {"gstin"}, {"type", "filing"})
        _one_of(here, "type", taxpayer.get("type", "normal"), {t.value for t in RegistrationType})
        _one_of(here, "filing", taxpayer.get("filing", "monthly"), {"monthly", "quarterly"})
        gstin = str(taxpayer["gstin"])
        who[alias] = Gstin.is_valid(gstin)
        if who[alias] and gstin in seen:
            raise _bad(here, f"two taxpayers have the GSTIN {gstin}.")
        seen.add(gstin)
    through = given.get("filed_3b_through") or {}
    _mapping(f"{where} filed_3b_through", through)
    unknown = set(through) - set(who)
    if unknown:
        raise _bad(where, f"filed_3b_through names unknown taxpayers {sorted(map(str, unknown))}.")
    for alias, period in through.items():
        _period(f"{where} filed_3b_through {alias}", period)
    return who


def _event(where: str, event: Any, who: Who) -> None:
    if not isinstance(event, dict) or event.get("do") not in EVENTS:
        raise _bad(where, f"'do' must be one of {', '.join(EVENTS)}.")
    do = event["do"]
    required, optional = EVENTS[do]
    check_keys(where, event, required | {"at", "do"}, optional | {"error"})
    try:
        moment(event["at"])
    except ValueError as bad:
        raise _bad(where, f"{bad}.") from None
    for key in ("by", "to"):
        if key in event:
            _alias(where, event[key], who)
    if "by" in event and not who[event["by"]]:
        raise _bad(where, f"{event['by']} has no valid GSTIN, so documents can only be addressed to it.")
    if do in ("save", "file"):
        _one_of(where, "form", event["form"], FORMS)
    _values(where, event)
    if do in ("save", "boe"):
        check_keys(f"{where} doc", event["doc"], *(DOCUMENT if do == "save" else BILL))
        _alias(f"{where} doc", event["doc"]["to"], who)
        _values(f"{where} doc", event["doc"])
    if do == "save":
        _one_of(f"{where} doc", "kind", event["doc"]["kind"], KINDS)
    if do == "edit":
        check_keys(f"{where} set", event["set"], set(), EDITABLE)
        _values(f"{where} set", event["set"])
        if "to" in event["set"]:
            _alias(f"{where} set", event["set"]["to"], who)
    if do == "act":
        _action(where, event)
    if do == "check":
        for place, item in enumerate(_list(f"{where} expect", event["expect"]), start=1):
            _expectation(f"{where} expect {place}", item, who)


def _action(where: str, event: Any) -> None:
    _one_of(where, "action", event["action"], set(ACTIONS))
    if not event["on"] or not all(isinstance(ref, str) for ref in _list(f"{where} on", event["on"])):
        raise _bad(where, "'on' is a list of refs, like [I1, C1].")
    if event.get("itc_reduction") is not None:
        check_keys(f"{where} itc_reduction", event["itc_reduction"], set(), {"required", *HEADS})
        _values(f"{where} itc_reduction", event["itc_reduction"])
    errors = event.get("errors") or {}
    _mapping(f"{where} errors", errors)
    unknown = set(errors) - set(event["on"])
    if unknown:
        raise _bad(where, f"errors names {sorted(map(str, unknown))}, but the action does not include them.")


def _expectation(where: str, item: Any, who: Who) -> None:
    if not isinstance(item, dict) or len(item) != 1 or next(iter(item)) not in EXPECTATIONS:
        raise _bad(where, f"an expectation has one key of {', '.join(EXPECTATIONS)}.")
    kind, body = next(iter(item.items()))
    here = f"{where} {kind}"
    check_keys(here, body, *EXPECTATIONS[kind])
    _alias(here, body["of"], who)
    if "period" in body:
        _period(here, body["period"])
    _values(here, body)
    if not set(_list(f"{here} allowed", body.get("allowed"))) <= set(ACTIONS) - {"reset"}:
        raise _bad(here, "allowed lists some of accept, reject, pending.")
    for line in _list(f"{here} lines", body.get("lines")):
        check_keys(f"{here} line", line, *LINE)
        _values(f"{here} line", line)
    _list(f"{here} absent", body.get("absent"))
    if kind == "threeb":
        _mapping(f"{here} rows", body["rows"])
        for name, heads in body["rows"].items():
            _one_of(f"{here} rows", "row", str(name), ROWS)
            check_keys(f"{here} row {name}", heads or {}, set(), set(HEADS))
            _values(f"{here} row {name}", heads or {})
    if kind == "supplier":
        check_keys(f"{here} add_back", body["add_back"] or {}, set(), set(HEADS))
        _values(f"{here} add_back", body["add_back"] or {})


def _values(where: str, found: Mapping[Any, Any]) -> None:
    """Check the values of a mapping. An amount must be a number of rupees. A key in `YES_NO` must be true or
    false. A key in `ONE_OF` must have one of its allowed values, but `inv_type` can be any text."""
    for key, value in found.items():
        if key in AMOUNTS:
            try:
                paise(Decimal(str(value)))
            except (ArithmeticError, BadAmount):
                raise _bad(
                    where, f"{key} must be an amount in rupees like 1800 or 12.50, not {value!r}."
                ) from None
        elif key in YES_NO and not isinstance(value, bool):
            raise _bad(where, f"{key} must be true or false, not {value!r}.")
        elif key in ONE_OF and not (key == "inv_type" and isinstance(value, str)):
            _one_of(where, key, value, ONE_OF[key])


def _one_of(where: str, key: str, value: Any, known: set[str]) -> None:
    if not isinstance(value, str) or value not in known:
        raise _bad(where, f"{key} must be one of {', '.join(sorted(known))}, not {value!r}.")


def _alias(where: str, alias: Any, who: Who) -> None:
    if not isinstance(alias, str) or alias not in who:
        raise _bad(where, f"no taxpayer is called {alias!r}.")


def _period(where: str, text: Any) -> None:
    try:
        TaxPeriod.parse(str(text))
    except BadPeriod as bad:
        raise _bad(where, str(bad)) from None


def _list(where: str, found: Any) -> list[Any]:
    if found is not None and not isinstance(found, list):
        raise _bad(where, f"expected a list, found {str(found)[:60]!r}.")
    return found or []


def _mapping(where: str, found: Any) -> None:
    if not isinstance(found, Mapping):
        raise _bad(where, f"expected a mapping, found {str(found)[:60]!r}.")


def _bad(where: str, what: str) -> Invalid:
    return Invalid("BAD_SCENARIO", f"{where}: {what}")


def check_keys(where: str, found: Any, required: set[str], optional: set[str]) -> None:
    _mapping(where, found)
    missing = required - set(found)
    if missing:
        raise _bad(where, f"missing {', '.join(sorted(map(str, missing)))}.")
    unknown = set(found) - required - optional
    if unknown:
        known = ", ".join(sorted(required | optional))
        raise _bad(where, f"unknown {', '.join(sorted(map(str, unknown)))}; the keys are {known}.")


def chosen(scenarios: list[dict[str, Any]], only: list[str]) -> Iterator[dict[str, Any]]:
    """Return the scenarios whose ids are in `only`, or all scenarios if `only` is empty. Raises `Invalid` for
    an unknown id."""
    unknown = set(only) - {s["id"] for s in scenarios}
    if unknown:
        raise Invalid("BAD_SCENARIO", f"No scenario is called {', '.join(sorted(unknown))}.")
    return (s for s in scenarios if not only or s["id"] in only)
