"""One connection to the portal's server, with limits.

The headers of a request, its body, and a silent connection each have a time limit. Each URL limits the size
of the body (`ims_portal.support.web.body_limits`). Only known senders may send large bodies.

Two threads use the classes of this module: the thread of waitress's loop, which must never wait, and the
thread that works on a request. Both must hold `requests_lock` while they read or change shared data."""

from __future__ import annotations

import socket
import time
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask
from waitress.utilities import BadRequest

from ims_portal.support.web import body_limits

# Limits in seconds: for receiving all headers of a request, for receiving its body, and for a silent
# connection. A large body gets more time: its size divided by SLOWEST_BYTES_A_SECOND.
MOST_HEAD_SECONDS, MOST_BODY_SECONDS, MOST_SILENT_SECONDS = 15, 60, 30
SLOWEST_BYTES_A_SECOND = 50_000
# The time in seconds for which a refused sender may continue sending. The connection ends only after this
# time, so that the answer arrives before the end.
LINGER_SECONDS = 5
# the number of bodies larger than `body_limits.SMALL` that one process receives at a time
MOST_LARGE_BODIES = 16
MOST_HEAD_BYTES, MOST_CHUNK_LINE_BYTES = 64 * 1024, 4096


class LimitedRequest(HTTPRequestParser):
    """A request while it arrives. If the body is too large for the URL, the server does not receive the body.
    The portal then gets only the headers and, under the key `body_limits.REFUSED`, the reason. The portal
    writes the answer."""

    refused = ""
    most_body = body_limits.FOR_ANYBODY
    began = 0.0
    sender_is_known = False
    is_counted = False
    error: Any = None
    body_rcv: Any = None

    def __init__(self, adj: Any):
        super().__init__(adj)
        self.began = time.monotonic()

    def received(self, data: bytes) -> int:
        had_head = self.headers_finished
        consumed = super().received(data)
        if self.error is None and not self.empty:
            if self.headers_finished and not had_head and self.has_body:
                self.most_body = body_limits.most_bytes(self.path)
            if self.has_body and self.size > self.most_body:
                self.let_go(body_limits.TOO_LARGE)
            elif self.chunked and self.body_rcv is not None and self._has_endless_line():
                self.error = BadRequest("A line between the chunks is too long.")
                self.completed = True
            if self.completed and (self.refused or self.error):
                # All data counts as read. Waitress would otherwise read the rest of the data, a part of the
                # body, as the next request.
                return len(data)
        return consumed

    def _has_endless_line(self) -> bool:
        """Return true if a line between two chunks of the body is too long. The parser stores the whole line,
        and searches it again whenever a piece arrives. A very long line would therefore use up memory and
        time."""
        return max(len(self.body_rcv.control_line), len(self.body_rcv.trailer)) > MOST_CHUNK_LINE_BYTES

    @property
    def has_body(self) -> bool:
        return self.chunked or self.content_length > 0

    @property
    def size(self) -> int:
        """The length of the body as the headers name it. If the headers name no length, the number of bytes
        received so far."""
        return max(self.content_length, self.body_bytes_received)

    def let_go(self, why: str) -> None:
        """End the request without receiving the rest of its body."""
        size = self.size
        self.close()
        self.body_rcv = None
        self.refused, self.completed, self.expect_continue = why, True, False
        self.headers["CONTENT_LENGTH"] = str(size)
        self.connection_close = True


class LimitedTask(WSGITask):
    """Passes the reason of a refusal to the portal. Closes the connection after the answer if the body was
    not received, or if the process is ending."""

    def __init__(self, channel: Any, request: LimitedRequest):
        super().__init__(channel, request)
        if request.refused or channel.server.is_finishing:
            self.set_close_on_finish()

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        if self.request.refused:
            environ[body_limits.REFUSED] = self.request.refused
        return environ

    def finish(self) -> None:
        if self.request.command == "HEAD":
            # an answer to HEAD has no body, and no mark for the end of a body
            if not self.wrote_header:
                self.write(b"")
            self.chunked_response = False
        super().finish()


class SenderCheck:
    """Checks in a thread whether the sender of a large body is known. Meanwhile the server does not read the
    connection."""

    def __init__(self, channel: BufferedChannel):
        self.channel = channel
        assert channel.request is not None
        self.headers = dict(channel.request.headers)

    def service(self) -> None:
        # These imports need Django's applications, which are not loaded yet when gunicorn imports this
        # module.
        from django.db import Error, close_old_connections

        from ims_portal.known_senders import is_known_sender

        why = body_limits.UNKNOWN_SENDER
        try:
            close_old_connections()
            why = "" if is_known_sender(self.headers) else why
        except Error:
            why = body_limits.TOO_MANY
        finally:
            self.channel.sender_checked(why)

    def cancel(self) -> None:
        self.channel.cancel()


