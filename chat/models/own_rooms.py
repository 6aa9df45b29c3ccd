"""Rooms as somebody has them, without instances: where they belong, and what waits there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from chat.models.rooms import Membership, Room
from chat.models.statements import fetch, marks

# In the order of the model, as `from_db` wants them; without the moment, which the databases keep
# differently.
ROOM_FIELDS = [field.attname for field in Room._meta.concrete_fields if field.name != "created_at"]
DOOR = f"""
SELECT {", ".join(f"r.{name}" for name in ROOM_FIELDS)}, s.standing
FROM chat_room r LEFT JOIN chat_membership s ON s.room_id = r.id AND s.user_id = %s
WHERE r.slug = %s
"""  # noqa: S608 - the names above


def room_and_standing(user_id: int, slug: str) -> tuple[Room, str | None] | None:
    """The room of that slug, and what the user's membership in it says, if there is one."""
    for *values, standing in fetch(DOOR, user_id, slug):
        return Room.from_db(connection.alias, ROOM_FIELDS, values), standing
    return None


class Place(NamedTuple):
    """Where somebody belongs."""

    user_id: int
    slug: str
    room_id: int
    membership_id: int
    role: str
    tick: int


PLACES = """
SELECT s.user_id, r.slug, r.id, s.id, s.role, r.tick
FROM chat_room r CROSS JOIN chat_membership s
WHERE r.slug IN ({slugs}) AND s.room_id = r.id AND s.user_id IN ({users})
  AND s.standing = 'belongs'
"""


def places(user_ids: Collection[int], slugs: Collection[str]) -> dict[tuple[int, str], Place]:
    """Which of these users belong to which of these rooms, by user and slug."""
    if not slugs or not user_ids:
        return {}
    statement = PLACES.format(slugs=marks(slugs), users=marks(user_ids))
    found = (Place(*row) for row in fetch(statement, *slugs, *user_ids))
    return {(place.user_id, place.slug): place for place in found}


class Partner(NamedTuple):
    """Somebody in a conversation."""

    username: str
    name: str
    picture: str = ""


class OwnRoom(NamedTuple):
    """A room that somebody belongs to, and what waits there for them."""

    user_id: int
    room_id: int
    membership_id: int
    slug: str
    name: str
    kind: str
    topic: str
    archived: bool
    posting: str
    tick: int
    role: str
    read: int
    unread: int
    mentions: int
    # As Membership has it; empty where nothing was chosen.
    notify: str
    # Of a conversation: the others in it, by name.
    people: tuple[Partner, ...] = ()

    @property
    def pk(self) -> int:
        """Of the room."""
        return self.room_id

    @property
    def calls(self) -> int:
        """How much of it is for this one person: in a conversation, everything."""
        return self.unread if self.kind == Room.Kind.DIRECT else self.mentions

    @property
    def level(self) -> str:
        """Of what they want to be told."""
        is_direct = self.kind == Room.Kind.DIRECT
        usual = Membership.Notify.EVERYTHING if is_direct else Membership.Notify.MENTIONS
        return self.notify or usual

    @property
    def is_alone(self) -> bool:
        """Whether it is a conversation with oneself, for notes."""
        return self.kind == Room.Kind.DIRECT and not self.people

    @property
    def face(self) -> Partner:
        """Whose picture stands for it: of several people, the initials of the first two."""
        if not self.people:
            return Partner(self.slug, self.name)
        if len(self.people) == 1:
            return self.people[0]
        firsts = [each.name.split()[0] for each in self.people[:2]]
        return Partner(self.people[0].username, " ".join(firsts))


# Others' messages behind the read position, deleted ones not counted: all that were posted since,
# without those that are gone and one's own. Each part is found at the end of an index, however
# much waits; own ones are there only where somebody set their position back.
OWN_ROOMS = """
SELECT s.user_id, r.id, s.id, r.slug, r.name, r.kind, r.topic, r.archived, r.posting, r.tick,
       s.role, s.read,
       CASE WHEN r.tick <= s.read THEN 0 ELSE
           r.posted
           - COALESCE((SELECT m.number FROM chat_message m
                       WHERE m.room_id = s.room_id AND m.seq <= s.read
                       ORDER BY m.seq DESC LIMIT 1), 0)
           - (SELECT COUNT(*) FROM chat_message m
              WHERE m.room_id = s.room_id AND m.seq > s.read AND m.deleted_at IS NOT NULL)
           - (SELECT COUNT(*) FROM chat_message m
              WHERE m.sender_id = s.user_id AND m.room_id = s.room_id AND m.seq > s.read
                AND m.deleted_at IS NULL)
       END,
       CASE WHEN r.tick <= s.read THEN 0 ELSE
           (SELECT COUNT(*) FROM chat_mention n
            WHERE n.user_id = s.user_id AND n.room_id = s.room_id AND n.seq > s.read)
       END,
       s.notify,
       CASE WHEN r.kind = 'direct' THEN
           (SELECT {everybody} FROM chat_membership o JOIN accounts_user u ON u.id = o.user_id
            WHERE o.room_id = r.id)
       END
FROM {source} JOIN chat_room r ON r.id = s.room_id
WHERE s.standing = 'belongs' AND {condition} ORDER BY r.identity
"""
# The order of a CROSS JOIN is kept by SQLite, which would rather read all memberships.
THESE_PAIRS = "(VALUES {pairs}) p CROSS JOIN chat_membership s"


