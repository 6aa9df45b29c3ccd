"""Between processes: what one says the others hear, and a line that is dead is found.

Each bus here stands for a process; the lines between them are a real Redis, and once Channels'
layer in memory, for it is any layer's interface that is used.
"""

import asyncio
import gc
import os
import signal
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec
import pytest
import redis
from channels.layers import InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

from chat.realtime import layer_bus, link, orders, topics
from chat.realtime.layer_bus import LayerBus
from tests import services
from tests.faults.cables import cable_to
from tests.listening import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio

LOBBY, KITCHEN = 1, 2
ALICE = 7
KEY = b"the installation's"


class Process:
    """A bus as a process has it, and what it was told by others or itself."""

    def __init__(self, make_layer: Callable[[], Any], key: bytes = KEY) -> None:
        self.heard: list[orders.AnyOrder] = []
        self.something_came = asyncio.Event()
        self.recoveries = 0
        self.tasks: set[asyncio.Task[None]] = set()
        self.bus = LayerBus(
            self.hear,
            make_layer=make_layer,
            sealer=orders.Sealer(key),
            keep=lambda work: self.tasks.add(asyncio.ensure_future(work)),
            on_recovery=self.recover,
        )

    def hear(self, order: orders.AnyOrder) -> None:
        if not isinstance(order, orders.Heartbeat):
            self.heard.append(order)
            self.something_came.set()

    def recover(self) -> None:
        self.recoveries += 1

    async def hears(self, order: orders.AnyOrder) -> None:
        await self.until(lambda: order in self.heard)

    async def until(self, is_true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS * 2):
            while not is_true():
                self.something_came.clear()
                await asyncio.wait(
                    [asyncio.ensure_future(self.something_came.wait())], timeout=0.05
                )


@asynccontextmanager
async def processes(
    count: int, make_layer: Callable[[], Any], **options: Any
) -> AsyncIterator[list[Process]]:
    async with AsyncExitStack() as stack:
        started = [Process(make_layer, **options) for _ in range(count)]
        for each in started:
            each.bus.attach(asyncio.get_running_loop())
            stack.push_async_callback(stop, each)
            await each.bus.is_followed(topics.EVERYBODY)
        yield started


async def stop(process: Process) -> None:
    await process.bus.close()
    for task in process.tasks:
        task.cancel()
    await asyncio.gather(*process.tasks, return_exceptions=True)


def redis_layer(url: str) -> Callable[[], RedisPubSubChannelLayer]:
    host = {"address": url, "socket_timeout": None}
    return lambda: RedisPubSubChannelLayer(hosts=[host], prefix="test")


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    services.require("redis")
    with services.redis() as url:
        yield url


