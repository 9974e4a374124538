"""Reads a text that a person pastes to narrow a list.

The text has GSTINs, document numbers, or lines with the GSTIN and number of one document. A bill of entry has
no GSTIN: its line has its port code and its number. This module only reads the text. The caller says which documents exist.

A line with a GSTIN and a number selects only that document. It does not select the supplier's other documents
or other suppliers' documents with this number. A line with more than one possible meaning selects nothing and
is reported."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

# If mistyped GSTINs did not match, a line with a wrong GSTIN would be read as a line with only a number, and
# could select a document of another supplier.
from ims_portal.kernel.gstin import LIKE as GSTIN_LIKE
from invoices.rules.documents import number_key

BETWEEN = re.compile(r"[\s,;]+")
# the port code of a bill of entry, as people paste it: INNSA1
PORT_LIKE = re.compile(r"IN[A-Z]{3}[0-9A-Z]\Z")
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
GSTIN_AND_NUMBER = tuple[str, str]  # or the port code and the number of a bill of entry


@dataclass(frozen=True, slots=True)
class Line:
    """A line with a GSTIN or a port code, as cells. `between` is the separator between the cells."""

    text: str
    cells: tuple[str, ...]
    between: str

    @property
    def shape(self) -> tuple[str, int]:
        """Return the separator and the number of cells. Lines of one table have the same shape."""
        return (self.between, len(self.cells))


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a pasted table. `gstin_at` is the position of the column with the GSTIN, and `number_at`
    is the position of the column with the document number. A position is None if the heading names no such
    column."""

    shape: tuple[str, int]
    gstin_at: int | None
    number_at: int | None


@dataclass(slots=True)
class Pasted:
    """The content of a pasted text, in the order of the text and without repetitions.

    `pairs` has the GSTIN and number of single documents. `unclear` has the lines whose meaning is not
    certain, each with the reason."""

    gstins: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    pairs: list[GSTIN_AND_NUMBER] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.gstins) + len(self.numbers) + len(self.pairs) + len(self.unclear)


def candidates(text: str, own: str) -> set[GSTIN_AND_NUMBER]:
    """Return the documents that the text may name, as pairs of GSTIN and number. In a line with one GSTIN,
    every cell that may be a document number gives a pair.

    The caller looks up which of these documents exist, and then calls `understood`."""
    lines, _heading, _rest = _read(text, own)
    found: set[GSTIN_AND_NUMBER] = set()
    for line in lines:
        found |= set(_bills(line))
        gstins = _gstins(line)
        if len(gstins) == 1:
            found |= {(gstins[0], number_key(cell)) for cell in line.cells if _may_be_number(cell)}
    return found


def understood(text: str, own: str, known: Collection[GSTIN_AND_NUMBER]) -> Pasted:
    """Return the GSTINs, document numbers and pairs that the text names, and the lines whose meaning is not
    certain.

    `own` is the GSTIN of the list's taxpayer, which a copied table may repeat on each line. `known` has those
    pairs from `candidates` whose documents exist."""
    lines, heading, rest = _read(text, own)
    columns = _columns(lines, known)
    said = Pasted(numbers=[] if heading and heading.gstin_at is not None else rest)
    if heading and heading.gstin_at is not None:
        said.unclear = [f"{line}: the line has no GSTIN" for line in rest]
    for line in lines:
        if _is_bill(line, own, known):
            _add_bill(said, line, heading, known)
        else:
            _add(said, line, heading, columns, known)
    for name in ("gstins", "numbers", "pairs", "unclear"):
        setattr(said, name, list(dict.fromkeys(getattr(said, name))))
    return said


def _read(text: str, own: str) -> tuple[list[Line], Heading | None, list[str]]:
    """Return three things: the lines with a GSTIN or a port code, the heading above these lines, and the rest of the text.

    The rest are the lines without a GSTIN. If the heading names a GSTIN column, the rest has whole lines.
    Otherwise, the rest has the words of these lines."""
    lines: list[Line] = []
    rest: list[str] = []
    heading: Heading | None = None
    for given in text.upper().splitlines():
        words = [word for word in BETWEEN.split(given.replace('"', " ")) if word]
        if not words:
            continue
        port = any(map(PORT_LIKE.match, words)) and any(map(_is_bill_number, words))
        if port or any(GSTIN_LIKE.match(word) for word in words):
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
    """Return the separator and the cells of a line.

    The separator is a tab if the line contains a tab. Otherwise it is a semicolon, a comma or blanks, in this
    order."""
    between = next((mark for mark in "\t;," if mark in given), " ")
    if between == " ":
        return between, given.split()
    try:
        row = next(csv.reader([given], delimiter=between, skipinitialspace=True), [])
    except csv.Error:  # `csv` refuses a cell of more than 131,072 characters
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


def _is_bill_number(cell: str) -> bool:
    return cell.isascii() and cell.isdigit() and len(cell) <= MOST_NUMBER


