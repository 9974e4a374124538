"""The server's connections: who is silent, slow or a stranger keeps nobody waiting and fills no disk."""

from __future__ import annotations

import http.client
import socket
import threading
import time

import pytest

from ims_portal import buffered_worker
from ims_portal.support.web import body_limits

pytestmark = pytest.mark.once
THREADS = 2


def application(environ, start_response):
    refused = environ.get(body_limits.REFUSED, "")
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/large/":
        body = b"x" * 4_000_000
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]
    said = f"{refused or 'read'} {len(body)}".encode()
    start_response("413 Too Large" if refused else "200 OK", [("Content-Length", str(len(said)))])
    return [said]


@pytest.fixture
def port(monkeypatch):
    """A server of two threads, with times short enough for a test; senders named `known` are known."""
    monkeypatch.setattr(buffered_worker, "MOST_HEAD_SECONDS", 1)
    monkeypatch.setattr(buffered_worker, "MOST_BODY_SECONDS", 0)
    monkeypatch.setattr(buffered_worker, "MOST_SILENT_SECONDS", 2)
    monkeypatch.setattr(buffered_worker, "MOST_LARGE_BODIES", 2)
    monkeypatch.setattr(body_limits, "most_bytes", lambda path: 3_000_000 if path == "/files/" else 1_200_000)
    monkeypatch.setattr(
        "ims_portal.known_senders.is_known_sender", lambda headers: headers.get("COOKIE") == "known"
    )
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(100)
    server = buffered_worker.make_server(application, [listener], THREADS)
    going = threading.Event()
    going.set()

    def loop():
        while going.is_set():
            buffered_worker.turn(server, 0.1)

    thread = threading.Thread(target=loop)
    thread.start()
    yield listener.getsockname()[1]
    going.clear()
    thread.join()
    server.task_dispatcher.shutdown(timeout=1)
    for part in list(buffered_worker.listeners_of(server)):
        for channel in list(part.active_channels.values()):
            channel.handle_close()
    listener.close()


def ask(port, path="/", body=None, **headers):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("POST" if body is not None else "GET", path, body, headers)
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    finally:
        line.close()


def opened(port, said=b""):
    line = socket.create_connection(("127.0.0.1", port), timeout=10)
    line.sendall(said)
    return line


HALVES = {
    "silent": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ",
    "half a body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc",
    "half a chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100\r\nabc",
}


@pytest.mark.parametrize("half", HALVES)
def test_many_who_say_half_of_something_keep_nobody_waiting(port, half):
    lines = [opened(port, HALVES[half]) for _ in range(30)]
    began = time.monotonic()
    assert ask(port) == (200, "read 0")
    assert time.monotonic() - began < 0.5
    for line in lines:
        line.close()


@pytest.mark.parametrize("half", HALVES)
def test_a_connection_that_says_half_of_something_ends(port, half):
    line = opened(port, HALVES[half])
    began = time.monotonic()
    assert line.recv(1) == b""
    assert time.monotonic() - began < 8
    line.close()


def test_a_head_that_comes_letter_by_letter_ends_too(port):
    line = opened(port, b"GET / HTTP/1.1\r\nX: ")
    began = time.monotonic()
    with pytest.raises(OSError):
        while time.monotonic() - began < 8:
            line.sendall(b"a")
            time.sleep(0.1)
    assert time.monotonic() - began < 8
    line.close()


def test_who_does_not_read_an_answer_keeps_no_thread(port):
    lines = [opened(port, b"GET /large/ HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(4 * THREADS)]
    time.sleep(0.5)
    began = time.monotonic()
    assert ask(port)[0] == 200
    assert time.monotonic() - began < 0.5
    for line in lines:
        line.close()


def test_a_body_that_the_address_does_not_take_is_not_received(port):
    assert ask(port, body=b"x" * 1_500_000, Cookie="known") == (413, f"{body_limits.TOO_LARGE} 0")
    assert ask(port, "/files/", body=b"x" * 1_500_000, Cookie="known") == (200, "read 1500000")


def test_a_stranger_sends_small_bodies_only(port):
    assert ask(port, "/files/", body=b"x" * 60_000) == (200, "read 60000")
    assert ask(port, "/files/", body=b"x" * 70_000) == (413, f"{body_limits.UNKNOWN_SENDER} 0")


def test_a_body_of_a_length_nobody_named_is_bounded_all_the_same(port):
    def pieces(count):
        return (b"y" * 50_000 for _ in range(count))

    assert ask(port, body=pieces(30), Cookie="known") == (413, f"{body_limits.TOO_LARGE} 0")
    assert ask(port, body=pieces(3)) == (413, f"{body_limits.UNKNOWN_SENDER} 0")
    assert ask(port, body=pieces(3), Cookie="known") == (200, "read 150000")


def test_what_follows_a_refused_body_is_no_request(port):
    inner = b"GET /second/ HTTP/1.1\r\nHost: x\r\n\r\n"
    line = opened(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1500000\r\n\r\n" + inner)
    answer = b""
    while piece := line.recv(4096):
        answer += piece
    assert answer.count(b"HTTP/1.1") == 1
    line.close()


def test_few_large_bodies_arrive_at_a_time(port, monkeypatch):
    monkeypatch.setattr(buffered_worker, "MOST_BODY_SECONDS", 30)
    head = b"POST /files/ HTTP/1.1\r\nHost: x\r\nCookie: known\r\nContent-Length: 2000000\r\n\r\n"
    lines = [opened(port, head + b"x" * 1000) for _ in range(2)]
    time.sleep(0.3)
    assert ask(port, "/files/", body=b"x" * 2_000_000, Cookie="known") == (413, f"{body_limits.TOO_MANY} 0")
    assert ask(port, body=b"x" * 500_000, Cookie="known")[0] == 200
    for line in lines:
        line.close()
