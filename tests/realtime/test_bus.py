"""From any thread into the loop: in order, and without complaint where nobody listens."""

import asyncio
import threading

from chat.realtime import orders, topics
from chat.realtime.bus import LocalBus

LOBBY = 1


class Heard:
    """A bus, and the orders that were carried out."""

    def __init__(self) -> None:
        self.orders: list[orders.AnyOrder] = []
        self.bus = LocalBus(self.orders.append)

    @property
    def ticks(self) -> list[int]:
        return [each.tick for each in self.orders if isinstance(each, orders.Change)]


def tell(bus: LocalBus, tick: int) -> None:
    bus.publish_change(LOBBY, f"{tick}", tick=tick, is_news=True)


def in_a_thread(work: object) -> threading.Thread:
    thread = threading.Thread(target=work)  # type: ignore[arg-type]
    thread.start()
    return thread


async def test_what_a_thread_publishes_arrives_in_its_order() -> None:
    heard = Heard()
    heard.bus.attach(asyncio.get_running_loop())

    def publish() -> None:
        for tick in range(1, 201):
            tell(heard.bus, tick)

    await asyncio.to_thread(publish)
    await asyncio.sleep(0)
    assert heard.ticks == list(range(1, 201))


async def test_connections_are_touched_in_the_loops_thread_alone() -> None:
    bus = Heard().bus
    bus.attach(asyncio.get_running_loop())
    done: asyncio.Future[threading.Thread] = asyncio.get_running_loop().create_future()
    in_a_thread(lambda: bus.steer(lambda: done.set_result(threading.current_thread())))
    assert await asyncio.wait_for(done, 10) is threading.current_thread()


async def test_a_publication_by_the_loop_itself_keeps_its_place() -> None:
    heard = Heard()
    heard.bus.attach(asyncio.get_running_loop())
    for tick in (1, 2):
        tell(heard.bus, tick)
    await asyncio.sleep(0)
    assert heard.ticks == [1, 2]


async def test_what_fails_keeps_nobody_from_being_told_who_waits_behind_it() -> None:
    heard = Heard()
    heard.bus.attach(asyncio.get_running_loop())

    def fail() -> None:
        raise RuntimeError("on purpose")

    for tick in (1, 2):
        heard.bus.steer(fail)
        tell(heard.bus, tick)
    await asyncio.sleep(0)
    assert heard.ticks == [1, 2]
    tell(heard.bus, 3)
    await asyncio.sleep(0)
    assert heard.ticks == [1, 2, 3]


def test_without_a_loop_nobody_is_told_and_nothing_breaks() -> None:
    heard = Heard()
    tell(heard.bus, 1)
    assert heard.orders == []


def test_a_loop_that_was_closed_is_no_problem_for_those_who_still_write() -> None:
    bus = Heard().bus
    loop = asyncio.new_event_loop()
    bus.attach(loop)
    loop.close()
    tell(bus, 1)


async def test_what_alters_what_is_unread_is_news_and_nothing_else() -> None:
    heard = Heard()
    heard.bus.attach(asyncio.get_running_loop())
    heard.bus.publish_change(1, "an edit", tick=1, is_news=False)
    heard.bus.publish_change(2, "a message", tick=1, is_news=True)
    await asyncio.sleep(0)
    news = [order.room_id for order in heard.orders if isinstance(order, orders.News)]
    assert news == [2]


async def test_who_is_put_out_is_cut_off_after_what_was_told_before() -> None:
    heard = Heard()
    heard.bus.attach(asyncio.get_running_loop())
    heard.bus.publish(topics.user(7), "hello")
    heard.bus.expel(7, LOBBY, "lobby", "you were removed")
    await asyncio.sleep(0)
    assert heard.orders == [
        orders.Tell(topics.user(7), "hello"),
        orders.Expel(7, LOBBY, "lobby", "you were removed"),
    ]
