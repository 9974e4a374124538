"""Read GSTN's JSON of GSTR-1, IFF and GSTR-1A as a stream, so that a file of any size needs little memory. A
file that cannot be read as a return is refused with the line and column of the fault. If one document has a
fault, the reader reports this document and reads on. Sections and keys without documents for IMS are skipped
and counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO

from ims_portal.kernel import file_kinds, strict_json
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.gstin import BadGstin, Gstin
from ims_portal.kernel.json_stream import JsonStream
from ims_portal.kernel.periods import BadPeriod, TaxPeriod
from ims_portal.support.web import screen_messages
from returns.files.stated_figures import TOTALS
from returns.gstr1_file.read_blocks import Block, Blocks, as_read, known_keys
from returns.gstr1_file.read_document import SHAPES, SHOWN_NUMBER, Entry, Removal, Shape, entry, what, wrong

__all__ = ["Block", "Entry", "Removal", "ReturnFile", "Shape", "block_entries", "open_file"]

# keys that describe the file; the reader skips these keys and does not count them in `outside`
HEADER = {"gstin", "fp", "version", "hash", "gt", "cur_gt", "fil_dt", "filing_typ"}

# the summary of GSTR-1, which states the counts and sums of its sections
SUMMARY = "sec_sum"


@dataclass(slots=True)
class ReturnFile:
    """An open file, with its taxpayer's GSTIN and its period. `outside` counts entries of sections that do
    not reach IMS. `stated` has the counts and sums that the file states of itself. Both are complete when the
    whole file is read."""

    gstin: str
    period: TaxPeriod
    source: BinaryIO = field(repr=False)
    outside: dict[str, int] = field(default_factory=dict)
    stated: dict[str, Any] = field(default_factory=dict)

    def pieces(self) -> Iterator[Block | Entry]:
        """Yield all documents in the order of the file: usual documents together in blocks, other documents
        one by one. Raises `Invalid` (IMP-FORMAT) if the rest of the file is not a return."""
        self.outside.clear()
        self.stated.clear()
        self.source.seek(0)
        stream = JsonStream(self.source)
        yield from self._root(stream)
        stream.finish()

    def entries(self) -> Iterator[Entry]:
        """Yield all documents one by one, in the order of the file. Raises `Invalid` (IMP-FORMAT) as `pieces`
        does."""
        for piece in self.pieces():
            if isinstance(piece, Block):
                yield from block_entries(piece)
            else:
                yield piece

    def _root(self, stream: JsonStream) -> Iterator[Block | Entry]:
        seen: set[str] = set()
        for key in stream.members():
            if key in file_kinds.SECTIONS_OF_GSTR2A:
                raise _of_another_kind("GSTR-2A")
            inner = [s for s in SHAPES if s.path[0] == key]
            if key == "data" and "gstin" not in seen and stream.peek() == b"{":
                yield from self._root(stream)  # in a save request, the return is inside `data`
            elif key == SUMMARY or key in TOTALS:
                self.stated[key] = stream.value()
            elif not inner:
                self._outside(stream, key, named=key not in HEADER)
            elif len(inner[0].path) == 1:
                yield from _section(stream, inner[0])
            elif stream.peek() != b"{":
                found = stream.value()
                if found is not None:
                    yield wrong(key, f"must be an object, not {what(found)}")
            else:
                for name in stream.members():
                    shape = next((s for s in inner if s.path[1] == name), None)
                    if shape is None:
                        self._outside(stream, f"{key}.{name}")
                    else:
                        yield from _section(stream, shape)
            seen.add(key)

    def _outside(self, stream: JsonStream, name: str, *, named: bool = True) -> None:
        """Skip a section that does not reach IMS, and count its entries in `outside`."""
        count = 0
        if stream.peek() == b"[":
            plain = 0
            for _ in stream.elements():
                count += _size_of_part(stream.value())
                plain += 1
            count = count or plain
        else:
            count = _size(stream.value())
        if named and count:
            self.outside[_shown(name)] = count


def open_file(data: bytes | BinaryIO) -> ReturnFile:
    """Open and return a file. `data` is a binary file that can seek, or the file's bytes. Raises `Invalid`
    (IMP-FORMAT, IMP-GSTIN, IMP-PERIOD) if the file does not begin as a return."""
    source = BytesIO(data) if isinstance(data, bytes) else data
    source.seek(0)
    stream = JsonStream(source)
    if stream.peek() != b"{":
        found = stream.value()
        unread = screen_messages.in_english(
            "IMP-FORMAT", expected="a JSON object with gstin and fp", found=what(found)
        )
        raise Invalid("IMP-FORMAT", unread)
    said = _header(stream)
    if len(said) < 2:
        _refuse_other_kinds(source)
    if "gstin" not in said:
        raise Invalid("IMP-GSTIN", "The file does not name its GSTIN (gstin).", details={"place": "gstin"})
    try:
        gstin = Gstin.parse(said["gstin"] if isinstance(said.get("gstin"), str) else "")
    except BadGstin as bad:
        raise Invalid("IMP-GSTIN", f"gstin: {bad}", details={"place": "gstin"}) from None
    if "fp" not in said:
        raise Invalid("IMP-PERIOD", "The file does not name its tax period (fp).", details={"place": "fp"})
    try:
        period = TaxPeriod.from_wire(said["fp"] if isinstance(said.get("fp"), str) else "")
    except BadPeriod:
        message = f'fp: {what(said.get("fp"))} is not a valid tax period. Write the period as "102024".'
        raise Invalid("IMP-PERIOD", message, details={"place": "fp"}) from None
    return ReturnFile(gstin, period, source)


def numbers_in(data: bytes) -> int:
    """Return an estimate of the number of documents in a piece of a file. The estimate is only used to show
    progress."""
    return data.count(b'"inum"') + data.count(b'"nt_num"')


def _header(stream: JsonStream, *, inner: bool = False) -> dict[str, Any]:
    """Return the values of `gstin` and `fp`, which may be anywhere in the file. Reading stops when both are
    found. `inner` is true for the object in `data`, which some programs write around the return."""
    said: dict[str, Any] = {}
    for key in stream.members():
        if key in ("gstin", "fp"):
            said[key] = stream.value()
            if len(said) == 2:
                return said
        elif key == "data" and not inner and stream.peek() == b"{":
            said |= _header(stream, inner=True)
            if len(said) == 2:
                return said
        else:
            stream.skip()
    if not inner:
        stream.finish()
    return said


def _refuse_other_kinds(source: BinaryIO) -> None:
    """Raise `Invalid` (IMP-FORMAT) if the keys of the file show that it is a file of another kind."""
    source.seek(0)
    kind = file_kinds.kind_of_keys(_keys(JsonStream(source)))
    if kind not in ("", "GSTR-1"):
        raise _of_another_kind(kind)


def _refuse_gstr2a(key: str) -> None:
    """Raise `Invalid` (IMP-FORMAT) for a key of a party that only GSTR-2A has."""
    if key in file_kinds.KEYS_OF_GSTR2A:
        raise _of_another_kind("GSTR-2A")


def _of_another_kind(kind: str) -> Invalid:
    message = screen_messages.in_english(
        "IMP-FORMAT", expected="a GSTR-1 JSON file with gstin and fp", found=file_kinds.with_article(kind)
    )
    return Invalid("IMP-FORMAT", message)


def _keys(stream: JsonStream) -> set[str]:
    """Return the keys of the file's object, and of an object in `data`."""
    found = set()
    for key in stream.members():
        found.add(key)
        if key == "data" and stream.peek() == b"{":
            found |= _keys(stream)
        else:
            stream.skip()
    return found


