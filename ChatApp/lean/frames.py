"""What a client sends, taken apart, and what a server sends, put together (RFC 6455, section 5)."""

from __future__ import annotations

import codecs
from typing import NamedTuple

from websockets.exceptions import ProtocolError
from websockets.frames import Close, CloseCode

try:
    from websockets.speedups import apply_mask
except ImportError:  # a websockets without its C: 20 times slower, and still 0.1 ms for 64 KiB
    from websockets.utils import apply_mask

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
OPCODES = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
CONTROL_BYTES = 125
# Of the first byte and of the second.
FINAL, RESERVED, OPCODE = 0x80, 0x70, 0x0F
MASKED, SIZE = 0x80, 0x7F
# In place of a small size: how wide the number is that follows.
SIZE_BYTES = {126: 2, 127: 8}
KEY_BYTES = 4


class Broken(Exception):
    """The client does not keep to the protocol; `code` is what its line is closed with."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Frame(NamedTuple):
    """`end` is where the next one begins."""

    opcode: int
    is_final: bool
    payload: bytes
    end: int


def frame_at(data: bytes | bytearray, at: int, room: int) -> Frame | None:
    """The frame that begins there, or None as long as a part of it is on its way.

    `room` is how many bytes of a message it may bring. Raises Broken as soon as the header is
    there that says that it may not be.
    """
    here = len(data)
    if here < at + 2:
        return None
    first, second = data[at], data[at + 1]
    check(first, second)
    size = second & SIZE
    at += 2
    if size > CONTROL_BYTES:
        width = SIZE_BYTES[size]
        if here < at + width:
            return None
        size = int.from_bytes(data[at : at + width], "big")
        at += width
    opcode = first & OPCODE
    if opcode < CLOSE and size > room:
        raise Broken(CloseCode.MESSAGE_TOO_BIG, f"{size} bytes, {room} are allowed")
    begin = at + KEY_BYTES
    end = begin + size
    if here < end:
        return None
    payload = apply_mask(data[begin:end], data[at:begin]) if size else b""
    return Frame(opcode, first >= FINAL, payload, end)


def check(first: int, second: int) -> None:
    """Whether a frame may begin with these two bytes."""
    opcode = first & OPCODE
    if opcode not in OPCODES:
        raise Broken(CloseCode.PROTOCOL_ERROR, "unknown opcode")
    if first & RESERVED:
        raise Broken(CloseCode.PROTOCOL_ERROR, "reserved bits are set")
    if second < MASKED:
        raise Broken(CloseCode.PROTOCOL_ERROR, "frame is not masked")
    if opcode >= CLOSE and (first < FINAL or second & SIZE > CONTROL_BYTES):
        raise Broken(CloseCode.PROTOCOL_ERROR, "control frame is in parts or too long")


def text_of(payload: bytes | bytearray) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError as problem:
        raise Broken(CloseCode.INVALID_DATA, "text is not UTF-8") from problem


class Fragments:
    """A message that comes in several frames, as far as it is here."""

    __slots__ = ("body", "decoder")

    def __init__(self, opcode: int) -> None:
        self.body = bytearray()
        self.decoder = codecs.getincrementaldecoder("utf-8")() if opcode == TEXT else None

    def add(self, payload: bytes) -> None:
        """Raises Broken for text that cannot become UTF-8 any more: its end is not waited for."""
        self.body += payload
        if self.decoder:
            try:
                self.decoder.decode(payload)
            except UnicodeDecodeError as problem:
                raise Broken(CloseCode.INVALID_DATA, "text is not UTF-8") from problem

    def whole(self) -> str | bytes:
        return text_of(self.body) if self.decoder else bytes(self.body)


def close_in(payload: bytes) -> Close:
    """What a close frame says. Raises Broken where it may not say that."""
    try:
        return Close.parse(payload)
    except UnicodeDecodeError as problem:
        raise Broken(CloseCode.INVALID_DATA, "close reason is not UTF-8") from problem
    except ProtocolError as problem:
        raise Broken(CloseCode.PROTOCOL_ERROR, str(problem)) from problem


# --- From the server: final, and not masked


def frame_of(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size <= CONTROL_BYTES:
        return b"%c%c" % (FINAL | opcode, size) + payload
    if size < 65_536:
        return b"%c\x7e" % (FINAL | opcode) + size.to_bytes(2, "big") + payload
    return b"%c\x7f" % (FINAL | opcode) + size.to_bytes(8, "big") + payload


def close_frame(code: int, reason: str) -> bytes:
    """Raises ProtocolError where RFC 6455 has no such close: a code of its own, a long reason."""
    payload = Close(code, reason).serialize()
    if len(payload) > CONTROL_BYTES:
        raise ProtocolError("close reason is too long")
    return frame_of(CLOSE, payload)
