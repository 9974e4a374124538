"""The server's connections: a client that is silent, slow or unknown delays no other client and fills no
disk."""

from __future__ import annotations

import http.client
import socket
import threading
import time

import pytest

from ims_portal import buffered_worker, limited_connections
from ims_portal.support.web import body_limits

pytestmark = pytest.mark.once
THREADS = 2
SLOW = 3


def application(environ, start_response):
    refused = environ.get(body_limits.REFUSED, "")
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/slow/":
        time.sleep(SLOW)
    if environ["PATH_INFO"] == "/large/":
        body = b"x" * 4_000_000
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]
    said = f"{refused or 'read'} {len(body)}".encode()
    start_response("413 Too Large" if refused else "200 OK", [("Content-Length", str(len(said)))])
    return [said]


@pytest.fixture
def port(monkeypatch):
    """Run a server with two threads and short time limits, and yield the server's port. The server treats a
    client with the cookie `known` as a known client."""
    monkeypatch.setattr(limited_connections, "MOST_HEAD_SECONDS", 1)
    monkeypatch.setattr(limited_connections, "MOST_BODY_SECONDS", 0)
    monkeypatch.setattr(limited_connections, "MOST_SILENT_SECONDS", 2)
    monkeypatch.setattr(limited_connections, "MOST_LARGE_BODIES", 2)
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
    turns.clear()

    def loop():
        while going.is_set():
            turns.append(1)
            buffered_worker.turn(server, 0.1)

    thread = threading.Thread(target=loop)
    thread.start()
    servers[:] = [server]
    yield listener.getsockname()[1]
    going.clear()
    thread.join()
    server.task_dispatcher.shutdown(timeout=1)
    for part in list(buffered_worker.listeners_of(server)):
        for channel in list(part.active_channels.values()):
            channel.handle_close()
    listener.close()


# `turns` has an entry for each pass of the server's loop; `servers` contains the server of the test.
turns: list[int] = []
servers: list = []


def request_page(port, path="/", body=None, **headers):
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


def received(line, until):
    """Read from the connection until the text `until` arrives, and return the bytes."""
    answer = b""
    while until not in answer and (piece := line.recv(4096)):
        answer += piece
    return answer


HALVES = {
    "silent": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ",
    "half a body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc",
    "half a chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100\r\nabc",
}


@pytest.mark.parametrize("half", HALVES)
def test_many_unfinished_requests_delay_nobody(port, half):
    lines = [opened(port, HALVES[half]) for _ in range(30)]
    began = time.monotonic()
    assert request_page(port) == (200, "read 0")
    assert time.monotonic() - began < 0.5
    for line in lines:
        line.close()


@pytest.mark.parametrize("half", HALVES)
def test_a_connection_with_an_unfinished_request_is_closed(port, half):
    line = opened(port, HALVES[half])
    began = time.monotonic()
    assert line.recv(1) == b""
    assert time.monotonic() - began < 8
    line.close()


def test_a_head_that_arrives_letter_by_letter_is_cut_off_too(port):
    line = opened(port, b"GET / HTTP/1.1\r\nX: ")
    began = time.monotonic()
    with pytest.raises(OSError):
        while time.monotonic() - began < 8:
            line.sendall(b"a")
            time.sleep(0.1)
    assert time.monotonic() - began < 8
    line.close()


