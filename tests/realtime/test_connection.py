"""One tab's outgoing queue: in order, bounded, and never waited for by whoever tells it things."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import pytest
from autobahn.exception import Disconnected
from uvicorn.protocols.utils import ClientDisconnected

from chat.realtime import connection as module
from chat.realtime.connection import (
    BATCH_BYTES,
    BATCH_EVENTS,
    QUEUED_BYTES,
    QUEUED_EVENTS,
    Connection,
)
from chat.realtime.pace import Pace
from chat.realtime.parcel import Parcel
from chat.realtime.sink import SendSink

TOO_SLOW = 4408
GOODBYE = 4503


class Line:
    """The server's side of one socket: takes frames as fast as `has_room` says."""

    def __init__(self) -> None:
        self.frames: list[str] = []
        self.code: int | None = None
        self.was_aborted = False
        self.has_room = asyncio.Event()
        self.has_room.set()
        self.is_sending = asyncio.Event()
        self.problem: Exception | None = None

    async def send(self, message: dict[str, Any]) -> None:
        """As a server's: waits for room, then takes it."""
        self.is_sending.set()
        await self.has_room.wait()
        if self.problem:
            raise self.problem
        if message["type"] == "websocket.send":
            self.frames.append(message["text"])
        else:
            self.code = message["code"]

    def abort(self) -> None:
        self.was_aborted = True


def make_connection(line: Line, *, batch: bool = False) -> Connection:
    return Connection(
        user_id=1,
        session_key="a session",
        sink=SendSink(line.send),
        pace=Pace() if batch else None,
        abort=line.abort,
        expelled=lambda *_: None,
        too_slow=TOO_SLOW,
    )


@asynccontextmanager
async def connected(*, batch: bool = False) -> AsyncIterator[tuple[Connection, Line]]:
    """A connection, and what became of its task when it is over."""
    line = Line()
    connection = make_connection(line, batch=batch)
    try:
        async with asyncio.timeout(10):
            yield connection, line
    finally:
        task = connection.draining
        connection.end()
        if task:
            ended, _ = await asyncio.wait({task}, timeout=5)
            assert ended, "The sending task outlives its connection."


async def is_stuck(connection: Connection, line: Line, event: str = "stuck") -> None:
    """One frame is on its way and the line takes no more."""
    line.has_room.clear()
    line.is_sending.clear()
    connection.deliver(event)
    await line.is_sending.wait()


def texts(count: int, start: int = 0) -> list[str]:
    return [json.dumps({"n": number}) for number in range(start, start + count)]


def deliver_all(connection: Connection, events: list[str]) -> None:
    for event in events:
        connection.deliver(event)


# --- Sending


async def test_events_are_sent_in_the_order_of_their_delivery() -> None:
    async with connected() as (connection, line):
        deliver_all(connection, texts(50))
        connection.close(GOODBYE, after_queue=True)
        await connection.has_ended.wait()
    assert line.frames == texts(50)


async def test_what_is_delivered_while_a_frame_is_sent_follows_it() -> None:
    async with connected() as (connection, line):
        await is_stuck(connection, line, "first")
        connection.deliver("second")
        line.has_room.set()
        connection.close(GOODBYE, after_queue=True)
        await connection.has_ended.wait()
    assert line.frames == ["first", "second"]


async def test_a_batching_client_gets_what_is_due_together_in_one_frame() -> None:
    async with connected(batch=True) as (connection, line):
        deliver_all(connection, texts(3))
        connection.close(GOODBYE, after_queue=True)
        await connection.has_ended.wait()
    assert [json.loads(frame) for frame in line.frames] == [[{"n": 0}, {"n": 1}, {"n": 2}]]


async def test_a_single_event_is_not_wrapped() -> None:
    async with connected(batch=True) as (connection, line):
        connection.deliver('{"n": 0}')
        connection.close(GOODBYE, after_queue=True)
        await connection.has_ended.wait()
    assert line.frames == ['{"n": 0}']


