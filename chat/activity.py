"""What waits for whom: `room.activity` for rooms not on screen, `room.read` for other tabs.

Both at most once a room and second: counting costs more than telling. Also `room.updated` for who
does not look at the room.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import islice

from chat import events, history, protocol
from chat.limits import ACTIVITY_SECONDS, RECONCILE_DEGRADED_SECONDS
from chat.models.own_rooms import OwnRoom
from chat.node import node
from chat.realtime import orders, topics

# What is more waits for the next second: other work has its turn in between.
ROOMS_A_ROUND = 200
# Of two seconds each; together longer than a silent line goes unnoticed.
LOOKS_BACK = 8


def begin() -> None:
    """Tell again and again what there is to tell."""
    node.chores.append((ACTIVITY_SECONDS, tell_activity))
    node.chores.append((ACTIVITY_SECONDS, tell_reads))
    node.chores.append((ACTIVITY_SECONDS, tell_changed_rooms))
    node.carries_out[orders.RoomChanged] = changed
    if node.bus.is_shared:
        node.chores.append((RECONCILE_DEGRADED_SECONDS, OutsideNews().look))


class OutsideNews:
    """News that other processes may not have told us of, while the bus is away and once after.

    New messages are found by their ids, which grow.
    """

    def __init__(self) -> None:
        # The latest ids of the last looks: a line is silent for a while before that is noticed.
        self.seen: deque[int] = deque(maxlen=LOOKS_BACK)
        self.was_degraded = False

    async def look(self) -> None:
        is_degraded = node.bus.is_degraded
        since = self.seen[0] if self.seen and (is_degraded or self.was_degraded) else None
        rooms, latest = await node.read(history.written_since, since)
        for room_id in rooms:
            node.note_news(room_id)
        self.seen.append(latest)
        self.was_degraded = is_degraded


async def tell_activity() -> None:
    """Tell of the rooms that had news since the last time; whoever looks at a room sees them."""
    rooms = set(islice(node.news, ROOMS_A_ROUND))
    node.news -= rooms
    users = node.hub.users()
    if not rooms or not users:
        return
    try:
        for own in await counted(history.beside, rooms, users, node.hub.onlookers(rooms)):
            tell(own)
    except Exception:
        node.news |= rooms
        raise


async def tell_reads() -> None:
    """Tell people's other connections what they have read since the last time."""
    reads, node.reads = node.reads, {}
    connected = {key: skip for key, skip in reads.items() if has_other(key[0], skip)}
    if not connected:
        return
    try:
        found = await counted(history.waiting, connected)
    except Exception:
        node.reads = reads | node.reads
        raise
    for own in found:
        event = protocol.encode(events.room_read(own))
        node.hub.deliver(topics.user(own.user_id), event, connected[own.user_id, own.room_id])


changed_rooms: set[int] = set()


def changed(order: orders.RoomChanged) -> None:
    if node.hub.connections:
        changed_rooms.add(order.room_id)


async def tell_changed_rooms() -> None:
    """Tell what rooms are called and allow now; who looks at a room was told at once."""
    rooms = {changed_rooms.pop() for _ in range(len(changed_rooms))}
    users = node.hub.users()
    if not rooms or not users:
        return
    try:
        found = await counted(history.beside, rooms, users, node.hub.onlookers(rooms))
    except Exception:
        for room_id in rooms:
            changed_rooms.add(room_id)
        raise
    for own in found:
        tell_beside(own, protocol.encode(events.room_updated(own)))


async def counted(question: Callable[..., list[OwnRoom]], *arguments: object) -> list[OwnRoom]:
    """What waits for whom, but for who was put out while it was counted."""
    expelled: set[tuple[int, int]] = set()
    node.expelled.append(expelled)
    try:
        found = await node.read(question, *arguments)
    finally:
        node.expelled.remove(expelled)
    return [each for each in found if (each.user_id, each.room_id) not in expelled]


def has_other(user_id: int, connection_id: str | None) -> bool:
    listening = node.hub.listening(topics.user(user_id))
    return any(connection.id != connection_id for connection in listening)


def tell(own: OwnRoom) -> None:
    tell_beside(own, protocol.encode(events.room_activity(own)))


def tell_beside(own: OwnRoom, event: str) -> None:
    """Those connections of its user that do not follow the room."""
    feed = node.hub.feeds.get(topics.room(own.room_id))
    for connection in node.hub.listening(topics.user(own.user_id)):
        if feed is None or not feed.has(connection):
            connection.deliver(event, topics.room(own.room_id))
