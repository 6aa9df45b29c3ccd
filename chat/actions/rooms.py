"""Make rooms and come into them."""

from __future__ import annotations

import secrets
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from chat import access, events, names, protocol
from chat.actions import conversations
from chat.actions.publishing import after_commit
from chat.errors import ChatError
from chat.models import Membership, Room
from chat.models.own_rooms import own_room
from chat.models.rooms import hold
from chat.node import node
from chat.realtime import topics

if TYPE_CHECKING:
    from accounts.models import User

ATTEMPTS = 5


def open_room(*, name: str, by: User, kind: str = Room.Kind.PUBLIC) -> tuple[Room, bool]:
    """The public room of that name, or a new one, and whether it is new. Its maker owns it.

    A room that is not public is always new. Raises ChatError: empty, too_long.
    """
    name = names.clean_name(name)
    return node.writer.run(partial(find_or_make_room, name, by, kind))


def enter_room(*, room: Room, user: User, by_page: bool = False) -> Membership:
    """The user's membership; a first visit makes it.

    Who left is let in again by the room's page alone. Raises ChatError(forbidden).
    """
    known = access.membership(user, room)
    if known and known.belongs:
        return known
    return node.writer.run(partial(come_in, room, user, by_page))


def come_in(room: Room, user: User, by_page: bool) -> Membership:
    """Looks at the standing again: a ban may have come in between, and none does after that."""
    with transaction.atomic():
        hold([room.pk])
        known = access.membership(user, room)
        if known and (known.belongs or conversations.brings_back(room, known)):
            return known
        if known and known.standing != Membership.Standing.LEFT:
            raise access.shut_out()
        if known and not by_page:
            raise ChatError("forbidden", _("You left this room; open its page to come in again."))
        return join(room, user, Membership.Role.MEMBER)


def find_or_make_room(name: str, by: User, kind: str) -> tuple[Room, bool]:
    for _attempt in range(ATTEMPTS):
        if kind == Room.Kind.PUBLIC and (room := public_room(name)):
            return room, False
        try:
            slug = free_slug(name) if kind == Room.Kind.PUBLIC else secret_slug(name)
            return make_room(name, slug, by, kind), True
        except IntegrityError:
            # Another process took the slug, or made the very room, in between: look again.
            continue
    raise ChatError("unavailable", _("The room could not be made. Try again."), retry_after=1.0)


def secret_slug(name: str) -> str:
    """Of a room that strangers must not be able to find by trying its name."""
    return names.with_suffix(names.slug_stem(name), secrets.token_hex(5))


def free_slug(name: str) -> str:
    """The slug that the name would like to have, or the first of its numbers that is free."""
    stem = names.slug_stem(name)
    # What `numbered` cuts off of a long stem leaves at least this in common.
    taken = set(Room.objects.that_begin("slug", stem[:60]).values_list("slug", flat=True))
    return next(slug for number in count(1) if (slug := names.numbered(stem, number)) not in taken)


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
    """Make them belong, whatever was before; the caller has looked.

    Who comes new has nothing unread: what was said before is not theirs to catch up on.
    """
    with transaction.atomic():
        tick = Room.objects.values_list("tick", flat=True).get(pk=room.pk)
        standing = Membership.Standing.BELONGS
        owners = Membership.objects.belonging().filter(room=room, role=Membership.Role.OWNER)
        if room.created_by_id == user.pk and not owners.exists():
            # Who made it, was its last owner, and comes back to look after it.
            role = Membership.Role.OWNER
        membership, _is_new = Membership.objects.update_or_create(
            room=room, user=user, defaults={"role": role, "read": tick, "standing": standing}
        )
        text = protocol.encode(events.room_added(own_room(user.pk, room.pk)))
        after_commit(node.bus.publish, topics.user(user.pk), text)
    return membership
