"""A room's stream: whoever joins at whatever moment gets every event once and in order."""

import asyncio
from collections import deque
from collections.abc import Coroutine, Generator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.realtime.connection import QUEUED_BYTES
from chat.realtime.feed import RECENT_EVENTS, Feed
from tests.listening import Ear

TOPIC = "room.1"


@dataclass
class Page:
    events: list[tuple[int, int, str]]
    until: int


@dataclass
class Log:
    """What the database knows: the tick of every change, read in pages."""

    head: int = 0
    page: int = 3
    is_away: bool = False

    async def read(self, after: int) -> Page:
        await asyncio.sleep(0)
        return self.after(after)

    def after(self, after: int) -> Page:
        if self.is_away:
            raise ConnectionError
        until = min(self.head, after + self.page)
        ticks = range(after + 1, until + 1)
        return Page([(tick - 1, tick, f"{tick}") for tick in ticks], max(until, after))


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def feed(log: Log) -> Feed:
    return Feed(TOPIC, "lobby", log.read)


def publish(feed: Feed, *ticks: int) -> None:
    for tick in ticks:
        feed.publish(f"{tick}", tick)


def follower(feed: Feed, position: int = 0) -> Ear:
    ear = Ear()
    feed.begin(ear)
    assert feed.go_live(ear, position)
    return ear


def newcomer(feed: Feed) -> Ear:
    ear = Ear()
    feed.begin(ear)
    return ear


# --- Going live


def test_who_missed_nothing_gets_what_is_published_from_then_on(feed: Feed) -> None:
    ear = follower(feed, 2)
    publish(feed, 3, 4)
    assert ear.told == ["3", "4"]


def test_who_missed_a_little_gets_it_when_going_live(feed: Feed) -> None:
    first = follower(feed, 4)
    publish(feed, 5, 6, 7)
    second = follower(feed, 5)
    publish(feed, 8)
    assert (first.told, second.told) == (["5", "6", "7", "8"], ["6", "7", "8"])


def test_who_missed_exactly_what_is_kept_gets_it_all(feed: Feed) -> None:
    follower(feed, 4)
    publish(feed, 5, 6, 7)
    assert follower(feed, 4).told == ["5", "6", "7"]


def test_who_missed_more_than_is_kept_has_to_read_the_log_first(feed: Feed) -> None:
    follower(feed, 4)
    publish(feed, 5, 6, 7)
    ear = newcomer(feed)
    assert not feed.go_live(ear, 3)
    publish(feed, 8)
    assert ear.told == []
    assert feed.go_live(ear, 7)
    assert ear.told == ["8"]


def test_who_missed_something_of_which_nothing_is_kept_has_to_read_the_log_first(
    feed: Feed,
) -> None:
    follower(feed, 10)
    assert not feed.go_live(newcomer(feed), 9)


def test_what_is_kept_is_not_enough_where_it_ends_before_the_head(feed: Feed) -> None:
    first = follower(feed, 4)
    second, third = newcomer(feed), newcomer(feed)
    publish(feed, 5)
    feed.leave(first)
    # Six to ten were never broadcast here; the log told them to the second one alone.
    assert feed.go_live(second, 10)
    assert not feed.go_live(third, 4)
    assert third.told == []


def test_only_so_many_events_are_kept(feed: Feed) -> None:
    busy = follower(feed)
    for tick in range(1, RECENT_EVENTS + 11):
        publish(feed, tick)
        busy.queue.clear()
    ear = newcomer(feed)
    assert not feed.go_live(ear, 9)
    assert feed.go_live(ear, 10)
    assert len(ear.told) == RECENT_EVENTS
    assert not ear.is_closing


