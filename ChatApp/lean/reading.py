"""What comes in: in turns, frame after frame, put together to messages."""

from __future__ import annotations

import asyncio

from websockets.frames import CloseCode

from ChatApp.lean.exchange import Exchange
from ChatApp.lean.frames import (
    CLOSE,
    CONTINUATION,
    TEXT,
    Broken,
    Fragments,
    Frame,
    frame_at,
    text_of,
)

# Frames of one line that are handled before others have their turn; that takes about 0.3 ms.
FRAMES_A_TURN = 128


class Reading(asyncio.Protocol):
    """Half of a line: Line says what happens with what was read."""

    __slots__ = (
        "close_sent",
        "exchange",
        "fragments",
        "handshake_complete",
        "is_deaf",
        "is_due",
        "is_paused",
        "transport",
        "waiting",
    )

    transport: asyncio.Transport

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.handshake_complete = False
        self.close_sent = False
        # Whatever comes is not heard any more.
        self.is_deaf = False
        # Came in and was not handled: half a frame, or what has to wait for its turn. While
        # whole frames are in it, nothing more is read.
        self.waiting: bytes | bytearray = b""
        self.is_due = False
        self.is_paused = False
        self.fragments: Fragments | None = None

    # --- What is done with it

    def has_room(self) -> bool:
        """Whether one more message may be heard."""
        raise NotImplementedError

    def heard(self, message: str | bytes) -> None:
        raise NotImplementedError

    def take_control(self, opcode: int, payload: bytes) -> None:
        raise NotImplementedError

    def count_idle_frame(self) -> None:
        raise NotImplementedError

    def fail(self, code: int, reason: str) -> None:
        raise NotImplementedError

    # --- Turns

    def data_received(self, data: bytes) -> None:
        if self.is_deaf:
            return
        if self.waiting:
            self.waiting += data
        else:
            self.waiting = data
        if not self.handshake_complete:
            self.hold_early_frames()
        elif not self.is_due:
            self.take_turn()

    def hold_early_frames(self) -> None:
        """A client that does not wait for the answer to its handshake is heard after it."""
        if len(self.waiting) > self.exchange.message_bytes:
            self.pause()

    def take_turn(self) -> None:
        """Handle some of the frames that wait, and come back for the rest of them."""
        self.is_due = False
        data, at, has_frames = self.waiting, 0, True
        try:
            for _ in range(FRAMES_A_TURN):
                if self.is_deaf or not self.has_room():
                    break
                frame = frame_at(data, at, self.room())
                if frame is None:
                    has_frames = False
                    break
                at = frame.end
                self.take_frame(frame)
        except Broken as problem:
            self.fail(problem.code, problem.reason)
        if not self.is_deaf:
            self.keep_from(at)
            self.read_on(has_frames=has_frames and bool(self.waiting))

    def keep_from(self, at: int) -> None:
        if at == len(self.waiting):
            self.waiting = b""
        elif isinstance(self.waiting, bytes):
            self.waiting = bytearray(memoryview(self.waiting)[at:])
        else:
            del self.waiting[:at]

    def read_on(self, *, has_frames: bool) -> None:
        if not self.has_room():
            self.pause()
        elif has_frames:
            self.pause()
            self.come_back()
        elif self.is_paused:
            self.resume()

    def pause(self) -> None:
        if not self.is_paused:
            self.is_paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        if self.is_paused and not self.transport.is_closing():
            self.is_paused = False
            self.transport.resume_reading()

    def come_back(self) -> None:
        if not self.is_due:
            self.is_due = True
            self.exchange.loop.call_soon(self.take_turn)

    def go_on(self) -> None:
        """There is room again."""
        if self.waiting:
            self.come_back()
        else:
            self.resume()

    def room(self) -> int:
        """How many bytes the message may still bring."""
        most = self.exchange.message_bytes
        return most if self.fragments is None else most - len(self.fragments.body)

    # --- Frames

    def take_frame(self, frame: Frame) -> None:
        opcode, is_final, payload, _ = frame
        if opcode >= CLOSE:
            self.take_control(opcode, payload)
        elif opcode == CONTINUATION:
            self.take_continuation(payload, is_final)
        elif self.fragments is not None:
            raise Broken(CloseCode.PROTOCOL_ERROR, "the message before has no end")
        elif is_final:
            self.take_message(text_of(payload) if opcode == TEXT else payload)
        else:
            self.fragments = Fragments(opcode)
            self.fragments.add(payload)

    def take_continuation(self, payload: bytes, is_final: bool) -> None:
        if self.fragments is None:
            raise Broken(CloseCode.PROTOCOL_ERROR, "there is nothing to continue")
        self.fragments.add(payload)
        if is_final:
            message = self.fragments.whole()
            self.fragments = None
            self.take_message(message)
        elif not payload:  # no size of a message bounds their number
            self.count_idle_frame()

    def take_message(self, message: str | bytes) -> None:
        if not self.close_sent:  # what crossed our close on its way is not heard
            self.heard(message)
