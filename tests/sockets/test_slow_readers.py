"""Who stops reading costs little, slows nobody down, and is soon gone."""

import asyncio
import json
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.chatter import Chatter, Socket
from tests.running import RunningServer, running_server
from tests.sockets.slow import needs_linux, reads_to_the_end, slow_socket

pytestmark = [pytest.mark.asyncio, pytest.mark.alone]

SLOW_ONES = 4
# For about 1,200 messages the server's memory grows by some MiB whoever reads, as caches fill; what
# it takes after them is the slow ones': 150 to 600 KiB each, for they wait for the same bytes, and
# once 1,040. Without an end to it each would take all that is said: 8 KB a message.
USUAL_MESSAGES = 1500
BYTES_EACH = 2 * 1024 * 1024
SECONDS_TO_END = 30
# Somebody who is gone is held to be here for as long as a reload takes.
GRACE_SECONDS = 5
SECONDS_TO_ARRIVE = 1.0
TEXT = "x" * 8000


@contextmanager
def own_server(name: str = "uvicorn") -> Iterator[RunningServer]:
    """Its memory is measured."""
    with running_server(SERVER=name, POSTS_PER_SECOND="1000000") as server:
        yield server


def memory_of(server: RunningServer) -> int:
    """The bytes that the server's process holds in memory."""
    assert server.process
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


class Traffic:
    """Alice talks as fast as she is answered; how long each message took to reach everybody."""

    def __init__(self, server: RunningServer, alice: Socket, readers: list[Socket]) -> None:
        self.server = server
        self.alice = alice
        self.readers = readers
        self.sent: dict[str, float] = {}
        self.delays: list[float] = []
        self.most_memory = 0

    async def say_one(self) -> None:
        client_id = str(uuid.uuid4())
        self.sent[client_id] = time.monotonic()
        await self.alice.post(TEXT, client_id=client_id)
        self.most_memory = max(self.most_memory, memory_of(self.server))
        for socket in (self.alice, *self.readers):  # nothing piles up on our own side
            socket.got.clear()
            socket.frames.clear()

    async def read(self, reader: Socket) -> None:
        while True:
            frame = await reader.sees("message.posted")
            self.delays.append(time.monotonic() - self.sent[frame["client_id"]])
            reader.unseen.clear()


@pytest.mark.parametrize(
    ("name", "sends_pings"), [("uvicorn", False), ("uvicorn", True), ("daphne", True)]
)
async def test_a_reader_that_stops_reading_in_a_busy_room_is_cut_and_nobody_else_notices(
    name: str, sends_pings: bool
) -> None:
    needs_linux()
    with own_server(name) as server:
        await stop_reading(server, sends_pings=sends_pings)
        assert "Traceback" not in server.text_of_log


async def stop_reading(server: RunningServer, *, sends_pings: bool) -> None:
    alice, bob, charlie = [
        await Chatter(server, name).sign_up() for name in ("alice", "bob", "charlie")
    ]
    room = await alice.make_room("Lobby")
    async with AsyncExitStack() as stack:
        desk = await stack.enter_async_context(alice.tab(room))
        readers = [await stack.enter_async_context(charlie.tab(room)) for _ in range(4)]
        traffic = Traffic(server, desk, readers)
        reading = [asyncio.create_task(traffic.read(reader)) for reader in readers]
        for _ in range(USUAL_MESSAGES):
            await traffic.say_one()
        usual, traffic.most_memory = traffic.most_memory, 0

        slow_ones = [await stack.enter_async_context(slow_socket(bob)) for _ in range(SLOW_ONES)]
        for slow in slow_ones:
            await slow.sees("welcome")
            await slow.asks("room.subscribe", room=room)
        pinging = [asyncio.create_task(ping(slow)) for slow in slow_ones if sends_pings]
        stopped = time.monotonic()
        while not has_left(desk, "bob"):
            await traffic.say_one()
            assert time.monotonic() - stopped < SECONDS_TO_END + GRACE_SECONDS
        lasted = time.monotonic() - stopped - GRACE_SECONDS
        print(f"cut after {lasted:.1f} s, {len(traffic.sent)} messages", end=", ")
        print(f"{(traffic.most_memory - usual) / SLOW_ONES / 1024:.0f} KiB each", end=", ")
        print(f"the slowest delivery to others took {max(traffic.delays):.2f} s")

        assert (traffic.most_memory - usual) / SLOW_ONES < BYTES_EACH
        assert max(traffic.delays) < SECONDS_TO_ARRIVE
        assert all(not task.done() for task in reading)
        for task in (*reading, *pinging):
            task.cancel()
        # Told why where the line still took it, and otherwise simply cut.
        for slow in slow_ones:
            await reads_to_the_end(slow)
            assert await slow.is_closed_with() in {4408, 1006}
            ticks = [frame["seq"] for frame in slow.of("message.posted")]
            assert ticks == list(range(ticks[0], ticks[0] + len(ticks)))


def has_left(witness: Socket, username: str) -> bool:
    return any(
        username in frame["left"] for frame in witness.unseen if frame["type"] == "presence.changed"
    )


async def ping(slow: Socket) -> None:
    with suppress(ConnectionClosed):
        while True:
            await slow.line.send(json.dumps({"type": "ping"}))
            await asyncio.sleep(1)


async def test_who_was_too_slow_resumes_without_a_hole() -> None:
    with own_server() as server:
        await be_slow_and_come_back(server)


async def be_slow_and_come_back(server: RunningServer) -> None:
    alice, bob = [await Chatter(server, name).sign_up() for name in ("alice", "bob")]
    room = await alice.make_room("Lobby")
    async with alice.tab(room) as desk:
        async with slow_socket(bob) as slow:
            await slow.sees("welcome")
            await slow.asks("room.subscribe", room=room, after=0)
            last = 0
            while not has_left(desk, "bob"):
                last = (await desk.post(TEXT))["seq"]
            await reads_to_the_end(slow)
            before = [frame["seq"] for frame in slow.of("message.posted")]
        async with bob.socket("?batch=1") as again:
            await again.sees("welcome")
            await again.asks("room.subscribe", room=room, after=before[-1])
            after = [frame["seq"] for frame in again.of("message.posted")]
    assert [*before, *after] == list(range(1, last + 1))


async def test_a_burst_of_several_hundred_messages_cuts_nobody_who_reads() -> None:
    """One commit may bring more events at once than a queue holds of a reader that is behind."""
    with own_server() as server:
        alice, bob = [await Chatter(server, name).sign_up() for name in ("alice", "bob")]
        room = await alice.make_room("Lobby")
        async with AsyncExitStack() as stack:
            senders = [await stack.enter_async_context(alice.tab(room)) for _ in range(8)]
            reader = await stack.enter_async_context(bob.tab(room))
            for socket in senders:
                for number in range(120):
                    await socket.send(message=f"{number}")
            for socket in (reader, *senders):
                await socket.sees("message.posted", where=lambda frame: frame["seq"] == 8 * 120)
                assert len(socket.of("message.posted")) == 8 * 120
