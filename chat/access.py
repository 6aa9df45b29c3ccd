"""The only door from an id that somebody sent to a row.

Absent and forbidden look the same from outside. Everything here reads fresh state and runs in a
thread that may use the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from chat.errors import ChatError, no_such_message, no_such_room
from chat.models import Membership, Message, Room

if TYPE_CHECKING:
    from accounts.models import User


def room(user: User, slug: str | None) -> Room:
    """The room of that slug. Raises ChatError(no_such_room)."""
    found = Room.objects.visible_to(user).filter(slug=slug or "").first()
    if found is None:
        raise no_such_room()
    return found


def membership(user: User, room: Room) -> Membership | None:
    """With the user as they are now: a socket's own copy is as old as the socket."""
    return Membership.objects.select_related("user").filter(user=user, room=room).first()


def message(user: User, message_id: int) -> Message:
    """The message of that id. Raises ChatError(no_such_message)."""
    found = Message.objects.in_full().visible_to(user).filter(pk=message_id).first()
    if found is None:
        raise no_such_message()
    return found


def message_in(room: Room, message_id: int) -> Message:
    """A message of a room that the user may see. Raises ChatError(no_such_message)."""
    found = Message.objects.in_full().filter(room=room, pk=message_id).first()
    if found is None:
        raise no_such_message()
    return found


def deletable_message(user: User, message_id: int) -> Message:
    """A message that the user may delete. Raises ChatError(no_such_message or forbidden)."""
    found = message(user, message_id)
    if not found.can_be_deleted_by(user, membership(user, found.room)):
        raise ChatError("forbidden", "Only its author or a moderator can delete a message.")
    return found


# SQLite before 3.32 takes no more than 999 parameters.
KEYS_A_QUERY = 500


def signed_in(session_keys: Iterable[str]) -> dict[str, int]:
    """Whose sessions these are, without those that are not valid any more.

    Two queries for every 500 keys.
    """
    return {key: user for part in batches(session_keys) for key, user in valid_sessions(part)}


def valid_sessions(session_keys: list[str]) -> Iterator[tuple[str, int]]:
    rows = Session.objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now())
    sessions = {row.session_key: row.get_decoded() for row in rows}
    claimed = {key: int(session.get(SESSION_KEY, 0)) for key, session in sessions.items()}
    users = get_user_model().objects.filter(is_active=True).in_bulk(set(claimed.values()))
    for key, session in sessions.items():
        user = users.get(claimed[key])
        if user and constant_time_compare(
            session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()
        ):
            yield key, user.pk


def batches(keys: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while part := list(islice(rest, KEYS_A_QUERY)):
        yield part
