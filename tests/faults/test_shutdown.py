"""A server that is stopped says so, finishes what it took, and ends soon."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from websockets.asyncio.client import connect

from tests.chatter import Chatter
from tests.checker import complaints
from tests.faults.conftest import FAST
from tests.faults.people import Wanderer, all_is_well, look_into
from tests.running import RunningServer, running_server

pytestmark = pytest.mark.asyncio

GOODBYE = {"uvicorn": 1012, "daphne": 4503}
SECONDS_TO_END = 20


@pytest.fixture(params=["uvicorn", "daphne"])
def server_to_stop(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    with running_server(SERVER=request.param, **FAST) as server:
        yield server


async def test_what_it_acknowledged_before_its_end_is_stored(
    server_to_stop: RunningServer,
) -> None:
    server = server_to_stop
    people = [await Chatter(server, name).sign_up() for name in ("alice", "bob", "charlie")]
    room = await people[0].make_room("Lobby")
    wanderers = [Wanderer(person, room) for person in people]
    visits = [asyncio.create_task(each.visit()) for each in wanderers]
    talking = [asyncio.create_task(keep_talking(each)) for each in wanderers]
    await wanderers[0].until(lambda: all(len(each.diary.acked) > 100 for each in wanderers))
    started = time.monotonic()
    stopping = asyncio.create_task(asyncio.to_thread(server.stop))
    await asyncio.wait(visits, return_when=asyncio.FIRST_COMPLETED)
    assert await nobody_is_let_in(server)
    assert await stopping == 0
    assert time.monotonic() - started < SECONDS_TO_END
    await asyncio.wait(visits, timeout=1)
    for task in talking:
        task.cancel()
    codes = {code for each in wanderers for code in each.close_codes}
    assert codes == {GOODBYE[server.environment["SERVER"]]}
    stored = look_into(server, room)
    seen_in_part = [each.diary for each in wanderers]
    assert not [each for each in complaints(seen_in_part, stored) if "is not shown" not in each]
    assert "Traceback" not in server.text_of_log

    # Everybody is back without a visible loss.
    await asyncio.to_thread(server.start)
    async with wanderers[0].staying(), wanderers[1].staying(), wanderers[2].staying():
        after = await all_is_well(server, wanderers, people[0])
    assert len(after.messages) == sum(len(each.diary.sent) for each in wanderers)


async def keep_talking(wanderer: Wanderer) -> None:
    number = 0
    while True:
        await wanderer.until(lambda: len(wanderer.outbox) < 50)
        await wanderer.say(f"{wanderer.person.username} {number}")
        number += 1


async def nobody_is_let_in(server: RunningServer) -> bool:
    with suppress(OSError):
        async with connect(server.socket_address):
            return False
    return True
