"""PostgreSQL goes away, comes back, and loses its answers: nobody loses a message."""

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager

import pytest

from tests import services
from tests.chatter import Chatter
from tests.faults.cables import Cable, cable_to, end_backends, shut_down, started_again
from tests.faults.conftest import FAST
from tests.faults.people import RETRY, Size, Wanderer, all_is_well, look_into
from tests.running import RunningServer, running_server
from tests.templates import migrated_postgres

pytestmark = pytest.mark.asyncio

SECONDS_TO_RECOVER = 5.0


@pytest.fixture
def database_url() -> Iterator[str]:
    services.require("postgresql")
    with migrated_postgres(tcp=True) as url:
        yield url


async def gather(server: RunningServer) -> tuple[list[Chatter], str]:
    people = [await Chatter(server, name).sign_up() for name in ("alice", "bob", "charlie")]
    return people, await people[0].make_room("Lobby")


@asynccontextmanager
async def traffic(wanderers: list[Wanderer]) -> AsyncIterator[None]:
    """Everybody talks, comes back when cut off, and sends again what they are told to."""
    is_open = asyncio.Event()
    is_open.set()
    async with asyncio.TaskGroup() as group:
        coming = [group.create_task(each.keep_coming_back(is_open)) for each in wanderers]
        talking = [group.create_task(keep_talking(each)) for each in wanderers]
        await wanderers[0].until(lambda: all(each.diary.acked for each in wanderers))
        yield
        for task in talking:
            task.cancel()
        for each in wanderers:
            await each.until(lambda each=each: not each.outbox)  # type: ignore[misc]
        for task in coming:
            task.cancel()


async def keep_talking(wanderer: Wanderer) -> None:
    number = 0
    while True:
        await wanderer.until(lambda: len(wanderer.outbox) < 20, within=60)
        await wanderer.say(f"{wanderer.person.username} {number}")
        number += 1


async def one_more_ack(wanderers: list[Wanderer], within: float) -> None:
    before = {each: len(each.diary.acked) for each in wanderers}
    for each in wanderers:
        await each.until(lambda each=each: len(each.diary.acked) > before[each], within)  # type: ignore[misc]


async def everything_is_there(server: RunningServer, wanderers: list[Wanderer]) -> None:
    async with AsyncExitStack() as stack:
        for each in wanderers:
            await stack.enter_async_context(each.staying())
        stored = await all_is_well(server, wanderers, wanderers[0].person)
    assert len(stored.messages) == sum(len(each.diary.sent) for each in wanderers)
    assert {refusal["code"] for each in wanderers for refusal in each.refusals} <= RETRY
    assert all(refusal["retry_after"] > 0 for each in wanderers for refusal in each.refusals)


async def test_terminated_connections_cost_nobody_a_message(
    database_url: str, dice: random.Random, size: Size
) -> None:
    with running_server(DATABASE_URL=database_url, **FAST) as server:
        people, room = await gather(server)
        wanderers = [Wanderer(person, room) for person in people]
        async with traffic(wanderers):
            for _ in range(size.of(5, 30)):
                wanted = len(wanderers[0].diary.acked) + dice.randrange(1, 100)
                await wanderers[0].until(
                    lambda wanted=wanted: len(wanderers[0].diary.acked) >= wanted  # type: ignore[misc]
                )
                assert await asyncio.to_thread(end_backends, database_url)
                await one_more_ack(wanderers, SECONDS_TO_RECOVER)
        await everything_is_there(server, wanderers)
        assert server.process
        assert server.process.poll() is None


async def test_a_restart_of_postgresql_needs_none_of_ours(database_url: str) -> None:
    with running_server(DATABASE_URL=database_url, **FAST) as server, ExitStack() as stack:
        people, room = await gather(server)
        wanderers = [Wanderer(person, room) for person in people]
        async with traffic(wanderers):
            command, folder = await asyncio.to_thread(shut_down, database_url)
            # It is away for as long as it takes to tell everybody so.
            for each in wanderers:
                await each.until(lambda each=each: bool(each.refusals), within=30)  # type: ignore[misc]
            again = started_again(command, folder)
            await asyncio.to_thread(stack.enter_context, again)
            await one_more_ack(wanderers, SECONDS_TO_RECOVER)
        await everything_is_there(server, wanderers)
        assert server.process
        assert server.process.poll() is None


