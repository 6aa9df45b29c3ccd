"""A WebSocket client that sends whatever bytes it is told to, and an echo for it to talk to."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import Any, NamedTuple

import uvicorn
import uvloop

from ChatApp.lean.protocol import LeanProtocol
from tests.faults.attacks import frame
from tests.sockets.bare import becomes_true

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
PATIENCE_SECONDS = 20.0
LOOPS = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
ACCEPTED = b"HTTP/1.1 101 Switching Protocols\r\n"

Application = Callable[[Any, Any, Any], Coroutine[Any, Any, None]]


def run(loop: str, scenario: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(asyncio.wait_for(scenario, 3 * PATIENCE_SECONDS))


async def echo(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({**event, "type": "websocket.send"})


class Told(NamedTuple):
    opcode: int
    payload: bytes

    @property
    def code(self) -> int | None:
        return int.from_bytes(self.payload[:2], "big") if self.payload else None


class Raw:
    """`told` is what the server sent, as far as it was read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.told: list[Told] = []

    async def send(self, *frames: bytes, chop: str = "whole") -> None:
        """In one piece, `frames` each by itself, or `octets` one by one."""
        pieces = [b"".join(frames)] if chop == "whole" else list(frames)
        if chop == "octets":
            pieces = [bytes([octet]) for piece in frames for octet in piece]
        with suppress(ConnectionError, RuntimeError):  # the line may be over
            for piece in pieces:
                self.writer.write(piece)
                await asyncio.sleep(0)
            await self.writer.drain()

    async def next(self) -> Told:
        """Raises EOFError at the end, and ConnectionError."""
        first, size = await self.reader.readexactly(2)
        assert first & 0x80, "a server of ours sends no fragments"
        assert not first & 0x70
        assert size < 0x80, "it does not mask"
        if size > 125:
            width = 2 if size == 126 else 8
            size = int.from_bytes(await self.reader.readexactly(width), "big")
        told = Told(first & 0x0F, await self.reader.readexactly(size))
        self.told.append(told)
        return told

    async def reads_to_the_end(self) -> list[Told]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            with suppress(EOFError, ConnectionError):
                while True:
                    await self.next()
        return self.told

    async def is_closed_with(self) -> int | None:
        """None where there was no close, or one without a code."""
        *_, last = [None, *await self.reads_to_the_end()]
        return last.code if last and last.opcode == CLOSE else None


class Site(NamedTuple):
    port: int
    server: uvicorn.Server
    problems: list[dict[str, Any]]

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Raw]:
        async with self.plain_line() as raw:
            raw.writer.write(HANDSHAKE + b"\r\n")
            answer = await raw.reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(ACCEPTED), answer
            yield raw

    @asynccontextmanager
    async def plain_line(self) -> AsyncIterator[Raw]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**24)
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            yield Raw(reader, writer)
        finally:
            writer.close()

    async def answer(self, request: bytes) -> bytes:
        """Everything that is said to a request of HTTP."""
        async with self.plain_line() as raw:
            raw.writer.write(request)
            return await asyncio.wait_for(raw.reader.read(), PATIENCE_SECONDS)

    async def is_left(self) -> None:
        """Nothing of any line is left in the server."""
        state = self.server.server_state
        await becomes_true(lambda: not state.connections and not state.tasks)


@asynccontextmanager
async def serving(
    application: Application = echo,
    protocol: type[asyncio.Protocol] = LeanProtocol,
    **settings: Any,
) -> AsyncIterator[Site]:
    problems: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, problem: problems.append(problem))
    options = {"ws_per_message_deflate": False, "lifespan": "off", "log_config": None, **settings}
    server = uvicorn.Server(uvicorn.Config(application, ws=protocol, **options))
    server.capture_signals = nullcontext  # type: ignore[method-assign]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await becomes_true(lambda: server.started)
        yield Site(listener.getsockname()[1], server, problems)
        server.should_exit = True
        await task
    assert not problems


def close(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, struct.pack("!H", code) + reason)


def part(opcode: int, payload: bytes) -> bytes:
    return frame(opcode, payload, fin=False)