async def test_a_batch_stays_far_below_what_a_client_accepts() -> None:
    async with connected(batch=True) as (connection, line):
        events = [json.dumps("x" * 60_000) for _ in range(10)]
        deliver_all(connection, events)
        connection.close(GOODBYE, after_queue=True)
        await connection.has_ended.wait()
    frames = [json.loads(frame) for frame in line.frames]
    batches = [frame if isinstance(frame, list) else [frame] for frame in frames]
    assert [each for batch in batches for each in batch] == [json.loads(event) for event in events]
    assert all(
        len(frame) <= BATCH_BYTES + len(batch) + 1
        for frame, batch in zip(line.frames, batches, strict=True)
    )
    assert len(line.frames) <= 4


async def test_an_event_larger_than_a_batch_travels_alone() -> None:
    async with connected(batch=True) as (connection, line):
        large = json.dumps("x" * BATCH_BYTES)
        deliver_all(connection, ["1", large, "2"])
        connection.close(GOODBYE, after_queue=True)
        await connection.has_ended.wait()
    assert line.frames == ["1", large, "2"]


async def test_an_event_is_with_the_line_before_its_delivery_returns() -> None:
    async with connected() as (connection, line):
        connection.deliver("hello")
        assert line.frames == ["hello"]
        assert connection.draining is None


async def test_a_line_that_was_blocked_is_given_things_at_once_again() -> None:
    async with connected() as (connection, line):
        await is_stuck(connection, line)
        connection.deliver("second")
        line.has_room.set()
        assert connection.draining
        await connection.draining
        connection.deliver("third")
        assert line.frames == ["stuck", "second", "third"]


async def test_those_who_wait_for_the_same_get_the_same_frame() -> None:
    pace = Pace()
    lines = [Line(), Line()]
    both = [make_connection(line) for line in lines]
    parcels = [Parcel(event) for event in texts(3)]
    for connection in both:
        connection.pace = pace
        connection.is_free = False
        for parcel in parcels:
            connection.take(parcel)
    pace.flush()
    assert lines[0].frames[0] is lines[1].frames[0]
    assert json.loads(lines[0].frames[0]) == [{"n": 0}, {"n": 1}, {"n": 2}]


async def test_in_a_busy_room_the_next_batch_waits_as_long_as_the_last_one_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with connected(batch=True) as (connection, line):
        assert connection.pace
        connection.pace.rests_until = perf_counter() + 0.05
        for event in texts(3):
            connection.deliver(event)
            await asyncio.sleep(0)
        assert line.frames == []
        await line.is_sending.wait()
        assert len(json.loads(line.frames[0])) == 3


async def test_many_events_for_a_batching_client_do_not_wait_for_their_time() -> None:
    async with connected(batch=True) as (connection, line):
        deliver_all(connection, texts(BATCH_EVENTS))
        assert len(line.frames) == 1
        deliver_all(connection, texts(QUEUED_EVENTS * 4))
        assert not connection.is_closing


# --- The bound


