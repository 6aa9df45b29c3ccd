"""When what gathers for batching clients is sent: at once in a quiet room, else a little later.

A flush is followed by a pause as long as it took: in a busy room more events share a frame, and
half of the loop's time is left to everything else.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Protocol

from chat.realtime.parcel import Frames

PAUSE_SECONDS_MOST = 0.005


class Flushable(Protocol):
    def flush(self, frames: Frames | None = None) -> None: ...


class Pace:
    """One for all connections of a process. Belongs to the event loop."""

    def __init__(self) -> None:
        self.due: list[Flushable] = []
        self.rests_until = 0.0

    def add(self, connection: Flushable) -> None:
        """Something waits for it, since just now."""
        self.due.append(connection)
        if len(self.due) == 1:
            loop = asyncio.get_running_loop()
            pause = self.rests_until - perf_counter()
            if pause > 0:
                loop.call_later(pause, self.flush)
            else:
                # Not this moment: what else comes in this turn of the loop travels along.
                loop.call_soon(self.flush)

    def flush(self) -> None:
        began = perf_counter()
        due, self.due = self.due, []
        frames: Frames = {}
        for connection in due:
            connection.flush(frames)
        now = perf_counter()
        self.rests_until = now + min(now - began, PAUSE_SECONDS_MOST)
