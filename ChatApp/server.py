"""Our launcher: prepare the data, bind the socket, serve, end cleanly.

`python -m ChatApp.server`, which is what bin/run does. uvicorn is the default because daphne
takes five times the CPU for each delivery and cannot say goodbye on a restart; the same
application runs on both.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import django

from ChatApp.env import WrongSetting

# A peer whose line is full and that takes nothing for so long is given up by the kernel: the
# server's own ping cannot get through to it either.
TCP_USER_TIMEOUT_MS = 20_000
BACKLOG = 1024
PING_SECONDS = 20
PONG_SECONDS = 15
GRACE_SECONDS = 10
# How long peers may take to answer their close, and how often that is looked at.
ANSWER_SECONDS = 2.0
ANSWER_POLLS = 100
# What may wait in the process for one peer under daphne; uvicorn has such a bound of its own.
UNSENT_BYTES = 64 * 1024
UNSENT_POLL_SECONDS = 0.01
# Before the connection gives its send up (10 s): that alone would not cut the line.
CUT_SECONDS = 8.0


def main(arguments: Sequence[str] | None = None) -> None:
    # What is made here, the database above all, is for its owner alone.
    os.umask(0o077)
    read_options(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ChatApp.settings")
    django.setup()
    from django.conf import settings

    refuse_several_processes()
    prepare_data()
    listener = listen(settings.HOST, settings.PORT)
    introduce(listener)
    serve = serve_on_daphne if settings.SERVER == "daphne" else serve_on_uvicorn
    serve(listener)


def read_options(arguments: Sequence[str] | None) -> None:
    """Options win over the environment, and the settings see what won."""
    parser = argparse.ArgumentParser(
        prog="bin/run", description="Serve the chat. README.md lists the environment's settings."
    )
    parser.add_argument("--host", help="the address to listen on (HOST, 127.0.0.1)")
    parser.add_argument("--port", help="the port; 0 takes a free one (PORT, 8000)")
    parser.add_argument("--server", help="uvicorn or daphne (SERVER, uvicorn)")
    parser.add_argument("--workers", help="how many processes (WEB_CONCURRENCY, 1)")
    given = parser.parse_args(arguments)
    for name, setting in [
        ("host", "HOST"),
        ("port", "PORT"),
        ("server", "SERVER"),
        ("workers", "WEB_CONCURRENCY"),
    ]:
        if getattr(given, name) is not None:
            os.environ[setting] = getattr(given, name)


def refuse_several_processes() -> None:
    from django.conf import settings

    if settings.WEB_CONCURRENCY == 1:
        return
    if not settings.REDIS_URL:
        raise WrongSetting(
            f"{settings.WEB_CONCURRENCY} processes cannot hear each other without Redis: "
            "set REDIS_URL, or leave WEB_CONCURRENCY and --workers at 1."
        )
    raise WrongSetting(
        "This version serves with one process: leave WEB_CONCURRENCY and --workers at 1."
    )


def prepare_data() -> None:
    """Bring the database up to date and look at the static files once."""
    from django.core.management import call_command
    from django.db import DatabaseError, connection

    from ChatApp.static import tree

    try:
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise WrongSetting(f"The database cannot be used: {str(error).strip()}") from error
    connection.close()
    _ = tree.digest


def listen(host: str, port: int) -> socket.socket:
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with contextlib.suppress(OSError, AttributeError):  # Linux; accepted sockets inherit it
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TCP_USER_TIMEOUT_MS)
    try:
        listener.bind((host, port))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise WrongSetting(
            f"Nothing can listen on {host}, port {port} ({reason}): end what is there, "
            "or set HOST and PORT to something else."
        ) from error
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def introduce(listener: socket.socket) -> None:
    from django.conf import settings

    from chat.checks import sqlite_version

    print(
        f"ChatApp is on {address(listener)}\n"
        "  an administrator is made with  bin/manage createsuperuser\n"
        f"  the data is in                 {settings.DATA_DIR}\n"
        "  Ctrl+C stops it",
        flush=True,
    )
    for warning in sqlite_version():
        print(f"Note: {warning.msg} {warning.hint}", file=sys.stderr, flush=True)


def address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def serve_on_uvicorn(listener: socket.socket) -> None:
    import uvicorn

    from chat.errors import CloseCode
    from chat.limits import FRAME_BYTES
    from chat.node import node

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            """As uvicorn's, but a stop that was asked for is a success, not a death by signal."""
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self.handle_exit, number, None)
            yield

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            """Take nobody new, store and acknowledge what waits, then close in small groups.

            Clients come back within 2 s of their close: spread, they do not come all at once.
            """
            for server in self.servers:
                server.close()
            await node.settle()
            await node.close_connections(CloseCode.RESTARTING)
            await answered(self.closing)
            await super().shutdown(sockets)

        def closing(self) -> bool:
            """Whether some peer has not answered its close yet."""
            lines = self.server_state.connections
            return any(getattr(line, "close_sent", False) for line in lines)

    config = uvicorn.Config(
        "ChatApp.asgi:application",
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        ws="websockets-sansio",
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
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )

    async def serve() -> None:
        await Server(config).serve(sockets=[listener])
        await node.stop()

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(serve())


