"""Commands of one connection that wait for their turn: a queue bounded in number and in size."""

import asyncio
from typing import Generic, TypeVar

from chat.realtime.gate import Gate

T = TypeVar("T")


class Inbox(Generic[T]):
    """One task puts, one takes. Belongs to the event loop."""

    __slots__ = ("chars", "has_room", "most", "most_chars", "waiting")

    def __init__(self, *, most: int, most_chars: int) -> None:
        self.most = most
        self.most_chars = most_chars
        # Not a deque, which weighs 600 bytes when it is empty.
        self.waiting: list[tuple[T, int]] = []
        self.chars = 0
        self.has_room = Gate(is_open=True)

    async def put(self, item: T, chars: int, *, patience: float) -> None:
        """Wait for room while the inbox is full. Raises TimeoutError after `patience` seconds."""
        if not self.has_room.is_open:
            async with asyncio.timeout(patience):
                await self.has_room.wait()
        self.waiting.append((item, chars))
        self.chars += chars
        if len(self.waiting) >= self.most or self.chars >= self.most_chars:
            self.has_room.shut()

    def take(self) -> T | None:
        """The oldest; None where nothing waits."""
        if not self.waiting:
            return None
        item, chars = self.waiting.pop(0)
        self.chars -= chars
        if len(self.waiting) < self.most and self.chars < self.most_chars:
            self.has_room.open()
        return item
