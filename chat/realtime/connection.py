"""One browser tab: what waits to be sent to it, and the task that sends.

Everything here runs in the event loop. `deliver` and `close` never wait: whoever tells a room of
an event must not depend on how fast one of its members reads.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

QUEUED_EVENTS = 256
QUEUED_BYTES = 1024 * 1024
# A frame of several events stays far below what clients' libraries accept (1 MiB by default).
BATCH_BYTES = 256 * 1024
SEND_SECONDS = 10.0


class Connection:
    """`send_text` and `send_close` are the server's; `abort` ends a line that takes no frame.

    `expelled(room_id, slug, event)` cuts it off from a room, and `event` tells of that.
    """

    def __init__(
        self,
        *,
        user_id: int,
        session_key: str,
        batch: bool,
        send_text: Callable[[str], Awaitable[None]],
        send_close: Callable[[int], Awaitable[None]],
        abort: Callable[[], None],
        expelled: Callable[[int, str, str], None],
        too_slow: int,
    ) -> None:
        self.id = secrets.token_urlsafe(9)
        self.user_id = user_id
        self.session_key = session_key
        self.batch = batch
        self.send_text = send_text
        self.send_close = send_close
        self.abort = abort
        self.expelled = expelled
        self.too_slow = too_slow
        # Rooms that it follows, and the membership by which it may, as their ids.
        self.memberships: dict[int, int] = {}
        # What waits, with the topic that it is of: a room's can be taken back.
        self.queue: deque[tuple[str, str]] = deque()
        self.queued_bytes = 0
        # Nothing goes out while it is held: the first frame is the greeting.
        self.is_held = False
        self.close_code: int | None = None
        # The writing task has nothing to do, or has not had its turn since it got something.
        self.is_idle = False
        self.has_work = asyncio.Event()
        self.has_room = asyncio.Event()
        self.has_room.set()
        self.has_ended = asyncio.Event()

    @property
    def is_closing(self) -> bool:
        return self.close_code is not None

    def deliver(self, event: str, topic: str = "") -> None:
        """Queue an event. A full queue closes the connection: it reads too slowly.

        Many events may come in one turn of the loop, as one commit brings them: their number
        tells of a slow reader only where the line was busy before.
        """
        if self.is_closing:
            return
        self.queue.append((topic, event))
        self.queued_bytes += weight(event)
        is_behind = len(self.queue) > QUEUED_EVENTS and not self.is_idle
        if is_behind or self.queued_bytes > QUEUED_BYTES:
            self.close(self.too_slow)
        elif len(self.queue) > QUEUED_EVENTS // 4 or self.queued_bytes > QUEUED_BYTES // 4:
            self.has_room.clear()
        if not self.is_held:
            self.has_work.set()

    def hold(self) -> None:
        """Keep what is delivered until `greet`."""
        self.is_held = True

    def greet(self, event: str) -> None:
        """Send this first, and then what was delivered meanwhile."""
        self.is_held = False
        if not self.is_closing:
            self.queue.appendleft(("", event))
            self.queued_bytes += weight(event)
            self.has_work.set()

    def take_back(self, topic: str) -> None:
        """Forget what waits of a topic: its reader may not see it any more."""
        kept = [(of, event) for of, event in self.queue if of != topic]
        self.queue = deque(kept)
        self.queued_bytes = sum(weight(event) for _, event in kept)

    def close(self, code: int, *, after_queue: bool = False) -> None:
        """End the connection with `code`; what waits is dropped, or sent first."""
        if self.is_closing:
            return
        self.close_code = code
        if self.is_held or not after_queue:
            self.queue.clear()
        self.has_work.set()
        self.has_room.set()

    async def drained(self) -> None:
        """Wait until a queue that had filled has been sent: how a long replay is paced."""
        await self.has_room.wait()

    async def write(self) -> None:
        """Send what is queued until the connection ends. One task runs this."""
        try:
            while not (self.is_closing and not self.queue):
                self.is_idle = True
                await self.has_work.wait()
                self.is_idle = False
                self.has_work.clear()
                await self.flush()
            if self.close_code is not None:
                async with asyncio.timeout(SEND_SECONDS):
                    await self.send_close(self.close_code)
        except Exception:  # a line that broke; what is missing is resumed on the next one
            self.abandon()
        finally:
            self.has_ended.set()

    async def flush(self) -> None:
        while self.queue:
            frame = self.next_frame()
            # Not wait_for(), which before Python 3.12 can swallow the end of the task.
            async with asyncio.timeout(SEND_SECONDS):
                await self.send_text(frame)
        self.has_room.set()

    def next_frame(self) -> str:
        """The next event; for a batching client all that is due, as far as it fits a frame."""
        _, event = self.queue.popleft()
        events = [event]
        size = weight(event)
        while self.batch and self.queue and size + weight(self.queue[0][1]) <= BATCH_BYTES:
            _, event = self.queue.popleft()
            events.append(event)
            size += weight(event)
        self.queued_bytes -= size
        return events[0] if len(events) == 1 else f"[{','.join(events)}]"

    def abandon(self) -> None:
        """Give the line up without another word."""
        self.close_code = self.close_code or self.too_slow
        self.queue.clear()
        self.has_room.set()
        with suppress(Exception):
            self.abort()


def weight(event: str) -> int:
    """The bytes that a text takes in memory and on the line, or a little more."""
    return len(event) * (1 if event.isascii() else 4)
