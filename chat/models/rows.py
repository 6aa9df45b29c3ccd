"""What is read most, in statements written out and without instances.

The same rows by way of instances take ten times as long, most of it to build statements and
objects. Two databases keep moments and ids differently; what differs is in `written`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from chat.models.rooms import Membership, Room

LAST = 2**63 - 1

# --- Messages


class MessageRow(NamedTuple):
    """A message as it is told, but for its reactions."""

    id: int
    seq: int
    tick: int
    username: str
    display_name: str
    text: str
    html: str
    # As on the wire: UTC with milliseconds, and a UUID with its dashes.
    created: str
    client_id: str
    reply_to: int | None
    # A JSON list.
    mentions: str
    edited: str | None
    is_deleted: bool
    kind: str
    change: str
    # A JSON list, or None.
    attachments: str | None


MESSAGES = """
SELECT m.id, m.seq, m.tick, u.username, u.display_name, m.text, m.html,
       {created_at}, {client_id}, m.reply_to_id, {mentions}, {edited_at},
       m.deleted_at IS NOT NULL, m.kind, m.change, {attachments}
FROM chat_message m JOIN accounts_user u ON u.id = m.sender_id
"""
BEFORE = MESSAGES + "WHERE m.room_id = %s AND m.seq < %s ORDER BY m.seq DESC LIMIT %s"
FROM_ON = MESSAGES + "WHERE m.room_id = %s AND m.seq >= %s ORDER BY m.seq LIMIT %s"
TOUCHED = (
    MESSAGES + "WHERE m.room_id = %s AND m.tick > %s AND m.tick <= %s ORDER BY m.tick LIMIT %s"
)

REACTIONS = """
SELECT r.message_id, r.emoji, u.username
FROM chat_reaction r JOIN accounts_user u ON u.id = r.user_id
WHERE r.message_id IN ({marks}) ORDER BY r.id
"""


def newest_before(room_id: int, seq: int | None, limit: int) -> list[MessageRow]:
    """At most `limit` messages posted before the tick `seq` (None: the last), oldest first."""
    rows = fetch(written(BEFORE), room_id, LAST if seq is None else seq, limit)
    return [MessageRow(*row) for row in reversed(rows)]


def oldest_from(room_id: int, seq: int, limit: int) -> list[MessageRow]:
    """At most `limit` messages, from the one posted at the tick `seq` on."""
    return [MessageRow(*row) for row in fetch(written(FROM_ON), room_id, seq, limit)]


def these(message_ids: Collection[int]) -> dict[int, MessageRow]:
    """Messages by their ids, without those that are gone."""
    if not message_ids:
        return {}
    statement = f"{written(MESSAGES)}WHERE m.id IN ({marks(message_ids)})"
    return {row[0]: MessageRow(*row) for row in fetch(statement, *message_ids)}


def touched_after(
    room_id: int, after: int, limit: int, *, until: int | None = None
) -> list[MessageRow]:
    """The log: what changed after the tick `after`, up to `until`, by its latest change."""
    last = LAST if until is None else until
    return [MessageRow(*row) for row in fetch(written(TOUCHED), room_id, after, last, limit)]


def reactions_to(rows: Sequence[MessageRow]) -> dict[int, dict[str, list[str]]]:
    """For each message that has some: who reacted how, in the order in which it happened."""
    # Nothing happened to the others since they were posted: no need to ask.
    touched = [row.id for row in rows if row.tick != row.seq and not row.is_deleted]
    found: dict[int, dict[str, list[str]]] = {}
    if touched:
        statement = REACTIONS.format(marks=marks(touched))
        for message_id, emoji, username in fetch(statement, *touched):
            found.setdefault(message_id, {}).setdefault(emoji, []).append(username)
    return found


# --- Rooms, as somebody has them

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
        """Whose initials and colour stand for it: of several people, those of the first two."""
        if not self.people:
            return Partner(self.slug, self.name)
        firsts = [each.name.split()[0] for each in self.people[:2]]
        first = self.people[0]
        return Partner(first.username, " ".join(firsts) if len(firsts) > 1 else first.name)


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


PEOPLE = msgspec.json.Decoder(list[tuple[int, str, str]])


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
    named = sorted((name.casefold(), username, name) for _, username, name in people)
    own = next(username for user_id, username, _ in people if user_id == row[0])
    others = [Partner(username, name) for _, username, name in named if username != own]
    name = ", ".join(each.name for each in others) or named[0][2]
    return OwnRoom(*row)._replace(name=name, people=tuple(others))


CLOCKS = "SELECT id, tick FROM chat_room WHERE id IN ({rooms})"


def clocks(room_ids: Collection[int]) -> dict[int, int]:
    """The ticks of rooms; as many as a statement takes."""
    if not room_ids:
        return {}
    return dict(fetch(CLOCKS.format(rooms=marks(room_ids)), *room_ids))


# --- Before something is posted


class Basis(NamedTuple):
    """What a post is judged by; None for what is not there."""

    room_id: int | None
    membership_id: int | None
    standing: str | None
    username: str | None
    display_name: str | None
    role: str | None
    kind: str | None
    archived: bool | None
    posting: str | None
    # The message that was posted under its client id before.
    earlier_id: int | None
    # The room of what it replies to.
    replied_to_room_id: int | None


BASES = """
WITH post (place, user_id, slug, client_id, reply_to) AS (VALUES {posts})
SELECT r.id, s.id, s.standing, u.username, u.display_name, s.role, r.kind, r.archived, r.posting,
       m.id, o.room_id
