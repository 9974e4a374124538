"""Prepare a sheet for paper: landscape, as wide as one page, with the headings on every page, and the taxpayer, the
sheet and the page number in the margins. Also compute the heights that wrapped texts need."""

from __future__ import annotations

from typing import Any

A3, A4 = 8, 9
WIDE = 230  # a sheet of more characters is too small to read on A4
# inches
MARGINS = {"left": 0.3, "right": 0.3, "top": 0.6, "bottom": 0.5}
LINE = 15  # points of one line of text in a cell
MOST_LINES = 27  # Excel allows a row of 409 points
LONGEST_HEADER = 200  # Excel allows 255 characters, with the codes
NOTICE = "Practice data, not the GST portal"


def prepare(sheet: Any, about: str, *, width: float, headings: tuple[int, int] | None = None) -> None:
    """Set how a sheet is printed. `about` names the taxpayer and the period, and `width` is the number of characters
    from left to right. `headings` are the first and the last row that every page repeats."""
    sheet.set_landscape()
    sheet.set_paper(A3 if width > WIDE else A4)
    sheet.set_margins(**MARGINS)
    sheet.fit_to_pages(1, 0)
    sheet.set_header(f"&L&A&R{_quoted(about)}")
    sheet.set_footer(f"&L{NOTICE}&RPage &P of &N")
    if headings is not None:
        sheet.repeat_rows(*headings)


def _quoted(text: str) -> str:
    """Return the text for a header, where & begins a code."""
    return text[:LONGEST_HEADER].replace("&", "&&")


def lines(text: str, width: float) -> int:
    """Return how many lines a bold text needs in a cell that is `width` characters wide. Excel breaks a line
    between words, and breaks a word that is wider than the cell."""
    most = max(1, int(width * 0.9))
    count, used = 1, 0
    for word in text.split():
        size = len(word)
        if used and used + 1 + size > most:
            count, used = count + 1, 0
        count += max(0, size - 1) // most
        used += bool(used) + (size - 1) % most + 1
    return count


def rows_of_text(text: str, width: float) -> int:
    """Return about how many lines a text of a row needs in a cell that is `width` characters wide. `ims_in_sql` has
    the same formula in SQL."""
    return -(-len(text) // across(width)) + text.count("\n")


def across(width: float) -> int:
    """Return how many characters of a text stand on one line of a cell. Most letters are narrower than the digits in
    which a width is measured, and this leaves room for breaks between words."""
    return max(1, int(width))


def tall(lines_of_row: int) -> str:
    """Return the attributes of a row of this many lines. Excel and LibreOffice do not make a row taller by
    themselves when they open a file."""
    return f' ht="{LINE * min(lines_of_row, MOST_LINES)}" customHeight="1"' if lines_of_row > 1 else ""
