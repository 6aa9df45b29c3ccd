"""When the database cannot be reached, everybody is told to come back, and nobody is sent away."""

import asyncio
import sqlite3
import uuid

import pytest
from websockets.asyncio.client import connect

from tests.chatter import Chatter
from tests.running import running_server

pytestmark = pytest.mark.asyncio


async def test_a_message_that_cannot_be_stored_is_refused_and_can_be_sent_again() -> None:
    with running_server() as server:
        alice = await Chatter(server, "alice").sign_up()
        room = await alice.make_room("Lobby")
        client_id = str(uuid.uuid4())
        stranger = sqlite3.connect(server.data / "chat.sqlite3", isolation_level=None)
        stranger.execute("BEGIN IMMEDIATE")
        async with alice.tab(room) as socket:
            await socket.send(message="hello", client_id=client_id)
            # The line stays usable while the writer waits for the lock.
            assert (await socket.asks("ping"))["type"] == "pong"
            refusal = await socket.sees("error", within=20)
            assert (refusal["code"], refusal["client_id"]) == ("unavailable", client_id)
            assert refusal["retry_after"] > 0
            stranger.execute("ROLLBACK")
            assert (await socket.post("hello", client_id=client_id))["duplicate"] is False
        stranger.close()
        assert server.rows("SELECT count(*) FROM chat_message") == [(1,)]
        assert "Traceback" not in server.text_of_log


async def test_without_a_database_a_socket_is_told_to_come_back_and_not_to_sign_in() -> None:
    with running_server() as server:
        alice = await Chatter(server, "alice").sign_up()
        database = server.data / "chat.sqlite3"
        database.rename(server.data / "elsewhere")
        database.mkdir()
        for cookie in (alice.cookie, "sessionid=never-heard-of"):
            async with connect(
                server.socket_address, additional_headers={"Cookie": cookie}
            ) as line:
                await asyncio.wait_for(line.wait_closed(), 15)
            assert line.close_code == 4503
        database.rmdir()
        (server.data / "elsewhere").rename(database)
        async with alice.socket() as socket:
            assert (await socket.sees())["type"] == "welcome"
