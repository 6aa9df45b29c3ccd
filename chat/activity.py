"""News in rooms that are not on screen: `room.activity`, at most one a room and second."""

from __future__ import annotations

import asyncio
import logging

from django.db import DatabaseError

from chat import events, history, protocol
from chat.limits import ACTIVITY_SECONDS
from chat.models import Membership
from chat.node import node
from chat.realtime import topics

log = logging.getLogger("chat.activity")


async def tell_activity() -> None:
    """Runs as long as the process."""
    while True:
        await asyncio.sleep(ACTIVITY_SECONDS)
        if not node.news:
            continue
        rooms, node.news = node.news, set()
        try:
            waiting = await node.read(history.waiting, rooms, node.hub.users())
        except DatabaseError as error:
            log.error("What waits could not be counted: %s", error)
            continue
        for membership in waiting:
            tell(membership)


def tell(membership: Membership) -> None:
    event = protocol.encode(events.room_activity(membership))
    feed = node.hub.feeds.get(topics.room(membership.room_id))
    for connection in node.hub.listening(topics.user(membership.user_id)):
        if feed is None or not feed.has(connection):
            connection.deliver(event, topics.room(membership.room_id))
