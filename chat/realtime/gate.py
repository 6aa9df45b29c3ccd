"""Something to wait for, which weighs next to nothing while nobody waits."""

from __future__ import annotations

import asyncio


class Gate:
    """As asyncio.Event, without its queue of 600 bytes: thousands of idle connections have one."""

    __slots__ = ("is_open", "waited_for")

    def __init__(self, *, is_open: bool) -> None:
        self.is_open = is_open
        self.waited_for: asyncio.Future[None] | None = None

    def open(self) -> None:
        self.is_open = True
        if self.waited_for:
            if not self.waited_for.done():
                self.waited_for.set_result(None)
            self.waited_for = None

    def shut(self) -> None:
        self.is_open = False

    async def wait(self) -> None:
        """Until it is open. Whoever waits when it opens goes on, though it be shut again then."""
        if self.is_open:
            return
        if self.waited_for is None:
            self.waited_for = asyncio.get_running_loop().create_future()
        # Not the future itself, which one who gives up would cancel for all.
        await asyncio.shield(self.waited_for)
