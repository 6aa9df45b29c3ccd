"""All workers are replaced while people talk: nobody is seen to leave."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests import services
from tests.chatter import Chatter
from tests.faults.conftest import FAST
from tests.faults.people import Size, Wanderer, all_is_well
from tests.faults.test_stampede import crowd
from tests.faults.watching import Watcher
from tests.running import RunningServer, eventually, running_server
from tests.templates import migrated_postgres
from tests.test_workers import is_alive

pytestmark = [pytest.mark.asyncio, pytest.mark.alone, pytest.mark.timeout(300)]

WORKERS = 3
CLIENTS = 24
WATCHERS = 3
RENEWAL_SECONDS = 60.0
# Clients come back within 2 s of a close that says so (section 7 of the protocol).
BACK_SECONDS = 2.0
# The closes of one worker are spread over 3 s, and the workers have their turn one by one.
SPREAD_SECONDS = 1.0


@pytest.fixture
def server() -> Iterator[RunningServer]:
    services.require("postgresql")
    services.require("redis")
    with (
        migrated_postgres() as database_url,
        services.redis() as redis_url,
        running_server(
            DATABASE_URL=database_url,
            REDIS_URL=redis_url,
            WEB_CONCURRENCY=str(WORKERS),
            **FAST,
        ) as server,
    ):
        eventually(lambda: len(serving(server)) == WORKERS, 30)
        yield server


def serving(server: RunningServer) -> list[str]:
    return re.findall(r"Worker (\d+) serves", server.text_of_log)


class Client(Wanderer):
    """Comes back as the protocol asks clients to, and remembers when it was sent away."""

    def __init__(self, person: Chatter, room: str, dice: random.Random) -> None:
        super().__init__(person, room)
        self.dice = dice
        self.sent_away: list[float] = []

    async def live(self) -> None:
        while True:
            with suppress(OSError, InvalidHandshake, EOFError, TimeoutError, ConnectionClosed):
                await self.visit()
            self.sent_away.append(time.monotonic())
            await asyncio.sleep(self.dice.uniform(0, BACK_SECONDS))

    async def talk(self) -> None:
        number = 0
        while True:
            await self.say(f"{self.person.username} {number}")
            number += 1
            await asyncio.sleep(self.dice.uniform(0.1, 0.6))


class LastingWatcher(Watcher):
    """Comes back too; everybody must stand in every snapshot."""

    def __init__(self, person: Chatter, room: str, expected: set[str]) -> None:
        super().__init__(person, room)
        self.expected = expected
        self.snapshots = 0

    async def live(self, dice: random.Random) -> None:
        while True:
            with suppress(OSError, InvalidHandshake, EOFError, TimeoutError, ConnectionClosed):
                async with self.person.tab(self.room) as socket:
                    (first,) = socket.of("room.subscribed")
                    self.begin(first)
                    self.snapshots += 1
                    if missing := self.expected - self.here.keys():
                        self.complaints.append(f"{sorted(missing)} are missing in a snapshot")
                    await self.read(socket)
            await asyncio.sleep(dice.uniform(0, BACK_SECONDS))


async def test_a_rolling_restart_costs_each_client_one_reconnect_and_shows_nobody_leaving(
    server: RunningServer, size: Size, dice: random.Random
) -> None:
    people = crowd(server, CLIENTS + WATCHERS)
    owner = await Chatter(server, "olga").sign_up()
    room = await owner.make_room()
    clients = [Client(person, room, dice) for person in people[:CLIENTS]]
    names = {client.person.username for client in clients}
    watchers = [LastingWatcher(person, room, set()) for person in people[CLIENTS:]]
    living = [asyncio.create_task(each.live()) for each in clients]
    for each in clients:
        await each.until(lambda each=each: each.socket is not None)  # type: ignore[misc]
    living += [asyncio.create_task(each.live(dice)) for each in watchers]
    for each in watchers:
        await each.until(lambda each=each: names <= set(each.here), 10)  # type: ignore[misc]
        each.expected = names
        each.told.clear()
    talking = [asyncio.create_task(each.talk()) for each in clients]
    try:
        for restart in range(size.of(2, 4)):
            before = {each: len(each.sent_away) for each in clients}
            await renewed(server, (restart + 2) * WORKERS)
            times = [when for each in clients for when in each.sent_away[before[each] :]]
            counts = [len(each.sent_away) - before[each] for each in clients]
            assert max(counts) <= 1, counts
            assert max(times) - min(times) > SPREAD_SECONDS
            print(f"{len(times)} came back, spread over {max(times) - min(times):.1f} s.")
        for each in clients:
            await each.until(lambda each=each: each.socket is not None)  # type: ignore[misc]
        for watcher in watchers:
            left = [(what, who) for _, what, who in watcher.told if what == "left" and who in names]
            assert left == []
            assert watcher.complaints == []
            assert watcher.snapshots > 1
    finally:
        for task in talking:
            task.cancel()
    await all_is_well(server, clients, owner)
    for task in living:
        task.cancel()
    await asyncio.gather(*living, *talking, return_exceptions=True)
    assert "Traceback" not in server.text_of_log


async def renewed(server: RunningServer, count: int) -> None:
    """SIGHUP, and wait until `count` workers in all have served and the old ones are gone."""
    assert server.process
    os.kill(server.process.pid, signal.SIGHUP)
    await asyncio.to_thread(eventually, lambda: has_renewed(server, count), RENEWAL_SECONDS)


def has_renewed(server: RunningServer, count: int) -> bool:
    pids = serving(server)
    return len(pids) >= count and not any(is_alive(int(pid)) for pid in pids[:-WORKERS])