def _bills(line: Line) -> list[GSTIN_AND_NUMBER]:
    """Return the bills of entry that a line may name: its port code with each cell that may be the number. A
    line with several port codes names none."""
    ports = {cell for cell in line.cells if PORT_LIKE.match(cell)}
    if len(ports) != 1:
        return []
    numbers = (number_key(cell, bill=True) for cell in line.cells if _is_bill_number(cell))
    return [(port, number) for port in ports for number in dict.fromkeys(numbers)]


def _is_bill(line: Line, own: str, known: Collection[GSTIN_AND_NUMBER]) -> bool:
    """True if a line with a port code names a bill of entry. With a supplier's GSTIN, the line may also name
    an invoice whose number looks like a port code. The bill must then exist, and no such invoice."""
    bills, gstins = _bills(line), [gstin for gstin in _gstins(line) if gstin != own]
    if not bills or not gstins:
        return bool(bills)
    invoices = {(gstin, number_key(cell)) for gstin in gstins for cell in line.cells}
    return any(bill in known for bill in bills) and invoices.isdisjoint(known)


def _add_bill(said: Pasted, line: Line, heading: Heading | None, known: Collection[GSTIN_AND_NUMBER]) -> None:
    """Add the bill of entry that a line names, or report that the line is not clear."""
    bills = _bills(line)
    if heading and heading.number_at is not None and _under(heading, line):
        cell = line.cells[heading.number_at] if heading.number_at < len(line.cells) else ""
        bills = [(bills[0][0], number_key(cell, bill=True))] if _is_bill_number(cell) else []
    elif len(bills) > 1:
        bills = [bill for bill in bills if bill in known]
    if len(bills) == 1:
        said.pairs += bills
    else:
        said.unclear.append(f"{line.text}: the line does not name exactly one bill of entry of this port")


def _may_be_number(cell: str) -> bool:
    return bool(cell) and len(cell) <= MOST_NUMBER and " " not in cell and not GSTIN_LIKE.match(cell)


def _columns(lines: Sequence[Line], known: Collection[GSTIN_AND_NUMBER]) -> dict[tuple[str, int], int]:
    """Return the column of the document number for each shape of line (see `Line.shape`), if this column is
    certain.

    A cell fits if `known` has the cell's number together with the GSTIN on the line. A column is certain if
    at least two of its cells fit, and if it has more cells that fit than any other column."""
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
            said.unclear.append(
                f"{line.text}: the line has several GSTINs. Put one GSTIN and one number on a line"
            )
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
    """Return the document number in a line with one GSTIN, and an empty reason. If no number is certain,
    return an empty number and the reason.

    If no cell can be a document number, the number and the reason are both empty. An example is a line with a
    GSTIN and a name."""
    # if blanks separate the cells, a column is certain only in a line with as many words as the heading
    if heading and heading.number_at is not None and _under(heading, line):
        cell = line.cells[heading.number_at] if heading.number_at < len(line.cells) else ""
        if _may_be_number(cell):
            return cell, ""
        return "", "the line has no document number in the column of document numbers"
    may_be = [cell for cell in line.cells if _may_be_number(cell)]
    named = [cell for cell in may_be if (gstin, number_key(cell)) in known]
    if line.shape in columns:
        cell = line.cells[columns[line.shape]]
    elif len(named) > 1:
        return "", "the line names more than one document. Put one GSTIN and one number on a line"
    else:
        cell = _nearest(line, gstin)
    if cell:
        return (
            (cell, "")
            if _may_be_number(cell)
            else ("", "the line has no document number in the column of document numbers")
        )
    if len(may_be) == 1:
        return may_be[0], ""
    if may_be or (heading and heading.number_at is not None):
        return "", "the line does not name exactly one document of this GSTIN"
    return "", ""


def _nearest(line: Line, gstin: str) -> str:
    """Return the cell to use as the document number if the text names no column for the number. Return "" if
    no cell fits.

    The function returns the first cell after the GSTIN that has a digit. If there is no such cell, the
    function returns the nearest cell before the GSTIN that has a digit. It skips dates, and amounts with
    decimals.

    The function does not prefer the numbers of existing documents. If it did, the line could select a
    document that the person did not name."""
    at = line.cells.index(gstin)
    behind, before = line.cells[at + 1 :], tuple(reversed(line.cells[:at]))
    return next((cell for cell in (*behind, *before) if _has_digit(cell)), "")


def _has_digit(cell: str) -> bool:
    return any(c.isdigit() for c in cell) and not GSTIN_LIKE.match(cell) and not DATE_OR_AMOUNT.match(cell)


def _under(heading: Heading, line: Line) -> bool:
    return heading.shape == line.shape if line.between == " " else heading.shape[0] == line.between


def _alternating(cells: Sequence[str]) -> Iterator[GSTIN_AND_NUMBER]:
    """Yield each GSTIN with its number from a line in the order GSTIN, number, GSTIN, number. Yield nothing
    for a line in another order."""
    pairs = list(zip(cells[::2], cells[1::2], strict=False))
    if len(cells) % 2 == 0 and all(GSTIN_LIKE.match(g) and _may_be_number(n) for g, n in pairs):
        yield from ((gstin, number_key(number)) for gstin, number in pairs)