def test_a_client_that_does_not_read_its_answer_occupies_no_thread(port):
    lines = [opened(port, b"GET /large/ HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(4 * THREADS)]
    time.sleep(0.5)
    began = time.monotonic()
    assert request_page(port)[0] == 200
    assert time.monotonic() - began < 0.5
    for line in lines:
        line.close()


def test_a_body_that_the_address_does_not_take_is_not_received(port):
    assert request_page(port, body=b"x" * 1_500_000, Cookie="known") == (413, f"{body_limits.TOO_LARGE} 0")
    assert request_page(port, "/files/", body=b"x" * 1_500_000, Cookie="known") == (200, "read 1500000")


def test_a_stranger_can_send_only_small_bodies(port):
    assert request_page(port, "/files/", body=b"x" * 60_000) == (200, "read 60000")
    assert request_page(port, "/files/", body=b"x" * 70_000) == (413, f"{body_limits.UNKNOWN_SENDER} 0")


def test_a_body_of_undeclared_length_is_limited_too(port):
    def pieces(count):
        return (b"y" * 50_000 for _ in range(count))

    assert request_page(port, body=pieces(30), Cookie="known") == (413, f"{body_limits.TOO_LARGE} 0")
    assert request_page(port, body=pieces(3)) == (413, f"{body_limits.UNKNOWN_SENDER} 0")
    assert request_page(port, body=pieces(3), Cookie="known") == (200, "read 150000")


def test_bytes_after_a_refused_body_are_no_request(port):
    inner = b"GET /second/ HTTP/1.1\r\nHost: x\r\n\r\n"
    line = opened(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1500000\r\n\r\n" + inner)
    answer = b""
    while piece := line.recv(4096):
        answer += piece
    assert answer.count(b"HTTP/1.1") == 1
    line.close()


def test_few_large_bodies_arrive_at_a_time(port, monkeypatch):
    monkeypatch.setattr(limited_connections, "MOST_BODY_SECONDS", 30)
    head = b"POST /files/ HTTP/1.1\r\nHost: x\r\nCookie: known\r\nContent-Length: 2000000\r\n\r\n"
    lines = [opened(port, head + b"x" * 1000) for _ in range(2)]
    time.sleep(0.3)
    assert request_page(port, "/files/", body=b"x" * 2_000_000, Cookie="known") == (
        413,
        f"{body_limits.TOO_MANY} 0",
    )
    assert request_page(port, body=b"x" * 500_000, Cookie="known")[0] == 200
    for line in lines:
        line.close()


def test_chunked_bodies_are_counted_like_others(port, monkeypatch):
    monkeypatch.setattr(limited_connections, "MOST_BODY_SECONDS", 30)
    head = b"POST /files/ HTTP/1.1\r\nHost: x\r\nCookie: known\r\nTransfer-Encoding: chunked\r\n\r\n"
    piece = b"%x\r\n" % 1_100_000 + b"y" * 1_100_000 + b"\r\n"
    lines = [opened(port, head + piece) for _ in range(2)]
    time.sleep(0.5)
    more = (b"y" * 50_000 for _ in range(30))
    assert request_page(port, "/files/", body=more, Cookie="known") == (413, f"{body_limits.TOO_MANY} 0")
    for line in lines:
        line.close()


def test_the_line_between_chunks_has_a_limit(port):
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;"
    line = opened(port, head + b"a" * 20_000)
    assert b" 400 " in line.recv(4096)
    line.close()


def test_head_is_answered_without_a_body(port):
    line = opened(
        port,
        b"HEAD /large/ HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
    answer = b""
    while piece := line.recv(65536):
        answer += piece
    first, second = answer.split(b"HTTP/1.1 200 OK")[1:]
    assert b"Content-Length: 4000000" in first
    assert first.endswith(b"\r\n\r\n")
    assert second.endswith(b"read 0")
    line.close()


def test_a_refused_sender_reads_that_the_connection_ends(port):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    line.request("POST", "/", b"x" * 1_500_000, {"Cookie": "known"})
    answer = line.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (413, "close")
    line.close()


def test_a_refusal_reaches_senders_who_go_on_sending(port):
    answers: list[tuple[int, str]] = []

    def send():
        answers.extend(request_page(port, body=b"x" * 3_000_000, Cookie="known") for _ in range(20))

    senders = [threading.Thread(target=send) for _ in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert answers == [(413, f"{body_limits.TOO_LARGE} 0")] * 60


def test_urgent_data_does_not_keep_the_loop_busy(port):
    line = opened(port)
    line.send(b"!", socket.MSG_OOB)
    time.sleep(0.2)
    before = len(turns)
    time.sleep(1)
    assert len(turns) - before < 50
    line.close()


def test_bytes_after_a_long_request_do_not_end_that_request(port):
    """Some old clients send an empty line after the body. The server still answers their request."""
    line = opened(port, b"POST /slow/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc\r\n")
    assert received(line, b"read 3").endswith(b"read 3")
    line.close()


def test_a_large_body_is_invited_when_its_sender_is_known(port):
    head = b"POST /files/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n"
    stranger = opened(port, head + b"\r\n")
    assert stranger.recv(4096).startswith(b"HTTP/1.1 413")
    member = opened(port, head + b"Cookie: known\r\n\r\n")
    assert member.recv(4096).startswith(b"HTTP/1.1 100 Continue")
    member.sendall(b"x" * 100_000)
    assert received(member, b"read 100000").endswith(b"read 100000")
    for line in (stranger, member):
        line.close()


def test_a_stopping_server_answers_its_requests_and_accepts_no_new_ones(port):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    line.request("GET", "/")
    assert line.getresponse().read() == b"read 0"
    for listener in buffered_worker.listeners_of(servers[0]):
        listener.is_finishing = True
    line.request("GET", "/")
    answer = line.getresponse()
    assert (answer.read(), answer.headers["Connection"]) == (b"read 0", "close")
    line.close()
