"""The keyboard shortcuts. One table serves the key handler, the list of shortcuts (key `?`) and the
preferences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop


@dataclass(frozen=True, slots=True)
class Key:
    """A key and its function. If `fixed` is True, a person cannot choose another key, because users expect
    this key for this function."""

    name: str
    key: str
    label: str
    group: str
    fixed: bool = False


MOVE, ACT, FIND, SELECT = (
    gettext_noop("Move"),
    gettext_noop("Act"),
    gettext_noop("Find"),
    gettext_noop("Select"),
)
KEYS = (
    Key("next", "j", gettext_noop("Next record (also ↓)"), MOVE),
    Key("previous", "k", gettext_noop("Previous record (also ↑)"), MOVE),
    Key("first", "g g", gettext_noop("First record of the page"), MOVE, True),
    Key("last", "G", gettext_noop("Last record of the page"), MOVE),
    Key("next_page", "n", gettext_noop("Next page"), MOVE),
    Key("previous_page", "b", gettext_noop("Previous page"), MOVE),
    Key("next_section", "]", gettext_noop("Next section"), MOVE),
    Key("previous_section", "[", gettext_noop("Previous section"), MOVE),
    Key("open", "o", gettext_noop("Open the record next to the list (also Enter)"), MOVE),
    Key("close", "Escape", gettext_noop("Close panel, menu or dialog"), MOVE, True),
    Key("A", "a", gettext_noop("Accept"), ACT),
    Key("R", "r", gettext_noop("Reject"), ACT),
    Key("P", "p", gettext_noop("Keep pending"), ACT),
    Key("N", "u", gettext_noop("Reset to No action"), ACT),
    Key("remark", "e", gettext_noop("Add or edit remarks"), ACT),
    Key("declare", "d", gettext_noop("Declare the ITC reduction"), ACT),
    Key("why", "w", gettext_noop("Open or close “Why?” of the record"), ACT),
    Key("undo", "z", gettext_noop("Undo my last action"), ACT),
    Key("redo", "Z", gettext_noop("Redo the action that I undid"), ACT),
    Key("save", "s", gettext_noop("Save staged choices"), ACT),
    Key("triage", "t", gettext_noop("Start triage, one record at a time"), ACT),
    Key(
        "select",
        "x",
        gettext_noop("Select the record. On a selected record, the keys for actions act on all selected"),
        SELECT,
    ),
    Key("extend_next", "J", gettext_noop("Extend the selection downwards"), SELECT),
    Key("extend_previous", "K", gettext_noop("Extend the selection upwards"), SELECT),
    Key("all", "Ctrl+a", gettext_noop("Select the page; press again to select all that match"), SELECT, True),
    Key("search", "/", gettext_noop("Search"), FIND),
    Key("filters", "f", gettext_noop("Filters"), FIND),
    Key("status_N", "1", gettext_noop("Only No action"), FIND),
    Key("status_A", "2", gettext_noop("Only Accepted"), FIND),
    Key("status_R", "3", gettext_noop("Only Rejected"), FIND),
    Key("status_P", "4", gettext_noop("Only Pending"), FIND),
    Key("status_", "5", gettext_noop("Any status"), FIND),
    Key("chain", "c", gettext_noop("Amendment chain in the panel"), FIND),
    Key("copy", "y", gettext_noop("Copy the document number"), FIND),
    Key("palette", "Ctrl+k", gettext_noop("Find a page, a record, an action or a taxpayer"), FIND, True),
    Key("sheet", "?", gettext_noop("This list"), FIND),
)
BY_NAME = {key.name: key for key in KEYS}
# The functions that have a key at each place. At the record list every function has one.
PLACES = {
    "groups": (
        *(
            "next",
            "previous",
            "first",
            "last",
            "next_page",
            "previous_page",
            "open",
            "close",
            "A",
            "R",
            "P",
            "N",
        ),
        *("search", "filters", "status_N", "status_A", "status_R", "status_P", "status_", "palette", "sheet"),
    ),
    "triage": (
        "next",
        "previous",
        "open",
        "close",
        "A",
        "R",
        "P",
        "remark",
        "why",
        "undo",
        "palette",
        "sheet",
    ),
    "record": ("close", "A", "R", "P", "N", "remark", "palette", "sheet"),
    "page": ("close", "palette", "sheet"),
}
# Keys that do something else on other pages than on the record list.
THERE = {
    ("groups", "next"): gettext_noop("Next supplier (also ↓)"),
    ("groups", "previous"): gettext_noop("Previous supplier (also ↑)"),
    ("groups", "first"): gettext_noop("First supplier of the page"),
    ("groups", "last"): gettext_noop("Last supplier of the page"),
    ("groups", "open"): gettext_noop("Open the supplier's records (also Enter)"),
    ("groups", "A"): gettext_noop("Accept all records of the supplier"),
    ("groups", "R"): gettext_noop("Reject all records of the supplier"),
    ("groups", "P"): gettext_noop("Keep all records of the supplier pending"),
    ("groups", "N"): gettext_noop("Reset all records of the supplier to No action"),
    ("triage", "next"): gettext_noop("Skip the record"),
    ("triage", "previous"): gettext_noop("Previous record of this triage"),
    ("triage", "open"): gettext_noop("Open the record (also Enter)"),
    ("triage", "close"): gettext_noop("Leave triage"),
    ("record", "close"): gettext_noop("Back to the list"),
    ("page", "close"): gettext_noop("Close menu or dialog"),
}
ONE_KEY = re.compile(r"[!-~]")


def mapping(moved: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return, for each key, the name of the key's function. `moved` has the keys that the person chose, by the
    name of the function."""
    moved = moved or {}
    return {moved.get(key.name, key.key): key.name for key in KEYS}