def test_what_is_kept_fits_into_a_newcomers_queue_however_long_it_is(feed: Feed) -> None:
    busy = follower(feed)
    for tick in range(1, 101):
        feed.publish("x" * (QUEUED_BYTES // 20), tick)
        busy.queue.clear()
        busy.queued_bytes = 0
    ear = newcomer(feed)
    position = 0
    while not feed.go_live(ear, position):
        position += 1
    assert not ear.is_closing
    assert 1 < len(ear.told) == 100 - position


def test_an_event_that_the_log_had_already_told_of_is_not_told_again(feed: Feed) -> None:
    # Stored and read from the log before its broadcast came through.
    ear = follower(feed, 3)
    publish(feed, 2, 3, 4, 4, 3)
    assert ear.told == ["4"]


def test_state_reaches_those_who_are_live_and_is_not_kept(feed: Feed) -> None:
    live, itself, catching_up = follower(feed), follower(feed), newcomer(feed)
    feed.tell("somebody types", skip=itself.id)
    assert feed.go_live(catching_up, 0)
    assert (live.told, itself.told, catching_up.told) == (["somebody types"], [], [])
    assert feed.head == 0


def test_who_starts_afresh_gets_nothing_live_until_caught_up_again(feed: Feed) -> None:
    ear, other = follower(feed), follower(feed)
    feed.begin(ear)
    publish(feed, 1)
    assert ear.told == []
    assert feed.go_live(ear, 0)
    assert (ear.told, other.told) == (["1"], ["1"])


def test_who_left_gets_nothing_more(feed: Feed) -> None:
    ear, other, catching_up = follower(feed), follower(feed), newcomer(feed)
    for each in (ear, catching_up):
        feed.leave(each)
        feed.leave(each)
        assert not feed.has(each)
    publish(feed, 1)
    assert (ear.told, other.told, catching_up.told) == ([], ["1"], [])
    assert feed.is_followed
    feed.leave(other)
    assert not feed.is_followed


# --- Healing


def test_what_comes_after_a_hole_waits_for_what_is_in_it(feed: Feed, log: Log) -> None:
    ear = follower(feed)
    publish(feed, 1, 3)
    assert ear.told == ["1"]
    assert feed.needs_healing
    log.head = 3
    asyncio.run(feed.heal())
    assert ear.told == ["1", "2", "3"]
    assert not feed.needs_healing


def test_a_clock_that_is_ahead_shows_that_a_broadcast_was_lost(feed: Feed, log: Log) -> None:
    ear = follower(feed)
    log.head = 8
    feed.notice(8)
    assert feed.needs_healing
    asyncio.run(feed.heal())
    assert ear.told == [f"{tick}" for tick in range(1, 9)]


def test_a_log_that_cannot_be_read_is_read_the_next_time(feed: Feed, log: Log) -> None:
    ear = follower(feed)
    publish(feed, 2)
    log.head, log.is_away = 2, True
    with pytest.raises(ConnectionError):
        asyncio.run(feed.heal())
    assert feed.needs_healing
    log.is_away = False
    asyncio.run(feed.heal())
    assert ear.told == ["1", "2"]


def test_a_broadcast_that_comes_while_the_hole_is_read_is_not_told_twice(log: Log) -> None:
    async def read(after: int) -> Page:
        publish(feed, 2, 3)
        return log.after(after)

    feed = Feed(TOPIC, "lobby", read)
    ear = follower(feed, 1)
    log.head = 3
    feed.notice(3)
    asyncio.run(feed.heal())
    publish(feed, 4)
    assert ear.told == ["2", "3", "4"]


def test_what_comes_the_other_way_round_is_put_in_order_without_the_log(feed: Feed) -> None:
    ear = follower(feed, 1)
    for tick in (4, 3, 6, 2, 5):
        publish(feed, tick)
    assert ear.told == ["2", "3", "4", "5", "6"]
    assert not feed.needs_healing


def test_what_came_early_is_not_told_twice_when_the_log_was_read(feed: Feed, log: Log) -> None:
    ear = follower(feed, 1)
    publish(feed, 4)
    log.head = 4
    asyncio.run(feed.heal())
    publish(feed, 3)
    publish(feed, 5)
    assert ear.told == ["2", "3", "4", "5"]


def test_what_is_kept_never_has_a_gap(feed: Feed) -> None:
    first, late = follower(feed, 4), newcomer(feed)
    publish(feed, 5)
    feed.leave(first)
    follower(feed, 10)
    publish(feed, 11)
    assert not feed.go_live(late, 5)
    assert feed.go_live(late, 10)
    assert late.told == ["11"]


def test_a_clock_that_went_back_stops_the_search(feed: Feed, log: Log) -> None:
    follower(feed, 5)
    feed.notice(9)
    log.head = 5
    asyncio.run(asyncio.wait_for(feed.heal(), 5))
    assert not feed.needs_healing


def test_with_nobody_there_nothing_is_healed(feed: Feed) -> None:
    newcomer(feed)
    publish(feed, 3)
    assert not feed.needs_healing


# --- Every interleaving


class Pause:
    """Gives the turn back once, as a question to the database does."""

    def __await__(self) -> Generator[None, None, None]:
        yield


@dataclass
class Reader:
    """Catches up page by page and then goes live, as a subscription does."""

    start: int
    position: int
    ear: Ear = field(default_factory=Ear)
    is_complete: bool = False
    is_live: bool = False


class World:
    """A log that is written in one thread, and a loop that hears of it later, or not at all."""

    def __init__(self) -> None:
        self.log = Log()
        self.on_its_way: deque[int] = deque()
        self.feed: Feed | None = None
        self.readers: list[Reader] = []
        self.healing: Coroutine[Any, Any, None] | None = None

    async def read_log(self, after: int) -> Page:
        await Pause()
        page = self.log.after(after)
        await Pause()
        return page

    def write(self) -> None:
        self.log.head += 1
        self.on_its_way.append(self.log.head)

    def hear(self) -> None:
        if self.on_its_way:
            tick = self.on_its_way.popleft()
            if self.feed:
                self.feed.publish(f"{tick}", tick)
                self.check()

    def overtake(self) -> None:
        """Another process was faster with what it wrote later."""
        if len(self.on_its_way) > 1:
            first = self.on_its_way.popleft()
            self.on_its_way.insert(1, first)

    def lose(self) -> None:
        if self.on_its_way:
            self.on_its_way.popleft()

    def look_at_the_clock(self) -> None:
        if self.feed:
            self.feed.notice(self.log.head)
            self.check()

    def check(self) -> None:
        if self.feed and self.feed.needs_healing:
            self.feed.is_to_heal = True
            self.healing = self.feed.heal()

    def heal(self) -> None:
        """One turn of the healing task."""
        if self.healing:
            try:
                self.healing.send(None)
            except StopIteration:
                self.healing = None

    def come(self, missed: int) -> None:
        self.feed = self.feed or Feed(TOPIC, "lobby", self.read_log)  # type: ignore[arg-type]
        start = max(0, self.log.head - missed)
        reader = Reader(start, start)
        self.feed.begin(reader.ear)
        self.readers.append(reader)

    def go(self, number: int) -> None:
        if self.readers and self.feed:
            self.feed.leave(self.readers.pop(number % len(self.readers)).ear)

    def read(self, number: int) -> None:
        """One more page for somebody, and go live where it was the last."""
        waiting = [reader for reader in self.readers if not reader.is_live]
        if not waiting or not self.feed:
            return
        reader = waiting[number % len(waiting)]
        if reader.is_complete and self.feed.go_live(reader.ear, reader.position):
            reader.is_live = True
            self.check()
            return
        page = self.log.after(reader.position)
        for _prev, _tick, event in page.events:
            reader.ear.deliver(event)
        reader.is_complete = len(page.events) < self.log.page
        reader.position = page.until

    def settle(self) -> None:
        while self.on_its_way:
            self.hear()
        while any(not reader.is_live for reader in self.readers):
            self.read(0)
        self.look_at_the_clock()
        while self.healing:
            self.heal()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write")),
        st.tuples(st.just("write")),
        st.tuples(st.just("hear")),
        st.tuples(st.just("lose")),
        st.tuples(st.just("overtake")),
        st.tuples(st.just("heal")),
        st.tuples(st.just("look_at_the_clock")),
        st.tuples(st.just("come"), st.integers(0, 8)),
        st.tuples(st.just("go"), st.integers(0, 5)),
        st.tuples(st.just("read"), st.integers(0, 5)),
        st.tuples(st.just("read"), st.integers(0, 5)),
    ),
    min_size=30,
    max_size=80,
)


@settings(max_examples=400, deadline=None)
@given(STEPS)
def test_whoever_comes_at_whatever_moment_gets_every_tick_once_and_in_order(
    steps: list[tuple[object, ...]],
) -> None:
    world = World()
    for name, *arguments in steps:
        getattr(world, str(name))(*arguments)
        for reader in world.readers:
            ticks = [int(event) for event in reader.ear.told]
            assert ticks == list(range(reader.start + 1, reader.start + 1 + len(ticks)))
    world.settle()
    world.write()
    world.settle()
    for reader in world.readers:
        assert reader.ear.told == [
            f"{tick}" for tick in range(reader.start + 1, world.log.head + 1)
        ]
