"""Conversations: direct rooms, one for each set of people.

Everybody in one is a member for ever, and nobody more. Who puts it away does not have it in their
list, and neither has who was not written to yet: it comes to them with the next message, and by
whichever way they open it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from chat import events, protocol
from chat.actions.publishing import after_commit
from chat.errors import ChatError, bad_frame
from chat.limits import CONVERSATION_PEOPLE
from chat.models import Membership, Room
from chat.models.own_rooms import waiting
from chat.node import node
from chat.realtime import topics

if TYPE_CHECKING:
    from accounts.models import User

Standing = Membership.Standing

ATTEMPTS = 5
SLUG_BYTES = 12


def open_conversation(*, by: User, people: Iterable[User]) -> tuple[Room, bool]:
    """The conversation of these people, and whether it is new. Alone it is for one's notes.

    Raises ChatError(bad_frame).
    """
    everybody = {by.pk, *(each.pk for each in people)}
    if len(everybody) > CONVERSATION_PEOPLE:
        raise bad_frame(
            _("A conversation has at most %(count)s people; make a room for more."),
            count=CONVERSATION_PEOPLE,
        )
    return node.writer.run(partial(find_or_start, by, everybody))


def find_or_start(by: User, everybody: set[int]) -> tuple[Room, bool]:
    key = key_of(everybody)
    for _attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                known = Room.objects.filter(kind=Room.Kind.DIRECT, people_key=key).first()
                room = known or start(key, everybody)
                bring_back(room, [by.pk])
        except IntegrityError:
            # One of the others was quicker, in another process: look again.
            continue
        return room, known is None
    raise ChatError("unavailable", _("It could not be opened. Try again."), retry_after=1.0)


def key_of(everybody: set[int]) -> str:
    text = " ".join(map(str, sorted(everybody)))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def start(key: str, everybody: set[int]) -> Room:
    """Within a transaction. Nobody has it in their list yet."""
    # Says nothing of who talks, and cannot be guessed.
    slug = secrets.token_hex(SLUG_BYTES)
    room = Room.objects.create(kind=Room.Kind.DIRECT, people_key=key, slug=slug)
    Membership.objects.bulk_create(
        Membership(room=room, user_id=user_id, standing=Standing.LEFT)
        for user_id in sorted(everybody)
    )
    return room


def brings_back(room: Room, known: Membership) -> bool:
    """Whether it is a conversation of theirs, which they have in their list again. As above."""
    if not room.is_direct or known.standing != Standing.LEFT:
        return False
    bring_back(room, [known.user_id])
    known.standing = Standing.BELONGS
    return True


def bring_back(room: Room, user_ids: list[int]) -> None:
    """Within a transaction. What waits in it still waits."""
    away = Membership.objects.filter(room=room, user__in=user_ids, standing=Standing.LEFT)
    if away.update(standing=Standing.BELONGS):
        tell_that_it_is_back(room, user_ids)


def bring_back_to_everybody(room: Room) -> list[int]:
    """Somebody writes: before it is looked for whom they name. To whom it came back."""
    away = Membership.objects.filter(room=room, standing=Standing.LEFT)
    user_ids = list(away.values_list("user", flat=True))
    if user_ids:
        away.update(standing=Standing.BELONGS)
    return user_ids


def tell_that_it_is_back(room: Room, user_ids: list[int]) -> None:
    """Within the transaction, after what waits in it was stored."""
    for own in waiting([(user_id, room.pk) for user_id in user_ids]):
        text = protocol.encode(events.room_added(own))
        after_commit(node.bus.publish, topics.user(own.user_id), text)
