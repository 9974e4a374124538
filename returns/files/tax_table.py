"""The table of a file for the command line: for each section, the number of documents and the sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

HEADINGS = ("section", "documents", "taxable", "IGST", "CGST", "SGST", "cess")


def lines(rows: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Yield the lines of the table. The values of a row stand in the order of `HEADINGS`; "-" stands for an
    amount that the section does not have."""
    table = [HEADINGS, *(tuple(value or "-" for value in row.values()) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for first, *others in table:
        yield "  ".join(
            [
                first.ljust(widths[0]),
                *(cell.rjust(wide) for cell, wide in zip(others, widths[1:], strict=True)),
            ]
        )
