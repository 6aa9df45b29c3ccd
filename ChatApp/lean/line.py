"""One WebSocket: what is said when, and how it ends. Knows nothing of ASGI.

Everything runs in the event loop. An idle line holds nothing but these attributes: no parser, no
queue, no timer.
"""

from __future__ import annotations

import asyncio
import os
import secrets

from uvicorn.protocols.utils import ClientDisconnected, is_ssl
from websockets.frames import CloseCode

from ChatApp.lean.exchange import Exchange
from ChatApp.lean.frames import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    close_frame,
    close_in,
    frame_of,
)
from ChatApp.lean.reading import Reading

# Pings, pongs and fragments without a byte. An honest peer sends one in 20 s.
IDLE_FRAMES_A_SECOND = 100
# How long a peer may take to answer a close, and to take what is still to be sent to it.
CLOSE_SECONDS = 10.0
# How long what a peer goes on sending after its mistake is read and thrown away. Unread, it would
# reset the line, and the peer would not learn its mistake.
DEAF_SECONDS = 2.0


class Line(Reading):
    """Whoever inherits says what happens with what is heard."""

    __slots__ = (
        "blocked",
        "descriptor",
        "ending",
        "idle_frames",
        "is_open",
        "owed_pong",
        "ping_payload",
        "second_began",
    )

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange)
        # Messages may be sent.
        self.is_open = False
        # There while the transport holds what the socket did not take.
        self.blocked: asyncio.Event | None = None
        # Of the socket, where nothing stands between it and the line.
        self.descriptor: int | None = None
        self.owed_pong: bytes | None = None
        self.ping_payload: bytes | None = None
        self.ending: asyncio.TimerHandle | None = None
        self.idle_frames = 0
        self.second_began = 0.0

    def ended(self, code: int, reason: str) -> None:
        """Nothing more will be heard. Called once or more; the first is right."""
        raise NotImplementedError

    # --- Frames that are no message

    def take_control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.take_ping(payload)
        elif opcode == PONG:
            self.take_pong(payload)
        else:
            self.take_close(payload)

    def take_ping(self, payload: bytes) -> None:
        self.count_idle_frame()
        if not self.is_open:
            return
        if self.blocked is None:
            self.transport.write(frame_of(PONG, payload))
        else:  # the latest answers those before it: no number of them fills our memory
            self.owed_pong = payload

    def take_pong(self, payload: bytes) -> None:
        self.count_idle_frame()
        if payload == self.ping_payload:
            self.ping_payload = None
            if self.exchange.pongs:
                self.exchange.pongs.discard(self)

    def take_close(self, payload: bytes) -> None:
        close = close_in(payload)
        if not self.close_sent:
            self.close_sent = True
            self.transport.write(frame_of(CLOSE, payload))
            self.ended(close.code, close.reason)
        self.hang_up()

    def count_idle_frame(self) -> None:
        now = self.exchange.loop.time()
        if now - self.second_began >= 1:
            self.second_began = now
            self.idle_frames = 0
        self.idle_frames += 1
        if self.idle_frames > IDLE_FRAMES_A_SECOND:
            self.fail(CloseCode.POLICY_VIOLATION, "too many frames that say nothing")

    # --- Saying

    def write_frame(self, frame: bytes) -> bool:
        """Send a frame that is ready; whether more may follow at once.

        Raises ClientDisconnected on a line that is gone, or to which goodbye has been said.
        """
        if not self.is_open:
            raise ClientDisconnected
        self.transport.write(frame)
        return self.blocked is None

    def write_at_once(self, frame: bytes) -> bool:
        """As `write_frame`, past the transport, whose bookkeeping costs a tenth of a delivery.

        The system call lets another thread run. For hundreds of lines one after the other that is
        worth it; the larger and fewer frames of a busy room cost more so, in turns.
        """
        if not self.is_open:
            raise ClientDisconnected
        if self.descriptor is None or self.blocked is not None:
            return self.write_frame(frame)
        try:
            sent = os.write(self.descriptor, frame)
        except OSError:  # full, or broken: the transport will find out
            sent = 0
        return sent == len(frame) or self.write_frame(frame[sent:])

    def say(self, message: str | bytes) -> bool:
        is_text = isinstance(message, str)
        payload = message.encode() if isinstance(message, str) else message
        return self.write_frame(frame_of(TEXT if is_text else BINARY, payload))

    async def wait_until_writable(self) -> None:
        """Raises ClientDisconnected where that does not come any more."""
        while self.blocked is not None:
            await self.blocked.wait()
        if self.transport.is_closing():
            raise ClientDisconnected

    def pause_writing(self) -> None:
        self.blocked = asyncio.Event()

    def resume_writing(self) -> None:
        if self.blocked is not None:
            self.blocked.set()
            self.blocked = None
        if self.owed_pong is not None and self.is_open:
            self.transport.write(frame_of(PONG, self.owed_pong))
        self.owed_pong = None

    # --- Is anybody there

    def open(self, answer: bytes) -> None:
        """Send the answer to the handshake; frames may come and go from here on."""
        self.handshake_complete = True
        self.is_open = True
        self.descriptor = descriptor_of(self.transport)
        if self.descriptor is not None:
            # A line that is not blocked has nothing in its transport that could be overtaken.
            self.transport.set_write_buffer_limits(0)
        self.transport.write(answer)
        if self.exchange.pings:
            self.exchange.pings.add(self)
        if self.waiting:
            self.come_back()

    def ping(self) -> None:
        if not self.is_open:
            return
        if self.exchange.pings:
            self.exchange.pings.add(self)
        if self.ping_payload is None:
            self.ping_payload = secrets.token_bytes(4)
            self.transport.write(frame_of(PING, self.ping_payload))
            if self.exchange.pongs:
                self.exchange.pongs.add(self)

    def judge(self) -> None:
        """The time to answer a ping is over."""
        if not self.is_open:
            return
        if self.is_paused and self.exchange.pongs:  # the answer may be among what is not read
            self.exchange.pongs.add(self)
        else:
            self.fail(CloseCode.INTERNAL_ERROR, "keepalive ping timeout")

    # --- Its end

    def close(self, code: int, reason: str) -> None:
        """Say goodbye, and wait for the answer. Raises ProtocolError for a code that may not be."""
        self.say_goodbye(close_frame(code, reason))
        self.ended(code, reason)
        # The answer may be behind much that nobody wants to hear any more.
        self.go_on()
        self.end_within(CLOSE_SECONDS)

    def say_goodbye(self, frame: bytes) -> None:
        if self.is_open:
            self.is_open = False
            self.close_sent = True
            self.transport.write(frame)

    def fail(self, code: int, reason: str) -> None:
        """Say what is wrong, hear nothing more, and end the line when the peer does or soon."""
        self.say_goodbye(close_frame(code, reason))
        self.ended(code, reason)
        if self.transport.is_closing() or not self.transport.can_write_eof():
            self.hang_up()
            return
        self.fall_deaf()
        self.transport.write_eof()
        self.resume()
        self.end_within(DEAF_SECONDS)

    def fall_deaf(self) -> None:
        self.is_deaf = True
        self.is_open = False
        self.waiting = b""
        self.fragments = None

    def hang_up(self) -> None:
        """Everything is said: close as soon as it is sent, if that is soon."""
        self.fall_deaf()
        if not self.transport.is_closing():
            if self.transport.get_write_buffer_size():
                self.end_within(CLOSE_SECONDS)
            self.transport.close()

    def end_within(self, seconds: float) -> None:
        if self.ending is not None:
            self.ending.cancel()
        self.ending = self.exchange.loop.call_later(seconds, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self.fall_deaf()
        if self.ending is not None:
            self.ending.cancel()
            self.ending = None
        for rounds in (self.exchange.pings, self.exchange.pongs):
            if rounds:
                rounds.discard(self)
        self.resume_writing()
        self.ended(CloseCode.ABNORMAL_CLOSURE, "")


def descriptor_of(transport: asyncio.Transport) -> int | None:
    """Of the socket that takes the very bytes which the transport is given: none under TLS.

    It is good for as long as `connection_lost` was not called: the loops close it after that.
    """
    end = transport.get_extra_info("socket")
    return None if end is None or is_ssl(transport) else end.fileno()
