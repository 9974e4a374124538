"""Reads a JSON file of any size piece by piece, as strictly as `strict_json` reads a small file.

The caller reads an object with `members`, an array with `elements`, and a small part as a whole with `value`.
Even for a large file, only one piece of the file (the window) and the current value are in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from ims_portal.kernel import strict_json
from ims_portal.kernel.errors import Invalid

WINDOW = 256 * 1024
MOST_VALUE = 16 * 1024 * 1024
SPACE = re.compile(rb"[ \t\r\n]*")
MARK = re.compile(rb'["{}\[\]]')
STRING_END = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
SCALAR = re.compile(rb'[^\s,:\]}\[{"]+')


class JsonStream:
    """A JSON file that the caller reads piece by piece. `data[at:]` is the part in memory that the caller has
    not read yet."""

    def __init__(self, source: BinaryIO):
        self._source = source
        self.data = b""
        self.at = 0
        self.ended = False
        self._line, self._line_began, self._dropped = 1, 0, 0
        self.more()
        if refusal := strict_json.not_json(self.data):
            raise self.fault(refusal)
        if self.data.startswith(strict_json.MARK):
            self.at = len(strict_json.MARK)

    # The position in the file

    @property
    def offset(self) -> int:
        """The number of bytes of the file that the caller has read."""
        return self._dropped + self.at

    def place(self) -> tuple[int, int]:
        """Return the line and column of the next byte."""
        line = self._line + self.data.count(b"\n", 0, self.at)
        last = self.data.rfind(b"\n", 0, self.at)
        began = self._dropped + last + 1 if last >= 0 else self._line_began
        return line, self.offset - began + 1

    def fault(self, message: str) -> Invalid:
        return strict_json.invalid(message, *self.place())

    # Reading bytes

    def more(self) -> bool:
        """Read another window of the file, and drop the bytes before `at`. Return False at the end of the
        file."""
        read = b"" if self.ended else self._source.read(WINDOW)
        if not read:
            self.ended = True
            return False
        gone = self.data[: self.at]
        lines = gone.count(b"\n")
        if lines:
            self._line += lines
            self._line_began = self._dropped + gone.rfind(b"\n") + 1
        self._dropped += self.at
        self.data = self.data[self.at :] + read
        self.at = 0
        return True

    def peek(self) -> bytes:
        """Return the next byte that is not white space, and do not read past this byte. Return empty bytes at
        the end of the file."""
        while True:
            self.at = SPACE.match(self.data, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.data):
                return self.data[self.at : self.at + 1]
            if not self.more():
                return b""

    def take(self, mark: bytes) -> None:
        if self.peek() != mark:
            raise self._unexpected(f"expected {mark.decode()!r}")
        self.at += 1

    def _unexpected(self, what: str) -> Invalid:
        if self.peek() == b"":
            return self.fault(strict_json.EARLY)
        return self.fault(f"The file is not valid JSON: {what}.")

    # Reading JSON values

    def members(self) -> Iterator[str]:
        """Yield the keys of an object. The caller reads or skips the value of each key before asking for the
        next key."""
        self.take(b"{")
        if self.peek() == b"}":
            self.at += 1
            return
        seen: set[str] = set()
        while True:
            if self.peek() != b'"':
                raise self._unexpected("expected a key in double quotes")
            where = self.place()
            key = self.value()
            if key in seen:
                raise strict_json.invalid(strict_json.twice(key), *where)
            seen.add(key)
            self.take(b":")
            yield key
            if self.closes(b"}"):
                return

    def elements(self) -> Iterator[int]:
        """Yield the positions of an array's elements. The caller reads or skips each element before asking
        for the next."""
        self.take(b"[")
        if self.peek() == b"]":
            self.at += 1
            return
        nth = 0
        while True:
            yield nth
            nth += 1
            if self.closes(b"]"):
                return

    def closes(self, mark: bytes) -> bool:
        """Read the comma or the closing `mark` after an element. Return true for `mark`."""
        found = self.peek()
        if found not in (b",", mark):
            raise self._unexpected(f"expected ',' or {mark.decode()!r}")
        self.at += 1
        return found == mark

    def value(self) -> Any:
        """Return the next value as a whole. Raises `Invalid` if the value is not JSON or is too large.

        The value may contain half of a character (a lone surrogate). The caller must then refuse the document
        with this value."""
        piece, (line, column) = self.piece()
        return strict_json.loads(piece, half_characters=True, line=line, column=column)

    def piece(self) -> tuple[bytes, tuple[int, int]]:
        """Return the bytes of the next value, and the line and column at which the value begins."""
        self.peek()
        where = self.place()
        end = self._end()
        found = self.data[self.at : end]
        self.at = end
        return found, where

    def skip(self) -> None:
        """Skip the next value."""
        self.peek()
        self.at = self._end(keep=False)

    def finish(self) -> None:
        """Raise `Invalid` if anything follows the root value."""
        if self.peek() != b"":
            raise self.fault("The file is not valid JSON: there is more text after its end.")

    def _end(self, *, keep: bool = True) -> int:
        """Return the end position of the value that begins at `at`. Read the file as far as needed. Without
        `keep`, drop the bytes that were read."""
        scan, depth = self.at, 0
        while True:
            found = MARK.search(self.data, scan) if depth else MARK.match(self.data, scan)
            if found is None:
                if not depth and scan < len(self.data):
                    return self._scalar_end()
                scan = self._on(len(self.data), keep)
                continue
            mark = found.group()
            if mark == b'"':
                closed = STRING_END.match(self.data, found.end())
                if closed is None:
                    scan = self._on(found.start(), keep)
                    continue
                scan = closed.end()
            else:
                depth += 1 if mark in b"{[" else -1
                scan = found.end()
                if depth > strict_json.MOST_DEPTH:
                    raise self.fault(strict_json.TOO_DEEP)
            if depth <= 0:
                return scan

    def _on(self, scan: int, keep: bool) -> int:
        """Read another window of the file while searching for the end of a value. `scan` is a position in the
        old window. Return this position in the new window."""
        if not keep:
            self.at = scan
        elif len(self.data) - self.at > MOST_VALUE:
            raise self.fault(
                "One value in the file is larger than 16 MB. Check that it is the file of a return."
            )
        before = self.at
        if not self.more():
            self.at = len(self.data)
            raise self.fault(strict_json.EARLY)
        return scan - before

    def _scalar_end(self) -> int:
        while True:
            found = SCALAR.match(self.data, self.at)
            end = found.end() if found else self.at + 1
            if end < len(self.data) or end - self.at > MOST_VALUE or not self.more():
                return end