def serve_on_daphne(listener: socket.socket) -> None:
    from daphne.server import Server
    from twisted.internet import defer

    from chat.errors import CloseCode
    from chat.node import node
    from ChatApp.asgi import application

    class GuardedServer(Server):  # type: ignore[misc]  # daphne has no types
        """daphne's sends never wait: without this a peer that does not read fills our memory.

        And it drops its lines without a word when it ends: this says "come back" first.
        """

        def listen_success(self, port: Any) -> None:
            self.port = port
            super().listen_success(port)

        def kill_all_applications(self) -> Any:
            goodbye = defer.Deferred.fromFuture(asyncio.ensure_future(self.say_goodbye()))
            return goodbye.addBoth(lambda _: Server.kill_all_applications(self))

        async def say_goodbye(self) -> None:
            self.port.stopListening()
            await node.settle()
            await node.close_connections(CloseCode.CANNOT_SERVE_NOW)
            await answered(self.closing)
            await node.stop()

        def closing(self) -> bool:
            """Whether some socket's peer has not answered its close yet."""
            lines = self.connections.items()
            return any(
                hasattr(line, "serverClose") and "disconnected" not in of for line, of in lines
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

    GuardedServer(
        application,
        endpoints=[twisted_endpoint(listener)],
        signal_handlers=True,
        ping_interval=PING_SECONDS,
        # Below the interval: with both pending a late answer counts for the wrong ping.
        ping_timeout=PONG_SECONDS,
        websocket_connect_timeout=30,
        websocket_handshake_timeout=30,
        verbosity=0,
    ).run()


async def answered(is_open: Callable[[], bool]) -> None:
    """Wait, but not for long, until all peers have answered their close.

    A line that is dropped with something unread in it is reset, and its peer never sees the code.
    """
    for _ in range(ANSWER_POLLS):
        if not is_open():
            return
        await asyncio.sleep(ANSWER_SECONDS / ANSWER_POLLS)


def unsent_bytes(transport: Any) -> int:
    """What Twisted holds for a transport that the kernel has not taken."""
    held = len(getattr(transport, "dataBuffer", b"")) - getattr(transport, "offset", 0)
    return int(held + getattr(transport, "_tempDataLen", 0))


def twisted_endpoint(listener: socket.socket) -> str:
    """The description of our socket. daphne's plugin can adopt one of IPv4 alone."""
    if listener.family == socket.AF_INET:
        return f"fd:fileno={listener.fileno()}"
    host, port = listener.getsockname()[:2]
    listener.close()
    return f"tcp6:{port}:interface={host.replace(':', chr(92) + ':')}:backlog={BACKLOG}"


if __name__ == "__main__":
    main()
