"""Ears for tests: connections without a socket, which remember what they were told."""

import asyncio
import itertools
import json
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from chat.models import Room
from chat.node import node
from chat.realtime.connection import Connection
from chat.realtime.sink import SendSink

Event = dict[str, Any]
PATIENCE_SECONDS = 10.0


class Ear(Connection):
    """A connection that is never greeted: `told` is everything that waits for that."""

    numbers = itertools.count(1)

    def __init__(self, user_id: int = 1, session_key: str = "") -> None:
        super().__init__(
            user_id=user_id,
            session_key=session_key or f"session {next(self.numbers)}",
            sink=SendSink(self.never),
            pace=None,
            abort=lambda: None,
            expelled=lambda *_: None,
            too_slow=4408,
        )

        self.hold()

    async def never(self, _: Any) -> None:
        raise AssertionError("An ear has no line.")

    @property
    def told(self) -> list[str]:
        return [parcel.event for parcel in self.queue]

    @property
    def events(self) -> list[Event]:
        return [json.loads(event) for event in self.told]


class Listener:
    """The node's loop, running in a thread as it does in a server, for synchronous tests."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop

    def to_room(self, room: Room) -> Ear:
        """An ear that follows a room from now on."""
        room.refresh_from_db()
        room_id, slug, tick = room.pk, room.slug, room.tick

        def enter() -> Ear:
            ear = Ear()
            node.hub.enter(room_id, slug, ear).go_live(ear, tick)
            return ear

        return self.do(enter)

    def to_user(self, user_id: int) -> Ear:
        """One more tab of somebody's."""

        def add() -> Ear:
            ear = Ear(user_id)
            node.hub.add(ear)
            return ear

        return self.do(add)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Have the loop do something, and wait for it."""
        asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_SECONDS)

    def heard(self, ear: Ear) -> list[Event]:
        """Everything that was published up to now."""
        return self.do(lambda: ear.events)

    def do(self, question: Any) -> Any:
        async def ask() -> Any:
            return question()

        return asyncio.run_coroutine_threadsafe(ask(), self.loop).result(PATIENCE_SECONDS)


@contextmanager
def listening() -> Iterator[Listener]:
    """Bind the node to a loop of its own for as long as this lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="loop of the test")
    thread.start()
    node.bus.attach(loop)
    try:
        yield Listener(loop)
    finally:
        node.bus.loop = None
        node.hub.connections.clear()
        node.hub.feeds.clear()
        node.hub.listeners.clear()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
