"""What the database does for a piece of work: which statements, how planned, how much looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

Statement = tuple[str, Any]
Work = Callable[[], object]

BIG_TABLES = [
    "chat_message",
    "chat_membership",
    "chat_reaction",
    "chat_mention",
    "chat_room",
    "accounts_user",
    "accounts_sessionrenewal",
    "django_session",
]
PLANNED = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|\()", re.IGNORECASE)


def statements_of(work: Work) -> list[Statement]:
    """What is asked in this thread; what the work writes is taken back."""
    asked: list[Statement] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if PLANNED.match(sql):
            asked.append((sql, params[0] if many else params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note), taken_back():
        work()
    return asked


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# --- Plans


def full_scans(statement: Statement) -> list[str]:
    """The lines of the plan in which a big table is read from one end to the other."""
    if connection.vendor == "sqlite":
        return [line for line in plan_of_sqlite(statement) if is_scan(line, statement[0])]
    return [
        f"{node['Node Type']} on {node['Relation Name']}"
        for node in nodes_of_postgresql(statement, "EXPLAIN (FORMAT JSON)")
        if node.get("Relation Name") in BIG_TABLES and is_in_full(node)
    ]


def is_in_full(node: dict[str, Any]) -> bool:
    """Without a condition it looks at all of them, unless it goes along an index to a limit."""
    ends_soon = node.get("Index Name") in {"rooms_by_name", "chat_message_pkey"}
    return node["Node Type"] == "Seq Scan" or (
        node["Node Type"] in {"Index Scan", "Index Only Scan"}
        and "Index Cond" not in node
        and not ends_soon
    )


def is_scan(line: str, sql: str) -> bool:
    found = re.match(r"SCAN (\w+)", line)
    # From one end of an index, and no further than the page.
    ends_soon = re.search(r"AS \"pk\" FROM \S+ ORDER BY 1 DESC LIMIT 1$", sql) or (
        "USING INDEX rooms_by_name" in line and re.search(r"LIMIT \d+( OFFSET \d+)?$", sql)
    )
    return bool(found) and is_big(found[1], sql) and not ends_soon  # type: ignore[index]


def is_big(name: str, sql: str) -> bool:
    """Whether this is a big table or what the statement calls one."""
    tables = "|".join(BIG_TABLES)
    return name in BIG_TABLES or bool(
        re.search(rf"\"?\b({tables})\"?\s+(AS\s+)?\"?{re.escape(name)}\b", sql)
    )


def plan_of_sqlite(statement: Statement) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement[0]}", statement[1])
        return [row[3] for row in cursor.fetchall()]


def nodes_of_postgresql(statement: Statement, explain: str) -> Iterator[dict[str, Any]]:
    """Small tables are read in full because that is faster: here the question is whether they must.

    A plan that has no other way still does.
    """
    with taken_back(), connection.cursor() as cursor:
        for way in ("seqscan", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"{explain} {statement[0]}", statement[1])
        found = cursor.fetchone()[0]
    [top] = json.loads(found) if isinstance(found, str) else found
    waiting = [top["Plan"]]
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", [])
        yield node


# --- Effort


def effort(work: Work) -> int:
    """How much the database did: steps of SQLite's machine, rows in the hands of PostgreSQL."""
    statements_of(work)  # what is kept after the first time is no effort of this work
    return steps(work) if connection.vendor == "sqlite" else rows(work)


def steps(work: Work) -> int:
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    with taken_back():
        connection.connection.set_progress_handler(step, 1)
        try:
            work()
        finally:
            connection.connection.set_progress_handler(None, 0)
    return count


def rows(work: Work) -> int:
    explain = "EXPLAIN (ANALYZE, FORMAT JSON)"
    nodes = [node for each in statements_of(work) for node in nodes_of_postgresql(each, explain)]
    looked_at = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter")
    return round(
        sum(node["Actual Loops"] * node.get(name, 0) for node in nodes for name in looked_at)
    )
