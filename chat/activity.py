"""News in rooms that are not on screen: `room.activity`, at most one a room and second."""

from __future__ import annotations

from chat import events, history, protocol
from chat.models import Membership
from chat.node import node
from chat.realtime import topics


async def tell_activity() -> None:
    """Tell of the rooms that had news since the last time; whoever looks at a room sees them."""
    rooms, node.news = node.news, set()
    users = {user for room_id in rooms for user in node.hub.users_beside(room_id)}
    if not users:
        return
    try:
        waiting = await node.read(history.waiting, rooms, users)
    except Exception:
        node.news |= rooms
        raise
    for membership in waiting:
        tell(membership)


def tell(membership: Membership) -> None:
    event = protocol.encode(events.room_activity(membership))
    feed = node.hub.feeds.get(topics.room(membership.room_id))
    for connection in node.hub.listening(topics.user(membership.user_id)):
        if feed is None or not feed.has(connection):
            connection.deliver(event, topics.room(membership.room_id))
