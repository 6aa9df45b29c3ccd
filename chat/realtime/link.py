"""One channel of a channel layer, and the groups it is in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
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
        loop = asyncio.get_running_loop()
        end_loop = loop.close
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                link = cls(layer, await layer.new_channel())
        except BaseException:
            # It may have begun to listen, and would go on for ever.
            await put_away(layer)
            raise
        finally:
            # channels_redis puts every new layer before the loop's own close, and there it stays:
            # an hour without Redis would be a thousand of them. We put each away ourselves.
            loop.close = end_loop  # type: ignore[method-assign]
        link.listening = loop.create_task(link.listen(receive))
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
    # In a task of its own: the layer takes whatever cancellation comes while it ends its listener
    # for the listener's, and whoever was to end would go on for ever.
    work = asyncio.ensure_future(layer.flush())
    try:
        await asyncio.wait([work], timeout=PATIENCE_SECONDS)
    finally:
        work.cancel()
        # A line that could not be closed is not worth a word.
        work.add_done_callback(lambda done: done.cancelled() or done.exception())
