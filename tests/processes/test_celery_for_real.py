"""Worker, beat and web server run as three processes on PostgreSQL and Redis. The worker makes the drafts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATABASE = os.environ.get("DATABASE_URL", "")
REDIS = os.environ.get("TEST_REDIS_URL", "")
REQUIRED = bool(os.environ.get("PORTAL_REQUIRE_SERVICES"))
NAME = "portal_processes"

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(
        not REQUIRED and not (DATABASE.startswith("postgres") and REDIS),
        reason="SKIPPED: needs PostgreSQL (DATABASE_URL) and Redis (TEST_REDIS_URL)",
    ),
]

WORLD = """
from tests.world import World
world = World("2024-10-28 10:00")
world.saves()
world.goes_to("2024-11-10 10:00")
world.files("2024-10")
"""
ASK = """
from datetime import datetime
from invoices import portal_clock
portal_clock.ask_to_move(datetime(2024, 11, 14, 0, 30))
"""
DRAFTED = """
SELECT (SELECT count(*) FROM gstr2b_statement WHERE period = 202410 AND is_current),
       (SELECT count(*) FROM invoices_journalentry WHERE event = 'GSTR-2B drafted'),
       (SELECT moving_to IS NULL FROM invoices_portalclock)
"""


def _execute(sql: str, url: str = DATABASE) -> tuple | None:
    """Run an SQL statement and return the first row of its answer, or None if there is no row."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone() if cursor.description else None
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def environment(tmp_path):
    """Yield environment variables with a new database, a Redis database and an empty folder. The new database
    is dropped at the end."""
    _execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    _execute(f"CREATE DATABASE {NAME}")
    url = urlunsplit(urlsplit(DATABASE)._replace(path=f"/{NAME}"))
    yield {
        **os.environ,
        "DATABASE_URL": url,
        "REDIS_URL": REDIS.rsplit("/", 1)[0] + "/13",
        "PORTAL_VAR": str(tmp_path),
        "PORTAL_SANDBOX": "true",
        "DJANGO_SETTINGS_MODULE": "ims_portal.settings",
        "PYTHONPATH": str(ROOT),
        "BIND": f"127.0.0.1:{_free_port()}",
        "WEB_CONCURRENCY": "1",
    }
    _execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")


def _manage(environment, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _shell(environment, code: str) -> None:
    _manage(environment, "shell", "-v", "0", "-c", code)


def test_when_the_clock_reaches_the_14th_the_worker_drafts_gstr2b(environment, tmp_path):
    _manage(environment, "migrate", "--verbosity", "0")
    _shell(environment, WORLD)
    celery = [sys.executable, "-m", "celery", "--app", "ims_portal"]
    commands = {
        "worker": [*celery, "worker", "--concurrency", "2", "--loglevel", "info"],
        "beat": [*celery, "beat", "--schedule", str(tmp_path / "beat"), "--loglevel", "info"],
        "web": [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            "ims_portal/gunicorn_conf.py",
            "ims_portal.wsgi:application",
        ],
    }
    logs = {name: (tmp_path / f"{name}.log").open("w") for name in commands}
    running = {
        name: subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=logs[name], stderr=subprocess.STDOUT
        )
        for name, command in commands.items()
    }
    try:
        _shell(environment, ASK)
        told = None
        deadline = time.monotonic() + 90
        while told != (2, 2, True) and time.monotonic() < deadline:
            time.sleep(0.5)
            told = _execute(DRAFTED, environment["DATABASE_URL"])
        written = "\n".join((tmp_path / f"{name}.log").read_text()[-1500:] for name in commands)
        assert told == (2, 2, True), written
        with urllib.request.urlopen(f"http://{environment['BIND']}/readyz", timeout=5) as answer:  # noqa: S310
            assert b'"ready": true' in answer.read()
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait(timeout=30)
        for log in logs.values():
            log.close()
