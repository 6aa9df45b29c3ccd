"""Much data, quickly: written by the database itself, in a few statements."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

# Explicit ids far from those that the database gives out itself.
FIRST = 10_000_000
STATEMENTS = Path(__file__).with_name("data.sql")

DIALECTS = {
    "sqlite": {
        "uuid": "printf('%032x', n)",
        "padded": "printf('%06d', n)",
        "digest": "zeroblob(16)",
        "json": "'[]'",
        "true": "1",
        "false": "0",
        "words_columns": "words, room",
        "words": "text, room_id",
    },
    "postgresql": {
        "uuid": "lpad(to_hex(n), 32, '0')::uuid",
        "padded": "lpad(n::text, 6, '0')",
        "digest": "'\\x00'::bytea",
        "json": "'[]'::jsonb",
        "true": "true",
        "false": "false",
        "words_columns": "words",
        "words": "to_tsvector('simple', text) || array_to_tsvector(ARRAY['R' || room_id])",
    },
}


@dataclass(frozen=True)
class Size:
    """`own` rooms are those of one person, FIRST + 1, who has read nothing in them.

    They hold nine tenths of the messages, a tenth the first room alone, which everybody is in.
    """

    messages: int
    rooms: int
    users: int
    own: int


def fill(size: Size) -> None:
    """Make an empty database hold this much."""
    words = {
        **DIALECTS[connection.vendor],
        "first": FIRST,
        "messages": size.messages,
        "rooms": size.rooms,
        "users": size.users,
        "own": size.own,
        "now": moment(f"{timezone.now():%Y-%m-%d %H:%M:%S}"),
        "later": moment("2100-01-01 00:00:00"),
        # Spreads the senders without a pattern that meets the rooms'.
        "step": next(k for k in range(7919, 9000) if math.gcd(k, size.users) == 1),
    }
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute("SET statement_timeout = 0")
        for statement in STATEMENTS.read_text().format(**words).split(";\n"):
            if statement.strip():
                cursor.execute(statement)
        if is_postgresql():
            # As its own housekeeping does; SQLite has none, and plans without figures.
            cursor.execute("ANALYZE")
            cursor.execute("RESET statement_timeout")


def moment(text: str) -> str:
    return f"TIMESTAMPTZ '{text}+00'" if is_postgresql() else f"'{text}'"


def empty() -> None:
    assert "test" in str(connection.settings_dict["NAME"]), "This is somebody's database."
    call_command("flush", verbosity=0, interactive=False)


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"
