"""A new name or picture of somebody reaches the rooms that they are in, and nobody else.

At most once a second for each: whoever is in many rooms is told of in each of them.
"""

from __future__ import annotations

from typing import Any

from accounts.models import User
from accounts.signals import face_changed
from chat.actions.publishing import after_commit
from chat.limits import ACTIVITY_SECONDS
from chat.node import node
from chat.realtime import orders, topics
from chat.realtime.roster import Occupant


def begin() -> None:
    face_changed.connect(on_face_changed)
    node.carries_out[orders.FaceChanged] = changed
    node.chores.append((ACTIVITY_SECONDS, tell))


# --- In the threads that serve HTTP, and the writer's


def on_face_changed(user: User, **_: Any) -> None:
    after_commit(node.bus.send, orders.FaceChanged(user.pk))


# --- In the event loop

# Who is connected here and looks otherwise since the last telling.
waiting: set[int] = set()


def changed(order: orders.FaceChanged) -> None:
    if node.hub.listening(topics.user(order.user_id)):
        waiting.add(order.user_id)


async def tell() -> None:
    people = {waiting.pop() for _ in range(len(waiting))}
    if not people:
        return
    try:
        found = await node.read(as_they_are, people)
    except Exception:
        for each in people:
            waiting.add(each)
        raise
    for who in found:
        recognise(who)


def as_they_are(user_ids: set[int]) -> list[Occupant]:
    return [occupant(user) for user in User.objects.filter(pk__in=user_ids)]


def occupant(user: User) -> Occupant:
    """As others see them."""
    return Occupant(user.pk, user.username, user.name, user.picture)


def recognise(who: Occupant) -> None:
    connections = node.hub.listening(topics.user(who.user_id))
    for each in connections:
        each.occupant = who
    node.presence.recognise(who, [each.id for each in connections])