PEOPLE = msgspec.json.Decoder(list[tuple[int, str, str, str]])


def own_rooms(*user_ids: int) -> list[OwnRoom]:
    """All rooms that these people belong to, by name."""
    return own_rooms_where(f"s.user_id IN ({marks(user_ids)})", *user_ids)


def own_room(user_id: int, room_id: int) -> OwnRoom:
    """Raises Room.DoesNotExist where they do not belong to it."""
    found = own_rooms_where("s.user_id = %s AND s.room_id = %s", user_id, room_id)
    if not found:
        raise Room.DoesNotExist
    return found[0]


def waiting(pairs: Sequence[tuple[int, int]]) -> list[OwnRoom]:
    """For each (user, room) that belong together: the room, as the user has it."""
    if not pairs:
        return []
    source = THESE_PAIRS.format(pairs=", ".join(["(%s, %s)"] * len(pairs)))
    condition = "s.user_id = p.column1 AND s.room_id = p.column2"
    return own_rooms_where(condition, *chain.from_iterable(pairs), source=source)


# So many pairs are looked for one by one in the index of memberships. Of more, all who belong to
# the rooms are read.
PAIRS_LOOKED_FOR = 2_000
BELONGING = """
SELECT user_id, room_id FROM chat_membership
WHERE room_id IN ({rooms}) AND standing = 'belongs'
"""


def belonging(room_ids: Collection[int], user_ids: set[int]) -> list[tuple[int, int]]:
    """Who of these users belongs to which of these rooms, as (user, room)."""
    statement = BELONGING.format(rooms=marks(room_ids))
    if len(room_ids) * len(user_ids) > PAIRS_LOOKED_FOR:
        return [pair for pair in fetch(statement, *room_ids) if pair[0] in user_ids]
    statement += f"AND user_id IN ({marks(user_ids)})"
    return [*fetch(statement, *room_ids, *user_ids)]


def own_rooms_where(
    condition: str, *values: int, source: str = "chat_membership s"
) -> list[OwnRoom]:
    everybody = everybody_in(connection.vendor)
    statement = OWN_ROOMS.format(source=source, condition=condition, everybody=everybody)
    return [
        OwnRoom(*row[:-1]) if row[-1] is None else conversation(row[:-1], row[-1])
        for row in fetch(statement, *values)
    ]


def conversation(row: tuple[Any, ...], everybody: str) -> OwnRoom:
    """As one of its people has it: the others' names are its name; alone, it is their own."""
    people = PEOPLE.decode(everybody)
    everyone = {user_id: Partner(*partner) for user_id, *partner in people}
    own = everyone.pop(row[0])
    others = sorted(everyone.values(), key=lambda each: (each.name.casefold(), each.username))
    name = ", ".join(each.name for each in others) or own.name
    return OwnRoom(*row)._replace(name=name, people=tuple(others))


def everybody_in(vendor: str) -> str:
    """A JSON list of ids, usernames, names and pictures."""
    name = "CASE WHEN u.display_name = '' THEN u.username ELSE u.display_name END"
    columns = f"u.id, u.username, {name}, u.picture"
    if vendor == "sqlite":
        return f"json_group_array(json_array({columns}))"
    return f"json_agg(json_build_array({columns}))::text"


CLOCKS = "SELECT id, tick FROM chat_room WHERE id IN ({rooms})"


def clocks(room_ids: Collection[int]) -> dict[int, int]:
    """The ticks of rooms; as many as a statement takes."""
    if not room_ids:
        return {}
    return dict(fetch(CLOCKS.format(rooms=marks(room_ids)), *room_ids))
