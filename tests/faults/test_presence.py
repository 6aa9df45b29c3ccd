"""Who is here, on two processes, with tabs that come and go as they like, and crashes."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from copy import copy
from dataclasses import dataclass, field

import pytest
from websockets.exceptions import ConnectionClosed

from tests import services
from tests.chatter import Chatter, Socket
from tests.faults.cables import Cable
from tests.faults.conftest import FAST
from tests.faults.people import Size, Wanderer, all_is_well, cut
from tests.faults.several import own_redis, several_servers
from tests.faults.test_stampede import crowd
from tests.faults.watching import Watcher
from tests.running import RunningServer, running_server
from tests.templates import migrated_postgres

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(300)]

USERS = 20
TABS = 4
# The last tab is closed, until everybody knows; a process crashes, until everybody knows.
LEFT_SECONDS = 10.0
CRASH_SECONDS = 30.0
VANISHED_SECONDS = 45.0
# A coming back within this is never told; less what a test can measure.
GRACE_SECONDS = 5.0
TOLERANCE_SECONDS = 1.5
RESUMED_SECONDS = 10.0


@pytest.fixture
def servers() -> Iterator[list[RunningServer]]:
    services.require("postgresql")
    with (
        migrated_postgres() as database_url,
        own_redis() as redis,
        several_servers(2, database_url, redis.url, **FAST) as both,
    ):
        yield both


@dataclass
class Somebody:
    """A person with tabs on both servers; since when they have none."""

    person: Chatter
    tabs: list[Socket] = field(default_factory=list)
    idle: set[Socket] = field(default_factory=set)
    absent_since: float = 0.0

    @property
    def state(self) -> str:
        return "away" if all(tab in self.idle for tab in self.tabs) else "online"


class Town:
    """Everybody, what they do, and what is therefore true."""

    def __init__(
        self, servers: list[RunningServer], room: str, people: list[Chatter], dice: random.Random
    ) -> None:
        self.servers = servers
        self.room = room
        self.dice = dice
        self.people = [Somebody(person) for person in people]
        self.closers: dict[Socket, AsyncExitStack] = {}

    @property
    def truth(self) -> dict[str, str]:
        return {each.person.username: each.state for each in self.people if each.tabs}

    async def open(self, who: Somebody) -> None:
        if len(who.tabs) >= TABS:
            return
        stack = AsyncExitStack()
        tab = await stack.enter_async_context(
            who.person.at(self.dice.choice(self.servers)).tab(self.room)
        )
        self.closers[tab] = stack
        who.tabs.append(tab)

    async def close(self, who: Somebody, *, abruptly: bool = False) -> None:
        if not who.tabs:
            return
        tab = who.tabs.pop(self.dice.randrange(len(who.tabs)))
        if abruptly:
            cut(tab)
        with suppress(ConnectionClosed):
            await self.closers.pop(tab).aclose()
        if not who.tabs:
            who.absent_since = time.monotonic()

    async def reload(self, who: Somebody) -> None:
        if who.tabs:
            await self.close(who)
            await self.open(who)

    async def look_away(self, who: Somebody) -> None:
        if who.tabs:
            tab = self.dice.choice(who.tabs)
            await tab.send(type="presence.idle")
            who.idle.add(tab)

    async def look_again(self, who: Somebody) -> None:
        if who.tabs:
            tab = self.dice.choice(who.tabs)
            await tab.send(type="presence.active")
            who.idle.discard(tab)

    async def live(self, seconds: float) -> None:
        async with asyncio.TaskGroup() as living:
            for who in self.people:
                living.create_task(self.live_one(who, time.monotonic() + seconds))

    async def live_one(self, who: Somebody, end: float) -> None:
        while time.monotonic() < end:
            match self.dice.choice(["open", "open", "close", "kill", "reload", "away", "back"]):
                case "open":
                    await self.open(who)
                case "close":
                    await self.close(who)
                case "kill":
                    await self.close(who, abruptly=True)
                case "reload":
                    await self.reload(who)
                case "away":
                    await self.look_away(who)
                case "back":
                    await self.look_again(who)
            await asyncio.sleep(self.dice.uniform(0.05, 2.5))

    async def leave(self) -> None:
        for who in self.people:
            while who.tabs:
                await self.close(who)


@asynccontextmanager
async def two_watchers(
    servers: list[RunningServer], people: list[Chatter], room: str
) -> AsyncIterator[list[Watcher]]:
    """One in front of each server."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(Watcher(person.at(server), room).watching())
            for person, server in zip(people, servers, strict=True)
        ]


