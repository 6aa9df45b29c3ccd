"""Something that is done for each of many lines the same time after each of them asked for it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

# What is due is done in turns, between which others have theirs.
DONE_A_TURN = 100

Who = TypeVar("Who")


class Rounds(Generic[Who]):
    """One timer for all: each one's own would take as much memory as half of its line."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, act: Callable[[Who], None]
    ) -> None:
        self.loop = loop
        self.seconds = seconds
        self.act = act
        # When whose time is; in this order, since it is as long for all.
        self.waiting: OrderedDict[Who, float] = OrderedDict()
        self.is_set = False

    def add(self, who: Who) -> None:
        self.waiting[who] = self.loop.time() + self.seconds
        self.set()

    def discard(self, who: Who) -> None:
        self.waiting.pop(who, None)

    def set(self) -> None:
        if self.waiting and not self.is_set:
            self.is_set = True
            self.loop.call_at(self.next()[1], self.go)

    def next(self) -> tuple[Who, float]:
        return next(iter(self.waiting.items()))

    def go(self) -> None:
        self.is_set = False
        now = self.loop.time()
        for _ in range(DONE_A_TURN):
            if not self.waiting:
                break
            who, when = self.next()
            if when > now:
                break
            del self.waiting[who]
            self.act(who)
        self.set()
