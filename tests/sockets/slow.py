"""Somebody whose line takes nothing while they do not read."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.chatter import Chatter, Frame, Socket

# The kernel doubles it, and has a least size of its own.
RECEIVE_BUFFER_BYTES = 4096
QUICK_BUFFER_BYTES = 1024 * 1024
CONNECTIONS = Path("/proc/net/tcp")


@asynccontextmanager
async def slow_socket(person: Chatter, address: str = "") -> AsyncIterator[Socket]:
    """A connection that reads a frame only when it is asked to, and next to nothing ahead."""
    parts = urlsplit(person.server.address)
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        line.connect((parts.hostname, parts.port))
        line.setblocking(False)
        async with connect(
            person.server.socket_address + address,
            sock=line,
            additional_headers={"Cookie": person.cookie},
            max_size=None,
            max_queue=1,
            ping_interval=None,
            close_timeout=1,
        ) as connection:
            try:
                yield Socket(connection, person.username)
            finally:
                connection.transport.abort()


async def until_the_line_is_full(slow: Socket, send: Callable[[], Awaitable[Any]]) -> int:
    """Send until the kernel takes nothing more for the slow one; how often that was."""
    needs_linux()
    sent = full_since = before = 0
    # The server's transport takes a few more after the kernel; the rest of these are queued.
    while full_since < 40:
        await send()
        sent += 1
        waiting = unsent_bytes(slow)
        full_since = full_since + 1 if waiting == before else 0
        before = waiting
        assert sent < 2000
    return sent


def needs_linux() -> None:
    if not CONNECTIONS.exists():
        pytest.skip("only Linux tells of its connections and processes in /proc")


def unsent_bytes(slow: Socket) -> int:
    """What the server's kernel holds for a connection: its line in /proc/net/tcp."""
    client, server = (
        slow.line.transport.get_extra_info(f"{end}name")[1] for end in ("sock", "peer")
    )
    for line in CONNECTIONS.read_text().splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        if local.endswith(f":{server:04X}") and remote.endswith(f":{client:04X}"):
            return int(queues.partition(":")[0], 16)
    return 0


async def reads_to_the_end(slow: Socket, within: float = 10.0) -> list[Frame]:
    """Everything that had been on its way, until a pong or the end of the connection."""
    before = len(slow.got)
    line = slow.line.transport.get_extra_info("socket")
    with suppress(OSError):  # the line may have been cut
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUICK_BUFFER_BYTES)
    with suppress(ConnectionClosed):
        async with asyncio.timeout(within):
            await slow.line.send(json.dumps({"type": "ping"}))
            await slow.sees("pong")
    return slow.got[before:]
