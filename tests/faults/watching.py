"""Somebody who follows who is in a room as a client does: a snapshot, then differences."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from websockets.exceptions import ConnectionClosed

from tests.chatter import Chatter, Frame, Socket


class Watcher:
    """`here` is whom the page would show, as username: state."""

    def __init__(self, person: Chatter, room: str) -> None:
        self.person = person
        self.room = room
        self.here: dict[str, str] = {}
        self.count = 0
        self.revision = 0
        # (seconds, what was told, username)
        self.told: list[tuple[float, str, str]] = []
        self.complaints: list[str] = []
        self.something_came = asyncio.Event()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[Watcher]:
        async with self.person.tab(self.room) as socket:
            (first,) = socket.of("room.subscribed")
            self.begin(first)
            reading = asyncio.create_task(self.read(socket))
            try:
                yield self
            finally:
                reading.cancel()
                with suppress(asyncio.CancelledError, ConnectionClosed):
                    await reading

    async def read(self, socket: Socket) -> None:
        seen = len(socket.got)
        while True:
            for frame in socket.got[seen:]:
                if frame["type"] == "presence.changed":
                    self.apply(frame)
            seen = len(socket.got)
            socket.unseen.clear()
            self.something_came.set()
            await socket.read()

    def begin(self, subscribed: Frame) -> None:
        self.here = {person["username"]: person["state"] for person in subscribed["here"]}
        self.count, self.revision = subscribed["count"], subscribed["revision"]

    def apply(self, change: Frame) -> None:
        if change["revision"] != self.revision + 1:
            self.complaints.append(f"revision {change['revision']} follows {self.revision}")
        self.revision, self.count = change["revision"], change["count"]
        for person in change["joined"]:
            self.note("joined", person["username"])
            self.here[person["username"]] = person["state"]
        for username in change["left"]:
            self.note("left", username)
            if self.here.pop(username, None) is None:
                self.complaints.append(f"{username} left, and was not here")
        for person in change["updated"]:
            self.here[person["username"]] = person["state"]
        if self.count != len(self.here):
            self.complaints.append(f"{self.count} are counted, {len(self.here)} are here")

    def note(self, what: str, username: str) -> None:
        self.told.append((time.monotonic(), what, username))

    def told_of(self, username: str) -> list[str]:
        return [what for _, what, who in self.told if who == username]

    async def until(self, question: Callable[[], bool], within: float) -> None:
        """Wait for what comes until the answer is true. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while not question():
                self.something_came.clear()
                await self.something_came.wait()

    async def sees(self, truth: dict[str, str], within: float) -> float:
        """Wait until the page shows this; how long that took."""
        began = time.monotonic()
        try:
            await self.until(lambda: self.here == truth, within)
        except TimeoutError:
            wrong = set(self.here.items()) ^ set(truth.items())
            raise AssertionError(f"{self.person.username} still sees {sorted(wrong)}") from None
        return time.monotonic() - began
