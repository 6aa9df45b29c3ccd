"""Two thousand clients lose their line in the same moment and all come back at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from copy import copy

import psycopg
import pytest

from tests import services
from tests.chatter import Chatter, Socket
from tests.faults.conftest import FAST
from tests.faults.several import own_redis, several_servers
from tests.running import RunningServer
from tests.templates import migrated_postgres

pytestmark = [pytest.mark.asyncio, pytest.mark.alone, pytest.mark.timeout(300)]

CLIENTS = 2000
USERS = 100
MISSED = 25
RESUMED_SECONDS = 60.0
# Of each process: the readers, the writer, and the threads of Django's pages, out of one pool.
DATABASE_CONNECTIONS = 24

# Signing up costs a password hash each, by design; these have no password.
MAKE_PEOPLE = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from accounts.models import User
store = import_module(settings.SESSION_ENGINE).SessionStore
for number in range({count}):
    name = f"crowd-{{number}}"
    user = User.objects.filter(username=name).first() or User(username=name)
    user.set_unusable_password()
    user.save()
    session = store()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    print("session", user.username, session.session_key)
"""


@pytest.fixture
def database_url() -> Iterator[str]:
    services.require("postgresql")
    with migrated_postgres() as url:
        yield url


def crowd(server: RunningServer, count: int) -> list[Chatter]:
    """People who are signed in."""
    people = []
    said = server.manage("shell", "-c", MAKE_PEOPLE.format(count=count))
    for line in said.splitlines():
        if line.startswith("session "):
            _, username, key = line.split()
            person = Chatter(server, username)
            person.web.cookies.set("sessionid", key)
            people.append(person)
    assert len(people) == count
    return people


async def test_two_thousand_clients_resume_within_a_minute(database_url: str) -> None:
    async with AsyncExitStack() as stack:
        redis = stack.enter_context(own_redis())
        servers = stack.enter_context(several_servers(2, database_url, redis.url, **FAST))
        people = crowd(servers[0], USERS)
        owner = await Chatter(servers[0], "olga").sign_up()
        room = await owner.make_room()
        seats = [seated(people[n % USERS], servers[n % 2]) for n in range(CLIENTS)]
        watch = await stack.enter_async_context(watching(database_url))

        began = time.monotonic()
        first = await asyncio.gather(*(enter(each, room, 0) for each in seats))
        print(f"{CLIENTS} came for the first time in {time.monotonic() - began:.1f} s.")
        await cut_all(first)
        # What is said now is missed by everybody.
        async with owner.tab(room) as tab:
            for number in range(MISSED):
                await tab.post(f"missed {number}")
        began = time.monotonic()
        async with asyncio.timeout(RESUMED_SECONDS):
            got = await asyncio.gather(*(enter(each, room, 0) for each in seats))
        stack.push_async_callback(cut_all, got)
        print(f"All resumed within {time.monotonic() - began:.1f} s.")

        assert {len(socket.of("message.posted")) for socket in got} == {MISSED}
        assert {socket.of("room.subscribed")[0]["seq"] for socket in got} == {MISSED}
        for server in servers:
            assert server.process
            assert server.process.poll() is None
            assert "Traceback" not in server.text_of_log
        print(f"At most {max(watch)} connections to the database.")
        assert max(watch) <= len(servers) * DATABASE_CONNECTIONS


def seated(person: Chatter, server: RunningServer) -> Chatter:
    """In front of a server; a client for HTTP of their own would cost more than the socket."""
    seated = copy(person)
    seated.server = server
    return seated


async def enter(person: Chatter, room: str, after: int) -> Socket:
    """Connect, again where it fails, and resume."""
    while True:
        with suppress(OSError, EOFError, TimeoutError):
            socket = await person.connect()
            await socket.sees("welcome", within=RESUMED_SECONDS)
            await socket.send(type="room.subscribe", room=room, after=after)
            await socket.sees("room.subscribed", within=RESUMED_SECONDS)
            return socket
        await asyncio.sleep(0.5)


async def cut_all(sockets: list[Socket]) -> None:
    """Their lines end in the same moment, without a goodbye."""
    for socket in sockets:
        socket.line.transport.abort()
    await asyncio.gather(*(socket.line.wait_closed() for socket in sockets))


@asynccontextmanager
async def watching(database_url: str) -> AsyncIterator[list[int]]:
    """How many connections the servers hold, looked at all the time."""
    seen = [0]

    def look() -> None:
        with psycopg.connect(database_url, autocommit=True) as database:
            query = (
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            row = database.execute(query).fetchone()
            seen.append(row[0] if row else 0)

    async def look_again_and_again() -> None:
        while True:
            await asyncio.to_thread(look)
            await asyncio.sleep(0.1)

    watcher = asyncio.create_task(look_again_and_again())
    try:
        yield seen
    finally:
        assert not watcher.done(), watcher
        watcher.cancel()
