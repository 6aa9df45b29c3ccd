"""Who is named in a text, as @username."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef

from chat import markup
from chat.models import Mention, Message, Room

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import User


def settle(message: Message) -> list[User]:
    """Those of the room named in a message, which says so itself from now on."""
    names = markup.names_in(message.text, message.html)
    people = people_of(names, message.room) if names else []
    message.mentions = [user.username for user in people]
    if message.html:
        by_key = {user.username_key: user.username for user in people}
        usernames = {name: by_key[key] for name in names if (key := key_of(name)) in by_key}
        message.html = markup.settled(message.text, message.html, usernames)
    return people


def key_of(name: str) -> str:
    """What is the same in every way to write a username."""
    return str(get_user_model()._meta.get_field("username_key").to_python(name))


def people_of(names: list[str], room: Room) -> list[User]:
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
