"""Write single cells of an Excel sheet as XML. The cells have no address.

Text is always a text cell, so a remark like "=1+1" does not become a formula. A date is a number with the format
of a date, so Excel sorts and filters dates by time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from ims_portal.kernel.money import rupee_text

# characters that XML cannot contain, and the character "delete"
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# If this pattern matches a text, the text must be changed before it is written into a cell.
SUSPECT = re.compile(rf"{UNWRITABLE.pattern}|[&<>]|_x|^\s|\s$|.{{{16_000}}}", re.DOTALL)
CODED = re.compile("_(x[0-9a-fA-F]{4}_)")
LONGEST_TEXT = 32_767

# kinds of columns
TEXT, MONEY, COUNT, DATE, MOMENT = "text", "money", "count", "date", "moment"
# kind -> number format. With the format "@", a cell stays text even if somebody edits the cell.
NUMBER_FORMATS = {
    TEXT: "@",
    MONEY: "0.00",
    COUNT: "0",
    DATE: "dd-mm-yyyy",
    MOMENT: "dd-mm-yyyy hh:mm",
}
# Excel counts the days since this day
FIRST_DAY = date(1899, 12, 30)


def clean(value: Any) -> str:
    """Return text that a cell can contain."""
    text = UNWRITABLE.sub("", str(value))[:LONGEST_TEXT]
    # The space at the end makes xlsxwriter escape the text. xlsxwriter takes a text that begins with <r> and
    # ends with </r> for its own markup, and writes it without escaping it.
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text


def text_cell(style: int, value: str | None) -> str:
    """Return a text cell. The whole value is text, even if it looks like a number or a formula."""
    if not value:
        # an empty cell with a style; the style decides if people may fill the cell in
        return f'<c s="{style}"/>'
    keep = ""
    if SUSPECT.search(value):
        value = CODED.sub(r"_x005F_\1", UNWRITABLE.sub("", value)[:LONGEST_TEXT])
        value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        keep = ' xml:space="preserve"' if value != value.strip() else ""
    return f'<c s="{style}" t="inlineStr"><is><t{keep}>{value}</t></is></c>'


def money_cell(style: int, paise: int | None) -> str:
    """Return a money cell with the amount in exact rupees."""
    return f'<c s="{style}"/>' if paise is None else f'<c s="{style}"><v>{rupee_text(paise)}</v></c>'


def date_cell(style: int, day: date | str | None) -> str:
    """Return a cell with a date. A `datetime` keeps its hours and minutes, as its own zone shows them. A text
    in a column of dates, for example a date that cannot be read, stays text."""
    if day is None or isinstance(day, str):
        return text_cell(style, day)
    number: float = (date(day.year, day.month, day.day) - FIRST_DAY).days
    if isinstance(day, datetime):
        number = round(number + (day.hour * 60 + day.minute) / 1440, 6)
    return f'<c s="{style}"><v>{number}</v></c>'


CELLS: dict[str, Callable[[int, Any], str]] = {
    TEXT: text_cell,
    MONEY: money_cell,
    DATE: date_cell,
    MOMENT: date_cell,
}
