"""GSTIN: check a registration number, and read its State and PAN (R-140 to R-142)."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum

from ims_portal.kernel.places import is_gstin_state
from ims_portal.kernel.wording import say

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PAN, TAN, LAST = "[A-Z]{5}[0-9]{4}[A-Z]", "[A-Z]{4}[0-9]{5}[A-Z]", "[0-9A-Z]"


class GstinForm(str, Enum):
    """The forms of a GSTIN (R-140). Each kind of registration has one form, without its check character."""

    NORMAL = f"[0-9]{{2}}{PAN}[1-9A-Z]Z"
    COLLECTOR = f"[0-9]{{2}}{PAN}[1-9A-Z]C"  # an e-commerce operator that collects tax at source
    DEDUCTOR = f"[0-9]{{2}}(?:{PAN}|{TAN})[1-9A-Z]D"
    UIN = "[0-9]{4}[A-Z]{3}[0-9]{5}[UO]N"
    NON_RESIDENT = "[0-9]{4}[A-Z]{3}[0-9]{5}NR"
    OIDAR = "99[0-9]{2}[A-Z]{3}[0-9]{5}OS"


SHAPE = re.compile(f"(?:{'|'.join(form.value for form in GstinForm)}){LAST}\\Z")
# A GSTIN, or a text that begins as one: mistyped, or without its last characters.
LIKE = re.compile(
    f"[0-9]{{2}}{PAN}{LAST}{{0,4}}\\Z"
    f"|[0-9]{{2}}{TAN}[1-9A-Z]D{LAST}?\\Z"
    f"|[0-9]{{4}}[A-Z]{{3}}[0-9]{{5}}(?:[UO]N|NR|OS){LAST}?\\Z"
)
VALUE = {character: value for value, character in enumerate(ALPHABET)}


class BadGstin(ValueError):
    """The text is not a GSTIN. The message says why and what to do."""


def check_character(first_fourteen: str) -> str:
    """Return the check character for the first 14 characters of a GSTIN (R-141). The values of the characters
    are multiplied by 1 and 2 in turn, from the left. The base-36 digits of the products are added. The check
    character raises the sum to a multiple of 36."""
    if len(first_fourteen) != 14 or not VALUE.keys() >= set(first_fourteen):
        raise BadGstin("A check character is computed from exactly 14 characters of 0-9 and A-Z.")
    total = 0
    for place, character in enumerate(first_fourteen):
        product = VALUE[character] * (1 + place % 2)
        total += product // 36 + product % 36
    return ALPHABET[-total % 36]


class Gstin(str):
    """A GSTIN that has passed R-140 to R-142."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Gstin:
        """Return the GSTIN in `text`. The function removes spaces and changes letters to upper case. Raises
        `BadGstin`."""
        found = "".join(str(text).split())
        # This check must come before `upper`, because `upper` turns some foreign letters into A-Z.
        for character in found:
            if not character.isascii():
                name = unicodedata.name(character, f"U+{ord(character):04X}")
                raise BadGstin(
                    say(
                        "GSTIN %(found)s is not of the form 27AAPFU0939F1ZV: it contains %(name)s. Type "
                        "it again with the letters A-Z and the digits 0-9.",
                        found=repr(found[:20]),
                        name=name,
                    )
                )
        found = found.upper()
        if len(found) != 15:
            raise BadGstin(
                say(
                    "GSTIN %(found)s has %(length)s characters; it must have 15. Check it against the "
                    "document.",
                    found=repr(found[:20]),
                    length=len(found),
                )
            )
        if not SHAPE.match(found):
            raise BadGstin(
                say(
                    "GSTIN %(found)s is not of the form 27AAPFU0939F1ZV (State code, PAN, entity number, "
                    "Z, check character), and not of the form of another registration. Check it against the "
                    "document.",
                    found=repr(found),
                )
            )
        if not is_gstin_state(found[:2]):
            raise BadGstin(
                say(
                    "GSTIN %(found)s begins with %(code)s, which is not a State code. Check the first "
                    "two digits.",
                    found=found,
                    code=found[:2],
                )
            )
        if check_character(found[:14]) != found[14]:
            raise BadGstin(
                say(
                    "GSTIN %(found)s has a wrong check character: a letter or digit was mistyped. Check "
                    "it against the document.",
                    found=found,
                )
            )
        return cls(found)

    @classmethod
    def is_valid(cls, text: str) -> bool:
        """Return true if `parse` accepts the text."""
        try:
            cls.parse(text)
        except BadGstin:
            return False
        return True

    @property
    def form(self) -> GstinForm:
        """The form of this GSTIN, which tells the kind of registration (R-140)."""
        return next((form for form in GstinForm if re.fullmatch(form.value, self[:14])), GstinForm.NORMAL)

    @property
    def state(self) -> str:
        """The code of the State of registration, for example "27"."""
        return str(self[:2])

    @property
    def pan(self) -> str:
        """The ten characters after the State code. In the normal form they are the PAN of the registered
        person."""
        return str(self[2:12])
