"""Who is named in a text: somebody, as @username, or everybody in the room, as @all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q

from chat import markup
from chat.limits import EVERYBODY, EVERYBODY_MOST, EVERYBODY_OF_MODERATORS
from chat.models import Membership, Mention, Message, Room
from chat.models.rooms import MODERATING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from accounts.models import User
    from chat.limits import TokenBuckets


def settle(message: Message, crowds: TokenBuckets) -> list[User]:
    """Those of the room named in a message, which says so itself from now on.

    `crowds`: how often somebody may call everybody.
    """
    names = markup.names_in(message.text, message.html)
    keys = {name: key_of(name) for name in names}
    people, is_everybody = named(message, keys.values(), crowds) if keys else ([], False)
    message.mentions = [user.username for user in people]
    if message.html:
        by_key = dict.fromkeys(EVERYBODY, "") if is_everybody else {}
        by_key |= {user.username_key: user.username for user in people}
        usernames = {name: by_key[key] for name, key in keys.items() if key in by_key}
        message.html = markup.settled(message.text, message.html, usernames)
    return people


def key_of(name: str) -> str:
    """What is the same in every way to write a username."""
    return str(get_user_model()._meta.get_field("username_key").to_python(name))


def named(message: Message, keys: Collection[str], crowds: TokenBuckets) -> tuple[list[User], bool]:
    """People of the room, and whether these are everybody. Whoever is called like that is not."""
    is_wanted = not EVERYBODY.isdisjoint(keys) and not crowds.take(message.sender_id)
    crowd = crowd_for(message) if is_wanted else []
    if not crowd:
        return people_of(keys, message.room), False
    if not (EVERYBODY & {*keys}) - {user.username_key for user in crowd}:
        return [user for user in crowd if user.username_key in keys], False
    # Nobody calls themselves, unless they do it by name.
    called = [u for u in crowd if u.pk != message.sender_id or u.username_key in keys]
    return called, True


def people_of(keys: Collection[str], room: Room) -> list[User]:
    # Not `pk__in`: SQLite would first make a list of everybody in the room.
    belonging = room.memberships.belonging().filter(user=OuterRef("pk"))
    return list(get_user_model().objects.filter(Exists(belonging), username_key__in=keys))


def crowd_for(message: Message) -> list[User]:
    """Everybody in the room, by name; nobody where the sender may not call them all."""
    belonging = message.room.memberships.belonging()
    found = belonging.filter(may_call(message.sender_id, message.room)).select_related("user")
    # A name and who has it: whole rows of 500 people would be half a megabyte.
    brief = found.only("room", "user", "user__username", "user__username_key")
    return sorted((each.user for each in brief), key=lambda user: user.username_key)


def may_call(user_id: int, room: Room) -> Q:
    """In a small room, and as a moderator in a larger one. Counts no further than it has to."""
    belonging = room.memberships.belonging()
    moderators = belonging.filter(user=user_id, role__in=MODERATING)

    def is_larger_than(most: int) -> Exists:
        return Exists(belonging[most : most + 1])

    for_moderators = Exists(moderators) & ~is_larger_than(EVERYBODY_OF_MODERATORS)
    return ~is_larger_than(EVERYBODY_MOST) | for_moderators


def may_call_everybody(own: Membership) -> bool:
    """Whether @all is more than a word when they write it."""
    return Membership.objects.filter(may_call(own.user_id, own.room), pk=own.pk).exists()


def rows(message: Message, people: Iterable[User]) -> list[Mention]:
    """What makes a stored message wait for the people whom it names; not for its author."""
    return [
        Mention(message=message, user=user, room=message.room, seq=message.seq)
        for user in people
        if user.pk != message.sender_id
    ]
