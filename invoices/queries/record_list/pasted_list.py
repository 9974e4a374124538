"""What somebody pasted to narrow a list by, understood: GSTINs, document numbers, and lines that name one document by
GSTIN and number. Pure text; which documents exist is told by whoever asks.

A line of a GSTIN and a number means that document: neither everything of the GSTIN, nor that number of another supplier. A
line that could mean several things means nothing and is told.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from invoices.rules.documents import number_key

BETWEEN = re.compile(r"[\s,;]+")
# a GSTIN, or what was meant as one: its PAN is inside. A mistyped one must not turn its line into a number alone.
GSTIN_LIKE = re.compile(r"[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][0-9A-Z]{0,4}\Z")
MOST_NUMBER, MOST_SHOWN = 20, 200
HEADING = re.compile(
    r"\b(GSTIN|GSTN|UIN|CTIN|STIN|INUM|NUMBER|NUM|NO|INVOICE|DOCUMENT|DOC|NOTE|BILL|VOUCHER|SUPPLIER)\b"
)
OF_GSTIN = re.compile(r"\b(GSTIN|GSTN|UIN|CTIN|STIN)\b")
OF_NUMBER = re.compile(r"\b(INUM|NUMBER|NUM|NO|INVOICE|DOCUMENT|DOC|NOTE|BILL|VOUCHER)\b")
OF_ANOTHER = re.compile(
    r"^S\w{0,5}\b|\b(ORIGINAL|OLD|DATE|DT|VALUE|VAL|AMOUNT|TYPE|PORT|NAME|PERIOD|REFERENCE|REF)\b"
)
DATE_OR_AMOUNT = re.compile(
    r"[0-9]{1,4}[-/.][0-9A-Z]{1,9}[-/.][0-9]{2,4}\Z|[₹-]?[0-9][0-9,]*\.[0-9]{1,2}\Z|[0-9]{1,3}(,[0-9]{2,3})+\Z"
)
GSTIN_AND_NUMBER = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """A line that holds a GSTIN: its cells, and what stood between them."""

    text: str
    cells: tuple[str, ...]
    between: str

    @property
    def shape(self) -> tuple[str, int]:
        """Lines of one shape are rows of one table."""
        return (self.between, len(self.cells))


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a table: where the GSTIN and the document's number stand, None where it does not say."""

    shape: tuple[str, int]
    gstin_at: int | None
    number_at: int | None


@dataclass(slots=True)
class Pasted:
    """What a text asks for, each once, in its order. `pairs` are GSTIN and number; `unclear` are lines that mean nothing
    certain, and why."""

    gstins: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    pairs: list[GSTIN_AND_NUMBER] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.gstins) + len(self.numbers) + len(self.pairs) + len(self.unclear)


def candidates(text: str, own: str) -> set[GSTIN_AND_NUMBER]:
    """Every GSTIN and number that a line with one GSTIN may mean: what to look up before `understood`."""
    lines, _heading, _rest = _read(text, own)
    found: set[GSTIN_AND_NUMBER] = set()
    for line in lines:
        gstins = _gstins(line)
        if len(gstins) == 1:
            found |= {(gstins[0], number_key(cell)) for cell in line.cells if _may_be_number(cell)}
    return found


def understood(text: str, own: str, known: Collection[GSTIN_AND_NUMBER]) -> Pasted:
    """What the text asks for. `own` is the GSTIN whose list it is, which a copied table may repeat on each line;
    `known` are those of `candidates` that exist."""
    lines, heading, rest = _read(text, own)
    columns = _columns(lines, known)
    said = Pasted(numbers=[] if heading and heading.gstin_at is not None else rest)
    if heading and heading.gstin_at is not None:
        said.unclear = [f"{line}: the line has no GSTIN" for line in rest]
    for line in lines:
        _add(said, line, heading, columns, known)
    for name in ("gstins", "numbers", "pairs", "unclear"):
        setattr(said, name, list(dict.fromkeys(getattr(said, name))))
    return said


def _read(text: str, own: str) -> tuple[list[Line], Heading | None, list[str]]:
    """Lines with a GSTIN; the heading above them; and of lines without one the entries, or under a heading that has a
    GSTIN the lines themselves."""
    lines: list[Line] = []
    rest: list[str] = []
    heading: Heading | None = None
    for given in text.upper().splitlines():
        words = [word for word in BETWEEN.split(given.replace('"', " ")) if word]
        if not words:
            continue
        if any(GSTIN_LIKE.match(word) for word in words):
            lines.append(_line(given, words, own))
        elif not lines and heading is None and _is_heading(given):
            heading = _heading(given)
        elif heading and heading.gstin_at is not None:
            rest.append(" ".join(given.split())[:MOST_SHOWN])
        else:
            rest += words
    return lines, heading, rest


def _line(given: str, words: Sequence[str], own: str) -> Line:
    between, cells = _cells(given)
    if sum(bool(GSTIN_LIKE.match(cell)) for cell in cells) < sum(bool(GSTIN_LIKE.match(w)) for w in words):
        between, cells = " ", list(words)
    others = any(GSTIN_LIKE.match(cell) and cell != own for cell in cells)
    kept = tuple("" if others and cell == own else cell for cell in cells)
    return Line(" ".join(given.split())[:MOST_SHOWN], kept, between)


