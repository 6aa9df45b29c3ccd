"""What was acknowledged is there after a crash; what was not may be sent again."""

import asyncio
import random
import time
import uuid
from contextlib import AsyncExitStack

import pytest

from tests.chatter import Chatter
from tests.faults.people import Size, Wanderer, all_is_well
from tests.running import RunningServer

pytestmark = pytest.mark.asyncio

SECONDS_TO_FIRST_ACK = 5.0


async def test_an_acknowledged_message_survives_kill_9(
    fresh_server: RunningServer, dice: random.Random, size: Size
) -> None:
    server = fresh_server
    people = [await Chatter(server, name).sign_up() for name in ("alice", "bob", "charlie")]
    room = await people[0].make_room("Lobby")
    wanderers = [Wanderer(person, room) for person in people]
    is_open = asyncio.Event()
    is_open.set()
    async with asyncio.TaskGroup() as group:
        coming = [group.create_task(each.keep_coming_back(is_open)) for each in wanderers]
        talking = [group.create_task(keep_talking(each)) for each in wanderers]
        for _ in range(size.of(5, 20)):
            wanted = count_acks(wanderers) + dice.randrange(1, 300)
            await wanderers[0].until(lambda wanted=wanted: count_acks(wanderers) >= wanted)  # type: ignore[misc]
            is_open.clear()
            await asyncio.to_thread(server.kill)
            acked = count_acks(wanderers)
            started = time.monotonic()
            await asyncio.to_thread(server.start)
            is_open.set()
            await wanderers[0].until(lambda acked=acked: count_acks(wanderers) > acked)  # type: ignore[misc]
            assert time.monotonic() - started < SECONDS_TO_FIRST_ACK
        for task in (*talking, *coming):
            task.cancel()
    async with AsyncExitStack() as stack:
        for each in wanderers:
            await stack.enter_async_context(each.staying())
        stored = await all_is_well(server, wanderers, people[1])
    assert len(stored.messages) == sum(len(each.diary.sent) for each in wanderers)
    if "DATABASE_URL" not in server.environment:
        assert server.rows("PRAGMA integrity_check") == [("ok",)]
    assert "Traceback" not in server.text_of_log


async def keep_talking(wanderer: Wanderer) -> None:
    """Always something under way, a little more than is acknowledged at once."""
    number = 0
    while True:
        await wanderer.until(lambda: len(wanderer.outbox) < 20, within=60)
        await wanderer.say(f"{wanderer.person.username} {number}")
        number += 1


def count_acks(wanderers: list[Wanderer]) -> int:
    return sum(len(each.diary.acked) for each in wanderers)


async def test_after_a_restart_a_client_resumes_and_resends_once(
    fresh_server: RunningServer,
) -> None:
    server = fresh_server
    alice = await Chatter(server, "alice").sign_up()
    room = await alice.make_room("Lobby")
    client_id = str(uuid.uuid4())
    async with alice.tab(room) as socket:
        first = await socket.post("stored", client_id=client_id)
        await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    async with alice.socket() as socket:
        await socket.sees("welcome")
        await socket.asks("room.subscribe", room=room, after=0)
        assert [event["message"] for event in socket.of("message.posted")] == ["stored"]
        again = await socket.post("stored", client_id=client_id, room=room)
    assert again == {**first, "duplicate": True}
