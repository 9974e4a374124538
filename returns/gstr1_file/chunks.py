"""Cut a file of documents into chunks. A chunk has database rows for usual documents (`usual_rows`), and an
`Entry` for every other document. This code runs in a thread, while another thread saves earlier chunks. This
code makes no database query."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ims_portal.kernel.periods import FinancialYear
from invoices.rules.documents import DocumentFault, number_key
from invoices.rules.remembered_checks import RememberedChecks
from invoices.rules.situation import Kind
from returns.gstr1_file.read import Block, Entry, ReturnFile
from returns.gstr1_file.usual_rows import Lot, UsualReader


@dataclass(slots=True)
class Chunk:
    """Documents that are saved together. Each document has a place in the chunk: a number from 0, in the
    order of the file. `lots` has the usual documents. `entries` has all other documents by their places.
    `problems` has, by place, the faults that were found without the database."""

    count: int = 0
    lots: list[Lot] = field(default_factory=list)
    entries: dict[int, Entry] = field(default_factory=dict)
    problems: dict[int, DocumentFault] = field(default_factory=dict)

    def judged_in_full(self) -> list[tuple[int, Entry]]:
        """Return the documents and removals that need the complete check, with their places. These are all
        entries without a known problem."""
        return [(place, entry) for place, entry in self.entries.items() if place not in self.problems]

    def place(self, place: int, number: str) -> str:
        """Return the position of a document in the file, as text for messages. `place` is the document's
        place in this chunk."""
        if place in self.entries:
            return self.entries[place].place
        lot = self.lots[bisect_right(self.lots, place, key=lambda lot: lot.first) - 1]
        return lot.place(number, place)


class NumbersSoFar:
    """The document numbers that the file has used so far (R-049), as 64-bit hashes. Two different numbers may
    have the same hash. The portal then wrongly reports that one number appears twice. This happens in one of
    thirty million files with a million documents each."""

    def __init__(self) -> None:
        self._before: list[array[int]] = []
        self.now: set[int] = set()

    def again(self, keys: Iterable[int]) -> bool:
        """Return true if this chunk has already used one of the keys. Otherwise, note all the keys as used
        and return false."""
        if not self.now.isdisjoint(keys):
            return True
        self.now.update(keys)
        return False

    def turn(self) -> set[int]:
        """End the chunk. Return the keys of this chunk that an earlier chunk has used."""
        found: set[int] = set()
        for run in self._before:
            found |= self.now.intersection(run)
        self._before.append(array("q", self.now))
        self.now = set()
        return found


def key_of(kind: Kind, number: str, year: int) -> int:
    """Return the hash of kind, number and financial year. Two documents of one supplier must not have the
    same kind, number and year (R-049)."""
    return hash((kind.value, number_key(number), year))


class Chunks:
    """Reads a file into chunks of about `size` documents."""

    def __init__(self, file: ReturnFile, checks: RememberedChecks, size: int):
        self.file, self.checks, self.size = file, checks, size
        self.seen = NumbersSoFar()
        self.chunk = Chunk()
        self._keys: dict[int, tuple[int, ...]] = {}  # place -> keys, for documents in `Chunk.entries`

    def __iter__(self) -> Iterator[Chunk]:
        reader = UsualReader(self.checks)
        for piece in self.file.pieces():
            if isinstance(piece, Block):
                for lot, others in reader.lots(piece, self.chunk.count):
                    self.chunk.count += len(lot.rows) + len(others)
                    self._usual(lot)
                    for place, entry in others:
                        self._other(place, entry)
            else:
                self.chunk.count += 1
                self._other(self.chunk.count - 1, piece)
            if self.chunk.count >= self.size:
                yield self._turn()
        if self.chunk.count:
            yield self._turn()

    def _usual(self, lot: Lot) -> None:
        self.chunk.lots.append(lot)
        keys = set(lot.keys)
        if len(keys) == len(lot.keys) and not self.seen.again(keys):
            return
        self._keep(lot, [not self.seen.again([key]) for key in lot.keys])

    def _keep(self, lot: Lot, fresh: list[bool]) -> None:
        for (place, text, _), once in zip(lot.rows, fresh, strict=True):
            if not once:
                self.chunk.problems[place] = twice(text.split("\t", 1)[0])
        lot.rows = [row for row, once in zip(lot.rows, fresh, strict=True) if once]
        lot.keys = [key for key, once in zip(lot.keys, fresh, strict=True) if once]

    def _other(self, place: int, entry: Entry) -> None:
        chunk = self.chunk
        chunk.entries[place] = entry
        if entry.problem is not None:
            chunk.problems[place] = entry.problem
            return
        keys = _keys(entry)
        if self.seen.again(keys):
            chunk.problems[place] = twice(entry.number)
            return
        self._keys[place] = keys

    def _turn(self) -> Chunk:
        chunk, again = self.chunk, self.seen.turn()
        if again:
            for lot in chunk.lots:
                self._keep(lot, [key not in again for key in lot.keys])
            for place, keys in self._keys.items():
                if again.intersection(keys):
                    chunk.problems[place] = twice(chunk.entries[place].number)
        self.chunk, self._keys = Chunk(), {}
        return chunk


def twice(number: str) -> DocumentFault:
    return DocumentFault(
        "DUPLICATE_DOC", "number", f"{number} appears twice in this file. Keep it only once."
    )


def _keys(entry: Entry) -> tuple[int, ...]:
    if entry.incoming is not None:
        draft = entry.incoming.draft
        return (key_of(draft.kind, draft.number, FinancialYear.of(draft.document_date).start),)
    assert entry.removal is not None
    year = FinancialYear.of(entry.removal.document_date).start
    return tuple(key_of(kind, entry.removal.number, year) for kind in entry.removal.kinds)
