"""Which sheets of a file are registers, and what is strange about whole sheets."""

from __future__ import annotations

import re

from ims_portal.kernel.gstin import PAN, Gstin
from ims_portal.kernel.wording import say
from invoices.register.reading import merged
from invoices.register.reading.finding import Finder
from invoices.register.reading.guessing import ask_for_what_is_missing, guess
from invoices.register.reading.headings import Table, table
from invoices.register.reading.layouts import Layout, is_gstr2b, recognised
from invoices.register.reading.refusals import Warned, letter, refused
from invoices.register.reading.sheets import Sheet

IN_TITLE = re.compile(rf"\b[0-9]{{2}}{PAN}[1-9A-Z]Z[0-9A-Z]\b")
FEWEST_KNOWN, ENOUGH_KNOWN = 3, 4
WORDS = "a supplier, an invoice number, a date, a taxable value and tax"


def grouped(found: list[Sheet], warnings: list[Warned]) -> list[list[Table]]:
    groups: dict[tuple[str, ...], list[Table]] = {}
    for sheet in found:
        one = table(sheet)
        if one is None:
            warnings.append(
                Warned(
                    "REG-SHEET",
                    sheet.name,
                    0,
                    "",
                    say("The sheet was not read: it has no row of headings above rows of data."),
                )
            )
            continue
        if is_gstr2b(one):
            raise refused(
                "REG-GSTR2B",
                "Sheet %(sheet)s is one of a GSTR-2B, which suppliers made. Choose the register of your own books.",
                sheet=sheet.name,
            )
        groups.setdefault(tuple(sorted(column.key for column in one.columns)), []).append(one)
    if not groups:
        first = found[0]
        raise refused(
            "REG-HEADINGS",
            "Sheet %(sheet)s has no row of headings in its first rows (row %(row)s is the first that is filled). Write the headings, like Supplier GSTIN, Invoice Number and Taxable Value, in the row above the data.",
            sheet=first.name, row=first.rows[0][0],
        )  # fmt: skip
    return list(groups.values())


def finder_of(group: list[Table], own_gstin: str) -> tuple[Layout | None, Finder]:
    largest = max(group, key=lambda one: len(one.sheet.rows))
    layout = recognised(largest)
    if layout is not None and layout.refused:
        raise refused(
            "REG-LAYOUT",
            layout.refused.replace("%", "%%") + " (Sheet %(sheet)s, row %(row)s.)",
            sheet=largest.sheet.name,
            row=largest.heading_rows[-1],
        )
    finder = Finder(largest, layout, own_gstin)
    finder.run()
    guess(finder)
    ask_for_what_is_missing(finder)
    return layout, finder


def registers(
    found: list[tuple[list[Table], Layout | None, Finder]], warnings: list[Warned]
) -> list[tuple[list[Table], Layout | None, Finder]]:
    """Return the groups of sheets that are registers."""
    best = max(finder.known for _group, _layout, finder in found)
    if best < FEWEST_KNOWN:
        group, _layout, finder = max(found, key=lambda one: one[2].known)
        raise refused(
            "REG-NOT-REGISTER",
            "Row %(row)s of sheet %(sheet)s does not have the headings of a purchase register. It needs %(words)s.",
            sheet=group[0].sheet.name, row=group[0].heading_rows[-1], words=WORDS,
        )  # fmt: skip
    taken = [one for one in found if one[2].known >= min(best, ENOUGH_KNOWN)]
    for group, layout, finder in found:
        if (group, layout, finder) not in taken:
            warnings += [
                Warned(
                    "REG-SHEET",
                    one.sheet.name,
                    one.heading_rows[-1],
                    "",
                    say("The sheet was not read: its headings are not those of a purchase register."),
                )
                for one in group
            ]
    return taken


def own_registration(one: Table, own_gstin: str, warnings: list[Warned]) -> str:
    """Return the registration that the titles of a sheet name, else our own. Raises `Invalid` for another company."""
    named = [gstin for row in one.titles for cell in row for gstin in IN_TITLE.findall(cell.upper())]
    for gstin in named:
        if gstin[2:12] != own_gstin[2:12]:
            raise refused(
                "REG-OTHER-COMPANY",
                "Sheet %(sheet)s names the GSTIN %(gstin)s above its headings, which is not of your company. Choose your own register.",
                sheet=one.sheet.name,
                gstin=gstin,
            )
    if named and named[0] != own_gstin and Gstin.is_valid(named[0]):
        warnings.append(
            Warned(
                "REG-OWN-GSTIN",
                one.sheet.name,
                0,
                "",
                say(
                    "The sheet belongs to your registration %(gstin)s, which it names above its headings.",
                    gstin=named[0],
                ),
            )
        )
        return named[0]
    return own_gstin


def strange_sheet(one: Table) -> list[Warned]:
    found = []
    if one.sheet.hidden:
        found.append(
            Warned(
                "REG-HIDDEN",
                one.sheet.name,
                0,
                "",
                say("%(count)s rows of the sheet are hidden. They were read too.", count=one.sheet.hidden),
            )
        )
    areas = merged.areas_below(one)
    if areas:
        found.append(
            Warned(
                "REG-MERGED",
                one.sheet.name,
                areas[0][0],
                letter(areas[0][2]),
                say(
                    "Cells of several rows are merged. Each row has their text; an amount counts in the first row only."
                ),
            )
        )
    return found
