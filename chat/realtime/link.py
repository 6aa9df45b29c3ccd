"""One channel of a channel layer, and the groups it is in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

log = logging.getLogger("chat.bus")

# A layer that does not take something for so long will not take it.
PATIENCE_SECONDS = 2.0


class Layer(Protocol):
    """What is used of a channel layer."""

    async def new_channel(self) -> str: ...
    async def receive(self, channel: str) -> dict[str, Any]: ...
    async def group_add(self, group: str, channel: str) -> None: ...
    async def group_discard(self, group: str, channel: str) -> None: ...
    async def group_send(self, group: str, message: dict[str, Any]) -> None: ...
    async def flush(self) -> None: ...


class Link:
    """Given up as a whole: an open line that leads nowhere gives no error."""

    def __init__(self, layer: Layer, channel: str) -> None:
        self.layer = layer
        self.channel = channel
        self.joined: set[str] = set()
        self.listening: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, layer: Layer, receive: Callable[[object], None]) -> Link:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                link = cls(layer, await layer.new_channel())
        except BaseException:
            # It may have begun to listen, and would go on for ever.
            await put_away(layer)
            raise
        link.listening = asyncio.get_running_loop().create_task(link.listen(receive))
        return link

    async def listen(self, receive: Callable[[object], None]) -> None:
        while True:
            try:
                message: object = await self.layer.receive(self.channel)
            except Exception:
                # Bytes that are not even a message.
                message = None
            try:
                receive(message)
            except Exception:
                log.exception("What another process said could not be done.")
            # A full queue is handed out without a pause: others have their turn.
            await asyncio.sleep(0)

    async def join(self, topic: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.layer.group_add(topic, self.channel)
        self.joined.add(topic)

    async def leave(self, topic: str) -> None:
        self.joined.discard(topic)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.layer.group_discard(topic, self.channel)

    async def close(self) -> None:
        """End everything that belongs to it; a dead line does not hold it up."""
        if self.listening:
            self.listening.cancel()
            await asyncio.wait([self.listening], timeout=PATIENCE_SECONDS)
        await put_away(self.layer)


async def put_away(layer: Layer) -> None:
    with suppress(Exception):
        async with asyncio.timeout(PATIENCE_SECONDS):
            await layer.flush()
