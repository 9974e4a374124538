"""Read the resource and the action that a call names. The error for an unknown action lists the
actions of the resource. The error for an unknown resource lists the resources."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from returns.gstn.calls.call import CALLS, NOT_OFFERED
from returns.gstn.codes import GstnError, fault

AUTHENTICATE = "authenticate"
# the actions of `authenticate`: by POST, and by GET
POSTED = ("OTPREQUEST", "AUTHTOKEN", "REFRESHTOKEN", "LOGOUT")
EVCOTP = "EVCOTP"
VERSION = re.compile(r"v[0-9]{1,2}(\.[0-9]{1,2})?\Z", re.IGNORECASE)
SHOWN = 40


@dataclass(frozen=True, slots=True)
class Address:
    """The resource of a call, and its action. The action is "" if the path and the query name none; then the
    body names the action."""

    resource: str
    action: str = ""

    def with_action(self, given: Any) -> Address:
        """Return the address with the action of the body. Raises `GstnError` if neither the address nor the
        body names an action, or if they name different actions, or if the resource lacks the action."""
        found = {name for name in (self.action, _word(given)) if name}
        if len(found) != 1:
            raise fault(
                "ACTION_UNKNOWN", f"Give one action, in the address or in the body. {_has(self.resource)}"
            )
        return _known(replace(self, action=found.pop()))


def names_a_version(path: str) -> bool:
    """True if the path begins with a version, for example v1.0."""
    return bool(VERSION.match(path.strip("/").partition("/")[0]))


def read(path: str, action_in_query: str) -> Address:
    """Return the resource and the action that a path and its query name. Some gateways put the action into
    the path. Raises `GstnError` if there is no such resource, or if the resource lacks the action."""
    path = path.strip("/")
    if names_a_version(path):
        path = path.partition("/")[2].strip("/")
    resource, action = _divided(path)
    asked = {name for name in (_word(action), _word(action_in_query)) if name}
    if len(asked) > 1:
        raise fault("ACTION_UNKNOWN", "The path and the query name different actions. Name one action.")
    address = Address(resource, *asked)
    return _known(address) if address.action else address


def _divided(path: str) -> tuple[str, str]:
    for resource in sorted(_resources(), key=len, reverse=True):
        if path == resource:
            return resource, ""
        rest = path.removeprefix(f"{resource}/")
        if rest != path and "/" not in rest:
            # `returns/gstr9` names an unknown resource, and `returns/GETPREF` an action of `returns`
            if resource == "returns" and (resource, _word(rest)) not in {*CALLS, *NOT_OFFERED}:
                break
            return resource, rest
    raise fault(
        "RESOURCE_UNKNOWN",
        f"There is no resource {path[:SHOWN]!r} here. The resources are: {', '.join(_offered())}.",
    )


def _offered() -> list[str]:
    return sorted({AUTHENTICATE, *(resource for resource, _ in CALLS)})


def _resources() -> set[str]:
    return {*_offered(), *(resource for resource, _ in NOT_OFFERED)}


def _word(given: Any) -> str:
    return str(given).strip().upper() if given else ""


def _known(address: Address) -> Address:
    resource, action = address.resource, address.action
    if action in _actions(resource):
        return address
    raise _not_offered(resource, action) or _unknown(resource, action)


def _not_offered(resource: str, action: str) -> GstnError | None:
    why = NOT_OFFERED.get((resource, action))
    if why is None:
        return None
    return fault("NOT_OFFERED", f"{action} of {resource} is not offered here. {why} {_has(resource)}".strip())


def _unknown(resource: str, action: str) -> GstnError:
    elsewhere = sorted(other for other, name in CALLS if name == action)
    where = f" {action} is an action of {' and '.join(elsewhere)}." if elsewhere else ""
    return fault("ACTION_UNKNOWN", f"{resource} has no action {action[:SHOWN]!r}.{where} {_has(resource)}")


def _actions(resource: str) -> list[str]:
    if resource == AUTHENTICATE:
        return [*POSTED, EVCOTP]
    return sorted(action for other, action in CALLS if other == resource)


def _has(resource: str) -> str:
    actions = _actions(resource)
    return f"The actions of {resource} are: {', '.join(actions)}." if actions else ""
