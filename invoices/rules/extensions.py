"""Due dates that a notification extended, and the taxpayers that an extension covers (R-067).

An extension holds for all States, for one State, for a group of States, or for named places within a State. A
place is a district, a PIN code or a GSTIN."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ims_portal.kernel.gstin import BadGstin, Gstin
from ims_portal.kernel.places import state_name
from ims_portal.kernel.wording import say

RULE = "R-067"
# R-103, N82: quarterly filers of these States and Union territories file GSTR-3B by the 22nd. All other
# quarterly filers file by the 24th. The notification names code 97, Other Territory, in neither group. The
# portal uses the earlier date for 97 (inferred), so 97 is in this set.
GROUP_A = frozenset(
    ["22", "23", "24", "25", "26", "27", "28", "29", "30", "31", "32", "33", "34", "35", "36", "37", "97"]
)
GROUPS = ("A", "B")
SHOWN_PLACES = 8
MOST_PLACES = 1000  # every page reads the places, so their number is limited
PIN_CODE = re.compile(r"\A[1-9][0-9]{5}\Z")
DISTRICT = re.compile(r"[^\W\d_][\w .()&'-]{1,59}")


class BadPlace(ValueError):
    """A place of an extension is not valid. The message says why."""


@dataclass(frozen=True, slots=True)
class Seat:
    """The facts of a registration on which an extension can depend: the State, and the district and the PIN
    code of the principal place of business. Empty text means that the portal does not know the fact."""

    state: str = ""
    district: str = ""
    pin_code: str = ""
    gstin: str = ""

    @property
    def group(self) -> str:
        """The group of States by which quarterly filers file GSTR-3B, or "" without a State (R-103). A seat
        may also have a group in place of its State."""
        if self.state in GROUPS:
            return self.state
        return ("A" if self.state in GROUP_A else "B") if self.state else ""


EVERYWHERE = Seat()  # only an extension for all States covers this seat


@dataclass(frozen=True, slots=True)
class Extension:
    """A later due date of a form and period. `form` is a name like "GSTR-3B quarterly", and `period` is the
    last month of the period, a number like 202412. `state` is a State code, a group of States ("A" or "B"),
    or "" for all States. Without `places`, the extension covers the whole State."""

    form: str
    period: int
    due_on: date
    state: str = ""
    places: frozenset[str] = frozenset()
    source: str = ""

    def covers(self, seat: Seat) -> bool:
        """True if the extension holds for a registration with this seat."""
        if self.state and self.state not in (seat.state, seat.group):
            return False
        return not self.places or not self.places.isdisjoint((seat.district, seat.pin_code, seat.gstin))


def column_of(place: str) -> str:
    """Return the name of the fact of a `Seat` that a place can equal: "pin_code", "gstin" or "district"."""
    if PIN_CODE.fullmatch(place):
        return "pin_code"
    return "gstin" if _is_gstin(place) else "district"


def _is_gstin(text: str) -> bool:
    return len(text) == 15 and any(c.isdigit() for c in text)


def place_name(text: str) -> str:
    """Return the name of a district in one way of writing: "mumbai  suburban" becomes "Mumbai Suburban"."""
    return " ".join(text.split()).title()


def read_places(text: str, *, state: str = "") -> tuple[str, ...]:
    """Return the places of an extension, sorted. The text has districts, PIN codes and GSTINs, separated by
    commas, semicolons or new lines. Raises `BadPlace`: a district needs its State, because districts of two
    States can have the same name."""
    names = {_place(part.strip(), state) for part in re.split(r"[,;\n]", text) if part.strip()}
    if len(names) > MOST_PLACES:
        raise BadPlace(say("An extension can name at most %(most)s places.", most=MOST_PLACES))
    return tuple(sorted(names))


def _place(name: str, state: str) -> str:
    if PIN_CODE.fullmatch(name):
        return name
    if _is_gstin(name):
        try:
            gstin = Gstin.parse(name)
        except BadGstin as bad:
            raise BadPlace(f"{name}: {bad}") from None
        if state and state not in (gstin.state, Seat(gstin.state).group):
            raise BadPlace(say("%(name)s is not in the State of the extension.", name=name))
        return str(gstin)
    if not DISTRICT.fullmatch(name):
        raise BadPlace(say("%(name)s is no district, PIN code or GSTIN.", name=repr(name[:30])))
    if not state or state in GROUPS:
        raise BadPlace(say("Give the State of the district %(name)s.", name=name))
    return place_name(name)


def latest(extensions: Iterable[Extension], seat: Seat, base: date) -> Extension | None:
    """Return the extension that gives the due date, or None if the statutory date `base` holds. If several
    extensions cover the seat, the latest date holds (inferred): no notification takes an extension back."""
    found = [one for one in extensions if one.due_on > base and one.covers(seat)]
    return max(found, key=lambda one: one.due_on, default=None)


def where_in_words(state: str, places: Iterable[str] = ()) -> str:
    """Return the States and places of an extension in words, like "27 Maharashtra: Palghar, Raigad"."""
    if state in GROUPS:
        day = "22nd" if state == "A" else "24th"
        area = say("States whose quarterly GSTR-3B is due on the %(day)s", day=day)
    else:
        area = say("%(code)s %(name)s", code=state, name=state_name(state)) if state else say("All States")
    named = [place for place in places if place]
    more = len(named) - SHOWN_PLACES
    listed = ", ".join(named[:SHOWN_PLACES]) + (f" + {more}" if more > 0 else "")
    return f"{area}: {listed}" if named else area
