"""How gunicorn serves the portal. Embedded mode needs its one process; production takes WEB_CONCURRENCY."""

import os

BROKER = os.environ.get("CELERY_BROKER_URL") or os.environ.get("REDIS_URL") or "memory:"
EMBEDDED = BROKER.startswith("memory:")

bind = os.environ.get("BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = 1 if EMBEDDED else int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
timeout = 120
# its default place is shared by every gunicorn of the same user
control_socket_disable = True
# the process tells how it fares on stderr; a line per request is the proxy's business
accesslog = os.environ.get("ACCESS_LOG") or None
# heartbeat files belong in memory, not on a disk that may stall
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108


def post_worker_init(worker):
    """The application is loaded: in embedded mode its background work begins here."""
    from ims_portal import embedded

    embedded.start()