def _cells(given: str) -> tuple[str, list[str]]:
    """The cells of a line: between tabs, semicolons or commas, whichever comes first in this order, else blanks."""
    between = next((mark for mark in "\t;," if mark in given), " ")
    if between == " ":
        return between, given.split()
    try:
        row = next(csv.reader([given], delimiter=between, skipinitialspace=True), [])
    except csv.Error:  # a cell of more than 131,072 characters
        return " ", given.split()
    cells = [" ".join(cell.split()) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return between, cells


def _is_heading(given: str) -> bool:
    return HEADING.search(given) is not None and not any(c.isdigit() for c in given)


def _heading(given: str) -> Heading:
    between, cells = _cells(given)
    gstins = [at for at, cell in enumerate(cells) if OF_GSTIN.search(cell)]
    numbers = [
        at
        for at, cell in enumerate(cells)
        if at not in gstins and OF_NUMBER.search(cell) and not OF_ANOTHER.search(cell)
    ]
    return Heading(
        (between, len(cells)),
        gstins[0] if gstins else None,
        numbers[0] if len(numbers) == 1 else None,
    )


def _gstins(line: Line) -> list[str]:
    return list(dict.fromkeys(cell for cell in line.cells if GSTIN_LIKE.match(cell)))


def _may_be_number(cell: str) -> bool:
    return bool(cell) and len(cell) <= MOST_NUMBER and " " not in cell and not GSTIN_LIKE.match(cell)


def _columns(lines: Sequence[Line], known: Collection[GSTIN_AND_NUMBER]) -> dict[tuple[str, int], int]:
    """For each shape of line the column in which at least two lines have a number of their GSTIN, and more than
    in any other column."""
    votes: dict[tuple[str, int], Counter[int]] = defaultdict(Counter)
    for line in lines:
        gstins = _gstins(line)
        for at, cell in enumerate(line.cells if len(gstins) == 1 else ()):
            if _may_be_number(cell) and (gstins[0], number_key(cell)) in known:
                votes[line.shape][at] += 1
    found = {}
    for shape, counted in votes.items():
        (at, most), *others = counted.most_common(2)
        if most > 1 and (not others or others[0][1] < most):
            found[shape] = at
    return found


def _add(
    said: Pasted,
    line: Line,
    heading: Heading | None,
    columns: dict[tuple[str, int], int],
    known: Collection[GSTIN_AND_NUMBER],
) -> None:
    gstins, others = _gstins(line), [cell for cell in line.cells if cell and not GSTIN_LIKE.match(cell)]
    headed = heading is not None and heading.number_at is not None
    if not others and not headed:
        said.gstins += gstins
    elif len(gstins) > 1:
        pairs = list(_alternating([cell for cell in line.cells if cell]))
        if pairs:
            said.pairs += pairs
        else:
            said.unclear.append(f"{line.text}: several GSTINs; put one GSTIN and one number on a line")
    else:
        number, why = _number(line, gstins[0], heading, columns, known)
        if number:
            said.pairs.append((gstins[0], number_key(number)))
        elif why:
            said.unclear.append(f"{line.text}: {why}")
        else:
            said.gstins += gstins


def _number(
    line: Line,
    gstin: str,
    heading: Heading | None,
    columns: dict[tuple[str, int], int],
    known: Collection[GSTIN_AND_NUMBER],
) -> tuple[str, str]:
    """The number that stands on a line with one GSTIN, or why none is certain; neither where the line holds nothing that
    could be a number, as a list of GSTINs with names does."""
    # between blanks a column is certain only where the line has as many words as its heading
    if heading and heading.number_at is not None and _under(heading, line):
        cell = line.cells[heading.number_at] if heading.number_at < len(line.cells) else ""
        if _may_be_number(cell):
            return cell, ""
        return "", "no document number stands in its column"
    may_be = [cell for cell in line.cells if _may_be_number(cell)]
    named = [cell for cell in may_be if (gstin, number_key(cell)) in known]
    if line.shape in columns:
        cell = line.cells[columns[line.shape]]
    elif len(named) > 1:
        return "", "the line names more than one document; put one GSTIN and one number on a line"
    else:
        cell = _nearest(line, gstin)
    if cell:
        return (cell, "") if _may_be_number(cell) else ("", "no document number stands in its column")
    if len(may_be) == 1:
        return may_be[0], ""
    if may_be or (heading and heading.number_at is not None):
        return "", "no document of this GSTIN is named"
    return "", ""


def _nearest(line: Line, gstin: str) -> str:
    """The cell that stands for the number where nothing says its column: the first with a digit behind the GSTIN, else
    the last before it. Dates and amounts with decimals are passed over. Another cell is never taken because a document
    of that number happens to exist: the line would select a document that nobody named."""
    at = line.cells.index(gstin)
    behind, before = line.cells[at + 1 :], tuple(reversed(line.cells[:at]))
    return next((cell for cell in (*behind, *before) if _has_digit(cell)), "")


def _has_digit(cell: str) -> bool:
    return any(c.isdigit() for c in cell) and not GSTIN_LIKE.match(cell) and not DATE_OR_AMOUNT.match(cell)


def _under(heading: Heading, line: Line) -> bool:
    return heading.shape == line.shape if line.between == " " else heading.shape[0] == line.between


def _alternating(cells: Sequence[str]) -> Iterator[GSTIN_AND_NUMBER]:
    """GSTIN, number, GSTIN, number …; nothing for any other order."""
    pairs = list(zip(cells[::2], cells[1::2], strict=False))
    if len(cells) % 2 == 0 and all(GSTIN_LIKE.match(g) and _may_be_number(n) for g, n in pairs):
        yield from ((gstin, number_key(number)) for gstin, number in pairs)