FROM post
LEFT JOIN chat_room r ON r.slug = post.slug
LEFT JOIN chat_membership s ON s.user_id = post.user_id AND s.room_id = r.id
LEFT JOIN accounts_user u ON u.id = post.user_id
LEFT JOIN chat_message m ON m.sender_id = post.user_id AND m.client_id = post.client_id
LEFT JOIN chat_message o ON o.id = post.reply_to
ORDER BY post.place
"""


def bases(posts: Sequence[tuple[int, str, UUID, int | None]]) -> list[Basis]:
    """For each post (user, slug, client id, what it replies to), in order."""
    is_sqlite = connection.vendor == "sqlite"
    one = "(%s, %s, %s, %s, %s)" if is_sqlite else "(%s, %s::bigint, %s, %s::uuid, %s::bigint)"
    values: list[object] = []
    for place, (user_id, slug, client_id, reply_to) in enumerate(posts):
        values += (place, user_id, slug, client_id.hex, reply_to)
    return [
        Basis(*row) for row in fetch(BASES.format(posts=", ".join([one] * len(posts))), *values)
    ]


# --- What has been read

HOLD = "SELECT id FROM chat_membership WHERE id IN ({marks}) ORDER BY id FOR NO KEY UPDATE"
HOLD_PAIRS = """
SELECT id FROM chat_membership WHERE (user_id, room_id) IN (VALUES {pairs})
ORDER BY id FOR NO KEY UPDATE
"""
MOVE_ON = """
WITH seen (membership_id, seq) AS (VALUES {seen})
UPDATE chat_membership SET read = seen.seq
FROM seen WHERE id = seen.membership_id AND read < seen.seq
"""


def move_on(positions: Mapping[int, int]) -> None:
    """Move read positions forward, by membership. Within a transaction.

    The rows are locked in the order of their ids everywhere: two processes never wait for each
    other's second one.
    """
    pairs = ", ".join(["(%s, %s)"] * len(positions))
    with connection.cursor() as cursor:
        if len(positions) > 1 and connection.vendor != "sqlite":
            cursor.execute(HOLD.format(marks=marks(positions)), [*positions])
        cursor.execute(MOVE_ON.format(seen=pairs), [*chain.from_iterable(positions.items())])


def hold(pairs: Collection[tuple[int, int]]) -> None:
    """Lock the memberships of (user, room), in the same order. Within a transaction."""
    if len(pairs) > 1 and connection.vendor != "sqlite":
        statement = HOLD_PAIRS.format(pairs=", ".join(["(%s, %s)"] * len(pairs)))
        with connection.cursor() as cursor:
            cursor.execute(statement, [*chain.from_iterable(pairs)])


# --- Asking


def fetch(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def everybody_in(vendor: str) -> str:
    """A JSON list of ids, usernames and names."""
    name = "CASE WHEN u.display_name = '' THEN u.username ELSE u.display_name END"
    columns = f"u.id, u.username, {name}"
    if vendor == "sqlite":
        return f"json_group_array(json_array({columns}))"
    return f"json_agg(json_build_array({columns}))::text"


def marks(values: Collection[object]) -> str:
    return ", ".join(["%s"] * len(values))


def written(statement: str) -> str:
    """The statement, with moments, ids and lists as text in the form of the wire."""
    return in_dialect(statement, connection.vendor)


@cache
def in_dialect(statement: str, vendor: str) -> str:
    texts = {
        "created_at": moment("m.created_at", vendor),
        "edited_at": moment("m.edited_at", vendor),
        "client_id": dashed("m.client_id", vendor),
        "mentions": "m.mentions" if vendor == "sqlite" else "m.mentions::text",
        "attachments": "m.attachments" if vendor == "sqlite" else "m.attachments::text",
    }
    return statement.format(**texts)


def moment(column: str, vendor: str) -> str:
    """SQLite keeps a text, with six digits behind the point or none at all."""
    if vendor == "sqlite":
        return f"substr(replace({column}, ' ', 'T') || '.000', 1, 23) || 'Z'"
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


def dashed(column: str, vendor: str) -> str:
    if vendor != "sqlite":
        return f"{column}::text"
    parts = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)]
    return " || '-' || ".join(f"substr({column}, {start}, {size})" for start, size in parts)