def for_script(moved: Mapping[str, str], place: str = "") -> str:
    """Return the keys of a place for static/js/keys.js: one line for each key, with the name of its function
    and the key."""
    names = PLACES.get(place, BY_NAME)
    return "\n".join(f"{name} {key}" for key, name in mapping(moved).items() if name in names)


def moved_of(given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the keys that a person has changed in a form (name -> key), and the faults as sentences. A
    changed key must be one visible character, and no key may have two functions."""
    moved, wrong = {}, []
    for key in KEYS:
        wanted = given.get(f"key-{key.name}", key.key).strip()
        if key.fixed or wanted in ("", key.key):
            continue
        if not ONE_KEY.fullmatch(wanted):
            wrong.append(
                _("“%(key)s” is not one key. Type one letter, digit or sign.") % {"key": wanted[:10]}
            )
            continue
        moved[key.name] = wanted
    used: dict[str, str] = {}
    for key in KEYS:
        now = moved.get(key.name, key.key)
        if now in used:
            wrong.append(
                _("“%(key)s” is set for two actions: %(one)s and %(two)s. Choose another key.")
                % {"key": now, "one": _(BY_NAME[used[now]].label), "two": _(key.label)}
            )
        used[now] = key.name
    return moved, wrong


def sheet(moved: Mapping[str, str] | None = None, place: str = "") -> list[dict[str, object]]:
    """Return the groups of keys with their labels, for the preferences and for the list of the keys that work
    at a place."""
    moved, names = moved or {}, PLACES.get(place, BY_NAME)
    return [
        {
            "group": _(group),
            "keys": [
                {
                    "name": k.name,
                    "key": moved.get(k.name, k.key),
                    "label": _(THERE.get((place, k.name), k.label)),
                    "fixed": k.fixed,
                }
                for k in KEYS
                if k.group == group and k.name in names
            ],
        }
        for group in (MOVE, ACT, SELECT, FIND)
        if any(k.group == group and k.name in names for k in KEYS)
    ]
