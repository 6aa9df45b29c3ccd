"""What goes on in a room stays with those who belong to it, from the moment they do not."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chat import protocol
from tests.cast import Company
from tests.chatter import Chatter, Frame, Socket
from tests.sockets.slow import reads_to_the_end, slow_socket, until_the_line_is_full

# Every command that names a room or a message of it.
COMMANDS: list[Frame] = [
    {"type": "message.post", "message": "Let me in"},
    {"type": "message.post", "message": ""},
    {"type": "message.post", "message": "x" * 10_001},
    {"type": "message.edit", "message": "mine now"},
    {"type": "message.delete"},
    {"type": "reaction.add", "emoji": "👀"},
    {"type": "reaction.add", "emoji": "no emoji"},
    {"type": "reaction.remove", "emoji": "👀"},
    {"type": "room.subscribe"},
    {"type": "room.subscribe", "after": 0},
    {"type": "room.unsubscribe"},
    {"type": "room.read", "seq": 1},
    {"type": "room.read", "seq": 0, "unread": True},
    {"type": "typing.start"},
    {"type": "typing.stop"},
]
NOT_ANSWERED = {"typing.start", "typing.stop"}
# They name neither a room nor a message.
ABOUT_ONESELF = {"ping", "presence.active", "presence.idle"}
REFUSALS = {"no_such_room", "no_such_message", "bad_frame", "empty", "too_long"}


async def make_private_room(company: Company, *members: Chatter) -> str:
    """Alice's, with these members."""
    answer = await company.alice.post_json(
        "/chat/", {"name": f"Secret {uuid.uuid4().hex[:8]}", "kind": "private"}
    )
    assert answer.status_code == 201, answer.text
    room = str(answer.json()["room"])
    for member in members:
        await invite(company, room, member)
    return room


async def invite(company: Company, room: str, person: Chatter) -> None:
    body = {"username": person.username}
    answer = await company.alice.post_json(f"/chat/{room}/members/", body)
    assert answer.status_code == 201, answer.text


async def delete(by: Chatter, path: str) -> httpx.Response:
    headers = {"X-CSRFToken": by.web.cookies.get("csrftoken") or "", "Accept": "application/json"}
    return await by.web.delete(path, headers=headers)


async def remove(company: Company, room: str, person: Chatter) -> None:
    answer = await delete(company.alice, f"/chat/{room}/members/{person.username}/")
    assert answer.status_code == 200, answer.text


async def leave(company: Company, room: str, person: Chatter) -> None:
    answer = await delete(person, f"/chat/{room}/members/{person.username}/")
    assert answer.status_code == 200, answer.text


async def ban(company: Company, room: str, person: Chatter) -> None:
    answer = await company.alice.post_json(f"/chat/{room}/bans/{person.username}/", {})
    assert answer.status_code == 200, answer.text


WAYS_OUT = [leave, remove, ban]
HOW_OUT = {"left": leave, "was removed": remove, "was banned": ban}
STRANGERS = ["a stranger", *HOW_OUT, "a stranger to a conversation"]


async def room_that_is_closed_to_charlie(company: Company, who: str) -> str:
    """Private, or a conversation of Alice and Bob."""
    if who == "a stranger to a conversation":
        body = {"kind": "direct", "people": ["bob"]}
        return str((await company.alice.post_json("/chat/", body)).json()["room"])
    room = await make_private_room(company, *([company.charlie] if who in HOW_OUT else []))
    if who in HOW_OUT:
        await HOW_OUT[who](company, room, company.charlie)
    return room


@pytest.fixture
async def keeps_talking(company: Company) -> AsyncIterator[Any]:
    """Alice talks in a room all the time, from when it is called until the test ends."""
    tasks: list[asyncio.Task[None]] = []

    def begin(alice: Socket) -> None:
        async def talk() -> None:
            while True:
                await alice.post("not for everybody")

        tasks.append(asyncio.create_task(talk()))

    yield begin
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


# --- Who is put out


@pytest.mark.parametrize("put_out", [remove, ban])
async def test_who_is_put_out_hears_nothing_more_and_is_told_so(
    company: Company, keeps_talking: Any, put_out: Any
) -> None:
    room = await make_private_room(company, company.bob)
    async with (
        company.alice.tab(room) as alice,
        company.bob.tab(room) as tab,
        company.bob.socket() as desk,
        company.bob.socket() as elsewhere,
    ):
        for socket in (desk, elsewhere):
            await socket.sees("welcome")
        await desk.asks("room.subscribe", room=room)
        keeps_talking(alice)
        for socket in (tab, desk):
            await socket.sees("message.posted")
        await put_out(company, room, company.bob)
        assert await tab.is_closed_with() == 4403
        for socket in (tab, desk, elsewhere):
            if socket is not tab:
                await socket.sees("room.removed")
            assert socket.of("room.removed") == [{"type": "room.removed", "room": room}]
            assert about(room, socket.got)[-1] == "room.removed"
        # The room goes on without them, on every line of theirs.
        async with company.alice.tab(room) as witness:
            for _ in range(20):
                await witness.sees("message.posted")
        for socket in (desk, elsewhere):
            assert about(room, await socket.catches_up()) == []
            assert (await socket.asks("ping"))["heads"] == {}
        assert [who["username"] for who in witness.of("room.subscribed")[0]["here"]] == ["alice"]


