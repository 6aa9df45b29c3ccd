"""Who is named in a text, as @username."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef

from chat.models import Mention, Message, Room

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import User

# Not inside a word, so that an e-mail address names nobody. A username may have these signs in
# it, but a sentence's full stop after it is not meant.
NAME = re.compile(r"(?<![\w@.+-])@([\w@.+-]{0,63}\w)")
MENTIONS_A_MESSAGE = 50


def names_in(text: str) -> list[str]:
    """What stands behind an @, once each, in order; the first fifty."""
    if "@" not in text:
        return []
    return list(dict.fromkeys(NAME.findall(text)))[:MENTIONS_A_MESSAGE]


def people_in(text: str, room: Room) -> list[User]:
    """Those of the room who are named in the text."""
    names = names_in(text)
    if not names:
        return []
    # Not `pk__in`: SQLite would first make a list of everybody in the room.
    belonging = room.memberships.belonging().filter(user=OuterRef("pk"))
    return list(get_user_model().objects.filter(Exists(belonging), username_key__in=names))


def rows(message: Message, people: Iterable[User]) -> list[Mention]:
    """What makes a stored message wait for the people whom it names; not for its author."""
    return [
        Mention(message=message, user=user, room=message.room, seq=message.seq)
        for user in people
        if user.pk != message.sender_id
    ]
