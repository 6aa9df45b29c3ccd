"""What is on its way between clients of one load generator, and what has arrived."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

now = time.perf_counter

# Texts of messages begin with it; eight digits follow.
MARK = b"No. "
DIGITS = 8
# Chunks kept for recognition; each message makes a few.
KNOWN_CHUNKS = 2000


class Post:
    """One message: complete when all screens show it and, where there are acks, it is acked."""

    __slots__ = ("due", "is_acknowledged", "number", "on_complete", "screens")

    def __init__(
        self,
        number: bytes,
        screens: int,
        needs_ack: bool,
        due: float,
        on_complete: Callable[[], None],
    ) -> None:
        self.number = number
        self.screens = screens
        self.is_acknowledged = not needs_ack
        self.due = due
        self.on_complete = on_complete


class Tally:
    """Counts deliveries: one is one event that one client has received.

    All clients of a room get the same bytes, so what a chunk contains is worked out once and
    then recognised. That is what makes this generator cheaper than the servers it measures.
    """

    def __init__(self) -> None:
        self.flying: dict[bytes, Post] = {}
        self.known: dict[bytes, tuple[Sequence[Post], int]] = {}
        self.deliveries = self.frames = self.completed = self.lost = self.closed = 0
        self.latencies: list[float] = []
        self.sent = 0

    def add(
        self, screens: int, *, needs_ack: bool, due: float, on_complete: Callable[[], None]
    ) -> bytes:
        """A message that is sent now; its number."""
        number = b"%0*d" % (DIGITS, self.sent)
        self.sent += 1
        self.flying[number] = Post(number, screens, needs_ack, due, on_complete)
        return number

    def count(self, posts: Sequence[Post], frames: int) -> None:
        self.frames += frames
        self.deliveries += len(posts)
        for post in posts:
            post.screens -= 1
            if not post.screens:
                self.latencies.append(now() - post.due)
                if post.is_acknowledged:
                    self.complete(post)

    def acknowledge(self, number: bytes) -> None:
        if post := self.flying.get(number):
            post.is_acknowledged = True
            if not post.screens:
                self.complete(post)

    def complete(self, post: Post) -> None:
        if self.flying.pop(post.number, None):
            self.completed += 1
            post.on_complete()

    def remember(self, chunk: bytes, posts: Sequence[Post], frames: int) -> None:
        if len(self.known) >= KNOWN_CHUNKS:
            self.known.clear()
        self.known[chunk] = (tuple(posts), frames)

    def posts_in(self, payload: bytes) -> list[Post]:
        """Those on their way that the payload shows."""
        found = []
        at = payload.find(MARK)
        while at >= 0:
            begin = at + len(MARK)
            if post := self.flying.get(payload[begin : begin + DIGITS]):
                found.append(post)
            at = payload.find(MARK, begin)
        return found

    async def is_quiet(self, within: float) -> None:
        """Wait until nothing is on its way. Raises TimeoutError."""
        end = now() + within
        while self.flying:
            if now() > end:
                raise TimeoutError(f"{len(self.flying)} messages did not arrive.")
            await asyncio.sleep(0.02)

    def give_up(self, seconds: float) -> None:
        """Count what is older as lost, and go on as if it had arrived."""
        for post in [post for post in self.flying.values() if now() - post.due > seconds]:
            del self.flying[post.number]
            self.lost += 1
            post.on_complete()
