"""Make the next items of an iterator ahead of time, in a second thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
WAIT = 0.5


def ahead(items: Iterator[T], *, most: int = 2) -> Generator[T, None, None]:
    """Yield the items of the iterator in their order. While the caller uses an item, a second thread makes up
    to `most` further items.

    The second thread runs the iterator, so the iterator must not use the database. This generator raises the
    errors of the iterator. Closing this generator ends the second thread."""
    ready: queue.Queue[tuple[str, Any]] = queue.Queue(most)
    over = threading.Event()

    def offer(what: str, item: Any) -> bool:
        while not over.is_set():
            try:
                ready.put((what, item), timeout=WAIT)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            for item in items:
                if not offer("item", item):
                    return
            offer("end", None)
        except BaseException as failure:  # noqa: BLE001  raised again where the items are wanted
            offer("failure", failure)

    thread = threading.Thread(target=work, name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            what, item = ready.get()
            if what == "end":
                return
            if what == "failure":
                raise item
            yield item
    finally:
        over.set()
        thread.join()
