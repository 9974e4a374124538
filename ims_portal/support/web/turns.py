"""Limit how many requests of one program a web process works on at the same time. A program that sends many
requests at the same time must leave threads for other users."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from threading import Lock

# A web process works on at most this number of requests of one program at the same time. The process has
# eight threads.
MOST_AT_ONCE = 4
_lock = Lock()
_working: Counter[Hashable] = Counter()


class Turn:
    """The right of one request to use a thread. Only the first call of `give_back` has an effect."""

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
        """Yield the pieces of a streamed response. Give the turn back after the last piece, or when sending
        fails."""
        try:
            yield from pieces
        finally:
            self.give_back()


def take(key: Hashable) -> Turn | None:
    """Return a turn (the right to use a thread) for the program with this `key`, such as a token's number.
    Return None if the program has `MOST_AT_ONCE` turns already."""
    with _lock:
        if _working[key] >= MOST_AT_ONCE:
            return None
        _working[key] += 1
    return Turn(key)


@contextmanager
def turn(key: Hashable) -> Iterator[bool]:
    """Reserve a thread for the program with this `key` during the block. Yield True if the program may use
    another thread, and False if not."""
    taken = take(key)
    try:
        yield taken is not None
    finally:
        if taken is not None:
            taken.give_back()
