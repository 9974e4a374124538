"""Embedded mode: one Celery worker and one beat as threads of the server process, on the in-memory broker.

There the 14th fires as it does in production. One process only: each would have a broker of its own.
"""

from __future__ import annotations

import logging
import threading

from celery.beat import EmbeddedService, Scheduler
from django.conf import settings

from ims_portal.celery import app

log = logging.getLogger(__name__)
_started = threading.Lock()


def start() -> bool:
    """Start worker and beat once; returns whether this call did. Does nothing where a broker is configured."""
    if not settings.PORTAL_EMBEDDED or not _started.acquire(blocking=False):
        return False
    # the controller, not the command-line worker: that one would take over the process's signals
    worker = app.WorkController(
        app=app,
        pool="threads",
        concurrency=2,
        hostname="embedded@portal",
        without_heartbeat=True,
        without_mingle=True,
        without_gossip=True,
    )
    threading.Thread(target=worker.start, name="celery-worker", daemon=True).start()
    beat = EmbeddedService(app, thread=True, scheduler_cls=Scheduler)
    beat.daemon = True
    beat.start()
    log.info("worker and beat run inside this process")
    return True
