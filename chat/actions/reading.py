"""Read positions. Many people read at the same moment: they share a commit, as posts do."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, transaction

from chat.actions.publishing import after_commit
from chat.models import Room, own_rooms, posting_rows
from chat.node import node

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything in the room up to `seq` was seen by the user."""

    user_id: int
    room_id: int
    seq: int
    # Marked as unread: the position goes to `seq`, back as well.
    unread: bool = False
    # The connection that said it, which need not be told.
    connection_id: str | None = None


def read_room(
    *, room: Room, user: User, seq: int, unread: bool = False, connection_id: str | None = None
) -> bool:
    """Move a read position and wait for it; whether it moved. Not in the event loop.

    Only forward, unless it is marked as unread. The user's other connections are told.
    """
    return node.writer.store(move_all, Reading(user.pk, room.pk, seq, unread, connection_id))


def read_soon(reading: Reading) -> Awaitable[bool]:
    """The same in the event loop. Raises Overloaded."""
    return node.writer.outcome(move_all, reading)


def move_all(readings: Sequence[Reading]) -> Sequence[bool]:
    """On the writer's thread."""
    with transaction.atomic():
        clocks = own_rooms.clocks({reading.room_id for reading in readings})
        posting_rows.hold({(reading.user_id, reading.room_id) for reading in readings})
        moved = [move(reading, clocks.get(reading.room_id, 0)) for reading in readings]
        for reading, has_moved in zip(readings, moved, strict=True):
            if has_moved:
                # What waits is counted for the telling, and that must not hold up who writes.
                tell = node.bus.note_read
                after_commit(tell, reading.user_id, reading.room_id, reading.connection_id)
    return moved


FORWARD = """
UPDATE chat_membership SET read = %s
WHERE user_id = %s AND room_id = %s AND standing = 'belongs' AND read < %s
"""
# Back as well.
ANYWHERE = FORWARD.replace("<", "<>")


def move(reading: Reading, tick: int) -> bool:
    """Written out: people who read along say so with every message that they see."""
    seq = min(reading.seq, tick)
    statement = ANYWHERE if reading.unread else FORWARD
    with connection.cursor() as cursor:
        cursor.execute(statement, [seq, reading.user_id, reading.room_id, seq])
        return bool(cursor.rowcount)
