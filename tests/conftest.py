"""What tests of all kinds share."""

import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from django.core.management.color import no_style
from django.db import connection
from django.test import TransactionTestCase
from pytest_django import Settings

from tests.cast import Cast, Company
from tests.running import RunningServer, running_server
from tests.templates import migrated_sqlite

# Written by `migrate` and by no test.
KEPT_TABLES = {"django_content_type", "auth_permission"}


def leave_no_rows(case: type[TransactionTestCase]) -> None:
    """As Django does it after each test, but for `post_migrate`.

    To write the same permissions anew each time took a third of what such a test takes.
    """
    tables = set(connection.introspection.django_table_names(only_existing=True))
    statements = connection.ops.sql_flush(no_style(), sorted(tables - KEPT_TABLES))
    connection.ops.execute_sql_flush(statements)


TransactionTestCase._fixture_teardown = classmethod(leave_no_rows)

# A shell makes what it starts in the background ignore Ctrl+C, and so its servers would do here.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Servers that are killed, cut off, renewed and looked at with a clock in hand: their deadlines are
# missed where three of them start at the same time, and kept where there are two, for they wait for
# most of their time. Those that have the mark `alone` measure. Not among them: faults that nobody
# times.
WAITING = ("tests/faults/", "tests/test_workers.py")
NOT_TIMED = tuple(
    f"tests/faults/test_{name}.py"
    for name in ("checker", "cuts", "many_writers", "postgresql", "resends", "storage")
)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    for item in items:
        waits = item.nodeid.startswith(WAITING) and not item.nodeid.startswith(NOT_TIMED)
        if waits and not item.get_closest_marker("alone"):
            item.add_marker(pytest.mark.paired)
    yield
    # Minutes long each: begun last, they would keep one process after all others have ended.
    items.sort(key=lambda item: not item.nodeid.startswith("tests/test_both_databases.py"))


@pytest.fixture(scope="session")
def django_db_keepdb(
    request: pytest.FixtureRequest, django_db_modify_db_settings: None
) -> Iterator[bool]:
    """Whether the tests' own database is there already: on SQLite, as a copy."""
    if connection.vendor != "sqlite":
        yield request.config.option.reuse_db
        return
    place = Path(connection.settings_dict["TEST"]["NAME"])
    remove(place)
    shutil.copyfile(migrated_sqlite(), place)
    yield True
    remove(place)


def remove(database: Path) -> None:
    for part in ("", "-wal", "-shm"):
        database.with_name(database.name + part).unlink(missing_ok=True)


@pytest.fixture
def cast(transactional_db: None, settings: Settings) -> Cast:
    """Rows are committed: the writer's thread looks at them over a connection of its own."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return Cast.gather()


@pytest.fixture(scope="session", params=["uvicorn", "daphne"])
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """One for all tests of its kind; a test that hurts it starts one of its own."""
    with running_server(SERVER=request.param) as server:
        yield server
        # Here too, as not every process of a run of several comes to the tests that ask for it.
        assert "Traceback" not in server.text_of_log


@pytest.fixture(scope="session")
async def company(server: RunningServer) -> AsyncIterator[Company]:
    company = await Company.gather(server)
    yield company
    await company.leave()
