"""What a client can do to a server that does not mean well. Run in a process of its own: the
bystanders' delays are to be the server's, not those of an event loop that they share.
"""

import asyncio
import json
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.chatter import Socket

MASK = b"\0\0\0\0"
TOO_LARGE = {1009, 4409}
# Protocol errors: daphne drops the line, which a client sees as 1006.
BROKEN = {1002, 1006, 1007}
CHUNK = 16_384


def attack(name: str, address: str, cookie: str, count: int) -> None:
    """Carry out one of the attacks below. Raises where the server does not end it properly."""
    asyncio.run(carry_out(name, address, cookie, count))


async def carry_out(name: str, address: str, cookie: str, count: int) -> None:
    async with connect(
        address,
        additional_headers={"Cookie": cookie},
        max_size=None,
        max_queue=None,
        ping_interval=None,
        close_timeout=1,
    ) as line:
        socket = Socket(line, "charlie")
        await socket.sees("room.subscribed")
        await ATTACKS[name](socket, count)
        line.transport.abort()


async def fragments(charlie: Socket, count: int) -> None:
    """A message of so many frames of one byte each; too large in the end."""
    inner = frame(0x0, b"x", fin=False) * count
    await pour(charlie, frame(0x1, b"x", fin=False) + inner + frame(0x0, b"x"))
    assert await charlie.is_closed_with(30) in TOO_LARGE | BROKEN


async def fragments_of_a_ping(charlie: Socket, _: int) -> None:
    """Large, but not too large: a message like any other."""
    text = json.dumps({"type": "ping", "padding": "x" * 30_000}).encode()
    first, *middle, last = [text[at : at + 1] for at in range(len(text))]
    inner = b"".join(frame(0x0, byte, fin=False) for byte in middle)
    await pour(charlie, frame(0x1, first, fin=False) + inner + frame(0x0, last))
    assert (await charlie.sees("pong", "error", within=30))["type"] == "pong"


async def fragments_without_an_end(charlie: Socket, count: int) -> None:
    inner = frame(0x0, b"x", fin=False) * min(count, 60_000)
    await pour(charlie, frame(0x1, b"x", fin=False) + inner)


async def fragments_of_nothing(charlie: Socket, count: int) -> None:
    """No size of a message ever ends it."""
    await pour(charlie, frame(0x1, b"x", fin=False) + frame(0x0, b"", fin=False) * count)
    await answers_or_ends(charlie)


async def pings_of_the_line(charlie: Socket, count: int) -> None:
    await pour(charlie, frame(0x9, b"") * count)
    await answers_or_ends(charlie)


async def pongs_of_the_line(charlie: Socket, count: int) -> None:
    await pour(charlie, frame(0xA, b"") * count)
    await answers_or_ends(charlie)


async def answers_or_ends(charlie: Socket) -> None:
    """Whatever came before it is done with."""
    with suppress(ConnectionClosed):
        await charlie.send(type="ping")
        await charlie.sees("pong", "error", within=30)


async def pings_of_the_protocol(charlie: Socket, count: int) -> None:
    """Each is answered, or the line is ended."""
    await pour(charlie, frame(0x1, b'{"type": "ping"}') * (count // 20))
    await charlie.send(type="ping", ref="the last")
    with suppress(ConnectionClosed):
        await charlie.sees("pong", where=lambda pong: pong.get("ref") == "the last", within=30)


async def pour(charlie: Socket, flood: bytes) -> None:
    """As fast as the line takes it; made beforehand."""
    for start in range(0, len(flood), CHUNK):
        with suppress(RuntimeError):  # after the server has ended it
            charlie.line.transport.write(flood[start : start + CHUNK])
        await asyncio.sleep(0)


async def a_megabyte(charlie: Socket, _: int) -> None:
    with suppress(ConnectionClosed):
        await charlie.send_raw("x" * 1024 * 1024)
    assert await charlie.is_closed_with() in TOO_LARGE | BROKEN


def bytes_that_are_no_frame(wrong: bytes) -> Callable[[Socket, int], Awaitable[None]]:
    async def send(charlie: Socket, _: int) -> None:
        charlie.line.transport.write(wrong)
        assert await charlie.is_closed_with() in BROKEN | TOO_LARGE

    return send


def frame(opcode: int, payload: bytes, *, fin: bool = True, reserved: int = 0) -> bytes:
    """As a client sends it: masked, here with zeros."""
    first = (0x80 if fin else 0) | reserved | opcode
    if len(payload) < 126:
        return bytes([first, 0x80 | len(payload)]) + MASK + payload
    if len(payload) < 65_536:
        return bytes([first, 0x80 | 126]) + struct.pack("!H", len(payload)) + MASK + payload
    return bytes([first, 0x80 | 127]) + struct.pack("!Q", len(payload)) + MASK + payload


ATTACKS: dict[str, Callable[[Socket, int], Awaitable[None]]] = {
    "fragments of one byte": fragments,
    "a ping in fragments": fragments_of_a_ping,
    "fragments without an end": fragments_without_an_end,
    "fragments of nothing": fragments_of_nothing,
    "a flood of pings of the line": pings_of_the_line,
    "a flood of pongs of the line": pongs_of_the_line,
    "a flood of pings of the protocol": pings_of_the_protocol,
    "a frame of a megabyte": a_megabyte,
    "a continuation of nothing": bytes_that_are_no_frame(frame(0x0, b"x")),
    "reserved bits": bytes_that_are_no_frame(frame(0x1, b"{}", reserved=0x40)),
    "an unknown opcode": bytes_that_are_no_frame(frame(0x3, b"x")),
    "a control frame of 200 bytes": bytes_that_are_no_frame(frame(0x9, b"x" * 200)),
    "a control frame in parts": bytes_that_are_no_frame(frame(0x9, b"x", fin=False)),
    "a frame that is not masked": bytes_that_are_no_frame(b"\x81\x02{}"),
    "a length of 2**63": bytes_that_are_no_frame(b"\x81\xff" + b"\xff" * 8 + MASK),
    "a close with half a code": bytes_that_are_no_frame(frame(0x8, b"\x03")),
    "text that is no UTF-8": bytes_that_are_no_frame(frame(0x1, b'{"message": "\xff"}')),
    "text that ends within a character": bytes_that_are_no_frame(frame(0x1, b'"\xf0\x9f\x98')),
}
