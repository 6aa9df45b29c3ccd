"""What posts are judged by, and read positions, of many at once and without instances."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from chat.models.statements import fetch, marks


class Basis(NamedTuple):
    """What a post is judged by; None for what is not there."""

    room_id: int | None
    membership_id: int | None
    standing: str | None
    username: str | None
    display_name: str | None
    picture: str | None
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
SELECT r.id, s.id, s.standing, u.username, u.display_name, u.picture, s.role, r.kind, r.archived,
       r.posting, m.id, o.room_id
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
