"""GSTIN: fifteen characters with a check character (R-140, R-141)."""

from __future__ import annotations

import re

from ims_portal.kernel.places import is_gstin_state

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SHAPE = re.compile(r"[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]\Z")
VALUE = {character: value for value, character in enumerate(ALPHABET)}


class BadGstin(ValueError):
    """The text is no GSTIN; the message says why and what to do."""


def check_character(first_fourteen: str) -> str:
    """R-141: weights 1, 2, 1, 2 ... from the left, digits of the products added in base 36."""
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
        """The GSTIN in `text`; spaces around and lower case are mended. Raises `BadGstin`."""
        found = str(text).strip().replace(" ", "").upper() if str(text).isascii() else str(text)
        if len(found) != 15:
            raise BadGstin(f"GSTIN {found[:20]!r} has {len(found)} characters; it must have 15.")
        if not SHAPE.match(found):
            raise BadGstin(
                f"GSTIN {found!r} is not of the form 27AAPFU0939F1ZV; check it against the document."
            )
        if not is_gstin_state(found[:2]):
            raise BadGstin(f"GSTIN {found} begins with {found[:2]}, which is no State code.")
        if check_character(found[:14]) != found[14]:
            raise BadGstin(f"GSTIN {found} has a wrong check character; a letter or digit was mistyped.")
        return cls(found)

    @classmethod
    def is_valid(cls, text: str) -> bool:
        try:
            cls.parse(text)
        except BadGstin:
            return False
        return True

    @property
    def state(self) -> str:
        return str(self[:2])

    @property
    def pan(self) -> str:
        return str(self[2:12])
