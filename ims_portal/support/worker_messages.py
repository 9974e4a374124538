"""Sends messages to the Celery workers from a thread of its own, so that no request waits for the broker.

A message may be lost: its process may end, the broker may not answer, or too many messages may wait. The rows of the Job table say what is to be done, and the sweep starts a job without a message."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import deque
from typing import Any

from celery import current_app

log = logging.getLogger(__name__)
# If the broker does not answer, the thread tries the broker again only after this time, in seconds. Messages
# of the time between are dropped.
BROKER_REST = 10.0
# the most messages that wait for the thread
MOST_WAITING = 1000
# the most seconds that the end of the process waits for the last messages
LAST_SECONDS = 1.5


class Messenger:
    """A queue of messages and the thread that sends them. The thread starts with the first message."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[tuple[str, tuple[Any, ...]]] = deque(maxlen=MOST_WAITING)
        self._is_sending = False
        self._rests_until = 0.0
        self._thread: threading.Thread | None = None

    def send(self, task: str, *arguments: Any) -> None:
        """Give a Celery task, by its name, to the thread. Return at once."""
        with self._changed:
            self._waiting.append((task, arguments))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="worker-messages", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until no message waits any more, for at most `seconds`. Return False if messages are left."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._is_sending, seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                task, arguments = self._waiting.popleft()
                self._is_sending = True
            if time.monotonic() >= self._rests_until:
                self._try(task, arguments)
            with self._changed:
                self._is_sending = False
                self._changed.notify_all()

    def _try(self, task: str, arguments: tuple[Any, ...]) -> None:
        try:
            current_app.send_task(task, arguments, retry=False)
        except Exception as failure:  # noqa: BLE001  every transport has errors of its own
            self._rests_until = time.monotonic() + BROKER_REST
            log.warning("the broker did not take %s: %s", task, type(failure).__name__)


_messenger = Messenger()


def send(task: str, *arguments: Any) -> None:
    """Send a Celery task by its name, without waiting for the broker."""
    _messenger.send(task, *arguments)


def wait(seconds: float = LAST_SECONDS) -> bool:
    """Wait until the messages of this process are sent or dropped. Return False if some are left."""
    return _messenger.wait(seconds)


def _begin_anew() -> None:
    """A forked process has a copy of the queue but no thread. The parent sends the queue's messages."""
    global _messenger
    _messenger = Messenger()


os.register_at_fork(after_in_child=_begin_anew)
atexit.register(wait)
