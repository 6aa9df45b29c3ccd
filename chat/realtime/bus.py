"""From whichever thread something happened in to the connections that must hear of it.

This is the bus of one process. It keeps the order in which it is called, and never raises: what
was stored was stored, whoever is told of it.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from chat.realtime.hub import Hub

log = logging.getLogger("chat.bus")


class LocalBus:
    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.loop: asyncio.AbstractEventLoop | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """From here on the hub's connections live in this loop."""
        self.loop = loop

    def publish(
        self, topic: str, event: str, *, tick: int | None = None, skip: str | None = None
    ) -> None:
        """Tell everybody who listens to `topic`, but for the connection `skip`. Any thread."""
        self.steer(self.hub.deliver, topic, event, tick, skip)

    def steer(self, order: Callable[..., Any], *arguments: Any) -> None:
        """Have the loop do something with its connections. From any thread.

        Without a loop (a management command) nobody is connected, and nothing is done.
        """
        if self.loop is None:
            return
        with suppress(RuntimeError):  # the loop has been closed: the process ends
            self.loop.call_soon_threadsafe(order, *arguments)
