"""Statements that are written out, and what two databases keep differently.

For what is asked most: the same rows by way of instances take ten times as long, most of it to
build statements and objects.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection


def fetch(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def marks(values: Collection[object]) -> str:
    return ", ".join(["%s"] * len(values))


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
