"""Serving with daphne, until somebody asks for the end."""

from __future__ import annotations

# Before anything of Twisted: it installs the reactor that runs on asyncio.
from daphne.server import Server

# isort: split

import asyncio
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

from twisted.internet import defer, reactor

from chat.errors import CloseCode
from chat.node import node
from ChatApp import metrics
from ChatApp.asgi import application
from ChatApp.http import readiness
from ChatApp.lines import (
    FIRST_REQUEST_SECONDS,
    GRACE_SECONDS,
    PING_SECONDS,
    PONG_SECONDS,
    TAKE_NOBODY_NEW,
    answered,
)

# What may wait in the process for one peer; uvicorn has such a bound of its own.
UNSENT_BYTES = 64 * 1024
UNSENT_POLL_SECONDS = 0.01
# Before the connection gives its send up (10 s): that alone would not cut the line.
CUT_SECONDS = 8.0


class GuardedServer(Server):  # type: ignore[misc]  # daphne has no types
    """daphne's sends never wait: without this a peer that does not read fills our memory.

    And it drops its lines without a word when it ends: this says "come back" first.
    """

    def adopt(self, listener: socket.socket) -> None:
        """Serve on this socket; daphne's own way to name one knows IPv4 alone."""
        adopt: Any = reactor.adoptStreamPort
        self.port: Any = adopt(listener.fileno(), listener.family, self.http_factory)
        listener.close()  # Twisted has duplicated it
        if metrics.place.has_neighbours:
            later: Any = reactor.callFromThread  # asyncio's own way never hears beside Twisted's
            signal.signal(TAKE_NOBODY_NEW, lambda *_: later(self.take_nobody_new))

    def take_nobody_new(self) -> None:
        """Leave new lines to the other processes."""
        port, self.port = self.port, None
        if port:
            port.stopListening()

    def kill_all_applications(self) -> Any:
        goodbye = defer.Deferred.fromFuture(asyncio.ensure_future(self.say_goodbye()))
        return goodbye.addBoth(lambda _: Server.kill_all_applications(self))

    async def say_goodbye(self) -> None:
        readiness.is_draining = True
        self.take_nobody_new()
        await node.settle()
        await node.close_connections(CloseCode.CANNOT_SERVE_NOW)
        await answered(self.closing)
        # A line that was taken in the last moment may still say what it wants.
        await asyncio.sleep(FIRST_REQUEST_SECONDS)
        await answered(self.answering, GRACE_SECONDS)
        await node.stop()

    def closing(self) -> bool:
        """Whether some socket's peer has not answered its close yet."""
        lines = self.connections.items()
        return any(hasattr(line, "serverClose") and "disconnected" not in of for line, of in lines)

    def answering(self) -> bool:
        """Whether some request waits for its answer."""
        lines = self.connections.items()
        return any(
            not hasattr(line, "serverClose") and "disconnected" not in of for line, of in lines
        )

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            await self.drained(protocol)
        await super().handle_reply(protocol, message)

    async def drained(self, protocol: Any) -> None:
        """Wait while too much is unsent; a line that takes nothing for long is cut."""
        end = time.monotonic() + CUT_SECONDS
        while unsent_bytes(protocol.transport) > UNSENT_BYTES:
            if time.monotonic() > end:
                protocol.dropConnection(abort=True)
                return
            await asyncio.sleep(UNSENT_POLL_SECONDS)


def unsent_bytes(transport: Any) -> int:
    """What Twisted holds for a transport that the kernel has not taken."""
    held = len(getattr(transport, "dataBuffer", b"")) - getattr(transport, "offset", 0)
    return int(held + getattr(transport, "_tempDataLen", 0))


def serve(listener: socket.socket, on_serving: Callable[[], None]) -> None:
    """Serve on the socket until SIGINT or SIGTERM; `on_serving` is called when it does."""
    server: GuardedServer = GuardedServer(
        application,
        endpoints=["the listener"],
        signal_handlers=True,
        ping_interval=PING_SECONDS,
        # Below the interval: with both pending a late answer counts for the wrong ping.
        ping_timeout=PONG_SECONDS,
        websocket_connect_timeout=30,
        websocket_handshake_timeout=30,
        verbosity=0,
        ready_callable=lambda: server.adopt(listener),
    )
    server.endpoints = []  # it insists on one and opens it itself
    loop: asyncio.AbstractEventLoop = reactor._asyncioEventloop
    loop.call_soon(node.start)  # the bus has its line before the first request needs it
    loop.call_soon(metrics.keep_copying, loop)
    loop.call_soon(on_serving)
    server.run()