def block_entries(block: Block) -> Iterator[Entry]:
    """Yield the documents of a block one by one, as the exact reader would yield them."""
    first = block.position
    for nth, party in enumerate(block.parties, start=block.nth):
        head = as_read(party)
        for position, document in enumerate(head[block.shape.documents], start=first):
            yield entry(block.shape, head, document, place_of(block.shape, nth, position))
        first = 0


def place_of(shape: Shape, nth: int, position: int) -> str:
    """Return the place of a document for messages, for example b2b[0].inv[3]."""
    return f"{shape.name}[{nth}].{shape.documents}[{position}]"


def _shown(text: str) -> str:
    return text if SHOWN_NUMBER.match(text) else repr(text[:24])


def _size(value: Any) -> int:
    """Return the number of entries in a section that the portal does not read. The report shows this
    number."""
    if isinstance(value, dict):
        return sum(len(part) for part in value.values() if isinstance(part, list)) or len(value)
    return 0


def _size_of_part(part: Any) -> int:
    """Return the number of documents of one party, in a section that the portal does not read."""
    if not isinstance(part, dict):
        return 0
    return sum(len(part[key]) for key in ("inv", "nt") if isinstance(part.get(key), list))


def _section(stream: JsonStream, shape: Shape) -> Iterator[Block | Entry]:
    if stream.peek() != b"[":
        found = stream.value()
        if found is not None:
            yield wrong(shape.name, f"must be a list, not {what(found)}")
        return
    yield from _Section(stream, shape).read()


