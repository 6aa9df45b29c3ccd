"""Databases of a chat that was never used: migrated once, and copied by whoever needs one.

To migrate one takes three times as long as to start a server. All processes of one run of bin/test
share them; a pytest that was started by itself makes its own.
"""

import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg

from tests import services

CHECKOUT = Path(__file__).resolve().parent.parent
# Named so by Django, and found there by `pytest --reuse-db`.
TEST_DATABASE = "test_postgres"


def migrated_sqlite() -> Path:
    """The SQLite file."""
    return made_once("chat.sqlite3", make_sqlite)


@contextmanager
def migrated_postgres(*, tcp: bool = False) -> Iterator[str]:
    """A PostgreSQL of one's own, by its DATABASE_URL; also with a database for pytest."""
    cluster = made_once("postgresql", make_cluster)
    with services.postgres(tcp=tcp, like=cluster) as url:
        yield url


def make_sqlite(place: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="chat-data-") as folder:
        migrate(DATA_DIR=folder)
        place.write_bytes(Path(folder, "chat.sqlite3").read_bytes())


def make_cluster(place: Path) -> None:
    services.save_postgres(place, fill_postgres)


def fill_postgres(url: str) -> None:
    with tempfile.TemporaryDirectory(prefix="chat-data-") as folder:
        migrate(DATA_DIR=folder, DATABASE_URL=url)
    with psycopg.connect(url.replace("/postgres?", "/template1?"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEST_DATABASE} TEMPLATE postgres")


def migrate(**environment: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        check=True,
    )


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The file or folder of that name; another process may be making it just now."""
    place = shelf() / name
    with (shelf() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            make(place)
    return place


@cache
def shelf() -> Path:
    if shared := os.environ.get("TEST_TEMPLATES"):
        Path(shared).mkdir(exist_ok=True)
        return Path(shared)
    own = tempfile.TemporaryDirectory(prefix="chat-templates-")
    kept.append(own)
    return Path(own.name)


# Until the process ends, which removes them.
kept: list[tempfile.TemporaryDirectory[str]] = []
