"""Work in a thread beside one's own: what an iterator makes next, made ahead."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
WAIT = 0.5


def ahead(items: Iterator[T], *, most: int = 2) -> Generator[T, None, None]:
    """The same items in the same order, up to `most` of them ready. The iterator runs in a thread of its own, so
    it must leave the database alone; what it raises is raised here. Closing this one ends the thread."""
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
