"""A second writer for tests in which one writer waits for another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connections

from ims_portal.kernel.periods import TaxPeriod
from invoices.models import Taxpayer

OCTOBER = TaxPeriod(2024, 10)


def fresh(taxpayer: Taxpayer) -> Taxpayer:
    return Taxpayer.objects.get(pk=taxpayer.pk)


class Meanwhile(threading.Thread):
    """A thread that works on its own database connection while the test has another transaction open."""

    def __init__(self, work: Callable[[], Any]):
        super().__init__()
        self.work, self.error, self.value = work, None, None
        self.start()
        time.sleep(0.5)  # this pause lets the thread reach the lock

    def run(self) -> None:
        try:
            self.value = self.work()
        except Exception as error:  # noqa: BLE001  the test looks at it
            self.error = error
        finally:
            connections.close_all()