@pytest.fixture(params=["memory", "redis"])
def make_layer(request: pytest.FixtureRequest) -> Callable[[], Any]:
    if request.param == "redis":
        return redis_layer(request.getfixturevalue("redis_url"))
    layer = InMemoryChannelLayer(capacity=10_000)
    return lambda: layer


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is found dead in a second instead of ten."""
    for name, seconds in [
        ("TICK_SECONDS", 0.05),
        ("BEAT_SECONDS", 0.1),
        ("SILENCE_SECONDS", 1.0),
        ("RENEWAL_SECONDS", 0.5),
        ("PATIENCE_SECONDS", 0.4),
        ("RETRY_SECONDS", 0.1),
        ("LINGER_SECONDS", 0.1),
    ]:
        monkeypatch.setattr(layer_bus, name, seconds)
    monkeypatch.setattr(link, "PATIENCE_SECONDS", 0.4)


async def follow(process: Process, topic: str) -> None:
    process.bus.follow(topic)
    await process.bus.is_followed(topic)


def change(tick: int, event: str = "hello") -> orders.Change:
    return orders.Change(LOBBY, tick, event)


# --- Hearing each other


async def test_what_one_process_says_is_heard_by_every_one_that_listens(
    make_layer: Callable[[], Any],
) -> None:
    async with processes(3, make_layer) as (alices, bobs, charlies):
        await follow(bobs, topics.room(LOBBY))
        await follow(charlies, topics.room(KITCHEN))
        for tick in range(1, 201):
            alices.bus.publish_change(LOBBY, "hello", tick=tick, is_news=False)
        await bobs.hears(change(200))
        assert bobs.heard == [change(tick) for tick in range(1, 201)]
        assert alices.heard == bobs.heard
        assert charlies.heard == []


async def test_nobody_hears_themselves_twice(make_layer: Callable[[], Any]) -> None:
    async with processes(2, make_layer) as (alices, bobs):
        for each in (alices, bobs):
            await follow(each, topics.room(LOBBY))
        alices.bus.publish_change(LOBBY, "hello", tick=1, is_news=False)
        bobs.bus.publish_change(LOBBY, "hello", tick=2, is_news=False)
        await alices.hears(change(2))
        await bobs.hears(change(1))
        assert len(alices.heard) == len(bobs.heard) == 2


async def test_news_and_the_end_of_a_session_reach_processes_that_follow_nothing(
    make_layer: Callable[[], Any],
) -> None:
    async with processes(2, make_layer) as (alices, bobs):
        alices.bus.publish_change(LOBBY, "hello", tick=1, is_news=True)
        alices.bus.send(orders.EndSession(topics.session("key")))
        await bobs.hears(orders.News(LOBBY))
        await bobs.hears(orders.EndSession(topics.session("key")))


async def test_a_person_is_told_where_they_are_connected(make_layer: Callable[[], Any]) -> None:
    async with processes(2, make_layer) as (alices, bobs):
        await follow(bobs, topics.user(ALICE))
        alices.bus.publish(topics.user(ALICE), "hello")
        alices.bus.expel(ALICE, LOBBY, "lobby", "you were removed")
        await bobs.hears(orders.Expel(ALICE, LOBBY, "lobby", "you were removed"))
        assert bobs.heard[0] == orders.Tell(topics.user(ALICE), "hello")


async def test_who_stopped_listening_is_not_told_any_more(
    make_layer: Callable[[], Any], hasty: None
) -> None:
    async with processes(2, make_layer) as (alices, bobs):
        await follow(bobs, topics.room(LOBBY))
        bobs.bus.unfollow(topics.room(LOBBY))
        await bobs.until(lambda: topics.room(LOBBY) not in bobs.bus.link.joined)  # type: ignore[union-attr]
        await follow(bobs, topics.room(KITCHEN))
        alices.bus.publish_change(LOBBY, "hello", tick=1, is_news=False)
        alices.bus.publish_change(KITCHEN, "hello", tick=1, is_news=False)
        await bobs.hears(orders.Change(KITCHEN, 1, "hello"))
        assert len(bobs.heard) == 1


async def test_who_comes_back_soon_never_left(make_layer: Callable[[], Any]) -> None:
    async with processes(2, make_layer) as (alices, bobs):
        await follow(bobs, topics.room(LOBBY))
        bobs.bus.unfollow(topics.room(LOBBY))
        await follow(bobs, topics.room(LOBBY))
        alices.bus.publish_change(LOBBY, "hello", tick=1, is_news=False)
        await bobs.hears(change(1))


async def test_long_events_are_told_in_several_letters(make_layer: Callable[[], Any]) -> None:
    async with processes(2, make_layer) as (alices, bobs):
        await follow(bobs, topics.room(LOBBY))
        long = "x" * 60_000
        for tick in range(1, 41):
            alices.bus.publish_change(LOBBY, long, tick=tick, is_news=False)
        await bobs.hears(change(40, long))
        assert bobs.heard == [change(tick, long) for tick in range(1, 41)]


# --- What is not ours


@pytest.mark.parametrize(
    "message",
    [
        {"type": "websocket.disconnect", "code": 1000},
        {"type": "websocket.send", "text": "hello"},
        {"type": layer_bus.MESSAGE_TYPE},
        {"type": layer_bus.MESSAGE_TYPE, "letter": "hello"},
        {"type": layer_bus.MESSAGE_TYPE, "letter": b""},
        {"type": layer_bus.MESSAGE_TYPE, "letter": orders.Sealer(b"?").seal("", [change(1)])},
        {"type": layer_bus.MESSAGE_TYPE, "letter": orders.Sealer(KEY).seal("", [])[:-1]},
    ],
)
async def test_forged_messages_are_counted_and_ignored(
    make_layer: Callable[[], Any], message: dict[str, Any]
) -> None:
    async with processes(2, make_layer) as (alices, bobs):
        await follow(bobs, topics.room(LOBBY))
        layer = make_layer()
        await layer.group_send(topics.room(LOBBY), message)
        await bobs.until(lambda: bobs.bus.counts.forged == 1)
        alices.bus.publish_change(LOBBY, "hello", tick=1, is_news=False)
        await bobs.hears(change(1))
        assert bobs.heard == [change(1)]
        await layer.flush()


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"hello", msgspec.msgpack.encode([1, 2])])
async def test_raw_bytes_in_redis_are_counted_and_ignored(redis_url: str, raw: bytes) -> None:
    async with processes(2, redis_layer(redis_url)) as (alices, bobs):
        await follow(bobs, topics.room(LOBBY))
        with redis.Redis.from_url(redis_url) as attacker:
            for channel in attacker.pubsub_channels():  # type: ignore[union-attr]
                attacker.publish(channel, raw)
        await bobs.until(lambda: bobs.bus.counts.forged >= 2)
        alices.bus.publish_change(LOBBY, "hello", tick=1, is_news=False)
        await bobs.hears(change(1))
        assert bobs.heard == [change(1)]


# --- A broken line


@pytest.fixture
def own_redis() -> Iterator[str]:
    services.require("redis")
    with services.redis(tcp=True) as url:
        yield url


async def are_degraded(*those: Process) -> None:
    for each in those:
        await each.until(lambda each=each: each.bus.is_degraded)  # type: ignore[misc]


async def are_well(*those: Process) -> None:
    for each in those:
        await each.until(lambda each=each: not each.bus.is_degraded)  # type: ignore[misc]


async def talk_again(one: Process, other: Process) -> None:
    await are_well(one, other)
    assert one.recoveries == other.recoveries == 1
    one.bus.publish_change(LOBBY, "again", tick=9, is_news=False)
    await other.hears(change(9, "again"))


async def test_a_frozen_redis_is_found_and_holds_nobody_up(own_redis: str, hasty: None) -> None:
    async with processes(2, redis_layer(own_redis)) as (alices, bobs):
        await follow(bobs, topics.room(LOBBY))
        with redis.Redis.from_url(own_redis) as client:
            pid = client.info("server")["process_id"]  # type: ignore[index]
        os.kill(pid, signal.SIGSTOP)
        try:
            alices.bus.publish_change(LOBBY, "hello", tick=1, is_news=False)
            await alices.hears(change(1))
            await are_degraded(alices, bobs)
        finally:
            os.kill(pid, signal.SIGCONT)
        await talk_again(alices, bobs)


async def test_a_line_that_swallows_everything_is_found_though_no_error_comes(
    own_redis: str, hasty: None
) -> None:
    async with (
        cable_to(own_redis) as (cable, url),
        processes(2, redis_layer(url)) as (alices, bobs),
    ):
        await follow(bobs, topics.room(LOBBY))
        cable.swallows = True
        await are_degraded(alices, bobs)
        cable.swallows = False
        await talk_again(alices, bobs)


async def test_killed_connections_are_opened_again(own_redis: str, hasty: None) -> None:
    async with processes(2, redis_layer(own_redis)) as (alices, bobs):
        await follow(bobs, topics.room(LOBBY))
        with redis.Redis.from_url(own_redis) as client:
            client.client_kill_filter(_type="pubsub")
            client.client_kill_filter(_type="normal", skipme=True)
        tick = 0

        def is_heard() -> bool:
            nonlocal tick
            tick += 1
            alices.bus.publish_change(LOBBY, "hello", tick=tick, is_news=False)
            return any(order in bobs.heard for order in map(change, range(1, tick)))

        await bobs.until(is_heard)


async def test_what_cannot_be_said_is_bounded_and_counted(own_redis: str) -> None:
    """Redis never was there."""
    async with AsyncExitStack() as stack:
        process = Process(redis_layer(f"redis://127.0.0.1:{services.free_port()}"))
        stack.push_async_callback(stop, process)
        process.bus.attach(asyncio.get_running_loop())
        for tick in range(layer_bus.OUTGOING_ORDERS + 500):
            process.bus.post(change(tick))
        assert process.bus.counts.dropped == 500
        await process.until(lambda: process.bus.counts.dropped >= layer_bus.OUTGOING_ORDERS + 500)
        assert process.bus.counts.failed


def nobody_there() -> dict[str, Any]:
    return {"address": f"redis://127.0.0.1:{services.free_port()}", "socket_timeout": None}


async def test_a_redis_that_is_away_for_long_leaves_nothing_behind(hasty: None) -> None:
    """Every attempt makes a layer, which begins to listen before it finds nobody there."""
    made: list[weakref.ref[RedisPubSubChannelLayer]] = []
    host = nobody_there()

    def make_layer() -> RedisPubSubChannelLayer:
        layer = RedisPubSubChannelLayer(hosts=[host])
        made.append(weakref.ref(layer))
        return layer

    process = Process(make_layer)
    process.bus.attach(asyncio.get_running_loop())
    await process.until(lambda: len(made) >= 8)
    listening = [task for task in asyncio.all_tasks() if "_do_receiving" in repr(task)]
    gc.collect()
    kept = [layer for layer in made if layer()]
    await stop(process)
    assert len(listening) <= 1
    assert len(kept) <= 2


async def test_it_ends_also_while_a_line_is_being_closed() -> None:
    """The layer takes a cancellation that comes while it ends its listener for the listener's."""
    is_closing = asyncio.Event()
    layer = RedisPubSubChannelLayer(hosts=[nobody_there()])

    class Closing:
        """The real layer, watched."""

        def __getattr__(self, name: str) -> Any:
            if name == "flush":
                is_closing.set()
            return getattr(layer, name)

    process = Process(Closing)
    process.bus.attach(asyncio.get_running_loop())
    async with asyncio.timeout(PATIENCE_SECONDS):
        await is_closing.wait()
        for task in process.tasks:
            task.cancel()
        await asyncio.wait(process.tasks)


async def test_an_order_that_cannot_be_carried_out_does_not_end_the_listening(
    make_layer: Callable[[], Any],
) -> None:
    async with processes(2, make_layer) as (alices, bobs):
        await follow(bobs, topics.room(LOBBY))
        hear = bobs.bus.carry_out
        stumbled: list[orders.AnyOrder] = []

        def stumble(order: orders.AnyOrder) -> None:
            if order == change(1):
                stumbled.append(order)
                bobs.something_came.set()
                raise ValueError("stumbled")
            hear(order)

        bobs.bus.carry_out = stumble
        alices.bus.publish_change(LOBBY, "hello", tick=1, is_news=False)
        await bobs.until(lambda: bool(stumbled))
        alices.bus.publish_change(LOBBY, "hello", tick=2, is_news=False)
        await bobs.hears(change(2))
    assert stumbled == [change(1)]
    assert change(1) not in bobs.heard
