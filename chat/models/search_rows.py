"""The words of messages, and which messages have some: the index of the search.

A table beside the models, because the databases have quite different ones for it: on SQLite a
virtual table of FTS5, on PostgreSQL a `tsvector` with a GIN index. What a word is, is decided in
chat.words alone. The key of both is called `rowid`, as FTS5 calls it: the message's id. Where a
message's row is deleted, a trigger deletes this one (migration 0013).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import connection

from chat.models.message_rows import LAST
from chat.models.statements import fetch


class Unindexed(NamedTuple):
    id: int
    room_id: int
    text: str
    # A JSON list, or None.
    attachments: str | None


class Entry(NamedTuple):
    message_id: int
    room_id: int
    words: Collection[str]


class Hit(NamedTuple):
    message_id: int
    room_id: int


NOT_YET = """
SELECT m.id, m.room_id, m.text, m.attachments FROM chat_message m
WHERE m.id > %s AND m.id <= %s AND m.deleted_at IS NULL
AND NOT EXISTS (SELECT 1 FROM chat_messagewords w WHERE w.rowid = m.id)
ORDER BY m.id LIMIT %s
"""
SQLITE_HITS = """
SELECT m.id, m.room_id FROM chat_messagewords w JOIN chat_message m ON m.id = w.rowid
WHERE chat_messagewords MATCH %s AND w.rowid < %s AND m.deleted_at IS NULL
ORDER BY w.rowid DESC LIMIT %s
"""
POSTGRESQL_HITS = """
SELECT m.id, m.room_id FROM {words} w JOIN chat_message m ON m.id = w.rowid
WHERE w.words @@ %s::tsquery AND w.rowid < %s AND m.deleted_at IS NULL
ORDER BY w.rowid DESC LIMIT %s
"""
# PostgreSQL's index has no order: of a word that nearly everybody says it would bring everything.
# Such words are found among the newest messages, one after the other.
NEWEST = """(
    SELECT rowid, words FROM chat_messagewords WHERE rowid < %s ORDER BY rowid DESC LIMIT 2000
)"""


@cache
def has_index() -> bool:
    """Without FTS5, with which nearly every SQLite is built, there is none."""
    if connection.vendor != "sqlite":
        return True
    return bool(fetch("SELECT 1 FROM sqlite_master WHERE name = 'chat_messagewords'"))


# --- Writing


def not_yet(after: int, until: int, limit: int) -> list[Unindexed]:
    """The first messages with a larger id, up to `until`, that have no entry."""
    return [Unindexed(*row) for row in fetch(NOT_YET, after, until, limit)]


def add(entries: Iterable[Entry]) -> None:
    """Within a transaction of the writer. What has an entry by now keeps it."""
    if has_index():
        statement, values = ADDING[connection.vendor]
        with connection.cursor() as cursor:
            cursor.executemany(statement, [values(each) for each in entries])


def sqlite_values(entry: Entry) -> tuple[Any, ...]:
    return entry.room_id, " ".join(entry.words), entry.message_id


def postgresql_values(entry: Entry) -> tuple[Any, ...]:
    return [*entry.words, room_word(entry.room_id)], entry.message_id


# Of a message that was deleted since its words were read, nothing is kept.
ADDING = {
    "sqlite": (
        "INSERT INTO chat_messagewords (rowid, room, words) "
        "SELECT m.id, %s, %s FROM chat_message m WHERE m.id = %s AND m.deleted_at IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM chat_messagewords w WHERE w.rowid = m.id)",
        sqlite_values,
    ),
    "postgresql": (
        "INSERT INTO chat_messagewords (rowid, words) "
        "SELECT m.id, array_to_tsvector(%s::text[]) FROM chat_message m "
        "WHERE m.id = %s AND m.deleted_at IS NULL ON CONFLICT DO NOTHING",
        postgresql_values,
    ),
}


def forget(message_id: int) -> None:
    """Within a transaction of the writer."""
    if not has_index():
        return
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM chat_messagewords WHERE rowid = %s", [message_id])


def head() -> int:
    """The largest id of a message."""
    return int(fetch("SELECT COALESCE(MAX(id), 0) FROM chat_message")[0][0])


# --- Asking


def hits(
    words: Sequence[str], room_ids: Collection[int], *, before: int | None, limit: int
) -> list[Hit]:
    """The newest messages of these rooms with all of these words, of smaller ids than `before`."""
    last = LAST if before is None else before
    if connection.vendor == "sqlite":
        found = fetch(SQLITE_HITS, sqlite_pattern(words, room_ids), last, limit)
    else:
        pattern = postgresql_pattern(words, room_ids)
        newest = POSTGRESQL_HITS.format(words=NEWEST)
        found = fetch(newest, last, pattern, last, limit)
        if len(found) < limit:
            everywhere = POSTGRESQL_HITS.format(words="chat_messagewords")
            found = fetch(everywhere, pattern, last, limit)
    return [Hit(*row) for row in found]


def sqlite_pattern(words: Sequence[str], room_ids: Collection[int]) -> str:
    asked = " AND ".join(f'"{word}"{" *" * is_beginning(word)}' for word in words)
    rooms = " OR ".join(f'"{room_id}"' for room_id in room_ids)
    return f"words : ({asked}) AND room : ({rooms})"


def postgresql_pattern(words: Sequence[str], room_ids: Collection[int]) -> str:
    asked = " & ".join(f"'{word}'{':*' * is_beginning(word)}" for word in words)
    rooms = " | ".join(f"'{room_word(room_id)}'" for room_id in room_ids)
    return f"{asked} & ({rooms})"


def is_beginning(word: str) -> bool:
    """Nearly everything begins with one given letter; a single character of Chinese says a lot."""
    return len(word) > 1 or not word.isascii()


def room_word(room_id: int) -> str:
    """No word of a text: those have no capitals."""
    return f"R{room_id}"
