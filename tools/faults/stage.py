"""A portal of real processes (web, worker, beat) on servers of its own, and the checks that faults need."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

from celery import current_app
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, connections

from ims_portal.kernel import clock
from invoices import portal_clock
from invoices.models import Job, Membership, Role, Taxpayer
from invoices.people import tokens
from tools.benchmarks.world import Scene
from tools.faults.servers import Postgres, Redis, free_port, listens, wait_for

ROOT = Path(__file__).resolve().parents[2]
AFTER_THE_14TH = datetime(2024, 11, 15, 10, 0, tzinfo=clock.IST)
MOST_WAIT = 120.0
# these processes write a log line when they are ready; `deliveries` sends webhooks
WORKERS = ("worker", "deliveries")


@dataclass(frozen=True, slots=True)
class Answer:
    """A response of the portal: its status (0 if there was no response), its body, and its duration."""

    status: int
    body: Any
    seconds: float


class Stage:
    """A running portal with its own prepared database. The processes are started by name: web, worker,
    deliveries or beat. Names with numbers, such as worker1 and worker2, start several processes of one
    kind."""

    def __init__(self, postgres: Postgres, redis: Redis, folder: Path, scene: Scene):
        self.postgres, self.redis, self.folder, self.scene = postgres, redis, folder, scene
        self.port = free_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        first = scene.recipient_id
        self._recipients = list(Taxpayer.objects.filter(listed=True, pk__gte=first).order_by("pk"))
        self.user = get_user_model().objects.create_user("fault", password=os.urandom(12).hex())
        Membership.objects.bulk_create(
            [
                Membership(user=self.user, taxpayer=recipient, role=role)
                for recipient in self._recipients
                for role in (Role.PREPARER, Role.SIGNATORY)
            ]
        )
        _token, self.secret = tokens.make(self.user, "faults", ["read", "act", "supply", "file"], 1)
        self.set_clock(AFTER_THE_14TH)

    # the prepared data

    def recipients(self, count: int) -> list[Taxpayer]:
        """Return recipients that no round has used yet."""
        taken, self._recipients = self._recipients[:count], self._recipients[count:]
        if len(taken) < count:
            raise RuntimeError("the world has too few recipients for so many rounds")
        return taken

    @staticmethod
    def set_clock(moment: datetime, *, keep_nights: bool = False) -> None:
        portal_clock.set_to(moment, run_nights=keep_nights)

    @staticmethod
    def verify() -> str:
        """Return the faults that `manage.py verify` reports, or an empty text."""
        said = StringIO()
        connections.close_all()
        try:
            call_command("verify", stdout=said)
        except SystemExit:
            lines = said.getvalue().splitlines()
            return " | ".join(line.strip() for line in lines if not line.startswith("ok"))[:600]
        return ""

    # processes

    def start(self, *names: str, **extra: Any) -> None:
        """Start the named processes, and wait until they are ready. `extra` are further arguments of
        Popen."""
        for name in names:
            log = (self.folder / f"{name}.log").open("ab")
            self._processes[name] = subprocess.Popen(  # noqa: S603  commands made here
                self._command(name),
                cwd=ROOT,
                env=self.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **extra,
            )
            log.close()
        for name in names:
            if name.startswith("web") and not wait_for(lambda: self.get("/livez").status == 200, 60):
                raise RuntimeError(f"{name} did not start: {self.log(name)}")
            if name.startswith(WORKERS) and not wait_for(
                lambda name=name: "ready." in self.log(name, 4000), 60
            ):  # type: ignore[misc]
                raise RuntimeError(f"{name} did not start: {self.log(name)}")

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.postgres.url(str(connection.settings_dict["NAME"])),
            "BIND": f"127.0.0.1:{self.port}",
            "WEB_CONCURRENCY": "2",
        }

    def _command(self, name: str) -> list[str]:
        celery = [sys.executable, "-m", "celery", "--app", "ims_portal"]
        if name.startswith("web"):
            return [
                sys.executable, "-m", "gunicorn", "--config", "ims_portal/gunicorn_conf.py", "ims_portal.wsgi:application",
            ]  # fmt: skip
        if name.startswith("worker"):
            return [
                *celery,
                "worker",
                "--concurrency",
                os.environ.get("WORKER_CONCURRENCY", "2"),
                "--loglevel",
                "info",
                "--hostname",
                f"{name}@fault",
            ]
        if name.startswith("deliveries"):
            return [
                *celery, "worker", "--queues", "deliveries", "--pool", "threads", "--concurrency", "2", "--loglevel", "info",
                "--hostname", f"{name}@fault",
            ]  # fmt: skip
        return [*celery, "beat", "--schedule", str(self.folder / f"{name}-schedule"), "--loglevel", "warning"]

    def log(self, name: str, most: int = 1500) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace")[-most:] if path.exists() else ""

    def kill(self, name: str) -> None:
        """Kill the process together with its child processes (kill -9)."""
        process = self._processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if name.startswith(WORKERS):
            (self.folder / f"{name}.log").write_bytes(b"")

    def kill_children(self, name: str) -> None:
        """Kill the child processes, which do the work (kill -9). The parent process then starts new child
        processes."""
        for pid in self.children(name):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def children(self, name: str) -> list[int]:
        parent = self._processes[name].pid
        return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]

    def stop_all(self) -> None:
        for name in list(self._processes):
            self.kill(name)

    @contextmanager
    def running(self, *names: str) -> Iterator[None]:
        self.start(*names)
        try:
            yield
        finally:
            self.stop_all()

    # requests

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str = "",
        headers: dict[str, str] | None = None,
        timeout: float = 30.0,
    ) -> Answer:
        """Send one request with the token, and return the response. Bytes are sent unchanged, and any other
        body is sent as JSON. If no response comes, the method returns an `Answer` with status 0 and raises no
        error."""
        sent = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        if key:
            sent["Idempotency-Key"] = key
        data = body
        if body is not None and not isinstance(body, bytes):
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        began = time.monotonic()
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            line.request(method, path, data, sent)
            reply = line.getresponse()
            raw = reply.read()
            status = reply.status
        except (OSError, http.client.HTTPException):
            return Answer(0, None, time.monotonic() - began)
        finally:
            line.close()
        with suppress(ValueError):
            return Answer(status, json.loads(raw), time.monotonic() - began)
        return Answer(status, raw, time.monotonic() - began)

    def act(self, recipient: Taxpayer, record: tuple[int, int, int], action: str, *, key: str = "") -> Answer:
        """Take an action on one record, which is given as (id, revision, version)."""
        pk, revision, version = record
        body = {"action": action, "revision": revision, "version": version}
        return self.ask("POST", f"/api/v1/taxpayers/{recipient.gstin}/records/{pk}/action/", body, key=key)


def finished(job_id: int, seconds: float = MOST_WAIT) -> float | None:
    """Wait for a job, and return the seconds until the job was done. Return None if the job was not done in
    time."""
    began = time.monotonic()
    over = (Job.State.DONE, Job.State.FAILED)
    if wait_for(lambda: Job.objects.filter(pk=job_id, state__in=over).exists(), seconds):
        return time.monotonic() - began if Job.objects.get(pk=job_id).state == Job.State.DONE else None
    return None


def send(task: str, *arguments: Any) -> None:
    """Send a message to the workers, as beat or the portal would."""
    current_app.send_task(task, arguments, retry=False)


class Child:
    """A function that runs in a forked process with its own database connection. The function starts when
    `go` is called."""

    def __init__(self, work: Callable[[], Any]):
        connections.close_all()
        self._reading, writing = os.pipe()
        waiting, self._go = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(writing)
            os.close(waiting)
            return
        answer: dict[str, Any] = {}
        try:
            os.close(self._go)
            current_app._after_fork()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            os.read(waiting, 1)
            answer = {"result": work()}
        except BaseException as failure:  # noqa: BLE001  report every failure to the parent process
            code = getattr(failure, "code", type(failure).__name__)
            answer = {"refused": str(code), "text": traceback.format_exc()[-800:]}
        finally:
            with suppress(BaseException):
                os.write(writing, json.dumps(answer, default=str).encode())
            os._exit(0)

    def go(self) -> None:
        os.write(self._go, b"1")

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def answer(self) -> dict[str, Any]:
        """Return a dict with the function's `result`. If the function raised an error, the dict has the
        error's code (`refused`) and traceback (`text`) instead. If the process was killed, the dict is
        empty."""
        with os.fdopen(self._reading, "rb") as pipe:
            said = pipe.read()
        os.close(self._go)
        os.waitpid(self.pid, 0)
        return json.loads(said) if said else {}


def at_once(*work: tuple[float, Callable[[], Any]]) -> list[dict[str, Any]]:
    """Run all functions at the same time, each in its own process and after its own delay (in seconds).
    Return the results in the order of the functions."""
    children = [(wait, Child(_after(wait, one))) for wait, one in work]
    for _wait, child in children:
        child.go()
    return [child.answer() for _wait, child in children]


def _after(wait: float, work: Callable[[], Any]) -> Callable[[], Any]:
    def later() -> Any:
        time.sleep(wait)
        return work()

    return later


__all__ = ["Answer", "Child", "Stage", "at_once", "finished", "listens", "send", "wait_for"]
