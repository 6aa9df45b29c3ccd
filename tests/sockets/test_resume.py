"""Coming back: exactly what was missed, before anything newer."""

import asyncio
import re

import pytest

from tests.cast import Company

pytestmark = pytest.mark.asyncio


async def test_a_subscription_brings_what_was_missed_and_then_the_room_as_it_is(
    company: Company,
) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        posted = [await alice.post(f"message {number}") for number in range(1, 6)]
        await alice.asks("message.delete", message_id=posted[1]["id"])
        async with company.bob.socket() as bob:
            await bob.sees("welcome")
            await bob.send(type="room.subscribe", room=room, after=1)
            subscribed = await bob.sees("room.subscribed")
            missed = bob.of("message.posted", "message.deleted")
    assert [(event["type"], event["prev"], event["seq"]) for event in missed] == [
        ("message.posted", 1, 3),
        ("message.posted", 3, 4),
        ("message.posted", 4, 5),
        ("message.deleted", 5, 6),
    ]
    assert (subscribed["seq"], subscribed["reset"], subscribed["role"]) == (6, False, "member")
    assert bob.got[-1] == subscribed


async def test_the_welcome_tells_of_which_version_pages_are(company: Company) -> None:
    page = await company.bob.web.get("/chat/")
    async with company.bob.socket() as bob:
        version = (await bob.sees("welcome"))["version"]
    assert re.fullmatch(r"[0-9a-f]{12}", version)
    assert f'src="/static/{version}/js/lobby.js"' in page.text


async def test_without_after_nothing_is_replayed(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.socket() as bob:
        await alice.post("before")
        await bob.sees("welcome")
        await bob.send(type="room.subscribe", room=room)
        assert (await bob.sees("room.subscribed"))["seq"] == 1
        await alice.post("after")
        assert (await bob.sees("message.posted"))["message"] == "after"


@pytest.mark.parametrize("after", [7, 9_000_000])
async def test_a_tick_that_the_room_never_had_resets_the_client(
    company: Company, after: int
) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        await alice.post("hi")
        subscribed = await bob.asks("room.subscribe", room=room, after=after)
        assert (subscribed["reset"], subscribed["seq"]) == (True, 1)


async def test_subscribing_again_starts_afresh(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        for number in range(3):
            await alice.post(f"{number}")
        await bob.sees("message.posted", where=lambda frame: frame["seq"] == 3)
        again = await bob.asks("room.subscribe", room=room, after=0)
        assert [frame["seq"] for frame in bob.of("message.posted")] == [1, 2, 3, 1, 2, 3]
        assert [who["username"] for who in again["here"]] == ["alice", "bob"]
        await alice.post("live")
        assert (await bob.sees("message.posted", where=lambda f: f["seq"] == 4))["prev"] == 3
        assert alice.of("presence.changed")[1:] == []


async def test_a_replay_joins_the_live_stream_without_hole_or_double_in_a_busy_room(
    company: Company,
) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        for number in range(150):
            await alice.send(message=f"{number}")
        await alice.sees("message.posted", where=lambda frame: frame["seq"] == 150)

        async def keep_talking() -> None:
            while True:
                await alice.post("and on, and on")

        async with asyncio.TaskGroup() as busy:
            talking = [busy.create_task(keep_talking())]
            for after in (0, 70, 149):
                async with company.bob.socket("?batch=1") as bob:
                    await bob.sees("welcome")
                    await bob.send(type="room.subscribe", room=room, after=after)
                    at = (await bob.sees("room.subscribed"))["seq"]
                    await bob.sees("message.posted", where=lambda f, at=at: f["seq"] > at + 3)
                    ticks = [frame["seq"] for frame in bob.of("message.posted")]
                    assert ticks == list(range(after + 1, ticks[-1] + 1))
            for task in talking:
                task.cancel()


async def test_what_was_unsubscribed_is_not_heard_any_more(company: Company) -> None:
    room, other = await company.alice.make_room(), await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.socket() as bob:
        await bob.sees("welcome")
        for slug in (room, other):
            await bob.asks("room.subscribe", room=slug)
        assert (await bob.asks("room.unsubscribe", room=room))["type"] == "ok"
        await alice.post("into the void")
        await alice.post("heard", room=other)
        assert (await bob.sees("message.posted"))["message"] == "heard"


async def test_a_pong_tells_the_heads_of_the_subscribed_rooms(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        assert (await alice.asks("ping"))["heads"] == {room: 0}
        await alice.post("tick")
        await alice.sees("message.posted")
        assert (await alice.asks("ping"))["heads"] == {room: 1}


async def test_the_history_and_a_subscription_after_it_make_the_whole_room(
    company: Company,
) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.socket() as bob:
        await alice.post("in the page")
        page = (await company.bob.web.get(f"/chat/{room}/messages/")).json()
        await alice.post("meanwhile")
        await bob.sees("welcome")
        await bob.send(type="room.subscribe", room=room, after=page["seq"])
        await bob.sees("room.subscribed")
    told = [*page["messages"], *bob.of("message.posted")]
    assert [message["message"] for message in told] == ["in the page", "meanwhile"]


async def test_reading_is_told_to_the_readers_other_connections(company: Company) -> None:
    room = await company.alice.make_room()
    async with (
        company.alice.tab(room) as alice,
        company.bob.tab(room) as desk,
        company.bob.socket() as phone,
    ):
        await phone.sees("welcome")
        for number in range(3):
            await alice.post(f"{number}")
        assert (await desk.asks("room.read", seq=2))["type"] == "ok"
        read = await phone.sees("room.read")
        assert (read["room"], read["seq"], read["unread"]) == (room, 2, 1)
        # Only forward, unless it is marked as unread.
        await desk.asks("room.read", seq=1)
        await desk.asks("room.read", seq=1, unread=True)
        assert (await phone.sees("room.read"))["unread"] == 2
        assert desk.of("room.read") == []
    async with company.bob.socket() as later:
        rooms = {each["room"]: each for each in (await later.sees("welcome"))["rooms"]}
    assert (rooms[room]["read"], rooms[room]["unread"]) == (1, 2)