@pytest.mark.parametrize(
    "events",
    [["x"] * (QUEUED_EVENTS + 1), ["x" * (QUEUED_BYTES // 4)] * 5],
    ids=["too many", "too large"],
)
async def test_a_full_queue_closes_the_connection(events: list[str]) -> None:
    async with connected() as (connection, line):
        await is_stuck(connection, line)
        deliver_all(connection, events)
        assert connection.is_closing
        assert not connection.queue
        line.has_room.set()
        await connection.has_ended.wait()
    assert (line.frames, line.code) == (["stuck"], TOO_SLOW)
    assert not line.was_aborted


async def test_a_queue_that_is_just_full_is_sent() -> None:
    async with connected() as (connection, line):
        await is_stuck(connection, line)
        deliver_all(connection, texts(QUEUED_EVENTS))
        line.has_room.set()
        connection.close(GOODBYE, after_queue=True)
        await connection.has_ended.wait()
    assert (len(line.frames), line.code) == (1 + QUEUED_EVENTS, GOODBYE)


async def test_what_was_sent_does_not_count_towards_the_bound() -> None:
    async with connected(batch=True) as (connection, line):
        for _ in range(8):
            deliver_all(connection, ["x" * (QUEUED_BYTES // 16)] * 8)
            await connection.drained()
        assert not connection.is_closing
        assert connection.queued_bytes == 0
    assert line.code is None


@pytest.mark.parametrize(
    "events",
    [["x"] * (QUEUED_EVENTS // 2), ["x" * (QUEUED_BYTES // 2)]],
    ids=["many", "large"],
)
async def test_a_replay_waits_until_what_is_queued_has_been_sent(events: list[str]) -> None:
    async with connected() as (connection, line):
        await is_stuck(connection, line)
        deliver_all(connection, events)
        waiting = asyncio.create_task(connection.drained())
        await asyncio.sleep(0)
        assert not waiting.done()
        line.has_room.set()
        await waiting
        assert not connection.queue


async def test_with_little_queued_a_replay_goes_on_at_once() -> None:
    async with connected() as (connection, line):
        await is_stuck(connection, line)
        deliver_all(connection, texts(5))
        await connection.drained()
        assert len(connection.queue) == 5


async def test_a_replay_does_not_wait_for_a_connection_that_is_closed() -> None:
    async with connected() as (connection, line):
        await is_stuck(connection, line)
        deliver_all(connection, texts(QUEUED_EVENTS))
        waiting = asyncio.create_task(connection.drained())
        await asyncio.sleep(0)
        connection.close(GOODBYE)
        await waiting


async def test_what_waits_of_a_topic_is_taken_back_and_the_rest_stays_in_order() -> None:
    async with connected() as (connection, line):
        await is_stuck(connection, line, "on its way")
        for number in range(3):
            connection.deliver(f"secret {number}", "room.1")
            connection.deliver(f"other {number}", "room.2")
        connection.deliver("mine")
        connection.take_back("room.1")
        assert connection.queued_bytes == len("other 0" * 3 + "mine")
        line.has_room.set()
        connection.close(GOODBYE, after_queue=True)
        await connection.has_ended.wait()
    assert line.frames == ["on its way", "other 0", "other 1", "other 2", "mine"]


# --- The end


async def test_a_close_drops_what_waits() -> None:
    async with connected() as (connection, line):
        await is_stuck(connection, line)
        deliver_all(connection, texts(5))
        connection.close(GOODBYE)
        line.has_room.set()
        await connection.has_ended.wait()
    assert (line.frames, line.code) == (["stuck"], GOODBYE)


async def test_a_close_after_the_queue_sends_what_waits_first() -> None:
    async with connected() as (connection, line):
        deliver_all(connection, texts(5))
        connection.close(GOODBYE, after_queue=True)
        connection.deliver("too late")
        await connection.has_ended.wait()
    assert (line.frames, line.code) == (texts(5), GOODBYE)


async def test_the_first_reason_to_close_is_the_one_that_is_given() -> None:
    async with connected() as (connection, line):
        connection.close(4401)
        connection.close(GOODBYE)
        await connection.has_ended.wait()
    assert line.code == 4401


async def test_an_idle_connection_can_be_closed() -> None:
    async with connected() as (connection, line):
        await asyncio.sleep(0)
        connection.close(GOODBYE, after_queue=True)
        await connection.has_ended.wait()
    assert line.code == GOODBYE


async def test_a_line_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SEND_SECONDS", 0.02)
    async with connected() as (connection, line):
        await is_stuck(connection, line)
        connection.deliver("never sent")
        await connection.has_ended.wait()
    assert line.was_aborted
    assert connection.is_closing
    assert not connection.queue
    assert (line.frames, line.code) == ([], None)


async def test_a_line_that_does_not_even_take_the_close_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "SEND_SECONDS", 0.02)
    async with connected() as (connection, line):
        line.has_room.clear()
        connection.close(GOODBYE)
        await connection.has_ended.wait()
    assert line.was_aborted


async def test_a_line_that_breaks_is_given_up() -> None:
    async with connected() as (connection, line):
        line.problem = ConnectionResetError()
        deliver_all(connection, texts(3))
        await connection.has_ended.wait()
        connection.deliver("into the void")
    assert line.was_aborted
    assert not connection.queue


# What servers raise for a line that broke, takes nothing or was closed.
OF_LINES = [
    ConnectionResetError(),
    TimeoutError(),
    ClientDisconnected(),
    Disconnected("Attempt to send on a closed protocol"),
    RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'."),
]
OUR_MISTAKES = [TypeError("a mistake of ours"), NotImplementedError(), ValueError()]


def on_sending(connection: Connection, line: Line) -> None:
    connection.deliver("hello")


def on_closing(connection: Connection, line: Line) -> None:
    connection.close(GOODBYE)


def on_sending_later(connection: Connection, line: Line) -> None:
    line.has_room.clear()
    connection.deliver("hello")
    line.has_room.set()


def on_closing_later(connection: Connection, line: Line) -> None:
    line.has_room.clear()
    connection.close(GOODBYE)
    line.has_room.set()


@pytest.mark.parametrize("fail", [on_sending, on_closing, on_sending_later, on_closing_later])
@pytest.mark.parametrize(
    "problem", [*OF_LINES, *OUR_MISTAKES], ids=lambda each: type(each).__name__
)
async def test_a_mistake_of_ours_is_noted_once_and_a_line_that_breaks_is_not(
    fail: Callable[[Connection, Line], None], problem: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected() as (connection, line):
        line.problem = problem
        fail(connection, line)
        await connection.has_ended.wait()
        connection.deliver("into the void")
        connection.close(GOODBYE)
    assert line.was_aborted
    noted = [(each.levelname, each.getMessage(), each.exc_info) for each in caplog.records]
    if problem in OF_LINES:
        assert not noted
    else:
        [(level, message, exc_info)] = noted
        assert (level, connection.id in message) == ("WARNING", True)
        assert exc_info
        assert exc_info[1] is problem


async def test_who_waits_for_the_end_is_told_when_the_server_ends_it() -> None:
    async with connected() as (connection, _):
        await asyncio.sleep(0)
    await asyncio.wait_for(connection.has_ended.wait(), 1)


@pytest.mark.parametrize("turns", range(6))
async def test_the_writing_task_ends_at_whatever_moment_it_is_cancelled(turns: int) -> None:
    async with connected() as (connection, line):
        await is_stuck(connection, line)
        line.has_room.set()
        for _ in range(turns):
            await asyncio.sleep(0)


def test_no_two_connections_share_an_id() -> None:
    assert len({make_connection(Line()).id for _ in range(100)}) == 100


async def test_the_greeting_goes_before_what_was_delivered_while_it_was_made() -> None:
    async with connected() as (connection, line):
        connection.hold()
        connection.deliver("news")
        await asyncio.sleep(0)
        assert line.frames == []
        connection.greet("welcome")
        connection.close(GOODBYE, after_queue=True)
        await connection.has_ended.wait()
    assert line.frames == ["welcome", "news"]


async def test_a_replay_goes_on_when_much_had_waited_for_the_greeting() -> None:
    async with connected() as (connection, line):
        connection.hold()
        deliver_all(connection, texts(QUEUED_EVENTS // 2))
        connection.greet("welcome")
        await connection.drained()
    assert len(line.frames) == 1 + QUEUED_EVENTS // 2


async def test_who_is_refused_hears_nothing_but_the_reason() -> None:
    async with connected() as (connection, line):
        connection.hold()
        connection.deliver("news")
        connection.close(GOODBYE, after_queue=True)
        await connection.has_ended.wait()
    assert (line.frames, line.code) == ([], GOODBYE)
