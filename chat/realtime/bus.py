"""From whichever thread something happened in to the connections that must hear of it.

An order is carried out here, and on a shared bus by every other process that it concerns. The
bus keeps the order in which it is called, and never raises: what was stored was stored, whoever
is told of it. It is only a hint: what it loses is found in the database.

This is the bus of one process, and the part of a shared one that is the same.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from chat.realtime import orders, topics

log = logging.getLogger("chat.bus")


class LocalBus:
    """`carry_out(order)` is called in the loop."""

    # Whether other processes listen too.
    is_shared = False
    # Whether what they say may not arrive here, or the other way round.
    is_degraded = False

    def __init__(self, carry_out: Callable[[orders.AnyOrder], None]) -> None:
        self.carry_out = carry_out
        self.loop: asyncio.AbstractEventLoop | None = None
        # What the loop is to do, and whether it has been told that there is something.
        self.work: deque[tuple[Callable[..., Any], tuple[Any, ...]]] = deque()
        self.is_told = False

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """From here on the connections live in this loop."""
        self.start_afresh()
        self.loop = loop

    def start_afresh(self) -> None:
        self.work.clear()
        self.is_told = False

    async def close(self) -> None:
        """Say what waits to be said. In the loop."""

    def figures(self) -> dict[str, float]:
        """Names that end in _total only grow."""
        return {}

    # --- What is said; from any thread

    def publish_change(self, room_id: int, event: str, *, tick: int, is_news: bool) -> None:
        """A room's change was committed; news is what alters unread counts."""
        self.send(orders.Change(room_id, tick, event))
        if is_news:
            self.send(orders.News(room_id))

    def note_read(self, user_id: int, room_id: int, skip: str | None) -> None:
        """A user's read position moved; the connection `skip` said it."""
        self.send(orders.Read(user_id, room_id, skip))

    def publish(self, topic: str, event: str, *, skip: str | None = None) -> None:
        """Tell everybody who listens to `topic`, but for the connection `skip`."""
        self.send(orders.Tell(topic, event, skip))

    def expel(self, user_id: int, room_id: int, slug: str, event: str) -> None:
        """Cut a user's connections off from a room, and tell them."""
        self.send(orders.Expel(user_id, room_id, slug, event))

    def send(self, order: orders.AnyOrder) -> None:
        """Have it carried out by every process, this one first."""
        self.steer(self.carry_out, order)

    def post(self, order: orders.AnyOrder) -> None:
        """Have it carried out by the other processes alone. In the loop."""

    def steer(self, work: Callable[..., Any], *arguments: Any) -> None:
        """Have the loop do something with its connections.

        Without a loop (a management command) nobody is connected here, and nothing is done.
        """
        if self.loop is None:
            return
        self.work.append((work, arguments))
        # Told once for all that gathers until it comes to it: to wake it up takes a system call.
        if not self.is_told:
            self.is_told = True
            try:
                self.loop.call_soon_threadsafe(self.do_work)
            except RuntimeError:  # the loop has been closed: the process ends
                self.start_afresh()

    def do_work(self) -> None:
        # Before the look at how much there is: whoever comes after it tells anew.
        self.is_told = False
        for _ in range(len(self.work)):
            work, arguments = self.work.popleft()
            try:
                work(*arguments)
            except Exception:
                log.exception("%s failed.", work)

    # --- What is listened to; in the loop

    def follow(self, topic: str) -> None:
        """Somebody here listens to a topic now."""

    def unfollow(self, topic: str) -> None:
        """Nobody here listens to it any more."""

    async def is_followed(self, topic: str) -> None:
        """Wait, but not for long, until nothing that is said to a followed topic is missed."""


def is_between_processes(topic: str) -> bool:
    """Whether other processes address it; the end of a session is told to everybody."""
    return topic.startswith((topics.ROOM, topics.USER))