async def test_a_line_to_postgresql_that_breaks_costs_nobody_a_message(
    database_url: str, dice: random.Random, size: Size
) -> None:
    async with behind_a_cable(database_url) as (cable, server):
        people, room = await gather(server)
        wanderers = [Wanderer(person, room) for person in people]
        async with traffic(wanderers):
            for _ in range(size.of(10, 60)):
                wanted = len(wanderers[0].diary.acked) + dice.randrange(1, 100)
                await wanderers[0].until(
                    lambda wanted=wanted: len(wanderers[0].diary.acked) >= wanted  # type: ignore[misc]
                )
                if dice.random() < 0.5:
                    cable.cut()
                else:
                    cable.lost_one.clear()
                    cable.answers_to_lose = 1
                    async with asyncio.timeout(10):
                        await cable.lost_one.wait()
                await one_more_ack(wanderers, SECONDS_TO_RECOVER)
        await everything_is_there(server, wanderers)
        # What was stored before its answer was lost is found by its second sending.
        acks = [ack for each in wanderers for ack in each.diary.acked]
        assert any(ack["duplicate"] for ack in acks)


async def test_a_commit_whose_answer_is_lost_is_found_by_the_retry(database_url: str) -> None:
    async with behind_a_cable(database_url) as (cable, server):
        (alice, bob, _), room = await gather(server)
        async with alice.tab(room) as desk, bob.tab(room) as phone:
            await desk.post("before")
            client_id = str(uuid.uuid4())
            cable.answers_to_lose = 1
            refusal = await desk.post("hello", client_id=client_id)
            assert cable.answers_lost == 1
            assert (refusal["code"], refusal["client_id"]) == ("unavailable", client_id)
            assert refusal["retry_after"] > 0
            (_, row) = look_into(server, room).messages
            assert row.text == "hello"
            # The others see it although nobody told them: the feed finds it in the log.
            seen = await phone.sees(
                "message.posted", where=lambda frame: frame["message"] == "hello", within=5
            )
            again = await desk.post("hello", client_id=client_id)
            assert (again["duplicate"], again["id"], again["seq"]) == (True, row.id, row.seq)
            assert again["seq"] == seen["seq"]
            assert (await desk.post("other", client_id=client_id))["code"] == "conflict"
        assert len(look_into(server, room).messages) == 2


async def test_while_postgresql_is_away_everybody_is_told_to_come_back(database_url: str) -> None:
    async with behind_a_cable(database_url) as (cable, server):
        (alice, _, _), room = await gather(server)
        async with alice.tab(room) as desk:
            cable.unplug()
            client_id = str(uuid.uuid4())
            await desk.send(message="hello", client_id=client_id)
            assert (await desk.asks("ping"))["type"] == "pong"
            refusal = await desk.sees("error", within=25)
            assert (refusal["code"], refusal["client_id"]) == ("unavailable", client_id)
            async with alice.socket() as phone:
                assert await phone.is_closed_with(25) == 4503
            await cable.plug_in()
            plugged_in = time.monotonic()
            while (await desk.post("hello", client_id=client_id))["type"] != "ack":
                assert time.monotonic() - plugged_in < SECONDS_TO_RECOVER
            async with alice.tab(room) as phone:
                assert (await phone.asks("ping"))["heads"] == {room: 1}


@asynccontextmanager
async def behind_a_cable(database_url: str) -> AsyncIterator[tuple[Cable, RunningServer]]:
    """A server at the other end of a cable; the test itself looks in directly."""
    async with cable_to(database_url) as (cable, url):
        # In threads: the cable needs the loop meanwhile.
        with ExitStack() as stack:
            to_run = running_server(DATABASE_URL=url, **FAST)
            server = await asyncio.to_thread(stack.enter_context, to_run)
            server.environment["DATABASE_URL"] = database_url
            yield cable, server
            await asyncio.to_thread(stack.close)
