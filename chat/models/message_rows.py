"""Messages and their reactions as they are told, without instances: history, and the log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import NamedTuple

from django.db import connection

from chat.models.statements import dashed, fetch, marks, moment

LAST = 2**63 - 1


class MessageRow(NamedTuple):
    """A message as it is told, but for its reactions."""

    id: int
    seq: int
    tick: int
    username: str
    display_name: str
    picture: str
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
SELECT m.id, m.seq, m.tick, u.username, u.display_name, u.picture, m.text, m.html,
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