@pytest.mark.parametrize("put_out", [remove, ban])
async def test_what_was_queued_for_somebody_who_is_put_out_is_not_sent_any_more(
    company: Company, put_out: Any
) -> None:
    room = await make_private_room(company, company.bob)
    async with company.alice.tab(room) as alice, slow_socket(company.bob) as bob:
        await bob.sees("welcome")
        await bob.asks("room.subscribe", room=room)
        await until_the_line_is_full(bob, lambda: alice.post("x" * 10_000))
        await put_out(company, room, company.bob)
        late = await alice.post("Now that he is gone")
        # News of rooms of earlier tests may still come in between.
        got = [f for f in await reads_to_the_end(bob) if f.get("room", room) == room]
    seqs = [frame["seq"] for frame in bob.of("message.posted")]
    assert seqs == list(range(1, len(seqs) + 1))
    # What the kernel and the server's transport had was on its way; the queue was not.
    assert len(seqs) < late["seq"] - 10
    assert [frame["type"] for frame in got if frame["type"] != "message.posted"] in (
        ["room.removed", "pong"],
        ["presence.changed", "room.removed", "pong"],
    )
    assert [frame["type"] for frame in got][-2:] == ["room.removed", "pong"]


async def test_a_replay_ends_where_its_reader_is_put_out(company: Company) -> None:
    room = await make_private_room(company, company.bob)
    async with company.alice.tab(room) as alice, slow_socket(company.bob) as bob:
        for _ in range(500):
            await alice.post("x" * 10_000)
        await bob.sees("welcome")
        await bob.send(type="room.subscribe", room=room, after=0, ref="replay")
        await bob.sees("message.posted")
        await remove(company, room, company.bob)
        got = [f for f in await reads_to_the_end(bob) if f.get("room", room) == room]
    kinds = [frame["type"] for frame in got if frame["type"] != "message.posted"]
    assert "room.subscribed" not in kinds
    after = got[[frame["type"] for frame in got].index("room.removed") :]
    assert all(frame["type"] in {"room.removed", "error", "pong"} for frame in after)
    assert [frame["code"] for frame in after if frame["type"] == "error"] in (["no_such_room"], [])
    assert bob.of("message.posted")[-1]["seq"] < 490


async def test_who_is_asked_in_again_is_told_and_resumes(company: Company) -> None:
    room = await make_private_room(company, company.bob)
    async with company.alice.tab(room) as alice, company.bob.socket() as bob:
        await bob.sees("welcome")
        await alice.post("with Bob")
        await bob.asks("room.subscribe", room=room, after=0)
        await remove(company, room, company.bob)
        await bob.sees("room.removed")
        await alice.post("without Bob")
        await invite(company, room, company.bob)
        added = await bob.sees("room.added")
        assert (added["room"], added["kind"], added["role"]) == (room, "private", "member")
        assert (added["seq"], added["read"], added["unread"]) == (2, 2, 0)
        await bob.asks("room.subscribe", room=room, after=1)
        assert [frame["message"] for frame in bob.of("message.posted")] == [
            "with Bob",
            "without Bob",
        ]
        assert (await bob.post("I am back", room=room))["type"] == "ack"


# --- Who is outside


def test_every_command_has_its_entry() -> None:
    assert {command["type"] for command in COMMANDS} | ABOUT_ONESELF == set(protocol.COMMANDS)


@pytest.mark.parametrize("who", STRANGERS)
async def test_to_who_is_outside_a_private_room_is_one_that_does_not_exist(
    company: Company, who: str
) -> None:
    room = await room_that_is_closed_to_charlie(company, who)
    own = await company.charlie.make_room("Charlie's")
    async with company.alice.tab(room) as alice, company.charlie.socket() as charlie:
        message = await alice.post("between us")
        assert room not in str(await charlie.sees("welcome"))
        real = {"room": room, "message_id": message["id"]}
        none = {"room": "no-such-room", "message_id": 10**12}
        for command in COMMANDS:
            answer = await answer_to(charlie, {**command, **real})
            assert answer == await answer_to(charlie, {**command, **none}), command
            if command["type"] not in NOT_ANSWERED | {"room.unsubscribe"}:
                assert answer, command
                assert answer["code"] in REFUSALS, command
        # A reply to it from a room of one's own does not tell either.
        reply = {"type": "message.post", "message": "?", "room": own, "reply_to": message["id"]}
        assert (await charlie.asks(**reply))["code"] == "no_such_message"
        await alice.asks("message.edit", message_id=message["id"], message="still between us")
        await alice.asks("reaction.add", message_id=message["id"], emoji="🤫")
        await alice.send(type="typing.start", room=room)
        await alice.catches_up()
        await charlie.catches_up()
        assert about(room, charlie.got) == []
        # Nobody in the room noticed anything.
        quiet = {"welcome", "room.subscribed", "ack", "pong", "presence.changed"}
        told = [kind for kind in about(room, alice.got) if kind not in quiet]
        assert told == ["message.posted", "message.edited", "reaction.added"]
        for frame in alice.of("presence.changed"):
            assert "charlie" not in [who["username"] for who in frame["joined"]]