class _Section:
    """Reads the parties of one section, in blocks if possible, and otherwise document by document.

    `head` contains the keys of the party that is being read. `header` contains these keys as JSON text, for
    the quick reader (`Blocks`)."""

    def __init__(self, stream: JsonStream, shape: Shape):
        self.stream, self.shape = stream, shape
        self.blocks = Blocks(stream, shape)
        self.nth = self.position = 0
        self.head: dict[str, Any] | None = None
        self.header = b""

    def read(self) -> Iterator[Block | Entry]:
        stream = self.stream
        stream.take(b"[")
        if stream.peek() == b"]":
            stream.at += 1
            return
        while True:
            if self.head is None or self.header:
                block = self.blocks.take(self.nth, self.position, self.header)
                if block is not None:
                    self._after(block)
                    yield block
                    continue
            if self.head is None:
                yield from self._begin()
            else:
                document = stream.value()
                place = place_of(self.shape, self.nth, self.position)
                yield entry(self.shape, self.head, document, place)
                self.position += 1
                if not stream.closes(b"]"):
                    continue
                self._end(self.head, stream.closes(b"}"))
            if self.head is None:
                self.nth += 1
                if stream.closes(b"]"):
                    return

    def _open(self, head: dict[str, Any] | None, position: int = 0) -> None:
        self.head, self.position = head, position
        self.header = self.blocks.header(head) if head is not None else b""

    def _after(self, block: Block) -> None:
        """Note which party and document follow a block. A block ends at a comma, either between two documents
        of the last party or between two parties."""
        if not block.goes_on:
            self.nth += len(block.parties)
            self._open(None)
            return
        last = block.parties[-1]
        before = block.position if len(block.parties) == 1 else 0
        self.nth += len(block.parties) - 1
        self._open(known_keys(last), before + len(last.documents))

    def _begin(self) -> Iterator[Entry]:
        """Read the keys of a party that come before its documents, and leave the documents to `read`. If a
        key that the documents need comes after the documents, read the whole party and yield its
        documents."""
        stream, shape = self.stream, self.shape
        place = f"{shape.name}[{self.nth}]"
        if stream.peek() != b"{":
            stream.value()
            yield wrong(place, f'must be an object with a list "{shape.documents}"')
            return
        head: dict[str, Any] = {}
        documents: Any = None
        for key in stream.members():
            _refuse_gstr2a(key)
            if key != shape.documents:
                head[key] = stream.value()
            elif stream.peek() == b"[" and all(name in head for name in (shape.recipient, *shape.beside)):
                stream.at += 1
                if stream.peek() != b"]":
                    self._open(head)
                    return
                stream.at += 1
                documents = []
            else:
                documents = stream.value()
        if not isinstance(documents, list):
            yield wrong(place, f'must be an object with a list "{shape.documents}"')
            return
        for position, document in enumerate(documents):
            yield entry(shape, head, document, place_of(shape, self.nth, position))

    def _end(self, head: dict[str, Any], over: bool) -> None:
        """Read the keys that follow the documents of a party. Raises `Invalid` if a key appears twice."""
        stream = self.stream
        seen = {*head, self.shape.documents}
        while not over:
            where = stream.place() if stream.peek() else (0, 0)
            key = stream.value()
            if not isinstance(key, str):
                raise stream.fault("The file is not valid JSON: expected a key in double quotes.")
            if key in seen:
                raise strict_json.invalid(strict_json.twice(key), *where)
            _refuse_gstr2a(key)
            seen.add(key)
            stream.take(b":")
            stream.value()
            over = stream.closes(b"}")
        self._open(None)
