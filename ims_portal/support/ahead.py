"""Work in a thread beside one's own: what an iterator makes next, made ahead; and a look through one to its end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable, Iterator
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


class Through:
    """Goes through an iterable in a thread of its own, for what it may raise. It must leave the database alone."""

    def __init__(self, items: Iterable[Any]):
        self._items = items
        self._left = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="through", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            for _ in self._items:
                if self._left.is_set():
                    return
        except BaseException as failure:  # noqa: BLE001  raised again by whoever asks
            self._failure = failure

    def over(self) -> bool:
        """Is the end reached? Raises what was raised on the way."""
        if self._thread.is_alive():
            return False
        if self._failure is not None:
            raise self._failure
        return True

    def close(self) -> None:
        """End the thread, however far it is."""
        self._left.set()
        self._thread.join()
