"""What each server wants to hear: one small class for each protocol.

A payload is what one frame holds. `is_ready(b"")` is asked when the handshake is done, for servers
that say nothing then.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

SENTENCE = "The kettle is on again, and whoever mends the printer today gets the first cup of it."


class Dialect:
    is_binary = False
    subprotocol = ""
    acknowledges = False

    def path(self, room: str) -> str:
        raise NotImplementedError

    def greeting(self, room: str) -> Sequence[bytes]:
        """What the client says as soon as the connection is open."""
        return ()

    def answers(self, room: str, payload: bytes) -> Sequence[bytes]:
        """What the client says to this."""
        return ()

    def is_ready(self, payload: bytes) -> bool:
        raise NotImplementedError

    def post(self, room: str, number: bytes) -> bytes:
        raise NotImplementedError

    def acknowledged(self, payload: bytes) -> Sequence[bytes]:
        """The numbers of the messages that the server says it has stored."""
        return ()


class Chat(Dialect):
    """docs/protocol.md, in a room of its own address."""

    acknowledges = True
    ack = re.compile(rb'"type":"ack"[^}]*?"client_id":"[0-9a-f-]{28}(\d{8})"')

    def __init__(self, *, batch: bool = False) -> None:
        self.query = "?batch=1" if batch else ""
        # Its own for every run, since the server remembers each client_id for ever.
        self.prefix = b"%s-0000-4000-8000-0000" % os.urandom(4).hex().encode()

    def path(self, room: str) -> str:
        return f"/ws/chat/{room}/{self.query}"

    def is_ready(self, payload: bytes) -> bool:
        return b'"type":"room.subscribed"' in payload

    def post(self, room: str, number: bytes) -> bytes:
        return b'{"type":"message.post","message":"No. %b %b","client_id":"%b%b"}' % (
            number,
            SENTENCE.encode(),
            self.prefix,
            number,
        )

    def acknowledged(self, payload: bytes) -> Sequence[bytes]:
        return self.ack.findall(payload) if b'"type":"ack"' in payload else ()


class Welcomed(Chat):
    """Connected, and in no room yet."""

    def path(self, room: str) -> str:
        return "/ws/chat/"

    def is_ready(self, payload: bytes) -> bool:
        return b'"type":"welcome"' in payload


class Returning(Chat):
    """Was here before, and has seen nothing of what was said since the room's beginning."""

    def path(self, room: str) -> str:
        return f"/ws/chat/{self.query}"

    def answers(self, room: str, payload: bytes) -> Sequence[bytes]:
        if b'"type":"welcome"' not in payload:
            return ()
        return [b'{"type":"room.subscribe","room":"%b","after":0}' % room.encode()]


class Tutorial(Dialect):
    """The chat of the Channels tutorial; it is in the group before the handshake is answered."""

    def path(self, room: str) -> str:
        return f"/ws/chat/{room}/"

    def is_ready(self, payload: bytes) -> bool:
        return True

    def post(self, room: str, number: bytes) -> bytes:
        return b'{"message":"No. %b %b"}' % (number, SENTENCE.encode())


class SocketIO(Dialect):
    """Engine.IO 4 over WebSocket alone, and in it Socket.IO 5."""

    def path(self, room: str) -> str:
        return "/socket.io/?EIO=4&transport=websocket"

    def answers(self, room: str, payload: bytes) -> Sequence[bytes]:
        if payload == b"2":
            return [b"3"]
        if payload.startswith(b"0{"):
            return [b"40"]
        if payload.startswith(b"40"):
            return [b'420["join","%b"]' % room.encode()]
        return ()

    def is_ready(self, payload: bytes) -> bool:
        return payload.startswith(b"430")

    def post(self, room: str, number: bytes) -> bytes:
        words = (room.encode(), number, SENTENCE.encode())
        return b'42["post",{"room":"%b","message":"No. %b %b"}]' % words


class MQTT(Dialect):
    """3.1.1, quality of service 0: nothing is acknowledged."""

    is_binary = True
    subprotocol = "mqtt"

    def path(self, room: str) -> str:
        return "/mqtt"

    def greeting(self, room: str) -> Sequence[bytes]:
        clean_session, no_keep_alive = b"\x02", b"\x00\x00"
        name = text(os.urandom(8).hex().encode())
        return [packet(0x10, text(b"MQTT") + b"\x04" + clean_session + no_keep_alive + name)]

    def answers(self, room: str, payload: bytes) -> Sequence[bytes]:
        connected = payload[:1] == b"\x20"
        return [packet(0x82, b"\x00\x01" + text(room.encode()) + b"\x00")] if connected else ()

    def is_ready(self, payload: bytes) -> bool:
        return payload[:1] == b"\x90"

    def post(self, room: str, number: bytes) -> bytes:
        return packet(0x30, text(room.encode()) + b"No. %b %b" % (number, SENTENCE.encode()))


def text(words: bytes) -> bytes:
    return len(words).to_bytes(2) + words


def packet(kind: int, body: bytes) -> bytes:
    """With its length in one or two bytes, which do for 16 KiB."""
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([size % 128 | 128, size // 128])
    return bytes([kind]) + length + body


OURS: dict[str, type[Chat]] = {"chat": Chat, "welcomed": Welcomed, "returning": Returning}
THEIRS: dict[str, type[Dialect]] = {"tutorial": Tutorial, "socket.io": SocketIO, "mqtt": MQTT}


def dialect(name: str, *, batch: bool = False) -> Dialect:
    """`batch` means something in our own protocol alone."""
    return OURS[name](batch=batch) if name in OURS else THEIRS[name]()
