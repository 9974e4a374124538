"""Helpers that control the independent client (`independent_client.py`) and run the portal's jobs in a worker
thread."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from django.db import connection

from invoices import jobs
from invoices.models import Job

SCRIPT = Path(__file__).parent / "independent_client.py"


class Erp:
    """One client process. The method `calls` sends an order to the process and returns the answer."""

    def __init__(self, host: str, made: Any, username: str, prefix: str = "/taxpayerapi/v1.0"):
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(SCRIPT), host, made.client.client_id, made.secret, username, prefix],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.otp = made.otp

    def calls(self, do: str, *given: Any, **named: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, "with": given, "and": named}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def gets(self, path: str, **query: str) -> Any:
        return self.calls("gets", path, **query)

    def puts(self, path: str, action: str, data: Any, **more: str) -> Any:
        return self.calls("puts", path, action, data, **more)

    def settled(self, path: str, action: str, gstin: str, reference: str) -> Any:
        """Ask for the state of a request until the portal has processed the request, and return the final
        state."""
        while True:
            state = self.gets(path, action=action, gstin=gstin, int_tran_id=reference)["data"]
            if state["status_cd"] != "IP":
                return state

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=20)


class Worker(threading.Thread):
    """A thread that does the waiting jobs one after the other, as the portal's worker does."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.05):
            for pk in list(
                Job.objects.filter(state=Job.State.QUEUED).order_by("pk").values_list("pk", flat=True)
            ):
                jobs.run(pk)
        connection.close()

    def __enter__(self) -> Worker:
        self.start()
        return self

    def __exit__(self, *failure: Any) -> None:
        self.over.set()
        self.join(timeout=30)
