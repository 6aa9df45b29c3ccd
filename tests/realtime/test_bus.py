"""From any thread into the loop: in order, and without complaint where nobody listens."""

import asyncio
import threading

from chat.realtime import topics
from chat.realtime.bus import LocalBus
from chat.realtime.feed import Page
from chat.realtime.hub import Hub
from tests.listening import Ear

LOBBY = 1


def make_bus(*, news: list[int] | None = None, expelled: list[object] | None = None) -> LocalBus:
    async def never(room_id: int, after: int) -> Page:
        raise AssertionError("Nobody heals here.")

    return LocalBus(
        Hub(read_log=never, on_hole=lambda _: None),
        expel=lambda *about: (expelled if expelled is not None else []).append(about),
        on_news=(news if news is not None else []).append,
        on_read=lambda *about: None,
    )


def bus_with(ear: Ear) -> LocalBus:
    bus = make_bus()
    bus.hub.enter(LOBBY, "lobby", ear).go_live(ear, 0)
    return bus


def tell(bus: LocalBus, tick: int) -> None:
    bus.publish_change(LOBBY, f"{tick}", tick=tick, is_news=True)


def in_a_thread(work: object) -> threading.Thread:
    thread = threading.Thread(target=work)  # type: ignore[arg-type]
    thread.start()
    return thread


async def test_what_a_thread_publishes_arrives_in_its_order() -> None:
    ear = Ear()
    bus = bus_with(ear)
    bus.attach(asyncio.get_running_loop())

    def publish() -> None:
        for tick in range(1, 201):
            tell(bus, tick)

    await asyncio.to_thread(publish)
    await asyncio.sleep(0)
    assert ear.told == [f"{tick}" for tick in range(1, 201)]


async def test_connections_are_touched_in_the_loops_thread_alone() -> None:
    bus = make_bus()
    bus.attach(asyncio.get_running_loop())
    done: asyncio.Future[threading.Thread] = asyncio.get_running_loop().create_future()
    in_a_thread(lambda: bus.steer(lambda: done.set_result(threading.current_thread())))
    assert await asyncio.wait_for(done, 10) is threading.current_thread()


async def test_a_publication_by_the_loop_itself_keeps_its_place() -> None:
    ear = Ear()
    bus = bus_with(ear)
    bus.attach(asyncio.get_running_loop())
    for tick in (1, 2):
        tell(bus, tick)
    await asyncio.sleep(0)
    assert ear.told == ["1", "2"]


async def test_the_tab_that_said_it_is_left_out() -> None:
    bus = make_bus()
    bus.attach(asyncio.get_running_loop())
    one, other = Ear(1), Ear(1)
    bus.hub.add(one)
    bus.hub.add(other)
    bus.publish(topics.user(1), "read", skip=one.id)
    await asyncio.sleep(0)
    assert (one.told, other.told) == ([], ["read"])


def test_without_a_loop_nobody_is_told_and_nothing_breaks() -> None:
    ear = Ear()
    bus = bus_with(ear)
    tell(bus, 1)
    assert ear.told == []


def test_a_loop_that_was_closed_is_no_problem_for_those_who_still_write() -> None:
    bus = bus_with(Ear())
    loop = asyncio.new_event_loop()
    bus.attach(loop)
    loop.close()
    tell(bus, 1)


async def test_what_alters_what_is_unread_is_noted_and_nothing_else() -> None:
    news: list[int] = []
    bus = make_bus(news=news)
    bus.attach(asyncio.get_running_loop())
    bus.publish_change(1, "an edit", tick=1, is_news=False)
    bus.publish_change(2, "a message", tick=1, is_news=True)
    await asyncio.sleep(0)
    assert news == [2]


async def test_who_is_put_out_is_cut_off_after_what_was_told_before() -> None:
    expelled: list[object] = []
    bus = make_bus(expelled=expelled)
    bus.attach(asyncio.get_running_loop())
    bus.expel(7, LOBBY, "lobby", "you were removed")
    await asyncio.sleep(0)
    assert expelled == [(7, LOBBY, "lobby", "you were removed")]
