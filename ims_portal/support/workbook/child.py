"""The process that parses a workbook: `python -m ims_portal.support.workbook.child`, with limits of memory
and time. With the word `values` after it, the process gives the values of large sheets (`values`).

The process reads from standard input the length of the workbook (eight bytes), and then the workbook. The
process answers in frames. A frame consists of its length (four bytes) and a value in msgpack. The first
frame is `["open", titles, merged areas by title]`.

The parent process asks for a sheet with a frame that contains the sheet's title. The child answers with a
frame `[row number, values]` for each row, then `["end"]`. A fault is a frame `["bad", code, message,
details]`."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

import msgspec

from ims_portal.kernel.errors import Invalid
from ims_portal.support.workbook.parse import Formatted, Formula, ParsedWorkbook
from ims_portal.support.workbook.values import ValuesOfWorkbook

MOST_MEMORY = 600 * 1024 * 1024
MOST_SECONDS = 60
# for the values of sheets of several hundred thousand rows
MOST_MEMORY_OF_VALUES, MOST_SECONDS_OF_VALUES = 1400 * 1024 * 1024, 120
PLAIN = frozenset({str, float, bool, type(None)})
MOST_WHOLE = 2**63


def main(
    source: BinaryIO, target: BinaryIO, opens: Callable[[bytes], ParsedWorkbook | ValuesOfWorkbook]
) -> None:
    """Read one workbook and answer requests for its sheets, until standard input ends."""
    data = source.read(int.from_bytes(source.read(8), "big"))
    book: ParsedWorkbook | ValuesOfWorkbook | None = None

    def opened() -> None:
        nonlocal book
        book = opens(data)
        send(target, ["open", book.titles, {title: book.merged(title) for title in book.titles}])

    def rows(title: str) -> None:
        assert book is not None
        for number, values in book.rows(title):
            send(
                target, [number, [value if type(value) in PLAIN else frame_value(value) for value in values]]
            )
        send(target, ["end"])

    answer(target, opened)
    while (title := receive(source)) is not None:
        answer(target, lambda title=title: rows(title))  # type: ignore[misc]


def answer(target: BinaryIO, work: Callable[[], None]) -> None:
    """Run `work`. If the workbook has a fault, send the fault as a frame."""
    try:
        work()
    except Invalid as wrong:
        send(target, ["bad", wrong.code, wrong.message, wrong.details])
    target.flush()


def frame_value(value: Any) -> Any:
    """Return a cell's value in the form in which this process sends it. Dates, formulas and very large
    numbers become a list of kind and text."""
    if type(value) in PLAIN or isinstance(value, int) and -MOST_WHOLE <= value < MOST_WHOLE:
        return value
    if isinstance(value, Formula):
        return ["formula", ""]
    if isinstance(value, Formatted):
        return ["formatted", f"{float(value)!r} {value.format}"]
    if isinstance(value, (datetime, date, time)):
        return [type(value).__name__, value.isoformat()]
    if isinstance(value, timedelta):
        return ["timedelta", str(value.total_seconds())]
    return ["int" if isinstance(value, int) else "str", str(value)]


def cell_value(value: Any) -> Any:
    """Return the cell's value from its form in a frame. This is the reverse of `frame_value`."""
    if not isinstance(value, list):
        return value
    kind, text = value
    readers: dict[str, Callable[[str], Any]] = {
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "time": time.fromisoformat,
        "timedelta": lambda seconds: timedelta(seconds=float(seconds)),
        "int": int,
        "formatted": _formatted,
    }
    return readers.get(kind, str)(text)


def _formatted(text: str) -> Formatted:
    value, _blank, number_format = text.partition(" ")
    return Formatted.of(float(value), number_format)


def send(target: BinaryIO, frame: Any) -> None:
    packed = msgspec.msgpack.encode(frame)
    target.write(len(packed).to_bytes(4, "big") + packed)


def receive(source: BinaryIO) -> Any:
    """Return the next frame (message). Return None at the end of the stream, and if the stream ends inside a
    frame."""
    size = source.read(4)
    if len(size) < 4:
        return None
    packed = source.read(int.from_bytes(size, "big"))
    return msgspec.msgpack.decode(packed) if len(packed) == int.from_bytes(size, "big") else None


def limit(memory: int = MOST_MEMORY, seconds: int = MOST_SECONDS) -> None:
    """Limit this process: its address space in bytes and its processor time in seconds. The process cannot
    write files or core dumps. It also gets a lower priority than the processes that serve pages."""
    os.nice(5)
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        # On some systems the address space cannot be limited. The other limits still work on such systems.
        with suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    values = sys.argv[1:] == ["values"]
    if values:
        limit(MOST_MEMORY_OF_VALUES, MOST_SECONDS_OF_VALUES)
    else:
        limit()
    # If the process has no more memory, it ends without a frame. The process that asked for the workbook then
    # reports that the workbook needs too much memory or time.
    with suppress(MemoryError, BrokenPipeError):
        main(sys.stdin.buffer, sys.stdout.buffer, ValuesOfWorkbook if values else ParsedWorkbook)
