"""Reads JSON that other programs send. Numbers stay exact, a repeated key is a fault, and the message of each
fault names its line and column.

Python's own JSON reader is not strict enough for tax documents. If a key is repeated, Python's reader keeps
only the last value. It also accepts NaN, and turns 0.1 into a binary fraction."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.file_kinds import kind_of_bytes

CODE = "IMP-FORMAT"
MOST_DEPTH = 40
# This limit allows a file of 20 MB with a value every ten bytes. Each value needs about a hundred bytes of
# memory, so such a file needs about 200 MB of memory.
MOST_VALUES = 2_000_000
# No amount needs more characters. Decimal arithmetic would round a longer number.
MOST_DIGITS = 24
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
MARK = b"\xef\xbb\xbf"  # the byte order mark of UTF-8, which some programs write
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
EARLY = "The file is not valid JSON: the end is missing. Get the whole file again."
TOO_DEEP = f"The file nests more than {MOST_DEPTH} levels deep. Check that it is the file of a return."
UNREADABLE = "The file cannot be read."
TOO_MANY = f"The file contains more than {MOST_VALUES:,} values. Split it."
ESCAPED = re.compile(rb"\\.", re.DOTALL)
QUOTED = re.compile(rb'"[^"]*"?')
NO_BRACKET = bytes(set(range(256)) - set(b'[]{}"'))
ONE_KIND = bytes.maketrans(b"{}", b"[]")
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+', re.DOTALL)


@dataclass(frozen=True, slots=True)
class BadNumber:
    """A number that cannot be read exactly. `loads` returns this object, with the text of the number, in
    place of the number. The caller can then name the field in its message."""

    text: str

    def __str__(self) -> str:
        return self.text[:20] + ("…" if len(self.text) > 20 else "")


class _Fault(ValueError):
    """Raised by the parser's hooks to refuse the text. `_first_fault` later finds the position of the fault
    in the text."""


def loads(data: bytes, *, half_characters: bool = False, line: int = 1, column: int = 1) -> Any:
    """Return the value in `data`. Raises `Invalid` (IMP-FORMAT), whose message and details name the line and
    column.

    If `data` is a piece of a longer file, `line` and `column` say where the piece begins in the file. An
    escape may name half of a character (a lone surrogate). The function then refuses the whole text. With
    `half_characters`, the function accepts the escape, and the caller must refuse the document that contains
    it."""
    try:
        return _loads(data, half_characters)
    except _Misplaced as found:
        bad = found.column + column - 1 if found.line == 1 else found.column
        raise invalid(found.message, found.line + line - 1, bad) from None


def not_json(data: bytes) -> str:
    """Return the message that refuses a file which is no UTF-8 text, or an empty text. `data` is the beginning
    of the file."""
    if data.startswith(WIDE_MARKS):
        return "The file is UTF-16 text. Save it again as UTF-8."
    kind = kind_of_bytes(data[:1024])
    return f"This file is {kind}, not JSON. Choose the JSON file." if kind else ""


class _Misplaced(Exception):
    """A fault, with its line and column in the text that was parsed."""

    def __init__(self, message: str, line: int, column: int):
        super().__init__(message)
        self.message, self.line, self.column = message, line, column


def _loads(data: bytes, half_characters: bool) -> Any:
    if refusal := not_json(data):
        raise _Misplaced(refusal, 1, 1)
    data = data.removeprefix(MARK)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as bad:
        line = data.count(b"\n", 0, bad.start) + 1
        column = bad.start - data.rfind(b"\n", 0, bad.start)
        raise _Misplaced("The file is not UTF-8 text. Save it again as UTF-8.", line, column) from None
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MOST_VALUES:
        raise _Misplaced(TOO_MANY, 1, 1)
    if _may_be_too_deep(data) and (fault := _at_first_fault(text)).message != UNREADABLE:
        raise fault
    try:
        found = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_number,
            parse_int=_whole,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as bad:
        fix = "The end is missing. Get the whole file again." if bad.pos >= len(text.rstrip()) else ""
        message = f"The file is not valid JSON: {bad.msg}. {fix}".rstrip()
        raise _Misplaced(message, bad.lineno, bad.colno) from None
    except (_Fault, RecursionError):
        raise _at_first_fault(text) from None
    half = None if half_characters else _half_a_character(text)
    if half is not None:
        line = text.count("\n", 0, half) + 1
        raise _Misplaced(
            "An escape sequence encodes only half of a character (a lone surrogate). Write the character "
            "itself.",
            line,
            half - text.rfind("\n", 0, half),
        )
    return found


def _may_be_too_deep(data: bytes) -> bool:
    """Return true for JSON that nests deeper than `MOST_DEPTH`, and for some broken JSON. The function makes
    no values. It removes the innermost pairs of brackets `MOST_DEPTH` times, and looks for brackets that
    remain."""
    if b"\\" in data:
        data = ESCAPED.sub(b"", data)
    brackets = data.translate(ONE_KIND, NO_BRACKET).replace(b'""', b"")
    if b'"' in brackets:
        brackets = QUOTED.sub(b"", brackets)
    for _level in range(MOST_DEPTH):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return b"[" in brackets


def _half_a_character(text: str) -> int | None:
    """Return the position of an escape that names half of a character, or None. Half of a character is not
    valid text, and databases cannot store half of a character."""
    if "\\u" not in text:
        return None
    high: re.Match[str] | None = None
    for escape in ESCAPE.finditer(text):
        number = int(escape[1], 16) if escape[1] else 0
        follows = high is not None and high.end() == escape.start()
        if 0xDC00 <= number < 0xE000 and follows:
            high = None
            continue
        if high is not None or 0xDC00 <= number < 0xE000:
            return (high or escape).start()
        high = escape if 0xD800 <= number < 0xDC00 else None
    return high.start() if high is not None else None


def twice(key: str) -> str:
    return f"The key {key[:40]!r} appears twice in one object. Keep only one."


def invalid(message: str, line: int, column: int) -> Invalid:
    """Return the error for a fault at this line and column of a file."""
    return Invalid(
        CODE, f"{message} (line {line}, column {column})", details={"line": line, "column": column}
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Fault
    return found


def _number(text: str) -> Decimal | BadNumber:
    try:
        return Decimal(text) if len(text) <= MOST_DIGITS else BadNumber(text)
    except InvalidOperation:
        return BadNumber(text)


def _whole(text: str) -> int | Decimal | BadNumber:
    if len(text) > MOST_DIGITS:
        return BadNumber(text)
    # "-0" becomes a decimal, which keeps the minus sign; an integer would lose the sign
    return Decimal(text) if text == "-0" else int(text)


def _constant(text: str) -> None:
    raise _Fault


def _at_first_fault(text: str) -> _Misplaced:
    message, offset = _first_fault(text)
    line = text.count("\n", 0, offset) + 1
    return _Misplaced(message, line, offset - text.rfind("\n", 0, offset))


def _first_fault(text: str) -> tuple[str, int]:
    """Return the message and the position of the first fault in a text that `loads` could not read. If the
    function finds no fault, return `UNREADABLE` and 0."""
    inside: list[set[str] | None] = []
    before = ""
    for match in TOKEN.finditer(text):
        word, offset = match.group(), match.start()
        if word in ("NaN", "Infinity", "-Infinity"):
            return f"{word} is not a JSON number. Give the amount, or leave the field out.", offset
        if word in "{[":
            inside.append(set() if word == "{" else None)
            if len(inside) > MOST_DEPTH:
                return TOO_DEEP, offset
        elif word in "}]" and inside:
            inside.pop()
        elif word[0] == '"' and before in ("{", ",") and inside and inside[-1] is not None:
            try:
                key = json.loads(word)
            except ValueError:
                return "The file is not valid JSON: this key cannot be read.", offset
            if key in inside[-1]:
                return twice(key), offset
            inside[-1].add(key)
        before = word
    return UNREADABLE, 0
