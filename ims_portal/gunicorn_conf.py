"""Settings with which gunicorn serves the portal. Embedded mode runs in one process. Production runs
WEB_CONCURRENCY processes."""

import os
import shutil
import tempfile
from pathlib import Path

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from ims_portal.support import leftovers

# Each process writes its own metrics files into this folder, and /metrics adds up the counts of all files.
# The environment variable must be set before the application loads.
COUNTS = tempfile.mkdtemp(prefix=f"{leftovers.METRICS}{os.getpid()}-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = COUNTS

BROKER = os.environ.get("CELERY_BROKER_URL") or os.environ.get("REDIS_URL") or "memory:"
EMBEDDED = BROKER.startswith("memory:")

bind = os.environ.get("BIND", "127.0.0.1:8000")
# with this worker, a silent or slow connection occupies no thread (ims_portal/buffered_worker.py)
worker_class = "ims_portal.buffered_worker.BufferedWorker"
workers = 1 if EMBEDDED else int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
timeout = 120
# No header of a request may change the request's URL. gunicorn's default accepts SCRIPT_NAME from a proxy on
# the same host, and a proxy forwards headers that a client sends.
forwarder_headers = ""
# The control socket is off, because all gunicorn servers of one user would share it.
control_socket_disable = True
# gunicorn writes an access log only if ACCESS_LOG is set, because the proxy already logs each request.
accesslog = os.environ.get("ACCESS_LOG") or None
# heartbeat files are in memory, because a disk may be slow to answer
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108


def on_starting(server: Arbiter) -> None:
    """Remove the temporary files of earlier servers that were killed."""
    leftovers.sweep_metrics(Path(tempfile.gettempdir()))
    leftovers.sweep_parts(Path(os.environ.get("PORTAL_VAR") or "var"))


def post_worker_init(worker: Worker) -> None:
    """Start the background work in embedded mode. gunicorn calls this function after the application is
    loaded."""
    from ims_portal import embedded

    embedded.start()


def child_exit(server: Arbiter, worker: Worker) -> None:
    """Remove the gauges of an ended process. The counts of this process stay in the totals of /metrics."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Arbiter) -> None:
    """Delete the folder with the metrics files when the server ends."""
    shutil.rmtree(COUNTS, ignore_errors=True)
