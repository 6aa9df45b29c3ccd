"""What was acknowledged is there after a crash; what was not may be sent again."""

import asyncio
import uuid
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from tests.chatter import Chatter
from tests.running import RunningServer, running_server

pytestmark = pytest.mark.asyncio

ROUNDS = 5


async def test_an_acknowledged_message_survives_kill_9() -> None:
    with running_server() as server:
        alice = await Chatter(server, "alice").sign_up()
        room = await alice.make_room("Lobby")
        acknowledged: set[str] = set()
        for _ in range(ROUNDS):
            acknowledged |= await talk_until_killed(server, alice, room)
            server.start()
        stored = [row[0] for row in server.rows("SELECT client_id FROM chat_message")]
        assert acknowledged
        assert acknowledged <= set(stored)
        assert len(stored) == len(set(stored))
        ticks = [row[0] for row in server.rows("SELECT seq FROM chat_message ORDER BY seq")]
        assert ticks == list(range(1, len(ticks) + 1))
        assert server.rows("SELECT tick FROM chat_room") == [(len(ticks),)]
        assert server.rows("PRAGMA integrity_check") == [("ok",)]


async def talk_until_killed(server: RunningServer, alice: Chatter, room: str) -> set[str]:
    """Post as fast as it goes, kill -9 right after an ack; the client ids acknowledged so far."""
    async with alice.tab(room) as socket:
        for _ in range(60):
            await socket.send(message="still here?", client_id=str(uuid.uuid4()))
        for _ in range(20):
            await socket.sees("ack")
        await asyncio.to_thread(server.kill)
        with suppress(ConnectionClosed):
            while True:
                await socket.read()
    return {ack["client_id"].replace("-", "") for ack in socket.of("ack")}


async def test_after_a_restart_a_client_resumes_and_resends_once() -> None:
    with running_server() as server:
        alice = await Chatter(server, "alice").sign_up()
        room = await alice.make_room("Lobby")
        client_id = str(uuid.uuid4())
        async with alice.tab(room) as socket:
            first = await socket.post("stored", client_id=client_id)
            await asyncio.to_thread(server.kill)
        server.start()
        async with alice.socket() as socket:
            await socket.sees("welcome")
            await socket.asks("room.subscribe", room=room, after=0)
            assert [event["message"] for event in socket.of("message.posted")] == ["stored"]
            again = await socket.post("stored", client_id=client_id, room=room)
        assert again == {**first, "duplicate": True}


@pytest.mark.parametrize(("name", "codes"), [("uvicorn", {1012}), ("daphne", {4503})])
async def test_a_server_that_is_stopped_says_so_and_keeps_what_it_took(
    name: str, codes: set[int]
) -> None:
    with running_server(SERVER=name) as server:
        alice = await Chatter(server, "alice").sign_up()
        room = await alice.make_room("Lobby")
        async with alice.tab(room) as socket:
            await socket.post("the last word")
            stopping = asyncio.create_task(asyncio.to_thread(server.stop))
            assert await socket.is_closed_with() in codes
            assert await stopping == 0
        assert server.rows("SELECT text FROM chat_message") == [("the last word",)]
        assert "Traceback" not in server.text_of_log
