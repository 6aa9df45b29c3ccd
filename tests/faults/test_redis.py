"""Redis is no source of truth: whatever becomes of it, nothing is lost and nobody is cut off."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import pytest

from tests import services
from tests.chatter import Chatter
from tests.faults.cables import cable_to
from tests.faults.conftest import FAST
from tests.faults.people import Size, Wanderer, all_is_well
from tests.faults.several import Redis, own_redis, several_servers
from tests.faults.test_stampede import crowd
from tests.faults.watching import Watcher
from tests.running import RunningServer
from tests.templates import migrated_postgres

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(300)]

# An ack depends on the database alone.
ACK_SECONDS = 2.0
# From Redis's return until everybody sees everything.
CATCH_UP_SECONDS = 5.0
FAULT_SECONDS = 10.0
TALKERS_A_SERVER = 3


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    services.require("postgresql")
    with migrated_postgres() as url:
        yield url


@pytest.fixture(scope="module")
def redis_server() -> Iterator[Redis]:
    with own_redis() as server:
        yield server


@pytest.fixture(scope="module")
def servers(database_url: str, redis_server: Redis) -> Iterator[list[RunningServer]]:
    with several_servers(2, database_url, redis_server.url, **FAST) as both:
        yield both


async def stop_for_a_while(redis: Redis) -> None:
    redis.kill()
    await asyncio.sleep(FAULT_SECONDS)
    redis.start()


async def restart_empty(redis: Redis) -> None:
    redis.kill()
    redis.start()


async def flush(redis: Redis) -> None:
    for _ in range(5):
        redis.client.flushall()
        await asyncio.sleep(0.5)


async def kill_subscribers(redis: Redis) -> None:
    killed = 0
    for _ in range(5):
        killed += redis.client.client_kill_filter(_type="pubsub")
        await asyncio.sleep(0.5)
    assert killed


async def pause_clients(redis: Redis) -> None:
    redis.client.client_pause(int(FAULT_SECONDS * 1000))
    await asyncio.sleep(FAULT_SECONDS)


async def freeze(redis: Redis) -> None:
    redis.freeze()
    await asyncio.sleep(FAULT_SECONDS)
    redis.thaw()


async def forge(redis: Redis) -> None:
    """Whoever can write into Redis says things on every channel."""
    for _ in range(20):
        channels = redis.client.pubsub_channels()
        assert channels
        for channel in channels:  # type: ignore[union-attr]
            for message in FORGERIES:
                redis.client.publish(channel, message)
        await asyncio.sleep(0.1)


FORGERIES = [
    b"",
    b"\xff\x00 raw bytes",
    msgspec.msgpack.encode({"type": "websocket.disconnect", "code": 1000}),
    msgspec.msgpack.encode({"type": "websocket.send", "text": "hello"}),
    msgspec.msgpack.encode({"type": "send", "letter": b"x" * 40}),
    msgspec.msgpack.encode({"type": "node.letter", "letter": b"x" * 40}),
]
FAULTS = [stop_for_a_while, restart_empty, flush, kill_subscribers, pause_clients, freeze, forge]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_whatever_becomes_of_redis_nothing_is_lost_or_late(
    servers: list[RunningServer], redis_server: Redis, size: Size, fault: Callable[[Redis], object]
) -> None:
    async with talk(servers) as (talkers, watchers):
        for _ in range(size.of(1, 3)):
            await fault(redis_server)  # type: ignore[misc]
            await all_see_everything(talkers, CATCH_UP_SECONDS)
            await all_talk_on(talkers)
            await all_know_who_is_here(watchers)


async def test_a_line_to_redis_that_swallows_everything_is_found(
    database_url: str, redis_server: Redis
) -> None:
    async with cable_to(redis_server.url) as (cable, url):
        with several_servers(2, database_url, url, **FAST) as servers:
            async with talk(servers) as (talkers, watchers):
                cable.swallows = True
                await asyncio.sleep(FAULT_SECONDS)
                await all_see_everything(talkers, CATCH_UP_SECONDS)
                cable.swallows = False
                await all_see_everything(talkers, CATCH_UP_SECONDS)
                await all_know_who_is_here(watchers)
            assert any("Nothing comes over the line" in each.text_of_log for each in servers)


class Talker(Wanderer):
    """Says something ten times a second, and expects the ack of each in time."""

    slowest = 0.0

    async def talk(self) -> None:
        number = 0
        while True:
            began = time.monotonic()
            await self.say(f"{self.person.username} {number}")
            await self.until(lambda: not self.outbox, within=ACK_SECONDS * 5)
            self.slowest = max(self.slowest, time.monotonic() - began)
            number += 1
            await asyncio.sleep(0.1)


@asynccontextmanager
async def talk(
    servers: list[RunningServer],
) -> AsyncIterator[tuple[list[Talker], list[Watcher]]]:
    """People on every server talk in one room until the end of the block; then all is checked.

    Bob and Charlie sit there, each in front of another server, and see who is here.
    """
    alice = await Chatter(servers[0], f"alice-{time.monotonic_ns()}").sign_up()
    room = await alice.make_room()
    talkers = [
        Talker(alice.at(server), room) for server in servers for _ in range(TALKERS_A_SERVER)
    ]
    async with AsyncExitStack() as stack:
        for each in talkers:
            await stack.enter_async_context(each.staying())
        watchers = [
            await stack.enter_async_context(Watcher(person.at(server), room).watching())
            for person, server in zip(crowd(servers[0], 2), servers, strict=True)
        ]
        await all_know_who_is_here(watchers)
        talking = [asyncio.create_task(each.talk()) for each in talkers]
        try:
            yield talkers, watchers
        finally:
            for task in talking:
                task.cancel()
            ended = await asyncio.gather(*talking, return_exceptions=True)
        for problem in ended:
            assert isinstance(problem, asyncio.CancelledError), problem
        await all_is_well(servers[0], talkers, alice)
    slowest = max(each.slowest for each in talkers)
    print(f"The slowest acknowledgement took {slowest:.2f} s.")
    assert slowest < ACK_SECONDS
    # Only the end of the test closed anything.
    assert all(len(each.diary.visits) == 1 for each in talkers)


async def all_see_everything(talkers: list[Talker], within: float) -> None:
    """What was said until now is seen by everybody in time."""
    tick = max(each.view.held for each in talkers)
    said = {
        client_id
        for each in talkers
        for client_id in each.diary.sent
        if client_id not in each.outbox
    }
    async with asyncio.timeout(within):
        for each in talkers:
            await each.until(
                lambda each=each: each.view.held >= tick and said <= seen(each),
                within,  # type: ignore[misc]
            )


async def all_know_who_is_here(watchers: list[Watcher]) -> None:
    """The talker on every server, and both who watch; nobody was ever told to have left."""
    names = {each.person.username for each in watchers}
    for each in watchers:
        await each.until(lambda each=each: len(each.here) == 3 and names < set(each.here), 30)  # type: ignore[misc]
        assert [who for _, what, who in each.told if what == "left"] == []
        assert each.complaints == []


async def all_talk_on(talkers: list[Talker]) -> None:
    """For a while nothing is done to anybody."""
    enough = {each: len(each.diary.acked) + 20 for each in talkers}
    for each in talkers:
        await each.until(lambda each=each: len(each.diary.acked) >= enough[each])  # type: ignore[misc]


def seen(talker: Talker) -> set[str]:
    return {message["client_id"] for message in talker.view.messages.values()}
