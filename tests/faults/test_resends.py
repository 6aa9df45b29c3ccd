"""A client id stands for one message for ever, whichever way it comes again."""

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from tests.chatter import Chatter, Frame, Socket
from tests.faults.people import Size, ask_all, look_into
from tests.running import RunningServer

pytestmark = pytest.mark.asyncio


@dataclass
class Post:
    """One client id, and the ack that it got first."""

    client_id: str
    text: str
    ack: Frame

    @property
    def command(self) -> Frame:
        return {"type": "message.post", "message": self.text, "client_id": self.client_id}

    @property
    def first_ack(self) -> Frame:
        return without_ref(self.ack)

    @property
    def again(self) -> Frame:
        return {**self.first_ack, "duplicate": True}


def without_ref(answer: Frame) -> Frame:
    return {name: value for name, value in answer.items() if name != "ref"}


async def test_every_client_id_that_comes_again_is_answered_with_its_first_ack(
    fresh_server: RunningServer, size: Size
) -> None:
    server = fresh_server
    alice, bob = [await Chatter(server, name).sign_up() for name in ("alice", "bob")]
    room = await alice.make_room("Lobby")
    other = await alice.make_room("Elsewhere")
    count = size.of(100, 1000)
    async with alice.tab(room) as desk, bob.tab(room) as witness:
        posts = await post_many(desk, count)
        assert [post.ack["seq"] for post in posts] == list(range(1, count + 1))
        assert not any(post.ack["duplicate"] for post in posts)

        await say_again(desk, posts)
        await twice_in_one_breath(desk)
        async with alice.tab(room) as phone:
            await say_again(phone, posts)
            await at_the_same_time([desk, phone])
        for post in posts[:: count // 20]:
            await say_again_by_http(alice, room, post)

        # Something else under the same id is refused, wherever it is said.
        await conflicts(desk, posts, message="something else")
        await conflicts(desk, posts, room=other)
        # The same ids of somebody else are theirs.
        of_bob = await ask_all(witness, [post.command for post in posts])
        assert [answer["type"] for answer in of_bob] == ["ack"] * count
        assert not any(answer["duplicate"] for answer in of_bob)

        # What became of the message later does not matter.
        edited, deleted = posts[0], posts[1]
        ok = await desk.asks("message.edit", message_id=edited.ack["id"], message="edited")
        assert ok["type"] == "ok"
        assert (await desk.asks("message.delete", message_id=deleted.ack["id"]))["type"] == "ok"
        await say_again(desk, posts)
        await say_again_by_http(alice, room, edited)
        await say_again_by_http(alice, room, deleted)
        for post in (edited, deleted):
            for text in ("edited", "something else"):
                refusal = await desk.asks(**{**post.command, "message": text})
                assert refusal["code"] == "conflict"
        told = [event["client_id"] for event in witness.of("message.posted")]
        before = look_into(server, room)

    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    async with alice.tab(room) as desk:
        await say_again(desk, posts)
        await conflicts(desk, posts, message="something else")
        await say_again_by_http(alice, room, edited)
    assert look_into(server, room) == before
    assert look_into(server, other).messages == []
    rows = [(row.username, row.client_id) for row in before.messages]
    assert len(rows) == len(set(rows)) == 2 * count + 2
    assert len(told) == 2 * count + 2
    assert "Traceback" not in server.text_of_log


async def post_many(socket: Socket, count: int) -> list[Post]:
    commands = [
        {"type": "message.post", "message": f"message {number}", "client_id": str(uuid.uuid4())}
        for number in range(count)
    ]
    acks = await ask_all(socket, commands)
    return [
        Post(command["client_id"], command["message"], ack)
        for command, ack in zip(commands, acks, strict=True)
    ]


async def say_again(socket: Socket, posts: list[Post]) -> None:
    answers = await ask_all(socket, [post.command for post in posts])
    assert [without_ref(answer) for answer in answers] == [post.again for post in posts]


async def say_again_by_http(person: Chatter, room: str, post: Post) -> None:
    body = {"message": post.text, "client_id": post.client_id}
    answer = await person.post_json(f"/chat/{room}/messages/", body)
    assert (answer.status_code, answer.json()) == (200, post.again)
    other = await person.post_json(f"/chat/{room}/messages/", {**body, "message": "something else"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


async def conflicts(socket: Socket, posts: list[Post], **otherwise: Any) -> None:
    answers = await ask_all(socket, [{**post.command, **otherwise} for post in posts[:20]])
    assert {answer.get("code") for answer in answers} == {"conflict"}
    assert [answer["client_id"] for answer in answers] == [post.client_id for post in posts[:20]]


async def twice_in_one_breath(socket: Socket) -> None:
    """The second comes before the first is stored."""
    command = {"type": "message.post", "message": "hello", "client_id": str(uuid.uuid4())}
    first, second = await ask_all(socket, [command, command])
    assert (first["duplicate"], second["duplicate"]) == (False, True)
    assert first["seq"] == second["seq"]


async def at_the_same_time(sockets: list[Socket]) -> None:
    """The same on two connections, as two tabs with one outbox would send it."""
    command = {"type": "message.post", "message": "from both", "client_id": str(uuid.uuid4())}
    answers = await asyncio.gather(*(socket.asks(**command) for socket in sockets))
    assert sorted(answer["duplicate"] for answer in answers) == [False, True]
    assert len({(answer["id"], answer["seq"], answer["timestamp"]) for answer in answers}) == 1
