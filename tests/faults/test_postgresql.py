"""The same program on PostgreSQL, and with Redis for the channel layer and the cache."""

import asyncio
import uuid
from collections.abc import Iterator

import pytest

from tests import services
from tests.chatter import Chatter
from tests.running import RunningServer, running_server
from tests.templates import migrated_postgres

pytestmark = pytest.mark.asyncio


@pytest.fixture(scope="module")
def server_on_postgresql() -> Iterator[RunningServer]:
    services.require("postgresql")
    services.require("redis")
    with (
        migrated_postgres() as database_url,
        services.redis() as redis_url,
        running_server(DATABASE_URL=database_url, REDIS_URL=redis_url) as server,
    ):
        yield server


async def test_people_talk_and_resume_on_postgresql(server_on_postgresql: RunningServer) -> None:
    server = server_on_postgresql
    alice, bob = [await Chatter(server, name).sign_up() for name in ("alice", "bob")]
    room = await alice.make_room("Größe & Höhe")
    async with alice.tab(room) as desk, bob.tab(room) as phone:
        client_id = str(uuid.uuid4())
        first = await desk.post("hello", client_id=client_id)
        assert await desk.post("hello", client_id=client_id) == {**first, "duplicate": True}
        await desk.asks("message.delete", message_id=first["id"])
        assert (await phone.sees("message.deleted"))["seq"] == 2
        for number in range(20):
            await asyncio.gather(*(tab.send(message=f"{number}") for tab in (desk, phone)))
        await phone.sees("message.posted", where=lambda frame: frame["seq"] == 42)
        again = await phone.asks("room.subscribe", room=room, after=0)
        assert again["seq"] == 42
    history = (await bob.web.get(f"/chat/{room}/messages/?limit=100")).json()
    assert [message["seq"] for message in history["messages"]] == [1, *range(3, 43)]
    assert "Traceback" not in server.text_of_log


async def test_a_session_ends_on_postgresql_too(server_on_postgresql: RunningServer) -> None:
    dora = await Chatter(server_on_postgresql, "dora").sign_up()
    async with dora.socket() as socket:
        await socket.sees("welcome")
        await dora.sign_out()
        assert await socket.is_closed_with(2) == 4401
