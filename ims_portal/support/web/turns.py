"""How much of a process one program may use at a time: a program that sends many requests at once must leave room for
everybody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Lock

# of the eight threads of a web process
MOST_AT_ONCE = 4
_lock = Lock()
_working: Counter[Hashable] = Counter()


def take(key: Hashable) -> bool:
    """Take a turn for `key`, such as a token's number. False if it has `MOST_AT_ONCE` turns already; otherwise the caller
    gives the turn back (`give_back`)."""
    with _lock:
        if _working[key] >= MOST_AT_ONCE:
            return False
        _working[key] += 1
        return True


def give_back(key: Hashable) -> None:
    with _lock:
        _working[key] -= 1
        if _working[key] <= 0:
            del _working[key]


@contextmanager
def turn(key: Hashable) -> Iterator[bool]:
    """Whether there was a turn; it is given back at the end."""
    taken = take(key)
    try:
        yield taken
    finally:
        if taken:
            give_back(key)
