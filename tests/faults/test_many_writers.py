"""Many write into one room at once: everybody sees one order, without a gap."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.chatter import Chatter
from tests.faults.people import Size, Wanderer, all_is_well
from tests.running import RunningServer

pytestmark = pytest.mark.asyncio

WRITERS = 15
UNDER_WAY = 20
BY_HTTP = 30


async def test_many_writers_make_one_order_that_everybody_sees(
    fresh_server: RunningServer, size: Size
) -> None:
    server = fresh_server
    each_writes = size.of(1500, 6000) // WRITERS
    people = [await Chatter(server, name).sign_up() for name in ("alice", "bob", "charlie")]
    alice, bob, charlie = people
    room = await alice.make_room("Lobby")
    writers = [Wanderer(people[number % 3], room) for number in range(WRITERS)]
    readers = [Wanderer(bob, room), Wanderer(charlie, room)]
    async with AsyncExitStack() as stack:
        for number, each in enumerate([*writers, *readers]):
            await stack.enter_async_context(each.staying(batch=number % 2 == 0))
        async with asyncio.TaskGroup() as writing:
            by_http = writing.create_task(write_by_http(bob, room))
            for writer in writers:
                writing.create_task(write(writer, each_writes))
        stored = await all_is_well(server, [*writers, *readers], alice)
    assert len(stored.messages) == WRITERS * each_writes + BY_HTTP
    assert [row.seq for row in stored.messages] == list(range(1, len(stored.messages) + 1))
    orders = {
        tuple((event["seq"], event["id"]) for event in each.diary.visits[0].events)
        for each in [*writers, *readers]
    }
    assert len(orders) == 1
    assert sorted(by_http.result()) == by_http.result()
    for writer in writers:  # each one's own messages in the order in which they were sent
        ticks = {ack["client_id"]: ack["seq"] for ack in writer.diary.acked}
        in_order = [ticks[client_id] for client_id in writer.diary.sent]
        assert in_order == sorted(in_order)
    assert not any(writer.refusals for writer in writers)
    assert "Traceback" not in server.text_of_log


async def write(writer: Wanderer, count: int) -> None:
    for number in range(count):
        await writer.until(lambda: len(writer.outbox) < UNDER_WAY)
        await writer.say(f"{number}")


async def write_by_http(person: Chatter, room: str) -> list[int]:
    """The ticks under which they were stored."""
    answers = [
        await person.post_json(f"/chat/{room}/messages/", {"message": f"by HTTP {number}"})
        for number in range(BY_HTTP)
    ]
    assert {answer.status_code for answer in answers} == {201}
    return [answer.json()["seq"] for answer in answers]