class BufferedChannel(HTTPChannel):
    """One connection of a client."""

    parser_class = LimitedRequest
    task_class = LimitedTask
    request: LimitedRequest | None
    close_when_flushed: bool
    will_close: bool
    checking = False
    # True if, after the answer, the server reads the rest of the sender's data for a while and drops the
    # data.
    lingers = False
    linger_until = 0.0

    def readable(self) -> bool:
        return bool(self.linger_until) or not self.checking and bool(super().readable())

    def received(self, data: bytes) -> bool:
        result = bool(super().received(data))
        with self.requests_lock:
            request = self.request
            if request is None or not request.headers_finished:
                return result
            if request.size > body_limits.SMALL and not request.is_counted:
                request.is_counted = True
                if self.server.large_bodies() > MOST_LARGE_BODIES:
                    self._refuse(body_limits.TOO_MANY)
                    return result
            if request.size > body_limits.FOR_ANYBODY and not request.sender_is_known:
                self.checking = True
                self.server.add_task(SenderCheck(self))
        return result

    def send_continue(self) -> None:
        """Send "100 Continue" to a sender that waits for this answer before sending the body. If the body is
        large, send the answer only after the sender is known."""
        request = self.request
        if request is not None and (request.size <= body_limits.FOR_ANYBODY or request.sender_is_known):
            super().send_continue()

    def sender_checked(self, why: str) -> None:
        """Continue to read the request, or let the portal refuse the request for the reason `why`.
        `SenderCheck` calls this method from its thread."""
        with self.requests_lock:
            self.checking = False
            request = self.request
            if request is not None and why:
                self._refuse(why)
            elif request is not None:
                request.sender_is_known = True
                self._restart_clocks()
                if request.expect_continue and not self.requests and not self.sent_continue:
                    self.send_continue()
        if self.connected:
            self.server.pull_trigger()

    def _restart_clocks(self) -> None:
        """Restart the timers, so that the time that the portal itself needed does not count as the sender's
        time."""
        self.last_activity = time.time()
        if self.request is not None:
            self.request.began = time.monotonic()

    def _refuse(self, why: str) -> None:
        request, self.request = self.request, None
        assert request is not None
        request.let_go(why)
        self.requests.append(request)
        if len(self.requests) == 1:
            self.server.add_task(self)

    def service(self) -> None:
        request = self.requests[0]
        self.lingers = self.lingers or bool(request.error or request.refused)
        super().service()
        with self.requests_lock:
            self._restart_clocks()

    def handle_write(self) -> None:
        if self.lingers and self.close_when_flushed and not self.requests:
            # the server sends the answer, and then closes its side of the connection, so that the sender can
            # close too
            self._flush_exception(self._flush_some)
            if not self.total_outbufs_len and not self.will_close:
                self.close_when_flushed = False
                self.linger_until = time.monotonic() + LINGER_SECONDS
                try:
                    self.socket.shutdown(socket.SHUT_WR)
                except OSError:
                    self.will_close = True
                return
        super().handle_write()

    def handle_read(self) -> None:
        if not self.linger_until:
            super().handle_read()
            return
        try:
            more = self.recv(self.adj.recv_bytes)
        except OSError:
            more = b""
        if not more or time.monotonic() > self.linger_until:
            self.handle_close()

    def handle_expt(self) -> None:
        """Close a connection that sends urgent data (TCP). HTTP has no use for urgent data, and unread data
        would wake the loop again and again."""
        self.handle_close()

    @property
    def is_idle(self) -> bool:
        """True if no request is arriving, being processed or being answered."""
        return not (self.requests or self.total_outbufs_len or self.checking or self.request is not None)

    def is_too_slow(self, now: float, silent_since: float) -> bool:
        """Return true if the connection has exceeded one of the limits of time."""
        if self.linger_until:
            return now > self.linger_until
        if self.checking or (self.requests and not self.total_outbufs_len):
            return False
        request = self.request
        if request is not None and not self.requests and not self.total_outbufs_len:
            most = MOST_HEAD_SECONDS
            if request.headers_finished:
                most += MOST_BODY_SECONDS + request.size // SLOWEST_BYTES_A_SECOND
            if now - request.began > most:
                return True
        return self.last_activity < silent_since
