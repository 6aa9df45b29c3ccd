"""What a room is called, what it is about, who may post, and whether it is over."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from chat import events, names, protocol
from chat.actions.publishing import after_commit
from chat.errors import ChatError, no_such_room
from chat.models import Membership, Room
from chat.node import node
from chat.realtime import orders, topics

if TYPE_CHECKING:
    from collections.abc import Mapping


class Changes(TypedDict, total=False):
    """What is left out stays as it is."""

    name: str
    topic: str
    posting: str
    archived: bool


def change_room(*, room: Room, by: Membership | None, **changes: Unpack[Changes]) -> Room:
    """Change a room for everybody, and tell them; the room as it is then.

    Moderators may, but only owners archive. `by` is None for the site's own desk. Raises
    ChatError: forbidden, empty, too_long, and conflict where a public room has that name.
    """
    changes = cleaned(changes)
    return node.writer.run(partial(store_changes, room.pk, by, changes))


def cleaned(changes: Changes) -> Changes:
    if "name" in changes:
        changes["name"] = names.clean_name(changes["name"])
    if "topic" in changes:
        changes["topic"] = names.clean_topic(changes["topic"])
    return changes


def store_changes(room_id: int, by: Membership | None, changes: Mapping[str, object]) -> Room:
    with transaction.atomic():
        room = Room.objects.select_for_update(no_key=True).get(pk=room_id)
        if room.is_direct:
            raise ChatError("forbidden", _("A conversation has no settings."))
        if by is not None:
            refuse_unless_allowed(Membership.objects.get(pk=by.pk), changes)
        changed = {name for name, value in changes.items() if getattr(room, name) != value}
        if changed:
            for name in changed:
                setattr(room, name, changes[name])
            save(room, changed)
            tell_everybody(room)
    return room


def refuse_unless_allowed(by: Membership, changes: Mapping[str, object]) -> None:
    """`by` as they are by now: who was demoted while this waited has no say."""
    if not by.belongs:
        raise no_such_room()
    if not by.can_moderate:
        raise ChatError("forbidden", _("That is for the room's moderators and owners."))
    if "archived" in changes and by.role != Membership.Role.OWNER:
        raise ChatError("forbidden", _("Only an owner archives a room, or brings it back."))


def save(room: Room, changed: set[str]) -> None:
    """The slug stays: links to the room go on leading there."""
    if "name" in changed:
        room.identity = names.identity(room.name)
        changed = changed | {"identity"}
    try:
        with transaction.atomic():
            room.save(update_fields=changed)
    except IntegrityError:
        raise ChatError("conflict", _("There is a room of that name already.")) from None


def tell_everybody(room: Room) -> None:
    """Who looks at it at once; then who belongs to it and looks elsewhere, on every process."""
    text = protocol.encode(events.room_updated(room))
    after_commit(node.bus.publish, topics.room(room.pk), text)
    after_commit(node.bus.send, orders.RoomChanged(room.pk))
