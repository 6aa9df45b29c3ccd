"""The rooms that one connection follows: catch up, go live, leave."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from msgspec import UNSET

from chat import arrivals, events, faces, protocol
from chat.errors import no_such_room
from chat.limits import (
    HEADS_SECONDS,
    IDLE_SECONDS,
    MANY_ROOMS,
    REPLAY_CHANGES,
    REPLAY_PAGE,
    TYPING_SECONDS,
)
from chat.node import node
from chat.realtime import orders, topics
from chat.realtime.together import Together

if TYPE_CHECKING:
    from accounts.models import User
    from chat.commands import Entrance
    from chat.history import LogPage
    from chat.realtime.connection import Connection
    from chat.realtime.feed import Feed
    from chat.realtime.roster import Occupant


entered: Together[arrivals.Visitor, Entrance] = Together(
    lambda visitors: node.read(arrivals.entrances, visitors)
)
replayed: Together[arrivals.Reader, LogPage] = Together(
    lambda readers: node.read(arrivals.replays, readers)
)


class Subscriptions:
    """Belongs to the event loop."""

    def __init__(self, user: User, connection: Connection) -> None:
        self.connection = connection
        connection.occupant = faces.occupant(user)
        self.rooms: dict[str, int] = {}
        self.typed: dict[str, float] = {}
        self.typing: set[str] = set()
        self.is_idle = self.told_idle = False
        self.idle_timer: asyncio.TimerHandle | None = None
        self.heads_at = 0.0
        self.latest_heads: dict[str, int] = {}

    @property
    def occupant(self) -> Occupant:
        """As they are called now, and not when they came."""
        assert self.connection.occupant
        return self.connection.occupant

    async def begin(
        self, entrance: Entrance, *, after: int | None, ref: protocol.Ref | None = None
    ) -> None:
        """Give the connection what it missed since the tick `after`, then everything live.

        Raises what the database raises; the connection is then not subscribed.
        """
        room_id = entrance.room_id
        feed = node.hub.enter(room_id, entrance.slug, self.connection)
        self.rooms[entrance.slug] = room_id
        self.connection.memberships[room_id] = entrance.membership_id
        node.presence.enter(room_id, self.occupant, self.connection.id)
        missed = None if after is None else entrance.head - after
        reset = missed is not None and not 0 <= missed <= REPLAY_CHANGES
        position = entrance.head if after is None or reset else after
        try:
            await node.bus.is_followed(feed.topic)
            await node.presence.follow(room_id)
            position = await self.catch_up(feed, entrance, position)
        except BaseException:
            self.leave(entrance.slug)
            raise
        self.tell_subscribed(entrance, position, reset=reset, ref=ref)
        node.hub.check(feed)

    async def catch_up(self, feed: Feed, entrance: Entrance, position: int) -> int:
        """Page by page, as fast as the client reads. Returns the tick at which it went live.

        Reads at least once after the connection was entered into the feed: from then on somebody
        who is put out is cut off from it, and what was before shows in the reading.
        """
        while True:
            reader = arrivals.Reader(entrance.membership_id, entrance.room_id, position)
            page = await replayed(reader)
            for _prev, _tick, event in page.events:
                # One by one: a page of the longest messages is more than the queue takes.
                await self.connection.drained()
                if entrance.slug not in self.rooms:
                    raise no_such_room()
                self.connection.deliver(event, feed.topic)
            position = page.until
            await self.connection.drained()
            if entrance.slug not in self.rooms:
                raise no_such_room()
            if self.connection.is_closing:
                return position
            if len(page.events) < REPLAY_PAGE and feed.go_live(self.connection, position):
                return feed.live[self.connection]

    def tell_subscribed(
        self, entrance: Entrance, position: int, *, reset: bool, ref: protocol.Ref | None
    ) -> None:
        now = node.presence.snapshot(entrance.room_id, self.occupant.user_id)
        event = protocol.RoomSubscribed(
            ref=UNSET if ref is None else ref,
            room=entrance.slug,
            seq=position,
            role=entrance.role,
            muted_until=None,
            count=now.count,
            here=[events.person(each) for each in now.here],
            revision=now.revision,
            reset=reset,
        )
        self.connection.deliver(protocol.encode(event), topics.room(entrance.room_id))

    def heads(self) -> dict[str, int]:
        """The latest ticks of the rooms; of many rooms perhaps those of a second ago."""
        now = time.monotonic()
        if len(self.rooms) <= MANY_ROOMS or now - self.heads_at >= HEADS_SECONDS:
            self.heads_at = now
            self.latest_heads = node.hub.heads(self.rooms.values())
        return self.latest_heads

    def tell_typing(self, slug: str, *, is_typing: bool) -> None:
        """Tell the others in a room that is subscribed here; not too often.

        A stop is told only after a start that was told: neither can be multiplied.
        """
        room_id = self.rooms.get(slug)
        now = time.monotonic()
        if room_id is None or (not is_typing and slug not in self.typing):
            return
        if is_typing and now - self.typed.get(slug, -TYPING_SECONDS) < TYPING_SECONDS:
            return
        if is_typing:
            self.typed[slug] = now
            self.typing.add(slug)
        else:
            self.typing.discard(slug)
        kind = protocol.TypingStarted if is_typing else protocol.TypingStopped
        event = protocol.encode(kind(room=slug, username=self.occupant.username))
        node.bus.send(orders.Tell(topics.room(room_id), event, self.connection.id))

    def set_idle(self, *, is_idle: bool) -> None:
        """Tell at once, and what changes soon after that together, a moment later."""
        self.is_idle = is_idle
        if self.idle_timer is None:
            self.apply_idle()

    def apply_idle(self) -> None:
        self.idle_timer = None
        if self.is_idle != self.told_idle:
            self.told_idle = self.is_idle
            node.presence.set_idle(self.connection.id, idle=self.is_idle)
            self.idle_timer = node.call_later(IDLE_SECONDS, self.apply_idle)

    def leave(self, slug: str) -> None:
        room_id = self.rooms.pop(slug, None)
        if room_id is not None:
            self.connection.memberships.pop(room_id, None)
            node.hub.leave(room_id, self.connection)
            node.presence.leave(room_id, self.occupant.user_id, self.connection.id)

    def end(self) -> None:
        if self.idle_timer:
            self.idle_timer.cancel()
        for slug in list(self.rooms):
            self.leave(slug)
        node.presence.forget(self.connection.id)
