"""The rooms that one connection follows: catch up, go live, leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from chat import commands, protocol
from chat.limits import REPLAY_CHANGES, REPLAY_PAGE
from chat.node import node
from chat.realtime import topics
from chat.realtime.presence import Occupant

if TYPE_CHECKING:
    from accounts.models import User
    from chat.commands import Entrance
    from chat.realtime.connection import Connection
    from chat.realtime.feed import Feed


class Subscriptions:
    """Belongs to the event loop."""

    def __init__(self, user: User, connection: Connection) -> None:
        self.connection = connection
        self.occupant = Occupant(user.pk, user.username, user.name)
        self.rooms: dict[str, int] = {}

    @property
    def topics(self) -> list[str]:
        return [topics.room(room_id) for room_id in self.rooms.values()]

    async def begin(
        self, entrance: Entrance, *, after: int | None, ref: protocol.Ref | None = None
    ) -> None:
        """Give the connection what it missed since the tick `after`, then everything live.

        Raises what the database raises; the connection is then not subscribed.
        """
        feed = node.hub.enter(topics.room(entrance.room_id), entrance.slug, self.connection)
        self.rooms[entrance.slug] = entrance.room_id
        node.presence.enter(entrance.room_id, self.occupant, self.connection.id)
        missed = None if after is None else entrance.head - after
        reset = missed is not None and not 0 <= missed <= REPLAY_CHANGES
        position = entrance.head if after is None or reset else after
        try:
            position = await self.catch_up(
                feed, entrance.room_id, position, is_complete=position == entrance.head
            )
        except BaseException:
            self.leave(entrance.slug)
            raise
        self.tell_subscribed(entrance, position, reset=reset, ref=ref)

    async def catch_up(self, feed: Feed, room_id: int, position: int, *, is_complete: bool) -> int:
        """Page by page, as fast as the client reads. Returns the tick at which it went live."""
        while not (is_complete and feed.go_live(self.connection, position)):
            page = await node.read(commands.replay, room_id, position)
            for _tick, event in page.events:
                self.connection.deliver(event)
            position = page.until
            is_complete = len(page.events) < REPLAY_PAGE
            await self.connection.drained()
        return feed.head

    def tell_subscribed(
        self, entrance: Entrance, position: int, *, reset: bool, ref: protocol.Ref | None
    ) -> None:
        now = node.presence.snapshot(entrance.room_id)
        event = protocol.RoomSubscribed(
            ref=UNSET if ref is None else ref,
            room=entrance.slug,
            seq=position,
            role=entrance.role,
            muted_until=None,
            count=now.count,
            here=[protocol.Person(who.username, who.name, state) for who, state in now.here],
            revision=now.revision,
            reset=reset,
        )
        self.connection.deliver(protocol.encode(event))

    def leave(self, slug: str) -> None:
        room_id = self.rooms.pop(slug, None)
        if room_id is not None:
            node.hub.leave(topics.room(room_id), self.connection)
            node.presence.leave(room_id, self.occupant.user_id, self.connection.id)

    def end(self) -> None:
        for slug in list(self.rooms):
            self.leave(slug)
        node.presence.forget(self.connection.id)
