"""Read dates and amounts in JSON that other programs send. The caller turns a fault into a message, because
each file format has its own messages."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from ims_portal.kernel.money import BadAmount, paise
from ims_portal.kernel.strict_json import BadNumber

DAY = re.compile(r"([0-9]{2})-([0-9]{2})-([0-9]{4})\Z")


class Wrong(Enum):
    """The reason why a field cannot be read."""

    SHAPE = "a date that is not written DD-MM-YYYY"
    NO_DAY = "a date that does not exist"
    DIGITS = "more digits than an amount can have"
    KIND = "no number"
    SIGN = "a minus sign"
    INEXACT = "an amount that is too large or not a whole number of paise"


class BadField(ValueError):
    """The error for a field that cannot be read. `wrong` is the reason. `detail` is the message of the error
    that caused the fault, or an empty text."""

    def __init__(self, wrong: Wrong, detail: str = ""):
        super().__init__(wrong.value)
        self.wrong, self.detail = wrong, detail


def day(text: str) -> date:
    """Return the date of a text in the form DD-MM-YYYY. Raises `BadField` (SHAPE or NO_DAY)."""
    parts = DAY.match(text)
    if parts is None:
        raise BadField(Wrong.SHAPE)
    try:
        return date(int(parts[3]), int(parts[2]), int(parts[1]))
    except ValueError:
        raise BadField(Wrong.NO_DAY) from None


def amount(value: Any) -> int:
    """Return an amount in paise. `value` is the amount in rupees, a number that is not negative.

    Raises `BadField`: DIGITS for too many digits, KIND for a value that is not a number (such as null or
    text), SIGN for a minus sign (even before zero), and INEXACT for an amount that is too large or has a part
    of a paisa."""
    if isinstance(value, BadNumber):
        raise BadField(Wrong.DIGITS)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise BadField(Wrong.KIND)
    if value < 0 or (isinstance(value, Decimal) and value.is_signed()):
        raise BadField(Wrong.SIGN)
    try:
        return paise(value)
    except BadAmount as bad:
        raise BadField(Wrong.INEXACT, str(bad)) from None
