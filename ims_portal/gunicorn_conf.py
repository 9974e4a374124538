"""How gunicorn serves the portal. Embedded mode needs its one process; production takes WEB_CONCURRENCY."""

import os
import shutil
import tempfile

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

# each process counts in files of its own here, and /metrics adds them up; named before the application is loaded
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
# its default place is shared by every gunicorn of the same user
control_socket_disable = True
# the process tells how it fares on stderr; a line per request is the proxy's business
accesslog = os.environ.get("ACCESS_LOG") or None
# heartbeat files belong in memory, not on a disk that may stall
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108


def post_worker_init(worker: Worker) -> None:
    """The application is loaded: in embedded mode its background work begins here."""
    from ims_portal import embedded

    embedded.start()


def child_exit(server: Arbiter, worker: Worker) -> None:
    """What a process that is gone counted stays; what it alone could say of now does not."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Arbiter) -> None:
    """The counts end with the server."""
    shutil.rmtree(COUNTS, ignore_errors=True)
