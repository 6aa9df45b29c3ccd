"""uvicorn's end of a WebSocket, bounded in what one peer can make the event loop do.

uvicorn takes up to 64 KiB from a line and handles all that is in it in one go. That can be ten
thousand empty pings, each of them parsed and answered, while everybody else waits.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

# What is handled of one line before others have their turn: some 340 of the smallest frames,
# which take about 10 ms.
SLICE_BYTES = 2048
# Pings, pongs and fragments without a byte. An honest peer sends one in 20 s.
IDLE_FRAMES_A_SECOND = 100


class FairProtocol(WebSocketsSansIOProtocol):
    """Reads in slices, and cuts a peer that keeps the loop busy with frames that say nothing."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Came in and waits for its turn. While something does, nothing more is read.
        self.waiting = bytearray()
        self.idle_frames = 0
        self.second_began = 0.0

    # --- Slices

    def data_received(self, data: bytes) -> None:
        # The request is small, and nothing that belongs to it may be late.
        if not self.handshake_initiated:
            self.take_request(data)
        elif self.waiting:
            self.waiting += data
        elif len(data) <= SLICE_BYTES:
            super().data_received(data)
        else:
            self.waiting += data
            self.take_slice()

    def take_request(self, data: bytes) -> None:
        super().data_received(data)
        # uvicorn hears nothing of a request that is refused before it is complete.
        if not self.handshake_initiated and self.conn.handshake_exc:
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def take_slice(self) -> None:
        """Handle a little of what waits, and come back for the rest in the loop's next turn."""
        if not self.transport.is_closing():
            data = bytes(self.waiting[:SLICE_BYTES])
            del self.waiting[:SLICE_BYTES]
            super().data_received(data)
        if self.transport.is_closing():
            self.waiting.clear()
        elif self.waiting:
            self.transport.pause_reading()
            self.loop.call_soon(self.take_slice)
        elif not self.read_paused:
            self.transport.resume_reading()

    async def receive(self) -> Any:
        event = await super().receive()
        # It resumes reading as soon as the application has taken what is parsed.
        if self.waiting and not self.transport.is_closing():
            self.transport.pause_reading()
        return event

    # --- Frames that say nothing

    def handle_ping(self) -> None:
        self.count_idle_frame()
        if not self.transport.is_closing():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        self.count_idle_frame()
        super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        if not event.data and not event.fin:  # no size of a message bounds their number
            self.count_idle_frame()
        super().handle_cont(event)

    def count_idle_frame(self) -> None:
        now = self.loop.time()
        if now - self.second_began >= 1:
            self.second_began = now
            self.idle_frames = 0
        self.idle_frames += 1
        if self.idle_frames > IDLE_FRAMES_A_SECOND:
            self.cut()

    def cut(self) -> None:
        """End the line with a reason, as far as it still takes one."""
        if self.transport.is_closing():
            return
        self.conn.fail(CloseCode.POLICY_VIOLATION, "too many frames that say nothing")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()
