"""From whichever thread something happened in to the connections that must hear of it.

This is the bus of one process. It keeps the order in which it is called, and never raises: what
was stored was stored, whoever is told of it.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from chat.realtime.hub import Hub

# expel(user_id, room_id, slug, event)
Expel = Callable[[int, int, str, str], None]
# read(user_id, room_id, connection_id)
Read = Callable[[int, int, str | None], None]


class LocalBus:
    def __init__(
        self, hub: Hub, *, expel: Expel, on_news: Callable[[int], None], on_read: Read
    ) -> None:
        self.hub = hub
        self.on_news = on_news
        self.on_read = on_read
        self.expel_here = expel
        self.loop: asyncio.AbstractEventLoop | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """From here on the hub's connections live in this loop."""
        self.loop = loop

    def publish_change(self, room_id: int, event: str, *, tick: int, is_news: bool) -> None:
        """A room's change was committed; news is what alters unread counts. From any thread."""
        self.steer(self.hub.publish, room_id, event, tick)
        if is_news:
            self.steer(self.on_news, room_id)

    def note_read(self, user_id: int, room_id: int, skip: str | None) -> None:
        """A user's read position moved; the connection `skip` said it. From any thread."""
        self.steer(self.on_read, user_id, room_id, skip)

    def publish(self, topic: str, event: str, *, skip: str | None = None) -> None:
        """Tell everybody who listens to `topic`, but for the connection `skip`. Any thread."""
        self.steer(self.hub.deliver, topic, event, skip)

    def expel(self, user_id: int, room_id: int, slug: str, event: str) -> None:
        """Cut a user's connections off from a room, and tell them. Any thread."""
        self.steer(self.expel_here, user_id, room_id, slug, event)

    def steer(self, order: Callable[..., Any], *arguments: Any) -> None:
        """Have the loop do something with its connections. From any thread.

        Without a loop (a management command) nobody is connected, and nothing is done.
        """
        if self.loop is None:
            return
        with suppress(RuntimeError):  # the loop has been closed: the process ends
            self.loop.call_soon_threadsafe(order, *arguments)
