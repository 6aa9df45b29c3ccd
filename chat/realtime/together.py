"""Questions of many, asked in one go."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

I = TypeVar("I")  # noqa: E741 - an item
O = TypeVar("O")  # noqa: E741 - its outcome

# A part of its own for more than that: answers do not wait for the whole crowd.
ITEMS_AT_ONCE = 64
# While one part is asked the next can be.
PARTS_AT_ONCE = 2


class Together(Generic[I, O]):
    """`ask(items)` answers with an outcome each; an exception among them is raised to whoever
    asked, one that `ask` raises to all.

    Nobody waits for others to come: who comes alone asks at once, and what gathers meanwhile goes
    together after that. A question is never answered by an asking that began before it came.
    Belongs to the event loop.
    """

    def __init__(
        self,
        ask: Callable[[Sequence[I]], Awaitable[Sequence[O | Exception]]],
        *,
        most: int = ITEMS_AT_ONCE,
    ) -> None:
        self.ask = ask
        self.most = most
        self.waiting: deque[tuple[I, asyncio.Future[O]]] = deque()
        self.asking: set[asyncio.Task[None]] = set()
        # Not the number of the tasks: one that is over counts there until its turn is.
        self.askers = 0

    async def __call__(self, item: I) -> O:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[O] = loop.create_future()
        self.waiting.append((item, future))
        if self.askers < PARTS_AT_ONCE:
            self.askers += 1
            asker = loop.create_task(self.ask_all())
            self.asking.add(asker)
            asker.add_done_callback(self.asking.discard)
        return await future

    async def ask_all(self) -> None:
        try:
            while self.waiting:
                await self.ask_some()
        finally:
            self.askers -= 1

    async def ask_some(self) -> None:
        part = [self.waiting.popleft() for _ in range(min(self.most, len(self.waiting)))]
        outcomes: Sequence[O | Exception]
        try:
            outcomes = await self.ask([item for item, _ in part])
        except Exception as problem:
            outcomes = [problem] * len(part)
        except BaseException:
            for _, future in part:
                future.cancel()
            raise
        for (_, future), outcome in zip(part, outcomes, strict=True):
            settle(future, outcome)


def settle(future: asyncio.Future[O], outcome: O | Exception) -> None:
    if future.done():
        return  # nobody waits for it any more
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
