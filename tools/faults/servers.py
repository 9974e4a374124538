"""PostgreSQL and Redis for one run, on free ports of this machine, in a folder that is deleted afterwards.

Faults affect only these two servers, and no other server of the machine. Only `scratch_portal` needs
Django."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


class Missing(Exception):
    """A program that a run needs is not installed. The text of the error names the program."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(question: Any, seconds: float, *, every: float = 0.05) -> bool:
    """Call `question` until its result is true, and then return True. Return False if the result is not true
    within `seconds` seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if question():
            return True
        time.sleep(every)
    return bool(question())


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.5):
        return True
    return False


def _program(name: str, *folders: Path) -> str:
    for folder in folders:
        if (folder / name).is_file():
            return str(folder / name)
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is needed and is not installed.")
    return found


class Postgres:
    """A PostgreSQL cluster that exists for one run. Anybody on this machine may connect without a
    password."""

    def __init__(self, folder: Path):
        newest_first = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        self._initdb, self._ctl = (_program(name, *newest_first) for name in ("initdb", "pg_ctl"))
        self.folder, self.port = folder / "pg", free_port()
        self._as: dict[str, Any] = {}
        self.folder.mkdir()
        if os.geteuid() == 0:
            # the server refuses to run as root
            who = next((name for name in ("postgres", "nobody") if _known(name)), None)
            if who is None:
                raise Missing("A user without rights (postgres or nobody) is needed to run PostgreSQL.")
            entry = pwd.getpwnam(who)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            os.chmod(folder, 0o755)  # noqa: S103  its files keep their own rights
            self._as = {"user": who, "group": entry.pw_gid, "extra_groups": []}
        self._run(
            self._initdb,
            "-D",
            str(self.folder),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        )
        with (self.folder / "postgresql.conf").open("a") as conf:
            conf.write(
                f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{self.folder}'\n"
                "max_connections = 120\nshared_buffers = 256MB\nmax_wal_size = 2GB\n"
            )
        self.start()

    def url(self, name: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        self._run(
            self._ctl, "-D", str(self.folder), "-w", "-t", "60", "-l", str(self.folder / "log"), "start"
        )

    def stop(self, how: str = "fast") -> None:
        """Stop the server. With `immediate`, stop the server as in a crash: without a checkpoint, and with a
        recovery at the next start."""
        self._run(self._ctl, "-D", str(self.folder), "-w", "-m", how, "stop")

    def _run(self, *command: str) -> None:
        done = subprocess.run(  # noqa: S603  programs found above
            command,
            **self._as,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-500:]}")


def _known(name: str) -> bool:
    with suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False


class Redis:
    """A Redis broker that writes nothing to disk."""

    def __init__(self, folder: Path):
        self._program = _program("redis-server")
        self.port, self._folder = free_port(), folder
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            [
                self._program,
                "--port",
                str(self.port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                str(self._folder),
            ],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        if not wait_for(lambda: listens(self.port), 20):
            raise RuntimeError("redis-server did not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


class BlackHole:
    """A port that accepts connections and never answers."""

    def __init__(self, port: int):
        self.port = port
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(200)
        self._held: list[socket.socket] = []
        threading.Thread(target=self._swallow, daemon=True).start()

    @property
    def taken(self) -> int:
        """Return the number of connections that the port has accepted."""
        return len(self._held)

    def _swallow(self) -> None:
        with suppress(OSError):
            while True:
                self._held.append(self._listener.accept()[0])

    def close(self) -> None:
        # shutdown wakes the thread that waits for connections
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._held:
            one.close()


@contextmanager
def scratch_portal(
    name: str, *, keep: bool = False, **settings: str
) -> Iterator[tuple[Postgres, Redis, Path]]:
    """Start PostgreSQL and Redis in a new folder, and set up Django for these two servers. Yield the two
    servers and the folder, which is deleted afterwards unless `keep` is true. The settings of an installed
    portal have no effect. Raises `Missing` if a needed program is not installed. Call this function before
    Django is set up."""
    for setting in (
        "PORTAL_MODE",
        "CELERY_BROKER_URL",
        "IMS_RULEBOOK",
        "DEBUG",
        "SECRET_KEY",
        "ALLOWED_HOSTS",
    ):
        os.environ.pop(setting, None)
    folder = Path(tempfile.mkdtemp(prefix=f"portal-{name}-"))
    try:
        postgres, redis = Postgres(folder), Redis(folder)
    except Missing:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    os.environ |= {
        "DATABASE_URL": postgres.url("postgres"),
        "REDIS_URL": redis.url,
        "PORTAL_VAR": str(folder / "var"),
        "PORTAL_SANDBOX": "true",
        "DJANGO_SETTINGS_MODULE": "ims_portal.settings",
        **settings,
    }
    import django

    django.setup()
    try:
        yield postgres, redis, folder
    finally:
        redis.kill()
        postgres.stop("immediate")
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
