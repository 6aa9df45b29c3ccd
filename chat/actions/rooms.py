"""Make rooms and come into them."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from chat import access, events, names, protocol
from chat.models import Membership, Room
from chat.node import node
from chat.realtime import topics

if TYPE_CHECKING:
    from accounts.models import User


def open_room(*, name: str, by: User, kind: str = Room.Kind.PUBLIC) -> tuple[Room, bool]:
    """The public room of that name, or a new one, and whether it is new. Its maker owns it.

    A room that is not public is always new. Raises ChatError: empty, too_long.
    """
    name = names.clean_name(name)
    return node.writer.run(partial(find_or_make_room, name, by, kind))


def enter_room(*, room: Room, user: User) -> Membership:
    """The user's membership; a first visit makes it."""
    known = access.membership(user, room)
    return known or node.writer.run(partial(join, room, user, Membership.Role.MEMBER))


def find_or_make_room(name: str, by: User, kind: str) -> tuple[Room, bool]:
    for number in count(1):
        if kind == Room.Kind.PUBLIC and (room := public_room(name)):
            return room, False
        slug = names.numbered(names.slug_stem(name), number)
        if Room.objects.filter(slug=slug).exists():
            continue
        try:
            return make_room(name, slug, by, kind), True
        except IntegrityError:
            # Another process took the slug, or made the very room, in between: look again.
            continue
    raise AssertionError("count() does not end")


def public_room(name: str) -> Room | None:
    return Room.objects.filter(kind=Room.Kind.PUBLIC, identity=names.identity(name)).first()


def make_room(name: str, slug: str, by: User, kind: str) -> Room:
    with transaction.atomic():
        room = Room.objects.create(
            name=name, identity=names.identity(name), slug=slug, kind=kind, created_by=by
        )
        join(room, by, Membership.Role.OWNER)
    return room


def join(room: Room, user: User, role: str) -> Membership:
    """Who comes new has nothing unread: what was said before is not theirs to catch up on."""
    with transaction.atomic():
        tick = Room.objects.values_list("tick", flat=True).get(pk=room.pk)
        membership, is_new = Membership.objects.get_or_create(
            room=room, user=user, defaults={"role": role, "read": tick}
        )
        if is_new:
            added = Membership.objects.with_unread().select_related("room").get(pk=membership.pk)
            text = protocol.encode(events.room_added(added))
            transaction.on_commit(
                partial(node.bus.publish, topics.user(user.pk), text), robust=True
            )
    return membership
