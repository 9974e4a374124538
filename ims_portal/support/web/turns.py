"""Limit how much of a process one program uses at a time. A program that sends many requests at once must
leave room for everybody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock

# of the eight threads of a web process
MOST_AT_ONCE = 4
_lock = Lock()
_working: Counter[Hashable] = Counter()


class Turn:
    """A turn that was taken. A second `give_back` has no effect."""

    def __init__(self, key: Hashable):
        self._key: Hashable | None = key

    def give_back(self) -> None:
        with _lock:
            key, self._key = self._key, None
            if key is not None:
                _working[key] -= 1
                if _working[key] <= 0:
                    del _working[key]

    def until_sent(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the pieces of an answer that is made while it is sent. The turn is given back after the last
        piece."""
        try:
            yield from pieces
        finally:
            self.give_back()


def take(key: Hashable) -> Turn | None:
    """Take a turn for `key`, such as a token's number. None if the key has `MOST_AT_ONCE` turns already."""
    with _lock:
        if _working[key] >= MOST_AT_ONCE:
            return None
        _working[key] += 1
    return Turn(key)


@contextmanager
def turn(key: Hashable) -> Iterator[bool]:
    """Yield True if a turn was free. The turn is given back at the end of the block."""
    taken = take(key)
    try:
        yield taken is not None
    finally:
        if taken is not None:
            taken.give_back()
