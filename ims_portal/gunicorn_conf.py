"""How gunicorn serves the portal. Embedded mode runs in one process. Production runs WEB_CONCURRENCY
processes."""

import os
import shutil
import tempfile

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

# Each process counts in its own files here, and /metrics adds the counts. The folder is named before the
# application loads.
COUNTS = tempfile.mkdtemp(prefix="portal-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = COUNTS

BROKER = os.environ.get("CELERY_BROKER_URL") or os.environ.get("REDIS_URL") or "memory:"
EMBEDDED = BROKER.startswith("memory:")

bind = os.environ.get("BIND", "127.0.0.1:8000")
# connections that are silent or slow cost no thread (ims_portal/buffered_worker.py)
worker_class = "ims_portal.buffered_worker.BufferedWorker"
workers = 1 if EMBEDDED else int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
timeout = 120
# No header of a request names a part of its address: gunicorn's default would take SCRIPT_NAME from a proxy on the same
# host, and a proxy hands on what a client sends.
forwarder_headers = ""
# every gunicorn of the same user would share the default place
control_socket_disable = True
# The process logs its own state to stderr. The proxy logs a line per request.
accesslog = os.environ.get("ACCESS_LOG") or None
# heartbeat files belong in memory, not on a disk that may stall
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108


def post_worker_init(worker: Worker) -> None:
    """In embedded mode, start the background work: the application is loaded now."""
    from ims_portal import embedded

    embedded.start()


def child_exit(server: Arbiter, worker: Worker) -> None:
    """Keep the counts of a process that has ended, and drop the values that only described its present
    state."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Arbiter) -> None:
    """Remove the counts when the server ends."""
    shutil.rmtree(COUNTS, ignore_errors=True)
