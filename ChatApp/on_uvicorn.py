"""Serving with uvicorn, until somebody asks for the end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Callable, Iterator

import uvicorn
from django.conf import settings

from chat.errors import CloseCode
from chat.limits import FRAME_BYTES
from chat.node import node
from ChatApp import metrics
from ChatApp.http import readiness
from ChatApp.lean.protocol import LeanProtocol
from ChatApp.lines import (
    BACKLOG,
    FIRST_REQUEST_SECONDS,
    GRACE_SECONDS,
    PING_SECONDS,
    PONG_SECONDS,
    TAKE_NOBODY_NEW,
    answered,
)
from ChatApp.websockets import FairProtocol

WEBSOCKETS = {"lean": LeanProtocol, "uvicorn": FairProtocol}


class Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_serving: Callable[[], None]) -> None:
        super().__init__(config)
        self.on_serving = on_serving

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but a stop that was asked for is a success, not a death by signal."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        if metrics.place.has_neighbours:
            loop.add_signal_handler(TAKE_NOBODY_NEW, self.take_nobody_new)
        yield

    def take_nobody_new(self) -> None:
        """Leave new lines to the other processes, and idle ones that a proxy would use again."""
        for server in self.servers:
            server.close()
        for line in list(self.server_state.connections):
            if getattr(line, "cycle", None) is not None:
                line.shutdown()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_serving()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nobody new, store and acknowledge what waits, then close in small groups.

        Clients come back within 2 s of their close: spread, they do not come all at once.
        """
        readiness.is_draining = True
        for server in self.servers:
            server.close()
        await node.settle()
        await node.close_connections(CloseCode.RESTARTING)
        await answered(self.closing)
        # A line that was taken in the last moment may still say what it wants.
        await answered(self.unheard, FIRST_REQUEST_SECONDS)
        await super().shutdown(sockets)

    def closing(self) -> bool:
        """Whether some peer has not answered its close yet."""
        lines = self.server_state.connections
        return any(getattr(line, "close_sent", False) for line in lines)

    def unheard(self) -> bool:
        """Whether some line was taken and has not brought its first request yet."""
        return any(getattr(line, "cycle", line) is None for line in self.server_state.connections)


def configuration() -> uvicorn.Config:
    return uvicorn.Config(
        "ChatApp.asgi:application",
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        ws=WEBSOCKETS[settings.WEBSOCKETS],
        ws_max_size=FRAME_BYTES,
        # One deflated stream a socket costs three times the CPU and twice the memory, and one
        # text for all could not be shared.
        ws_per_message_deflate=False,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PONG_SECONDS,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # ChatApp.proxy does this, and counts.
        proxy_headers=False,
        # ChatApp.workers starts them; uvicorn would read WEB_CONCURRENCY.
        workers=1,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def serve(listener: socket.socket, on_serving: Callable[[], None]) -> None:
    """Serve on the socket until SIGINT or SIGTERM; `on_serving` is called when it does."""
    config = configuration()

    async def serve_here() -> None:
        node.start()  # the bus has its line before the first request needs it
        metrics.keep_copying(asyncio.get_running_loop())
        await Server(config, on_serving).serve(sockets=[listener])
        await node.stop()

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve_here())