async def answer_to(socket: Socket, command: Frame) -> Frame | None:
    """Without what tells one try from another; None for commands that are not answered."""
    if command["type"] in NOT_ANSWERED:
        await socket.send(**command)
        # In its turn: an answer to the command would have come before.
        await socket.asks("room.unsubscribe", room="nowhere")
        return None
    answer = await socket.asks(**command)
    return {name: value for name, value in answer.items() if name not in {"ref", "client_id"}}


def about(room: str, frames: list[Frame]) -> list[str]:
    """The types of the frames that have to do with a room: the others are of other tests."""
    return [frame["type"] for frame in frames if room in json.dumps(frame)]


@pytest.mark.parametrize("who", STRANGERS)
async def test_the_address_of_a_private_room_is_closed_to_who_is_outside(
    company: Company, who: str
) -> None:
    room = await room_that_is_closed_to_charlie(company, who)
    async with company.alice.tab(room) as alice:
        for slug in (room, "no-such-room"):
            async with company.charlie.socket(f"{slug}/") as charlie:
                assert await charlie.is_closed_with() == 4404
                assert about(slug, charlie.got) == []
        assert about(room, await alice.catches_up()) == ["pong"]


@pytest.mark.parametrize("way_out", WAYS_OUT)
async def test_no_command_makes_a_member_again_of_who_is_out_of_a_public_room(
    company: Company, way_out: Any
) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        async with company.charlie.tab(room) as charlie:
            own = await charlie.post("I was here")
        await way_out(company, room, company.charlie)
        async with company.charlie.socket() as charlie:
            rooms = (await charlie.sees("welcome"))["rooms"]
            assert room not in [each["room"] for each in rooms]
            commands: list[Frame] = [
                {"type": "message.post", "message": "again"},
                {"type": "room.subscribe"},
                {"type": "room.subscribe", "after": 0},
                {"type": "message.edit", "message_id": own["id"], "message": "again"},
                {"type": "message.delete", "message_id": own["id"]},
                {"type": "reaction.add", "message_id": own["id"], "emoji": "👍"},
                {"type": "reaction.remove", "message_id": own["id"], "emoji": "👍"},
            ]
            for command in commands:
                answer = await charlie.asks(**{"room": room, **command})
                assert answer["type"] == "error", command
                assert answer["code"] in {"forbidden", "no_such_message"}, command
                if command["type"] in {"message.post", "room.subscribe"}:
                    assert answer["code"] == "forbidden"
            await alice.post("without Charlie")
            assert about(room, (await charlie.catches_up())) == []
        async with company.charlie.socket(f"{room}/") as charlie:
            assert await charlie.is_closed_with() in {4403, 4404}
            assert charlie.of("room.subscribed", "message.posted") == []
        by_http = await company.charlie.post_json(f"/chat/{room}/messages/", {"message": "again"})
        assert (by_http.status_code, by_http.json()["code"]) == (403, "forbidden")
        standing = company.server.rows(
            "SELECT standing FROM chat_membership m JOIN chat_room r ON r.id = m.room_id"
            " JOIN accounts_user u ON u.id = m.user_id WHERE r.slug = ? AND u.username = 'charlie'",
            room,
        )
        assert standing == [({leave: "left", remove: "removed", ban: "banned"}[way_out],)]
        await alice.catches_up()
        assert [frame["message"] for frame in alice.of("message.posted")] == [
            "I was here",
            "without Charlie",
        ]


async def test_who_left_a_public_room_comes_in_again_by_its_page(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.charlie.tab(room):
        pass
    await leave(company, room, company.charlie)
    async with company.charlie.socket() as charlie:
        await charlie.sees("welcome")
        assert (await charlie.asks("room.subscribe", room=room))["code"] == "forbidden"
        await company.charlie.web.get(f"/chat/{room}/")
        assert (await charlie.sees("room.added"))["room"] == room
        assert (await charlie.asks("room.subscribe", room=room))["type"] == "room.subscribed"


async def test_a_stranger_is_told_nothing_of_the_activity_in_a_private_room(
    company: Company,
) -> None:
    room = await make_private_room(company, company.bob)
    async with (
        company.alice.tab(room) as alice,
        company.bob.socket() as bob,
        company.charlie.socket() as charlie,
    ):
        for socket in (bob, charlie):
            await socket.sees("welcome")
        await alice.post("psst @bob and @charlie")
        news = await bob.sees("room.activity", where=lambda frame: frame["room"] == room)
        assert (news["room"], news["unread"], news["mentions"]) == (room, 1, 1)
        await charlie.catches_up()
        assert about(room, charlie.got) == []
        # Who is named but does not belong is not named.
        assert (await alice.sees("message.posted"))["mentions"] == ["bob"]


async def test_nothing_of_all_this_left_a_traceback_in_the_log(company: Company) -> None:
    assert "Traceback" not in company.server.text_of_log
