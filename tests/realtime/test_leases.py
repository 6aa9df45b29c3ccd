"""Who is here, in one process and in several: every client's list becomes the truth.

Each Process here stands for one of the site's, with its own connection to one real Redis; what it
lets go of Redis, and when, is what a process does that is killed, or cut off, or that ends. All
times are fractions of what they are in earnest.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis

from chat.realtime.leases import RedisShare, Timing
from chat.realtime.ledger import Unreachable, as_value
from chat.realtime.presence import Presence
from chat.realtime.roster import SNAPSHOT_PEOPLE, Change, Here, Occupant
from tests.faults.several import Redis, own_redis

pytestmark = pytest.mark.asyncio

LOBBY, KITCHEN = 1, 2
ALICE, BOB, CHARLIE = (
    Occupant(number, name.casefold(), name)
    for number, name in enumerate(["Alice", "Bob", "Charlie"], 1)
)
FAST = Timing(
    lease=1.5,
    renew=0.3,
    look=0.2,
    settle=0.8,
    hand_over=1.0,
    call=0.4,
    retry=0.1,
    gather=0.01,
    large_room=0.1,
    rewrite=60.0,
    patience=0.5,
)
GRACE = 0.3
REVISIONS = "test:presence:revisions"
PATIENCE_SECONDS = 20.0

People = dict[str, str]
Tab = tuple[int, Occupant, str]


@dataclass
class Client:
    """Somebody who looks at a room and believes what they are told."""

    known: People
    count: int
    revision: int
    log: list[str] = field(default_factory=list)

    def apply(self, change: Change) -> None:
        assert change.revision == self.revision + 1
        self.revision, self.count = change.revision, change.count
        for who in change.left:
            self.known.pop(who.username, None)
            self.log.append(f"-{who.username}")
        for who, state in change.joined:
            self.known[who.username] = state
            self.log.append(f"+{who.username}")
        for who, state in change.updated:
            if who.username in self.known:
                self.known[who.username] = state
            self.log.append(f"{who.username} {state}")


class Process:
    def __init__(self, site: "Site", share: RedisShare | None) -> None:
        self.site = site
        self.share = share
        self.clients: dict[int, list[Client]] = {}
        self.presence = Presence(
            announce=self.announce,
            call_later=asyncio.get_running_loop().call_later,
            share=share,
            grace=GRACE,
            pause=FAST.large_room,
        )

    def announce(self, room_id: int, change: Change) -> None:
        for client in self.clients.get(room_id, ()):
            client.apply(change)

    def enter(self, room_id: int, who: Occupant, tab: str) -> None:
        self.presence.enter(room_id, who, tab)
        self.site.inside[room_id, who, tab] = self

    def leave(self, room_id: int, who: Occupant, tab: str) -> None:
        self.presence.leave(room_id, who.user_id, tab)
        self.site.inside.pop((room_id, who, tab), None)

    async def watch(self, room_id: int, who: Occupant) -> Client:
        """They enter as a browser does it, and look at the room from then on."""
        self.enter(room_id, who, f"{who.username}'s window")
        await self.presence.follow(room_id)
        await asyncio.sleep(0.001)  # as long as reading the log takes at least
        now = self.presence.snapshot(room_id, who.user_id)
        known = {other.username: state for other, state in now.here}
        assert who.username in known
        client = Client(known, now.count, now.revision)
        self.clients.setdefault(room_id, []).append(client)
        return client

    def unwatch(self, room_id: int, who: Occupant) -> None:
        self.clients[room_id].clear()
        self.leave(room_id, who, f"{who.username}'s window")

    async def dies(self) -> None:
        """As after kill -9: its lease is not renewed, and nobody says anything."""
        self.clients.clear()
        self.site.processes.remove(self)
        self.site.inside = {tab: at for tab, at in self.site.inside.items() if at is not self}
        await self.presence.close()


class Site:
    def __init__(self, url: str | None) -> None:
        self.url = url
        self.processes: list[Process] = []
        self.inside: dict[Tab, Process] = {}
        self.idle: set[str] = set()
        self.loses_hints = False

    def start_process(self) -> Process:
        share = None
        if self.url:
            share = RedisShare(
                self.url,
                prefix="test",
                hint=lambda rooms: self.pass_on(process, rooms),
                timing=FAST,
            )
        process = Process(self, share)
        self.processes.append(process)
        return process

    def pass_on(self, sender: Process, room_ids: list[int]) -> None:
        for process in self.processes:
            if process is not sender and not self.loses_hints:
                for room_id in room_ids:
                    process.presence.look_soon(room_id)

    def truth(self, room_id: int) -> People:
        states: People = {}
        for where, who, tab in self.inside:
            if where == room_id:
                is_watched = tab not in self.idle or states.get(who.username) == "online"
                states[who.username] = "online" if is_watched else "away"
        return states

    def is_right(self) -> bool:
        return all(
            client.known == self.truth(room_id) and client.count == len(client.known)
            for process in self.processes
            for room_id, clients in process.clients.items()
            for client in clients
        )

    async def rests(self) -> None:
        try:
            await until(self.is_right)
        except TimeoutError:
            told = [process.clients for process in self.processes]
            raise AssertionError((told, self.truth(LOBBY), self.truth(KITCHEN))) from None

    async def is_shared(self) -> None:
        """Until every process has read what every other one wrote."""
        await until(lambda: self.revisions() is not None)
        await self.rests()

    def revisions(self) -> dict[int, bytes] | None:
        """Those of Redis, if no process has others."""
        if self.url is None:
            return {}
        with redis.Redis.from_url(self.url, socket_timeout=2) as client:
            found = {int(room): each for room, each in client.hgetall(REVISIONS).items()}
        for process in self.processes:
            share = process.share
            assert share
            known = {room_id: room.revision for room_id, room in share.followed.items()}
            if share.dirty or any(known[room] != found.get(room, b"0") for room in known):
                return None
        return found

    def logs(self) -> list[str]:
        """What any client was told since the last time it was asked."""
        words = []
        for process in self.processes:
            for clients in process.clients.values():
                for client in clients:
                    words += client.log
                    client.log.clear()
        return words


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 - what is waited for is in many places
            await asyncio.sleep(0.01)


async def quietly(seconds: float) -> None:
    """Let time pass in which nothing is expected to happen."""
    await asyncio.sleep(seconds)


@asynccontextmanager
async def open_site(url: str | None, processes: int) -> AsyncIterator[Site]:
    site = Site(url)
    for _ in range(processes):
        site.start_process()
    try:
        yield site
    finally:
        for process in list(site.processes):
            await process.presence.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Redis]:
    with own_redis() as server:
        yield server


@pytest.fixture
def empty(server: Redis) -> Iterator[Redis]:
    with server.client as client:
        client.flushall()
    yield server
    Path(server.folder.name, "dump.rdb").unlink(missing_ok=True)


@pytest.fixture(params=["memory", "redis"])
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    """The same site in one process, and in three."""
    if request.param == "memory":
        async with open_site(None, 1) as site:
            yield site
    else:
        redis_server: Redis = request.getfixturevalue("empty")
        async with open_site(redis_server.url, 3) as site:
            yield site


@pytest.fixture
async def two(empty: Redis) -> AsyncIterator[tuple[Site, Process, Process]]:
    async with open_site(empty.url, 2) as site:
        yield site, *site.processes


# --- The same in one process and in several


async def test_everybody_is_told_who_comes_and_goes(site: Site) -> None:
    first, last = site.processes[0], site.processes[-1]
    await first.watch(LOBBY, ALICE)
    client = await last.watch(LOBBY, BOB)
    assert client.known == {"alice": "online", "bob": "online"}
    await site.rests()
    first.enter(LOBBY, CHARLIE, "c1")
    await site.rests()
    first.leave(LOBBY, CHARLIE, "c1")
    assert "charlie" in client.known
    await site.rests()
    assert client.log == ["+charlie", "-charlie"]


async def test_a_person_is_one_on_however_many_processes(site: Site) -> None:
    client = await site.processes[0].watch(LOBBY, ALICE)
    for number, process in enumerate(site.processes):
        process.enter(LOBBY, BOB, f"b{number}")
    await site.is_shared()
    assert client.count == 2
    for number, process in list(enumerate(site.processes))[1:]:
        process.leave(LOBBY, BOB, f"b{number}")
    await quietly(GRACE + 3 * FAST.look)
    assert client.log == ["+bob"]


async def test_ten_reloads_show_nothing(site: Site) -> None:
    client = await site.processes[0].watch(LOBBY, ALICE)
    tab, process = "b0", site.processes[-1]
    process.enter(LOBBY, BOB, tab)
    await site.rests()
    for number in range(1, 11):
        process.leave(LOBBY, BOB, tab)
        tab, process = f"b{number}", random.choice(site.processes)
        await quietly(GRACE / 5)
        process.enter(LOBBY, BOB, tab)
    await quietly(GRACE + 3 * FAST.look)
    assert client.log == ["+bob"]


async def test_who_looks_anywhere_is_online(site: Site) -> None:
    first, last = site.processes[0], site.processes[-1]
    client = await first.watch(LOBBY, ALICE)
    first.enter(LOBBY, BOB, "desk")
    last.enter(LOBBY, BOB, "phone")
    await site.is_shared()
    for tab, process, is_idle in (
        ("desk", first, True),
        ("phone", last, True),
        ("desk", first, False),
        ("desk", first, True),
        ("phone", last, False),
    ):
        process.presence.set_idle(tab, idle=is_idle)
        (site.idle.add if is_idle else site.idle.discard)(tab)
        await site.is_shared()
    assert client.known["bob"] == "online"
    assert client.log == ["+bob", "bob away", "bob online", "bob away", "bob online"]


async def test_who_is_put_out_is_gone_everywhere_at_once(site: Site) -> None:
    await site.processes[0].watch(LOBBY, ALICE)
    for number, process in enumerate(site.processes):
        process.enter(LOBBY, BOB, f"b{number}")
    await site.rests()
    for number, process in enumerate(site.processes):
        process.presence.remove(LOBBY, BOB.user_id)
        process.leave(LOBBY, BOB, f"b{number}")
    await site.rests()


async def test_a_large_room_is_counted_and_its_first_200_are_named(site: Site) -> None:
    first, last = site.processes[0], site.processes[-1]
    client = await first.watch(LOBBY, ALICE)
    guests = [Occupant(100 + n, f"guest{n}", "") for n in range(SNAPSHOT_PEOPLE + 20)]
    for number, guest in enumerate(guests):
        site.processes[number % len(site.processes)].enter(LOBBY, guest, "tab")
    await until(lambda: client.count == len(guests) + 1)
    assert len(client.known) == SNAPSHOT_PEOPLE
    await until(lambda: last.presence.snapshot(LOBBY).count == len(guests) + 1)
    late = await last.watch(LOBBY, BOB)
    assert (len(late.known), late.count) == (SNAPSHOT_PEOPLE, len(guests) + 2)
    gone = [who for who in guests if who.username in client.known][:50]
    for guest in gone:
        site.processes[guests.index(guest) % len(site.processes)].leave(LOBBY, guest, "tab")
    await until(lambda: client.count == len(guests) + 2 - len(gone))
    assert client.known.items() <= site.truth(LOBBY).items()
    assert len(client.known) == len(guests) + 2 - len(gone)


async def test_500_who_enter_together_cost_few_events(site: Site) -> None:
    client = await site.processes[0].watch(LOBBY, ALICE)
    began = client.revision
    for number in range(500):
        process = site.processes[number % len(site.processes)]
        process.enter(LOBBY, Occupant(100 + number, f"guest{number}", ""), "tab")
        if number % 10 == 0:
            await asyncio.sleep(0.005)
    await until(lambda: client.count == 501)
    assert client.revision - began <= 70


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_at_rest_everybody_knows_the_truth(site: Site, seed: int) -> None:
    dice = random.Random(seed)
    people = [Occupant(10 + n, f"user{n}", f"User {n}") for n in range(8)]
    tabs = [(who, f"{who.username} {n}") for who in people for n in range(4)]
    homes = {tab: dice.choice(site.processes) for _, tab in tabs}
    viewers = [Occupant(100 + n, f"viewer{n}", "") for n in range(2 * len(site.processes))]
    for number, viewer in enumerate(viewers):
        room_id = (LOBBY, KITCHEN)[number // len(site.processes)]
        await site.processes[number % len(site.processes)].watch(room_id, viewer)
    for step in range(400):
        who, tab = dice.choice(tabs)
        room_id, process = dice.choice([LOBBY, KITCHEN]), homes[tab]
        match dice.choice(["enter", "enter", "leave", "idle", "reload", "wait"]):
            case "enter":
                process.enter(room_id, who, tab)
            case "leave":
                process.leave(room_id, who, tab)
            case "idle":
                is_idle = dice.random() < 0.5
                process.presence.set_idle(tab, idle=is_idle)
                (site.idle.add if is_idle else site.idle.discard)(tab)
            case "reload":
                for each in (LOBBY, KITCHEN):
                    process.leave(each, who, tab)
                process.presence.forget(tab)
                site.idle.discard(tab)
                homes[tab] = dice.choice(site.processes)
            case "wait":
                await asyncio.sleep(dice.choice([0, 0, 0.01, 0.05]))
        site.loses_hints = step % 100 > 50
    await site.rests()


# --- Between processes


async def test_the_first_snapshot_has_everybody(two: Any) -> None:
    site, first, second = two
    for number in range(30):
        first.enter(LOBBY, Occupant(100 + number, f"guest{number}", ""), "tab")
    await until(lambda: not first.share.dirty)
    client = await second.watch(LOBBY, ALICE)
    assert client.known == site.truth(LOBBY)
    assert client.count == 31


async def test_a_lost_hint_repairs_itself(two: Any) -> None:
    site, first, second = two
    site.loses_hints = True
    await first.watch(LOBBY, ALICE)
    await second.watch(LOBBY, BOB)
    second.enter(LOBBY, CHARLIE, "c1")
    await site.rests()
    second.leave(LOBBY, CHARLIE, "c1")
    await site.rests()


async def test_a_room_nobody_is_in_here_any_more_is_not_read(two: Any) -> None:
    site, first, second = two
    await first.watch(LOBBY, ALICE)
    await second.watch(LOBBY, BOB)
    await site.rests()
    second.unwatch(LOBBY, BOB)
    await until(lambda: LOBBY not in second.presence.rooms)
    assert second.share.followed == {}
    second_time = await second.watch(LOBBY, CHARLIE)
    assert second_time.known == {"alice": "online", "charlie": "online"}
    await site.rests()


async def test_a_killed_process_has_nobody_when_its_lease_ends(two: Any) -> None:
    site, first, second = two
    client = await first.watch(LOBBY, ALICE)
    for room_id in (LOBBY, KITCHEN):
        for number in range(20):
            second.enter(room_id, Occupant(100 + number, f"guest{number}", ""), "tab")
    await site.rests()
    died = asyncio.get_running_loop().time()
    await second.dies()
    assert client.count == 21
    await site.rests()
    assert asyncio.get_running_loop().time() - died < FAST.lease + 4 * FAST.look + 1
    assert (first.share.reaped, client.log.count("-guest3")) == (1, 1)
    assert entries(site) == [(f"{ALICE.user_id}.{first.share.process}", "room:1")]


async def test_who_comes_back_elsewhere_after_a_crash_never_left(two: Any) -> None:
    site, first, second = two
    await first.watch(LOBBY, ALICE)
    second.enter(LOBBY, BOB, "b1")
    await site.rests()
    site.logs()
    await second.dies()
    first.enter(LOBBY, BOB, "b2")
    await quietly(FAST.lease + 4 * FAST.look)
    await site.rests()
    assert (site.logs(), first.share.reaped) == ([], 1)


async def test_a_process_that_ends_in_order_hands_its_people_over(two: Any) -> None:
    site, first, second = two
    await first.watch(LOBBY, ALICE)
    for who in (BOB, CHARLIE):
        second.enter(LOBBY, who, f"{who.username}'s tab")
        second.presence.set_connections(who.user_id, 1)
    await site.rests()
    await until(lambda: not second.share.dirty)
    assert await first.presence.connections_elsewhere(BOB.user_id) == 1
    site.logs()
    await second.presence.hand_over()
    assert await first.presence.connections_elsewhere(BOB.user_id) == 0
    for who in (BOB, CHARLIE):
        second.leave(LOBBY, who, f"{who.username}'s tab")
        second.presence.set_connections(who.user_id, 0)
    await quietly(GRACE * 1.5)
    await second.dies()
    third = site.start_process()
    third.enter(LOBBY, BOB, "b2")
    await site.rests()
    assert site.logs() == ["-charlie"]


async def test_after_flushall_nobody_left_and_what_comes_is_seen(two: Any, empty: Redis) -> None:
    site, first, second = two
    await first.watch(LOBBY, ALICE)
    await second.watch(LOBBY, BOB)
    second.enter(KITCHEN, CHARLIE, "c1")
    await site.rests()
    site.logs()
    for number in range(4):
        with empty.client as client:
            client.flushall()
        await quietly(FAST.look * number)
        first.enter(LOBBY, Occupant(100 + number, f"guest{number}", ""), "tab")
        await site.rests()
        second.enter(LOBBY, Occupant(200 + number, f"guest{number + 4}", ""), "tab")
        await site.rests()
    await quietly(FAST.settle + 3 * FAST.look)
    assert not [word for word in site.logs() if word.startswith("-")]
    second.leave(LOBBY, BOB, "bob's window")
    await site.rests()
    # What was not touched since was written anew as well.
    await until(lambda: (f"3.{second.share.process}", "room:2") in entries(site))


async def test_redis_started_again_empty_is_filled_again(two: Any, empty: Redis) -> None:
    site, first, second = two
    await first.watch(LOBBY, ALICE)
    await second.watch(LOBBY, BOB)
    await site.rests()
    site.logs()
    empty.kill()
    await until(lambda: not first.share.is_reachable and not second.share.is_reachable)
    first.enter(LOBBY, CHARLIE, "c1")
    # In this process at once, whatever the others know.
    await until(lambda: site.logs() == ["+charlie"])
    await quietly(FAST.lease)
    await asyncio.to_thread(empty.start)
    await site.rests()
    await quietly(FAST.settle + 3 * FAST.look)
    assert site.logs() == ["+charlie"]
    assert first.share.is_reachable
    first.leave(LOBBY, CHARLIE, "c1")
    await site.rests()


async def test_redis_that_comes_back_with_old_data_is_put_right(two: Any, empty: Redis) -> None:
    site, first, second = two
    await first.watch(LOBBY, ALICE)
    await second.watch(LOBBY, BOB)
    second.enter(LOBBY, CHARLIE, "c1")
    second.presence.set_connections(CHARLIE.user_id, 1)
    await site.is_shared()
    with empty.client as client:
        client.save()
    second.leave(LOBBY, CHARLIE, "c1")
    second.presence.set_connections(CHARLIE.user_id, 0)
    first.enter(KITCHEN, CHARLIE, "c2")
    await site.is_shared()
    await until(lambda: len(entries(site)) == 3)
    empty.kill()
    await asyncio.to_thread(empty.start)
    await site.is_shared()
    await until(lambda: (f"3.{first.share.process}", "room:2") in entries(site))
    assert len(entries(site)) == 3
    assert await first.presence.connections_elsewhere(CHARLIE.user_id) == 0


async def test_a_process_with_thousands_of_people_is_cleared_away(two: Any, empty: Redis) -> None:
    site, first, second = two
    for number in range(2500):
        second.enter(number % 100, Occupant(100 + number, f"guest{number}", ""), "tab")
    client = await first.watch(7, ALICE)
    await until(lambda: client.count == 26)
    await second.dies()
    await site.rests()
    await until(lambda: len(entries(site)) == 1)
    with empty.client as redis_client:
        assert len(redis_client.keys("test:presence:process:*")) == 1
        assert redis_client.hkeys(REVISIONS) == [b"7"]


async def test_what_was_sent_before_and_arrives_later_changes_nothing(empty: Redis) -> None:
    share = RedisShare(empty.url, prefix="test", timing=FAST)
    early, late = share.open_ledger(), share.open_ledger()
    early.step = 1
    late.step = 7
    await late.renew("", seconds=1.5, may_reap=False)
    await late.write([("r.1.1", b'["online","alice","Alice"]')])
    with pytest.raises(Unreachable):
        await early.write([("r.1.1", b"")])
    with pytest.raises(Unreachable):
        await early.renew("", seconds=60, may_reap=False)
    assert await late.write([("r.1.1", b'["online","alice","Alice"]')]) == {}
    await early.close()
    await late.close()


@pytest.mark.parametrize("seconds", [FAST.call / 2, FAST.lease * 1.5])
async def test_a_redis_that_was_frozen_makes_nobody_leave(
    two: Any, empty: Redis, seconds: float
) -> None:
    site, first, second = two
    await first.watch(LOBBY, ALICE)
    await second.watch(LOBBY, BOB)
    for number in range(30):
        second.enter(LOBBY, Occupant(100 + number, f"guest{number}", ""), "tab")
    second.enter(LOBBY, CHARLIE, "c1")
    await site.rests()
    site.logs()
    empty.freeze()
    try:
        # What changes meanwhile is sent again and again, and may be carried out late.
        for number in range(10):
            second.presence.set_idle("c1", idle=number % 2 == 0)
            second.leave(LOBBY, Occupant(100 + number, f"guest{number}", ""), "tab")
            await asyncio.sleep(seconds / 10)
    finally:
        empty.thaw()
    await quietly(FAST.settle + 3 * FAST.look)
    await site.rests()
    gone = {word for word in site.logs() if word.startswith("-")}
    assert gone == {f"-guest{number}" for number in range(10)}
    assert first.share.reaped == second.share.reaped == 0


async def test_a_process_that_was_cut_off_comes_back_with_everybody(two: Any) -> None:
    site, first, second = two
    await first.watch(LOBBY, ALICE)
    await second.watch(LOBBY, BOB)
    for room_id in (LOBBY, KITCHEN):
        second.enter(room_id, CHARLIE, f"c{room_id}")
    await site.rests()
    way, second.share.ledger.url = second.share.ledger.url, "redis://127.0.0.1:1/0"
    await second.share.ledger.close()
    await until(lambda: first.share.reaped == 1)
    assert len(entries(site)) == 1
    second.leave(LOBBY, CHARLIE, "c1")
    second.share.ledger.url = way
    await second.share.ledger.close()
    await site.rests()
    await until(lambda: len(entries(site)) == 3)
    # It had not seen the others go, and did not take their lease for ended.
    assert second.share.reaped == 0


async def test_what_was_taken_from_redis_one_by_one_is_written_again(empty: Redis) -> None:
    async with open_site(empty.url, 2) as site:
        first, second = site.processes
        await first.watch(LOBBY, ALICE)
        await second.watch(LOBBY, BOB)
        await site.rests()
        with empty.client as client:
            client.delete("test:presence:room:1", REVISIONS)
        assert first.share
        assert second.share
        first.share.rewrite_at = second.share.rewrite_at = 0
        await until(lambda: len(entries(site)) == 2)
        await site.rests()


async def test_a_clock_that_goes_back_keeps_nobody_for_ever(two: Any, empty: Redis) -> None:
    site, first, second = two
    await first.watch(LOBBY, ALICE)
    second.enter(LOBBY, BOB, "b1")
    await site.rests()
    await second.dies()
    with empty.client as client:
        # As if the server's clock had been an hour ahead.
        for process, ends in client.zrange("test:presence:leases", 0, -1, withscores=True):
            client.zadd("test:presence:leases", {process: ends + 3_600_000})
        since = float(client.hget("test:presence:epoch", "since") or 0)
        client.hset("test:presence:epoch", "since", int(since) + 3_600_000)
    await site.rests()


async def test_a_machine_that_slept_makes_nobody_leave(two: Any, empty: Redis) -> None:
    site, first, second = two
    await first.watch(LOBBY, ALICE)
    await second.watch(LOBBY, BOB)
    await site.is_shared()
    await quietly(FAST.settle)
    site.logs()
    # Redis's clock went on meanwhile, and no call failed.
    end_leases(empty, first, second)
    await quietly(FAST.settle + 3 * FAST.look)
    await site.is_shared()
    assert (site.logs(), first.share.reaped, second.share.reaped) == ([], 0, 0)


async def test_who_comes_back_first_gives_the_others_time(two: Any, empty: Redis) -> None:
    site, first, second = two
    await first.watch(LOBBY, ALICE)
    await second.watch(LOBBY, BOB)
    await site.is_shared()
    await quietly(FAST.settle)
    site.logs()
    # As if Redis had been away for both, and the second one's lease was the older one.
    second.share.retry_at = second.share.clock() + FAST.settle / 2
    first.share.lost(OSError("away"))
    end_leases(empty, second)
    await quietly(FAST.settle + 3 * FAST.look)
    await site.is_shared()
    assert (site.logs(), first.share.reaped) == ([], 0)


def end_leases(server: Redis, *processes: Process) -> None:
    with server.client as client:
        for process in processes:
            assert process.share
            client.zadd("test:presence:leases", {process.share.process: 1})


async def test_foreign_entries_are_nobody(two: Any, empty: Redis) -> None:
    site, first, second = two
    await first.watch(LOBBY, ALICE)
    await second.watch(LOBBY, BOB)
    await site.rests()
    process = second.share.process
    with empty.client as client:
        client.hset("test:presence:room:1", f"9.{process}", b"\xff not JSON")
        client.hset("test:presence:room:1", f"8.{process}", '["lurking", "x", "X"]')
        client.hset("test:presence:room:1", b"\xff\xfe", '["online", "x", "X"]')
        client.hset("test:presence:room:1", "7.nobody", '["online", "x", "X"]')
    second.enter(LOBBY, CHARLIE, "c1")
    await site.rests()


async def test_scripts_that_redis_forgot_are_loaded_again(two: Any, empty: Redis) -> None:
    site, first, second = two
    await first.watch(LOBBY, ALICE)
    await second.watch(LOBBY, BOB)
    await site.rests()
    with empty.client as client:
        client.script_flush()
    first.enter(LOBBY, CHARLIE, "c1")
    await site.rests()
    assert first.share.flush_failures == 0


async def test_lines_that_redis_cut_are_replaced(two: Any, empty: Redis) -> None:
    site, first, second = two
    await first.watch(LOBBY, ALICE)
    await second.watch(LOBBY, BOB)
    await site.rests()
    with empty.client as client:
        client.client_kill_filter(_type="normal", skipme=True)
    second.enter(LOBBY, CHARLIE, "c1")
    await site.rests()
    assert second.share.flush_failures == 0


async def test_nobody_waits_long_for_a_redis_that_hangs(two: Any, empty: Redis) -> None:
    _site, first, second = two
    await first.watch(LOBBY, ALICE)
    empty.freeze()
    try:
        for ask in (
            lambda: second.watch(LOBBY, BOB),
            lambda: second.presence.people(KITCHEN),
            lambda: second.presence.connections_elsewhere(ALICE.user_id),
            second.presence.hand_over,
        ):
            await asked_for_at_most(2 * FAST.call + 0.5, ask)
    finally:
        empty.thaw()


async def asked_for_at_most(seconds: float, ask: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(seconds):
        await ask()


async def test_without_redis_everybody_here_is_here() -> None:
    async with open_site("redis://127.0.0.1:1/0", 1) as site:
        [process] = site.processes
        client = await process.watch(LOBBY, ALICE)
        process.enter(LOBBY, BOB, "b1")
        await site.rests()
        assert client.log == ["+bob"]
        assert process.share
        assert not process.share.is_reachable
        people = await process.presence.people(LOBBY)
        assert [who.username for who, _ in people] == ["alice", "bob"]
        assert await process.presence.connections_elsewhere(BOB.user_id) == 0


async def test_everybody_in_a_room_by_name(two: Any) -> None:
    site, first, second = two
    for number, name in enumerate(["bert", "Anna", "Émile", "carl"]):
        who = Occupant(10 + number, f"user{number}", name, picture="1c" if number > 1 else "")
        (first, second)[number % 2].enter(LOBBY, who, "tab")
    (first, second)[0].enter(LOBBY, Occupant(11, "user1", "Anna"), "another tab")
    await until(lambda: not first.share.dirty and not second.share.dirty)
    third = site.start_process()
    for process in site.processes:
        await process.presence.follow(LOBBY)
        async with asyncio.timeout(10):
            # What was taken for writing is not dirty any more, and may still be on its way.
            while len(people := await process.presence.people(LOBBY)) < 4:
                pass
        assert [who.name for who, _ in people] == ["Anna", "bert", "carl", "Émile"]
        assert [who.picture for who, _ in people] == ["", "", "1c", "1c"]
    outside = await third.presence.people_from_outside(LOBBY)
    assert [who.name for who, _ in outside] == ["Anna", "bert", "carl", "Émile"]
    # A process of an older version reads what is said of those without a picture.
    assert as_value(Here(ALICE, "away")) == b'["away","alice","Alice"]'
    assert await third.presence.people(KITCHEN) == []


async def test_connections_are_counted_on_processes_that_live(two: Any) -> None:
    site, first, second = two
    third = site.start_process()
    for count in (1, 2, 3):
        second.presence.set_connections(ALICE.user_id, count)
    third.presence.set_connections(ALICE.user_id, 4)
    await until(lambda: not second.share.dirty and not third.share.dirty)
    elsewhere = first.presence.connections_elsewhere
    assert await elsewhere(ALICE.user_id) == 7
    assert await second.presence.connections_elsewhere(ALICE.user_id) == 4
    assert await elsewhere(BOB.user_id) == 0
    second.presence.set_connections(ALICE.user_id, 0)
    await until(lambda: not second.share.dirty)
    assert await elsewhere(ALICE.user_id) == 4
    await third.dies()
    first.presence.set_connections(ALICE.user_id, 1)
    await until(lambda: first.share.reaped + second.share.reaped == 1)
    assert await elsewhere(ALICE.user_id) == 0
    assert await second.presence.connections_elsewhere(ALICE.user_id) == 1


async def test_a_connection_that_was_idle_for_12_seconds_still_works(empty: Redis) -> None:
    async with open_site(empty.url, 1) as site:
        [process] = site.processes
        ledger = process.share.open_ledger() if process.share else None
        assert ledger
        assert await ledger.connections(ALICE.user_id) == 0
        assert ledger.client
        [connection] = ledger.client.connection_pool._available_connections
        await quietly(12)
        assert await ledger.connections(ALICE.user_id) == 0
        assert ledger.client.connection_pool._available_connections == [connection]
        await ledger.close()


def entries(site: Site) -> list[tuple[str, str]]:
    """Everything that stands in rooms, as (user and process, room)."""
    assert site.url
    with redis.Redis.from_url(site.url, socket_timeout=2) as client:
        return sorted(
            (field.decode(), key.decode().removeprefix("test:presence:"))
            for key in client.keys("test:presence:room:*")
            for field in client.hkeys(key)
        )
