"""The real-time parts of this process, put together, and the bridges between its threads.

One node a process; `node` below is it. Bound to the event loop with the first request or
connection, because not every ASGI server tells when it starts.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from channels.layers import channel_layers
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection, connections
from msgspec import UNSET

from chat import events, history, protocol
from chat.limits import (
    BURST_SECONDS,
    CHANGES_A_POST,
    CHANGES_AT_ONCE,
    CROWDS_AT_ONCE,
    CROWDS_PER_SECOND,
    FORMATS_AT_ONCE,
    FORMATS_PER_SECOND,
    HOLE_SECONDS,
    PORTRAITS_AT_ONCE,
    PORTRAITS_PER_SECOND,
    RECONCILE_DEGRADED_SECONDS,
    RECONCILE_SECONDS,
    REPLAYS_AT_ONCE,
    REPLAYS_PER_SECOND,
    ROOMS_A_POST,
    ROOMS_AT_ONCE,
    UPLOADS_AT_ONCE,
    UPLOADS_PER_SECOND,
    TokenBuckets,
)
from chat.realtime import orders, topics
from chat.realtime.bus import LocalBus
from chat.realtime.feed import Feed, Page
from chat.realtime.hub import Hub
from chat.realtime.layer_bus import LayerBus
from chat.realtime.presence import Presence
from chat.realtime.roster import Change
from chat.realtime.writer import Overloaded, Writer

if TYPE_CHECKING:
    from chat.realtime.connection import Connection
    from chat.realtime.leases import RedisShare

log = logging.getLogger("chat.node")

T = TypeVar("T")
Chore = Callable[[], Coroutine[Any, Any, None]]

READER_THREADS = 8
GOODBYE_SECONDS = 2.0
# How long the closing of all connections is spread over, and in how many groups.
CLOSING_SECONDS = 3.0
CLOSING_GROUPS = 10
SETTLE_SECONDS = 5.0


class Node:
    def __init__(self) -> None:
        self.bus = self.make_bus()
        self.hub = Hub(
            read_log=self.read_log,
            on_hole=self.heal_soon,
            follow=self.bus.follow,
            unfollow=self.bus.unfollow,
        )
        # How an order of the bus is carried out; other modules add theirs.
        self.carries_out: dict[type[orders.Order], Callable[[Any], object]] = {
            orders.Change: lambda order: self.hub.publish(order.room_id, order.event, order.tick),
            orders.News: lambda order: self.note_news(order.room_id),
            orders.Tell: lambda order: self.hub.deliver(order.topic, order.event, order.skip),
            orders.Read: lambda order: self.note_read(order.user_id, order.room_id, order.skip),
            orders.Expel: self.expel,
            orders.LookAround: lambda order: self.presence.look_soon(order.room_id),
        }
        # What is done again and again from the start on: seconds in between, and the work.
        self.chores: list[tuple[float, Chore]] = []
        # Rooms with something new, until those who do not look at them have been told.
        self.news: set[int] = set()
        # Whose position in which room moved, and the connection that said it.
        self.reads: dict[tuple[int, int], str | None] = {}
        # Who was put out of what, for each counting of news that is under way.
        self.expelled: list[set[tuple[int, int]]] = []
        self.writer = Writer()
        self.readers = ThreadPoolExecutor(READER_THREADS, thread_name_prefix="reader")
        self.presence = Presence(
            announce=self.announce, call_later=self.call_later, share=self.make_share()
        )
        self.formats = TokenBuckets(per_second=FORMATS_PER_SECOND, burst=FORMATS_AT_ONCE)
        self.posts = TokenBuckets(
            per_second=settings.POSTS_PER_SECOND, burst=settings.POSTS_PER_SECOND * BURST_SECONDS
        )
        rate = settings.POSTS_PER_SECOND
        self.changes = TokenBuckets.part_of(rate, CHANGES_A_POST, at_once=CHANGES_AT_ONCE)
        self.rooms = TokenBuckets.part_of(rate, ROOMS_A_POST, at_once=ROOMS_AT_ONCE)
        self.invitations = TokenBuckets.part_of(rate, ROOMS_A_POST, at_once=ROOMS_AT_ONCE)
        self.uploads = TokenBuckets(per_second=UPLOADS_PER_SECOND, burst=UPLOADS_AT_ONCE)
        self.crowds = TokenBuckets(per_second=CROWDS_PER_SECOND, burst=CROWDS_AT_ONCE)
        self.portraits = TokenBuckets(per_second=PORTRAITS_PER_SECOND, burst=PORTRAITS_AT_ONCE)
        # A replay costs far more than the command that asks for it.
        self.replays = TokenBuckets(per_second=REPLAYS_PER_SECOND, burst=REPLAYS_AT_ONCE)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.tasks: set[asyncio.Task[None]] = set()

    def make_bus(self) -> LocalBus:
        if not settings.REDIS_URL:
            return LocalBus(self.carry_out)
        return LayerBus(
            self.carry_out,
            make_layer=lambda: channel_layers.make_backend("default"),
            sealer=orders.Sealer(hashlib.sha256(f"bus {settings.SECRET_KEY}".encode()).digest()),
            keep=self.keep,
            on_recovery=lambda: self.keep(self.reconcile()),
        )

    def make_share(self) -> RedisShare | None:
        """What others are told of who is here; None where there are no others."""
        if not settings.REDIS_URL:
            return None
        # Not before: a process that is the only one needs no client of Redis.
        from chat.realtime.leases import RedisShare

        return RedisShare(settings.REDIS_URL, prefix=settings.REDIS_PREFIX, hint=self.hint)

    def start(self) -> None:
        """Bind to the running loop. Called with every request and connection, cheap but once."""
        loop = asyncio.get_running_loop()
        if self.loop is loop:
            return
        self.loop = loop
        self.bus.attach(loop)
        self.keep(self.reconcile_again_and_again())
        for seconds, work in self.chores:
            self.keep(repeating(seconds, work))

    async def close_connections(self, code: int) -> None:
        """Close every connection in small groups and wait, but not for long, until it was said.

        Clients come back within 2 s of their close: spread, they do not come all at once.
        """
        await self.presence.hand_over()
        everybody = list(self.hub.connections)
        size = max(1, -(-len(everybody) // CLOSING_GROUPS))
        for start in range(0, len(everybody), size):
            for each in everybody[start : start + size]:
                each.close(code, after_queue=True)
            if start + size < len(everybody):
                await asyncio.sleep(CLOSING_SECONDS / CLOSING_GROUPS)
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                for each in everybody:
                    await each.has_ended.wait()

    async def settle(self) -> None:
        """Wait until what was handed in has been stored, and its answers are on their way."""
        with suppress(TimeoutError, Overloaded):
            async with asyncio.timeout(SETTLE_SECONDS):
                await self.write(int)

    async def stop(self) -> None:
        """Finish what waits to be written and end the threads."""
        await asyncio.to_thread(self.writer.close)
        await self.presence.close()
        await self.bus.close()
        for task in self.tasks:
            task.cancel()
        self.readers.shutdown(wait=False, cancel_futures=True)

    # --- Between threads

    async def read(self, question: Callable[..., T], *arguments: Any) -> T:
        """Ask the database in one of a few threads that keep their connections."""
        job = partial(reading, question, *arguments)
        return await asyncio.get_running_loop().run_in_executor(self.readers, job)

    async def write(self, action: Callable[..., T], *arguments: Any) -> T:
        """Run a job on the writer's thread."""
        return await self.writer.submit(partial(action, *arguments))

    def call_later(self, seconds: float, function: Callable[..., Any], *arguments: Any) -> Any:
        return asyncio.get_running_loop().call_later(seconds, function, *arguments)

    def keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine for as long as it takes; the loop alone would forget it."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.let_go)

    def let_go(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()):
            log.error("%s failed.", task.get_coro(), exc_info=problem)

    # --- The log behind the feeds

    async def read_log(self, room_id: int, after: int) -> Page:
        return await self.read(history.read_log, room_id, after)

    def heal_soon(self, feed: Feed) -> None:
        self.keep(self.heal(feed))

    async def heal(self, feed: Feed) -> None:
        if self.bus.is_shared and not self.bus.is_degraded:
            # What is missing was committed by another process and may be on its way.
            await asyncio.sleep(HOLE_SECONDS)
        try:
            await feed.heal()
        except (DatabaseError, InterfaceError) as error:
            # The next look at the clocks begins anew.
            log.error("The log of %s could not be read: %s", feed.topic, error)

    async def reconcile_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(
                RECONCILE_DEGRADED_SECONDS if self.bus.is_degraded else RECONCILE_SECONDS
            )
            await once(self.reconcile)

    async def reconcile(self) -> None:
        """Compare the heads of all feeds with the database: a lost broadcast heals by itself."""
        room_ids = [topics.room_id(topic) for topic in self.hub.feeds]
        if room_ids:
            for room_id, tick in (await self.read(history.clocks, room_ids)).items():
                self.hub.notice(room_id, tick)

    # --- In the event loop

    def carry_out(self, order: orders.AnyOrder) -> None:
        """Do what this or another process says."""
        if carry_out := self.carries_out.get(type(order)):
            carry_out(order)

    def note_read(self, user_id: int, room_id: int, connection_id: str | None) -> None:
        self.reads[user_id, room_id] = connection_id

    def note_news(self, room_id: int) -> None:
        if self.hub.connections:
            self.news.add(room_id)

    def hint(self, room_ids: list[int]) -> None:
        """Tell the other processes that people came or went through this one."""
        for room_id in room_ids:
            self.bus.post(orders.LookAround(room_id))

    # --- What this process does, in figures

    def figures(self) -> dict[str, float]:
        """As they are now; names that end in _total only grow. In the loop's thread."""
        return {
            "connections": len(self.hub.connections),
            "users": self.hub.count_users(),
            "rooms": len(self.hub.feeds),
            "writer_waiting": len(self.writer.waiting),
            **self.bus.figures(),
            **self.presence.figures(),
        }

    # --- Coming and going

    async def has_place_for(self, user_id: int) -> bool:
        """Whether somebody may have one connection more, all processes taken together."""
        elsewhere = await self.presence.connections_elsewhere(user_id)
        here = len(self.hub.listening(topics.user(user_id)))
        return here + elsewhere < settings.CONNECTIONS_PER_USER

    def add(self, connection: Connection) -> None:
        self.hub.add(connection)
        self.count_connections(connection.user_id)

    def remove(self, connection: Connection) -> None:
        self.hub.remove(connection)
        self.count_connections(connection.user_id)

    def count_connections(self, user_id: int) -> None:
        count = len(self.hub.listening(topics.user(user_id)))
        self.presence.set_connections(user_id, count)

    def announce(self, room_id: int, change: Change) -> None:
        """Tell a room who came and who went."""
        feed = self.hub.feeds.get(topics.room(room_id))
        if feed is None:
            return
        event = protocol.PresenceChanged(
            room=feed.slug,
            count=change.count,
            revision=change.revision,
            joined=[events.person(each) for each in change.joined],
            left=[who.username for who in change.left],
            updated=[protocol.PersonState(who.username, state) for who, state in change.updated],
            faces=[events.person(each) for each in change.faces] or UNSET,
        )
        feed.tell(protocol.encode(event))

    def expel(self, order: orders.Expel) -> None:
        """Cut a user's connections off from a room; nothing of it reaches them any more."""
        for each in self.hub.listening(topics.user(order.user_id)):
            each.expelled(order.room_id, order.slug, order.event)
        self.presence.remove(order.room_id, order.user_id)
        for expelled in self.expelled:
            expelled.add((order.user_id, order.room_id))


async def repeating(seconds: float, work: Chore) -> None:
    while True:
        await asyncio.sleep(seconds)
        await once(work)


async def once(work: Chore) -> None:
    """Do it; whatever goes wrong with it this time."""
    try:
        await work()
    except (DatabaseError, InterfaceError) as error:
        log.error("%s could not ask the database: %s", work.__qualname__, error)
    except Exception:
        log.exception("%s failed.", work.__qualname__)


def reading(question: Callable[..., T], *arguments: Any) -> T:
    if connection.vendor == "sqlite":
        return question(*arguments)
    # PostgreSQL's connections come from a pool and go back to it.
    close_old_connections()
    try:
        return question(*arguments)
    finally:
        connections.close_all()


node = Node()
