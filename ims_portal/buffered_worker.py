"""This module is the server of the portal: gunicorn manages the processes, and waitress manages the
connections of clients.

gunicorn's own workers would give each connection a thread, even while the connection is silent or slow.
Eight silent visitors would then stop a process of eight threads. Waitress reads all requests and sends all
answers in one loop, which never waits for a single connection. A thread works on a request only after the
whole request has arrived.

The limits of a connection are in `ims_portal.limited_connections`."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from gunicorn.workers.base import Worker
from waitress import create_server, wasyncore
from waitress.server import BaseWSGIServer

from ims_portal import limited_connections
from ims_portal.limited_connections import BufferedChannel
from ims_portal.support.web import body_limits

# When the process ends, an idle connection stays open for this time in seconds, because the client's next
# request may be on the way.
FAREWELL_SECONDS = 2
MOST_CONNECTIONS = 1000
RECEIVED_AT_ONCE = 64 * 1024
# If a client reads slowly, the rest of the answer waits on disk. If more than this number of bytes wait, the
# thread that writes the answer must wait too.
MOST_WAITING_BYTES = 256 * 1024 * 1024


def make_server(
    application: Callable[..., Iterable[bytes]], sockets: list[socket.socket], threads: int
) -> Any:
    """Return a waitress server on listening sockets, with the limits of this module. The server only works
    while the caller calls `turn` in a loop."""
    server = create_server(
        _without_body_for_head(application),
        map={},
        sockets=sockets,
        threads=threads,
        ident=None,
        connection_limit=MOST_CONNECTIONS,
        channel_timeout=limited_connections.MOST_SILENT_SECONDS,
        cleanup_interval=1,
        max_request_header_size=limited_connections.MOST_HEAD_BYTES,
        # this limit never applies, because each URL has its own, lower limit (`body_limits`)
        max_request_body_size=1 << 40,
        outbuf_high_watermark=MOST_WAITING_BYTES,
        recv_bytes=RECEIVED_AT_ONCE,
        # Waitress keeps X-Forwarded-For and X-Forwarded-Proto. The portal itself decides, by PORTAL_PROXIES,
        # which values of these headers it trusts.
        clear_untrusted_proxy_headers=False,
    )
    listeners = listeners_of(server)
    for listener in listeners:
        listener.channel_class = BufferedChannel
        listener.is_finishing = False
        listener.maintenance = _maintenance_of(listener)
        listener.large_bodies = _large_bodies_of(listeners)
    return server


def _without_body_for_head(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Return an application that gives the answers of `application`, but sends no body in answers to HEAD."""

    def answered(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        result = application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return result
        if hasattr(result, "close"):
            result.close()
        return []

    return answered


def turn(server: Any, seconds: float) -> None:
    """Wait for at most `seconds` until connections are ready, and serve the ready connections."""
    wasyncore.loop(timeout=seconds, use_poll=True, map=_map_of(server), count=1)


def listeners_of(server: Any) -> list[Any]:
    """Return one object of the server for each socket. Each object accepts the connections of its socket."""
    return [part for part in _map_of(server).values() if isinstance(part, BaseWSGIServer)]


def _map_of(server: Any) -> dict[int, Any]:
    # The map contains waitress's objects. Waitress names the map `_map` if the server has one socket, and
    # `map` if the server has several sockets.
    found: dict[int, Any] = server._map if isinstance(server, BaseWSGIServer) else server.map
    return found


class BufferedWorker(Worker):
    """A process that gunicorn manages. Waitress manages the connections of the process."""

    def run(self) -> None:
        # waitress needs the plain sockets; gunicorn wraps each socket in an object (`listener`)
        sockets = [listener.sock for listener in self.sockets]
        server = make_server(self._with_access_log(self.wsgi), sockets, self.cfg.threads)
        while self.alive and self.ppid == os.getppid():
            self.notify()
            turn(server, 1.0)
        self._finish(server)

    def _finish(self, server: Any) -> None:
        """Accept no new connection. Answer the requests that have arrived, and the requests that arrive on
        open connections within FAREWELL_SECONDS."""
        listeners = listeners_of(server)
        for listener in listeners:
            listener.accepting, listener.is_finishing = False, True
        # gunicorn kills the process after `graceful_timeout` seconds, so this loop stops earlier
        began = time.monotonic()
        until = began + max(1, self.cfg.graceful_timeout - 2)
        while time.monotonic() < until:
            channels = [channel for one in listeners for channel in list(one.active_channels.values())]
            if time.monotonic() > began + FAREWELL_SECONDS:
                for channel in channels:
                    channel.will_close = channel.will_close or channel.is_idle
                channels = [channel for channel in channels if not channel.is_idle]
            if not channels:
                break
            self.notify()
            turn(server, 0.2)
        server.task_dispatcher.shutdown(timeout=1)

    def _with_access_log(self, application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        if not self.cfg.accesslog:
            return application

        def logged(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            began = time.monotonic()
            answer = SimpleNamespace(status="", headers=[], sent=0)

            def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
                answer.status, answer.headers = status, headers
                answer.sent = int(dict(headers).get("Content-Length", 0))
                return start_response(status, headers, *more)

            result = application(environ, start)
            environ.setdefault("RAW_URI", environ.get("REQUEST_URI", ""))
            took = timedelta(seconds=time.monotonic() - began)
            self.log.access(answer, SimpleNamespace(headers=[]), environ, took)
            return result

        return logged


def _maintenance_of(server: Any) -> Callable[[float], None]:
    def maintenance(now: float) -> None:
        """End the connections that are too slow. Waitress calls this function every second."""
        silent_since = now - limited_connections.MOST_SILENT_SECONDS
        at = time.monotonic()
        for channel in list(server.active_channels.values()):
            if channel.is_too_slow(at, silent_since):
                channel.will_close = True

    return maintenance


def _large_bodies_of(servers: list[Any]) -> Callable[[], int]:
    def large_bodies() -> int:
        """Return the number of large bodies that this process is receiving."""
        requests = (channel.request for one in servers for channel in list(one.active_channels.values()))
        return sum(1 for request in requests if request is not None and request.size > body_limits.SMALL)

    return large_bodies
