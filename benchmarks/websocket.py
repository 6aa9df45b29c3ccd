"""A WebSocket client that does as little as a load generator may."""

from __future__ import annotations

import asyncio
from typing import cast

from benchmarks.dialects import Dialect
from benchmarks.tally import MARK, Post, Tally

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FINAL = 0x80
MASK = bytes.fromhex("c51d07a9")
REQUEST = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: bm90IGEgc2VjcmV0IGtleQ==\r\nCookie: sessionid={cookie}\r\n{more}\r\n"
)


def masked_frame(opcode: int, payload: bytes) -> bytes:
    """As clients have to send it, below 64 KiB."""
    size = len(payload)
    head = bytes([FINAL | opcode])
    head += bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2)
    key = int.from_bytes((MASK * (size // 4 + 1))[:size])
    return head + MASK + (int.from_bytes(payload) ^ key).to_bytes(size)


def split_frames(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The whole frames in it, each with its first byte and its payload; and the rest."""
    frames = []
    at, end = 0, len(data)
    while end - at >= 2:
        size, begin = data[at + 1], at + 2
        if size >= 126:
            begin = at + (4 if size == 126 else 10)
            size = int.from_bytes(data[at + 2 : begin])
        if begin > end or begin + size > end:
            break
        frames.append((data[at], data[begin : begin + size]))
        at = begin + size
    return frames, data[at:]


class Client(asyncio.Protocol):
    """One connection. `ready` is done when the server has let it in, or fails with the reason."""

    def __init__(self, tally: Tally, dialect: Dialect, room: str, cookie: str, port: int) -> None:
        self.tally = tally
        self.dialect = dialect
        self.room = room
        self.cookie = cookie
        self.port = port
        self.ready = asyncio.get_running_loop().create_future()
        self.is_open = False
        self.rest = b""
        self.marks = 0

    async def connect(self, seconds: float = 120.0) -> Client:
        """Raises ConnectionError or TimeoutError where the server does not let it in."""
        async with asyncio.timeout(seconds):
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: self, "127.0.0.1", self.port)
            await self.ready
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        protocol = self.dialect.subprotocol
        more = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
        path = self.dialect.path(self.room)
        request = REQUEST.format(path=path, port=self.port, cookie=self.cookie, more=more)
        self.transport.write(request.encode())

    def connection_lost(self, problem: Exception | None) -> None:
        self.tally.closed += 1
        self.fail("the server ended the connection")

    def fail(self, reason: str) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(reason))

    def say(self, payload: bytes) -> None:
        self.transport.write(masked_frame(BINARY if self.dialect.is_binary else TEXT, payload))

    def data_received(self, data: bytes) -> None:
        known = None if self.rest else self.tally.known.get(data)
        if known is not None:
            self.tally.count(*known)
        elif self.is_open:
            self.read(data)
        else:
            self.shake_hands(data)

    def shake_hands(self, data: bytes) -> None:
        self.rest += data
        head, blank, frames = self.rest.partition(b"\r\n\r\n")
        if not blank:
            return
        if not head.startswith(b"HTTP/1.1 101 "):
            self.fail(head.partition(b"\r\n")[0].decode())
            return
        self.is_open = True
        self.rest = b""
        for payload in self.dialect.greeting(self.room):
            self.say(payload)
        self.note(b"")
        self.read(frames)

    def read(self, data: bytes) -> None:
        starts_whole = not self.rest
        frames, self.rest = split_frames(self.rest + data)
        posts: list[Post] = []
        bearing, is_plain = 0, starts_whole and not self.rest
        for head, payload in frames:
            shown = self.take(head, payload)
            posts += shown
            bearing += bool(shown)
            is_plain &= bool(shown) and not self.dialect.acknowledged(payload)
        if posts and is_plain:
            self.tally.remember(data, posts, bearing)
        self.tally.count(posts, bearing)

    def take(self, head: int, payload: bytes) -> list[Post]:
        """Do what a frame asks for; the messages that it shows."""
        opcode = head & 0x0F
        if opcode in (TEXT, BINARY) and head & FINAL:
            self.note(payload)
            return self.tally.posts_in(payload)
        if opcode == PING:
            self.transport.write(masked_frame(PONG, payload))
        elif opcode == CLOSE:
            self.fail(f"closed with {int.from_bytes(payload[:2])}")
            self.transport.close()
        elif opcode != PONG:
            self.fail("a frame in pieces, which this client does not read")
        return []

    def note(self, payload: bytes) -> None:
        """Whatever is not a message: acks, questions, and that one may begin."""
        self.marks += payload.count(MARK)
        for number in self.dialect.acknowledged(payload):
            self.tally.acknowledge(number)
        for answer in self.dialect.answers(self.room, payload):
            self.say(answer)
        if self.dialect.is_ready(payload) and not self.ready.done():
            self.ready.set_result(None)
