"""Concurrent visitors. Each visitor requests page after page on its own connection, and measures the duration
of every response."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

Step = tuple[str, str, bytes | None, dict[str, str]]


@dataclass(slots=True)
class Waited:
    """The durations of all responses in seconds, the number of errors (a status of 500 or above, or no
    response), and the number of responses by status."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    statuses: dict[int, int] = field(default_factory=dict)

    def at(self, share: float) -> float:
        """Return the time in seconds within which this share of the responses arrived. `share` is between 0
        and 1."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")


def visit(
    port: int,
    steps: Sequence[Callable[[], Iterator[Step]]],
    seconds: float,
    *,
    think: float = 0.0,
    per_second: float | None = None,
) -> Waited:
    """Let visitors send requests for `seconds` seconds, and return the waiting times. Each function of
    `steps` is one visitor and returns an endless sequence of requests. A visitor waits `think` seconds on
    average between a response and the next request. With `per_second`, all visitors together send
    `per_second` requests a second. Each waiting time then starts at the planned time of the request."""
    told, lock = Waited(), threading.Lock()
    until = time.monotonic() + seconds
    turn = iter(range(10**9))
    dice = random.Random(len(steps))
    began = time.monotonic()

    def work(walk: Iterator[Step]) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for method, path, body, headers in walk:
            time.sleep(think * dice.uniform(0.5, 1.5))
            due = time.monotonic()
            if per_second is not None:
                with lock:
                    due = began + next(turn) / per_second
                time.sleep(max(0.0, due - time.monotonic()))
            if time.monotonic() >= until:
                break
            status = _ask(line, method, path, body, headers)
            took = time.monotonic() - due
            with lock:
                told.seconds.append(took)
                told.statuses[status] = told.statuses.get(status, 0) + 1
                told.errors += status >= 500 or status == 0
        line.close()

    threads = [threading.Thread(target=work, args=(one(),), daemon=True) for one in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 120)
    return told


def _ask(
    line: http.client.HTTPConnection, method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> int:
    try:
        line.request(method, path, body, headers)
        reply = line.getresponse()
        reply.read()
        return reply.status
    except (OSError, http.client.HTTPException):
        line.close()
        return 0