async def test_after_everything_every_observer_knows_the_truth(
    servers: list[RunningServer], size: Size, dice: random.Random
) -> None:
    people = crowd(servers[0], USERS + 2)
    owner = await Chatter(servers[0], "olga").sign_up()
    room = await owner.make_room()
    town = Town(servers, room, people[2:], dice)
    observers = {person.username: "online" for person in people[:2]}
    async with two_watchers(servers, people[:2], room) as watchers:
        flappers = [asyncio.create_task(watch_for_flapping(town, each)) for each in watchers]
        for _ in range(size.of(2, 8)):
            await town.live(size.of(12, 30))
            for each in watchers:
                took = await each.sees({**observers, **town.truth}, LEFT_SECONDS)
                print(f"{each.person.username} knew the truth after {took:.1f} s.")
        for task in flappers:
            task.cancel()
        assert [complaint for each in watchers for complaint in each.complaints] == []
        ended = await asyncio.gather(*flappers, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended
        await town.leave()
        for each in watchers:
            await each.sees(observers, LEFT_SECONDS)


async def watch_for_flapping(town: Town, watcher: Watcher) -> None:
    """Nobody is told to have left who was there a moment ago."""
    seen = 0
    by_name = {who.person.username: who for who in town.people}
    while True:
        for when, what, username in watcher.told[seen:]:
            if what == "left" and (who := by_name.get(username)):
                assert not who.tabs, f"{username} is here"
                absent = when - who.absent_since
                assert absent > GRACE_SECONDS - TOLERANCE_SECONDS, f"{username}: {absent:.1f} s"
        seen = len(watcher.told)
        await watcher.something_came.wait()
        await asyncio.sleep(0.01)


async def test_ten_reloads_in_five_seconds_are_nobodys_business(
    servers: list[RunningServer], dice: random.Random
) -> None:
    people = crowd(servers[0], 3)
    owner = await Chatter(servers[0], "olga").sign_up()
    room = await owner.make_room()
    town = Town(servers, room, people[2:], dice)
    (who,) = town.people
    async with two_watchers(servers, people[:2], room) as watchers:
        await town.open(who)
        for each in watchers:
            await each.sees({**{p.username: "online" for p in people[:2]}, **town.truth}, 5)
            each.told.clear()
        for _ in range(10):
            await town.reload(who)
            await asyncio.sleep(0.4)
        await asyncio.sleep(GRACE_SECONDS + 3)
        assert [each.told for each in watchers] == [[], []]
        await town.leave()


async def test_the_people_of_a_killed_process_are_gone_or_never_left(
    servers: list[RunningServer],
) -> None:
    first, second = servers
    people = crowd(first, 4)
    owner = await Chatter(first, "olga").sign_up()
    room = await owner.make_room()
    gone, mover, watching, talker = people
    async with AsyncExitStack() as stack:
        watcher = Watcher(watching.at(second), room)
        await stack.enter_async_context(watcher.watching())
        survivor = Wanderer(talker.at(second), room)
        await stack.enter_async_context(survivor.staying())
        lost = await stack.enter_async_context(gone.at(first).tab(room))
        wanderer = Wanderer(mover.at(first), room)
        async with wanderer.staying():
            everybody = {each.username: "online" for each in people}
            await watcher.sees(everybody, 5)
            for number in range(50):
                await wanderer.say(f"before {number}")
                await survivor.say(f"meanwhile {number}")
            first.kill()
            killed = time.monotonic()
            with suppress(ConnectionClosed):
                await lost.is_closed_with()
        # The client of the first process comes to the second, with what is not acknowledged yet.
        wanderer.person = mover.at(second)
        await stack.enter_async_context(wanderer.staying())
        resumed = time.monotonic() - killed
        assert resumed < RESUMED_SECONDS
        await watcher.sees(
            {name: state for name, state in everybody.items() if name != gone.username},
            CRASH_SECONDS,
        )
        print(f"Gone after {time.monotonic() - killed:.1f} s, resumed after {resumed:.2f} s.")
        assert watcher.told_of(mover.username) == ["joined"]
        assert watcher.complaints == []
        await all_is_well(second, [wanderer, survivor], owner.at(second))


async def test_who_vanished_from_the_network_is_gone_within_45_seconds() -> None:
    """On each server, at the same time: it takes most of a minute."""
    with ExitStack() as stack:
        kinds: list[dict[str, str]] = [{}, {"WEBSOCKETS": "uvicorn"}, {"SERVER": "daphne"}]
        servers = [stack.enter_context(running_server(**settings)) for settings in kinds]
        took = await asyncio.gather(*map(vanish, servers))
    print("Gone after", [f"{seconds:.1f} s" for seconds in took])


async def vanish(server: RunningServer) -> float:
    """Alice's line takes everything, brings nothing, and nobody gets an error of it."""
    alice, bob = [await Chatter(server, name).sign_up() for name in ("alice", "bob")]
    room = await alice.make_room()
    cable = Cable("127.0.0.1", int(server.address.rpartition(":")[2]))
    await cable.plug_in()
    far_away = copy(alice)
    far_away.server = copy(server)
    far_away.server.address = f"http://127.0.0.1:{cable.port}"
    async with far_away.tab(room), Watcher(bob, room).watching() as watcher:
        await watcher.sees({"alice": "online", "bob": "online"}, 5)
        cable.swallows = True
        took = await watcher.sees({"bob": "online"}, VANISHED_SECONDS)
        cable.unplug()
    return took
