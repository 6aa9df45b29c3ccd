"""What Django's check framework says of this installation."""

import sqlite3
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

# https://www.sqlite.org/wal.html#walresetbug
FIRST_SAFE_SQLITE = (3, 51, 3)


def register_checks() -> None:
    register(sqlite_version, deploy=True)


def sqlite_version(**_: Any) -> list[CheckMessage]:
    uses_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    if not uses_sqlite or sqlite3.sqlite_version_info >= FIRST_SAFE_SQLITE:
        return []
    return [
        Warning(
            f"SQLite {sqlite3.sqlite_version} has a bug that can damage the database when two "
            "connections write at the same moment. ChatApp lets one connection alone do what "
            "triggers it, so this is a small risk.",
            hint="Keep backups; prefer a Python with SQLite 3.51.3 or newer, or PostgreSQL.",
            id="chat.W001",
        )
    ]
