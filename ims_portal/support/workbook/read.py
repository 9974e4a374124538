"""Read workbooks that people upload, row by row. A child process (`child`) parses the workbook. The child
process has limits of memory and time, so that no workbook can use up the portal's own memory or time."""

from __future__ import annotations

import os
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ims_portal.kernel.errors import Invalid
from ims_portal.support.workbook import child as workbook_child
from ims_portal.support.workbook.parse import FORMULA, MOST_BYTES, MOST_ROWS, Formatted, Formula, look_at
from ims_portal.support.workbook.values import look_at_values

__all__ = ["MOST_BYTES", "MOST_ROWS", "Formatted", "Formula", "Workbook", "look_at"]
ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "ims_portal.support.workbook.child"]
TOO_MUCH = (
    "The workbook needs more memory or time than 1,00,000 rows need. It was not read. Copy the filled cells "
    "into a new workbook and load that workbook."
)


class Workbook:
    """A workbook that is parsed in a child process. The file may have at most `MOST_BYTES`. Raises `Invalid`
    (IMP-SIZE, IMP-LOCKED, IMP-FORMAT) when it is opened and while its rows are read. With `values`, the rows have
    the values that Excel shows, and the limits are those of `values`."""

    def __init__(self, data: bytes, *, values: bool = False):
        if values:
            look_at_values(data)
        else:
            look_at(data)
        self._child = subprocess.Popen(  # noqa: S603  a command made here
            [*COMMAND, "values"] if values else COMMAND,
            cwd=ROOT,
            # the child process gets none of the portal's secrets, because it parses files of strangers
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._close = weakref.finalize(self, _end, self._child)
        self._is_reading = False
        try:
            assert self._child.stdin is not None
            self._child.stdin.write(len(data).to_bytes(8, "big") + data)
            self._child.stdin.flush()
            _open, titles, merged = self._frame()
        except BaseException as failure:
            self._close()
            if isinstance(failure, OSError):
                raise Invalid("IMP-SIZE", TOO_MUCH) from None
            raise
        self.titles: list[str] = titles
        self._merged: dict[str, list[str]] = merged

    def merged(self, title: str) -> list[str]:
        """Return the merged areas of a sheet, like `C7:D7`."""
        return self._merged.get(title, [])

    def rows(self, title: str) -> Iterator[tuple[int, list[Any]]]:
        """Yield the row number and the values of each row. A value is text, a number, a date, a `Formula`,
        a `Formatted` number, or None for an empty cell. Only one sheet can be read at a time. A call for another sheet ends the
        reading of the earlier sheet."""
        assert self._child.stdin is not None
        while self._is_reading:
            self._next_row()
        try:
            workbook_child.send(self._child.stdin, title)  # type: ignore[arg-type]
            self._child.stdin.flush()
        except OSError:
            raise Invalid("IMP-SIZE", TOO_MUCH) from None
        self._is_reading = True
        while (row := self._next_row()) is not None:
            yield row

    def _next_row(self) -> tuple[int, list[Any]] | None:
        frame = self._frame()
        if frame[0] == "end":
            self._is_reading = False
            return None
        number, values = frame
        return number, [_value(value) if type(value) is list else value for value in values]

    def _frame(self) -> list[Any]:
        assert self._child.stdout is not None
        frame = workbook_child.receive(self._child.stdout)  # type: ignore[arg-type]
        if frame is None:
            self._close()
            raise Invalid("IMP-SIZE", TOO_MUCH)
        if frame[0] == "bad":
            self._is_reading = False
            _bad, code, message, details = frame
            raise Invalid(code, message, details=details or None)
        return list(frame)


def _value(pair: list[Any]) -> Any:
    return FORMULA if pair[0] == "formula" else workbook_child.cell_value(pair)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                # The child process has not read all data that was sent to it. Nobody needs the data any more.
                continue
    child.wait()
