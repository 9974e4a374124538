"""Several attacks on the portal at the same time: silent and slow connections, a silent webhook host, padded
workbooks, large and deep JSON. Meanwhile other visitors must get their pages in time, and the memory of each
process must stay small."""

from __future__ import annotations

import os
import random
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path

import openpyxl

from invoices.models import Taxpayer, WebhookHost
from invoices.people import tokens
from tools.faults import webhook_silent
from tools.faults.frame import Fault, Tally
from tools.faults.servers import BlackHole, free_port
from tools.faults.stage import Stage, send

SECONDS = 15.0
PROCESSES = ("web", "worker", "deliveries")
LINES = 60
MOST_MEMORY = 600 * 1024 * 1024
HALVES = (
    b"",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ",
    b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nabc",
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def padded(part: str, before: bytes, padding: bytes) -> bytes:
    """Return a workbook as bytes. In the workbook's inner file `part`, `padding` is inserted before every
    occurrence of `before`."""
    book, plain, made = openpyxl.Workbook(), BytesIO(), BytesIO()
    book.active.title = "B2B"
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, text.replace(before, padding + before) if name == part else text)
    return made.getvalue()


def workbooks() -> list[bytes]:
    return [
        padded("xl/workbook.xml", b"</workbook>", b"<a/>" * 2_400_000),
        padded("xl/styles.xml", b"</cellXfs>", b'<xf numFmtId="0" fontId="0"/>' * 330_000),
        padded("xl/worksheets/sheet1.xml", b"</sheetData>", b"<row>" + b"<c/>" * 2_400_000 + b"</row>"),
    ]


def bodies() -> list[bytes]:
    """Return four JSON bodies: a long array, a deep array, an object that repeats a key at its end, and a
    very long array. The first three have about 1 MB, just below the API's usual limit, and the last has 10
    MB."""
    keys = b",".join(b'"k%d":1' % number for number in range(80_000))
    return [
        b'{"a":[' + b"[]," * 340_000 + b"1]}",
        b'{"a":' + b"[" * 500_000 + b"]" * 500_000 + b"}",
        b"{" + keys + b',"k7":1}',
        b'{"a":[' + b"1," * 5_000_000 + b"1]}",
    ]


@contextmanager
def half_said(port: int) -> Iterator[None]:
    """During the block, keep many connections open. Each connection sends nothing, half a request head, or
    half a request body. If the portal ends a connection, open a new connection."""
    going = threading.Event()
    going.set()

    def hold(number: int) -> None:
        while going.is_set():
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as line:
                line.sendall(HALVES[number % len(HALVES)])
                while going.is_set():
                    with suppress(TimeoutError):
                        if not line.recv(1):
                            break

    threads = [threading.Thread(target=hold, args=(number,), daemon=True) for number in range(LINES)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        going.clear()
        for thread in threads:
            thread.join(5)


@contextmanager
def sent_again_and_again(sends: list[Callable[[], object]]) -> Iterator[None]:
    """During the block, call each function of `sends` again and again, each in a thread of its own."""
    going = threading.Event()
    going.set()

    def work(send: Callable[[], object]) -> None:
        # A real attacker uses another machine. In this test the attacker and the portal share one machine, so
        # the attacker's threads get a low priority.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        while going.is_set():
            send()

    threads = [threading.Thread(target=work, args=(send,), daemon=True) for send in sends]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        going.clear()
        for thread in threads:
            thread.join(30)


def descendants(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from descendants(int(child))


def memory_of(pid: int) -> int:
    """Return the memory that a process uses now, in bytes, or 0 if the process has ended."""
    with suppress(OSError, IndexError, ValueError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    return 0


class Watch:
    """Watch the memory of the portal's processes. `largest` is the largest memory of a single process, in
    bytes."""

    def __init__(self, stage: Stage):
        self.stage, self.largest = stage, 0
        self._going = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._going.set()
        self._thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._going.clear()
        self._thread.join(5)

    def _look(self) -> None:
        while self._going.is_set():
            for name in PROCESSES:
                for child in self.stage.children(name):
                    self.largest = max([self.largest, *map(memory_of, descendants(child))])
            time.sleep(0.1)


def attacks(stage: Stage, recipient: Taxpayer) -> list[Callable[[], object]]:
    """Return the functions of the attack. Each function sends one workbook or one JSON body with a valid API
    token."""
    _token, secret = tokens.make(stage.user, "attacker", ["read", "act", "supply", "file"], 1)
    at = f"/api/v1/taxpayers/{recipient.gstin}"

    def sender(path: str, body: bytes, kind: str) -> Callable[[], object]:
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": kind}
        return lambda: stage.ask("POST", at + path, body, headers=headers)

    found = [sender("/imports/", book, XLSX) for book in workbooks()]
    for body in bodies():
        found.append(sender("/batches/", body, "application/json"))
        found.append(sender("/other-portal/", body, "application/json"))
    return found


def run(stage: Stage, dice: random.Random, rounds: int) -> Tally:
    told = Tally()
    hole = BlackHole(free_port())
    WebhookHost.objects.create(host=webhook_silent.SILENT, private=True)
    stage.start(*PROCESSES, "beat")
    visited, attacked = stage.recipients(2)
    address = f"http://{webhook_silent.SILENT}:{hole.port}/"
    webhook_silent.add_hooks(attacked, f"{address}1", f"{address}2")
    pages = ("/livez", "/accounts/login/", f"/api/v1/taxpayers/{visited.gstin}/records/")
    for _ in range(rounds):
        send("invoices.deliver_webhooks")
        took: list[float] = []
        slowest: dict[str, float] = {}
        with half_said(stage.port), sent_again_and_again(attacks(stage, attacked)), Watch(stage) as watch:
            until = time.monotonic() + SECONDS
            while time.monotonic() < until:
                page = dice.choice(pages)
                answer = stage.get(page)
                took.append(answer.seconds)
                slowest[page] = max(slowest.get(page, 0.0), answer.seconds)
                told.errors += answer.status >= 500 or answer.status == 0
                time.sleep(0.05)
        took.sort()
        p95 = took[int(0.95 * len(took))]
        told.delays.append(p95)
        told.rounds += 1
        told.notes.append(
            f"{len(took)} visits, p95 {p95:.2f} s, largest process {watch.largest >> 20} MB; slowest "
            + ", ".join(f"{page} {seconds:.2f} s" for page, seconds in slowest.items())
        )
        if watch.largest > MOST_MEMORY:
            told.broken.append(f"a process grew to {watch.largest >> 20} MB, bar {MOST_MEMORY >> 20} MB")
    stage.stop_all()
    hole.close()
    return told


FAULT = Fault(
    "hostile-crowd",
    "silent connections, padded workbooks, large and deep JSON at once: others are answered, no process grows",
    run,
    divide=10,
    shared=2,
    delay_within=1.0,
)
