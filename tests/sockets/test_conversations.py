"""Conversations and settings on the socket: who hears what, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cast import Company
from tests.chatter import Chatter
from tests.sockets.test_private_rooms import delete

pytestmark = pytest.mark.asyncio


async def talk_of(by: Chatter, *others: Chatter) -> dict[str, Any]:
    """Their conversation, as `by` sees it."""
    names = [each.username for each in others]
    answer = await by.post_json("/chat/", {"kind": "direct", "people": names})
    assert answer.status_code in {200, 201}, answer.text
    room: dict[str, Any] = answer.json()
    return room


async def change(by: Chatter, room: str, **changes: Any) -> None:
    answer = await by.post_json(f"/chat/{room}/settings/", changes)
    assert answer.status_code == 200, answer.text


async def test_a_conversation_comes_with_its_first_message_to_its_people_alone(
    company: Company,
) -> None:
    room = (await talk_of(company.alice, company.bob))["room"]
    async with company.bob.socket() as bob, company.charlie.socket() as charlie:
        before = (await bob.sees("welcome"))["rooms"]
        await charlie.sees("welcome")
        async with company.alice.tab(room) as alice:
            posted = await alice.post("between us")
            assert posted["type"] == "ack"
            if room not in [each["room"] for each in before]:
                added = await bob.sees("room.added")
                assert (added["room"], added["name"], added["unread"]) == (room, "alice", 1)
            await bob.asks("room.subscribe", room=room, after=0)
            assert [each["message"] for each in bob.of("message.posted")][-1] == "between us"
        frames = [*charlie.frames, *map(str, await charlie.catches_up())]
    assert not [frame for frame in frames if room in frame or "between us" in frame]


async def test_each_is_welcomed_with_the_others_names(company: Company) -> None:
    talk = await talk_of(company.alice, company.bob)
    async with company.alice.tab(talk["room"]) as alice:
        await alice.post("hi")
    for person, other in ((company.alice, "bob"), (company.bob, "alice")):
        async with person.socket() as socket:
            rooms = (await socket.sees("welcome"))["rooms"]
        [own] = [each for each in rooms if each["room"] == talk["room"]]
        assert (own["name"], own["kind"], own["role"]) == (other, "direct", "member")
        assert own["people"] == [{"username": other, "name": other}]


async def test_who_puts_it_away_hears_nothing_until_somebody_writes(company: Company) -> None:
    room = (await talk_of(company.alice, company.bob))["room"]
    async with company.alice.tab(room) as alice, company.bob.socket() as bob:
        await alice.post("one")
        await bob.asks("room.subscribe", room=room)
        answer = await delete(company.bob, f"/chat/{room}/members/bob/")
        assert answer.status_code == 200
        await bob.sees("room.removed")
        await alice.post("two")
        added = await bob.sees("room.added")
        assert (added["room"], added["unread"] > 0) == (room, True)
        assert (await bob.asks("room.subscribe", room=room))["type"] == "room.subscribed"


async def test_settings_reach_every_member_and_take_effect_on_every_door(company: Company) -> None:
    room = await company.alice.make_room()
    await company.bob.web.get(f"/chat/{room}/")
    async with company.bob.tab(room) as looking, company.bob.socket() as elsewhere:
        await elsewhere.sees("welcome")
        said = await looking.post("hi")
        await change(company.alice, room, topic="Tea", archived=True)
        for socket in (looking, elsewhere):
            event = await socket.sees("room.updated")
            assert (event["room"], event["topic"], event["archived"]) == (room, "Tea", True)
        for command in (
            {"type": "message.post", "message": "still here?"},
            {"type": "message.edit", "message_id": said["id"], "message": "ho"},
            {"type": "reaction.add", "message_id": said["id"], "emoji": "🍅"},
        ):
            refused = await looking.asks(**command, room=room)
            assert (refused["type"], refused["code"]) == ("error", "read_only")
        await change(company.alice, room, archived=False, posting="moderators")
        await looking.sees("room.updated", where=lambda event: event["posting"] == "moderators")
        assert (await looking.post("?"))["code"] == "read_only"
        await company.alice.post_json(
            f"/chat/{room}/members/", {"username": "bob", "role": "moderator"}
        )
        await looking.sees("room.membership")
        assert (await looking.post("News"))["type"] == "ack"
