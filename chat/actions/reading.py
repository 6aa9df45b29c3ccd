"""Read positions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from chat import events, protocol
from chat.actions.publishing import after_commit
from chat.models import Membership, Room
from chat.node import node
from chat.realtime import topics

if TYPE_CHECKING:
    from accounts.models import User


def read_room(
    *, room: Room, user: User, seq: int, unread: bool = False, connection_id: str | None = None
) -> None:
    """Everything up to `seq` was seen. Only moves forward, unless it is marked as unread.

    The user's connections are told, but for the one of `connection_id`, which said it.
    """
    node.writer.run(partial(move_position, room, user, seq, unread, connection_id))


def move_position(
    room: Room, user: User, seq: int, unread: bool, connection_id: str | None
) -> None:
    with transaction.atomic():
        membership = Membership.objects.filter(room=room, user=user)
        behind = membership if unread else membership.filter(read__lt=seq)
        tick = Room.objects.values_list("tick", flat=True).get(pk=room.pk)
        if not behind.update(read=min(seq, tick)):
            return
        moved = Membership.objects.with_unread().select_related("room").get(room=room, user=user)
        text = protocol.encode(events.room_read(moved))
        after_commit(node.bus.publish, topics.user(user.pk), text, skip=connection_id)
