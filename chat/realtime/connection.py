"""One browser tab: what is told to it goes to the line at once, or waits until the line takes it.

Everything here runs in the event loop. `deliver`, `take` and `close` never wait: whoever tells a
room of an event must not depend on how fast one of its members reads. An idle connection has no
task of its own; one is there for as long as the line is blocked.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from chat.realtime.gate import Gate
from chat.realtime.pace import Pace
from chat.realtime.parcel import Frames, Parcel, joined
from chat.realtime.sink import Sink, is_of_a_line

if TYPE_CHECKING:
    from chat.realtime.roster import Occupant

log = logging.getLogger("chat.connection")

QUEUED_EVENTS = 256
QUEUED_BYTES = 1024 * 1024
# A batch that has grown to this by events for this connection alone is not kept until its time.
BATCH_EVENTS = 128
# A frame of several events stays far below what clients' libraries accept (1 MiB by default).
BATCH_BYTES = 256 * 1024
SEND_SECONDS = 10.0


class Connection:
    """`sink` is the server's side of the line; `abort` ends a line that takes no frame.

    With a `pace`, the client takes several events in one frame, and gets them together.
    `expelled(room_id, slug, event)` cuts it off from a room, and `event` tells of that.
    """

    __slots__ = (
        "__weakref__",
        "abort",
        "close_code",
        "draining",
        "expelled",
        "has_ended",
        "has_room",
        "id",
        "is_due",
        "is_free",
        "is_held",
        "memberships",
        "occupant",
        "pace",
        "queue",
        "queued_bytes",
        "session_key",
        "sink",
        "too_slow",
        "user_id",
    )

    def __init__(
        self,
        *,
        user_id: int,
        session_key: str,
        sink: Sink,
        pace: Pace | None,
        abort: Callable[[], None],
        expelled: Callable[[int, str, str], None],
        too_slow: int,
    ) -> None:
        self.id = secrets.token_urlsafe(9)
        self.user_id = user_id
        # As others see them, once it may enter rooms.
        self.occupant: Occupant | None = None
        self.session_key = session_key
        self.sink = sink
        self.pace = pace
        self.abort = abort
        self.expelled = expelled
        self.too_slow = too_slow
        # Rooms that it follows, and the membership by which it may, as their ids.
        self.memberships: dict[int, int] = {}
        # Not a deque, which weighs 600 bytes when it is empty, as it nearly always is.
        self.queue: list[Parcel] = []
        self.queued_bytes = 0
        # What is delivered goes straight to the line: nothing waits, nothing is to be gathered.
        self.is_free = pace is None
        # It stands in the list of the pace: what comes has only to join the queue.
        self.is_due = False
        # Nothing goes out while it is held: the first frame is the greeting.
        self.is_held = False
        self.close_code: int | None = None
        # There while the line is blocked: sends what waits as soon as it is not.
        self.draining: asyncio.Task[None] | None = None
        self.has_room = Gate(is_open=True)
        self.has_ended = Gate(is_open=False)

    @property
    def is_closing(self) -> bool:
        return self.close_code is not None

    # --- What is told to it

    def deliver(self, event: str, topic: str = "") -> None:
        """Send an event, or queue it. A full queue closes the connection: it reads too slowly."""
        self.take(Parcel(event, topic))

    def take(self, parcel: Parcel) -> None:
        """As `deliver`; the same parcel may be given to many."""
        if self.is_free:
            self.write(parcel)
        elif self.close_code is None:
            self.queue.append(parcel)
            self.queued_bytes += parcel.weight
            if self.draining or self.is_held:
                self.bound()
            elif self.pace:
                self.gather(self.pace)

    def bound(self) -> None:
        if len(self.queue) > QUEUED_EVENTS or self.queued_bytes > QUEUED_BYTES:
            self.close(self.too_slow)
        elif len(self.queue) > QUEUED_EVENTS // 4 or self.queued_bytes > QUEUED_BYTES // 4:
            self.has_room.shut()

    def gather(self, pace: Pace) -> None:
        if len(self.queue) >= BATCH_EVENTS or self.queued_bytes >= BATCH_BYTES:
            self.flush()
        elif not self.is_due:
            self.is_due = True
            pace.add(self)

    def hold(self) -> None:
        """Keep what is delivered until `greet`."""
        self.is_held = True
        self.is_free = False

    def greet(self, event: str) -> None:
        """Send this first, and then what was delivered meanwhile."""
        self.is_held = False
        if not self.is_closing:
            self.queue.insert(0, Parcel(event))
            self.queued_bytes += self.queue[0].weight
            self.flush()

    def take_back(self, topic: str) -> None:
        """Forget what waits of a topic: its reader may not see it any more."""
        kept = [parcel for parcel in self.queue if parcel.topic != topic]
        self.queue = kept
        self.queued_bytes = sum(parcel.weight for parcel in kept)

    async def drained(self) -> None:
        """Wait until a queue that had filled has been sent: how a long replay is paced."""
        if len(self.queue) > QUEUED_EVENTS // 4:
            self.flush()
        await self.has_room.wait()

    # --- To the line

    def flush(self, frames: Frames | None = None) -> None:
        """Send what waits, unless the line is blocked; `frames` holds what others got just now."""
        if self.is_due:
            self.is_due = False
            if frames and (frame := frames.get(tuple(self.queue))):
                self.queue.clear()
                self.queued_bytes = 0
                self.write(frame)
                return
            # What came while it was due has not been weighed.
            self.queued_bytes = sum([parcel.weight for parcel in self.queue])
        while self.queue and not self.draining and not self.is_held:
            self.write(self.next_frame(frames))
        if not self.queue:
            self.has_room.open()
        self.is_free = self.could_be_free()

    def could_be_free(self) -> bool:
        is_idle = not (self.queue or self.draining or self.is_held or self.is_closing)
        return is_idle and self.pace is None

    def next_frame(self, frames: Frames | None) -> Parcel:
        """The next event; for a batching client all that is due, as far as it fits a frame."""
        if self.pace is None or len(self.queue) == 1:
            parcel = self.queue.pop(0)
            self.queued_bytes -= parcel.weight
            return parcel
        if self.queued_bytes <= BATCH_BYTES:
            parcels = tuple(self.queue)
            self.queue.clear()
            self.queued_bytes = 0
            return joined(parcels, frames)
        return joined(tuple(self.next_few()), None)

    def next_few(self) -> list[Parcel]:
        few = [self.queue.pop(0)]
        size = few[0].weight
        while self.queue and size + self.queue[0].weight <= BATCH_BYTES:
            few.append(self.queue.pop(0))
            size += few[-1].weight
        self.queued_bytes -= size
        return few

    def write(self, parcel: Parcel) -> None:
        try:
            self.drain(self.sink.write(parcel))
        except Exception as problem:
            self.give_up(problem)

    def drain(self, rest: Awaitable[None] | None) -> None:
        """Where the line is blocked, a task waits for it and sends what gathers meanwhile."""
        if rest is None:
            return
        self.is_free = False
        self.draining = asyncio.get_running_loop().create_task(self.send_the_rest(rest))

    async def send_the_rest(self, rest: Awaitable[None] | None) -> None:
        try:
            await self.patiently(rest)
            while self.queue:
                await self.patiently(self.sink.write(self.next_frame(None)))
            self.has_room.open()
            if self.close_code is not None:
                await self.patiently(self.sink.close(self.close_code))
                self.has_ended.open()
        except Exception as problem:
            self.give_up(problem)
        finally:
            self.draining = None
            self.is_free = self.could_be_free()

    async def patiently(self, rest: Awaitable[None] | None) -> None:
        if rest is not None:
            async with asyncio.timeout(SEND_SECONDS):
                await rest

    # --- Its end

    def close(self, code: int, *, after_queue: bool = False) -> None:
        """End the connection with `code`; what waits is dropped, or sent first."""
        if self.is_closing:
            return
        if self.is_held or not after_queue:
            self.queue.clear()
        self.is_held = False
        self.has_room.open()
        self.flush()
        self.close_code = code
        self.is_free = False
        if not self.draining and not self.has_ended.is_open:
            self.drain_close(code)

    def drain_close(self, code: int) -> None:
        try:
            rest = self.sink.close(code)
        except Exception as problem:
            self.give_up(problem)
            return
        if rest is None:
            self.has_ended.open()
        else:
            self.draining = asyncio.get_running_loop().create_task(self.end_with(rest))

    async def end_with(self, rest: Awaitable[None]) -> None:
        try:
            await self.patiently(rest)
        except Exception as problem:
            self.give_up(problem)
        finally:
            self.has_ended.open()

    def give_up(self, problem: Exception) -> None:
        """Usually the line broke: what is missing is resumed on the next one.

        A mistake of ours would look the same from outside, as a client that reconnects for ever.
        """
        if not is_of_a_line(problem):
            log.warning("Connection %s failed by a mistake of ours.", self.id, exc_info=problem)
        self.abandon()

    def abandon(self) -> None:
        """Give the line up without another word."""
        self.close_code = self.close_code or self.too_slow
        self.is_free = self.is_due = False
        self.queue.clear()
        self.has_room.open()
        self.has_ended.open()
        with suppress(Exception):
            self.abort()

    def end(self) -> None:
        """The server has done with the line; nothing more can be sent."""
        self.close_code = self.close_code or self.too_slow
        self.is_free = self.is_due = False
        self.queue.clear()
        self.has_room.open()
        self.has_ended.open()
        if self.draining:
            self.draining.cancel()


def give(parcel: Parcel, connections: Iterable[Connection]) -> None:
    """Have all of them take it. What a busy room costs is decided in this loop."""
    for connection in connections:
        if connection.is_due:
            connection.queue.append(parcel)
        elif connection.is_free and (write_at_once := connection.sink.write_at_once):
            try:
                if not write_at_once(parcel.frame):
                    connection.drain(connection.sink.rest())
            except Exception as problem:
                connection.give_up(problem)
        else:
            connection.take(parcel)
