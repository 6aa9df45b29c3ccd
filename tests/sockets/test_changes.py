"""Editing, reacting, reading: every durable change is one tick, and what waits is counted right."""

import time
import uuid
from typing import Any

import pytest

from tests.cast import Company
from tests.chatter import Frame, Socket

pytestmark = pytest.mark.asyncio

LONGEST_REPLAY = 10_000

INSERT_MESSAGES = """
    WITH RECURSIVE ticks(tick) AS (
        SELECT room.tick + 1 FROM chat_room room WHERE room.slug = ?1
        UNION ALL SELECT tick + 1 FROM ticks LIMIT ?2
    )
    INSERT INTO chat_message
        (room_id, seq, number, tick, sender_id, text, mentions, kind, client_id, digest, created_at,
         change)
    SELECT room.id, ticks.tick, ticks.tick, ticks.tick, room.created_by_id,
           'message ' || ticks.tick, '[]', 'text', lower(hex(randomblob(16))), randomblob(16),
           '2026-01-01 00:00:00', 'message.posted'
    FROM ticks, chat_room room WHERE room.slug = ?1
"""


async def tick_of(socket: Socket) -> int:
    """The tick of the socket's room, as it is told."""
    heads = (await socket.asks("ping"))["heads"]
    return int(heads[socket.room])


# --- Editing


async def test_an_edit_reaches_everybody_as_the_whole_message(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        posted = await alice.post("Helo")
        before = await bob.sees("message.posted")
        ok = await alice.asks("message.edit", message_id=posted["id"], message=" Hello ")
        event = await bob.sees("message.edited")
        own = await alice.sees("message.edited")
    assert ok["type"] == "ok"
    assert own == event
    assert (event["room"], event["seq"], event["prev"]) == (room, 2, 1)
    changed = event["changed"]
    assert (changed["message"], changed["seq"], changed["tick"]) == ("Hello", 1, 2)
    assert before["edited"] is None
    assert changed["edited"] >= before["timestamp"]
    kept = {name for name in before if name not in {"type", "prev", "message", "tick", "edited"}}
    assert all(changed[name] == before[name] for name in kept)
    history = (await company.bob.web.get(f"/chat/{room}/messages/")).json()
    assert history["messages"] == [changed]


async def test_earlier_texts_are_kept_until_the_message_is_deleted(company: Company) -> None:
    room = await company.alice.make_room()
    revisions = "SELECT text FROM chat_messagerevision WHERE message_id = ? ORDER BY id"
    async with company.alice.tab(room) as alice:
        posted = await alice.post("one")
        for text in ("two", "two", "three"):
            await alice.asks("message.edit", message_id=posted["id"], message=text)
        assert company.server.rows(revisions, posted["id"]) == [("one",), ("two",)]
        await alice.asks("message.delete", message_id=posted["id"])
        assert company.server.rows(revisions, posted["id"]) == []


async def test_what_changes_nothing_is_ok_and_takes_no_tick(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        message_id = (await alice.post("same"))["id"]
        await alice.asks("reaction.add", message_id=message_id, emoji="👍")
        for command in [
            {"type": "message.edit", "message": "same"},
            {"type": "message.edit", "message": "  same\n"},
            {"type": "reaction.add", "emoji": "👍"},
            {"type": "reaction.remove", "emoji": "👎"},
        ]:
            assert (await alice.asks(**command, message_id=message_id))["type"] == "ok"
        assert await tick_of(alice) == 2
        assert (await alice.asks("message.delete", message_id=message_id))["type"] == "ok"
        assert (await alice.asks("message.delete", message_id=message_id))["type"] == "ok"
        assert await tick_of(alice) == 3
        assert [frame["type"] for frame in alice.of("message.edited", "message.deleted")] == [
            "message.deleted"
        ]


async def test_a_deleted_message_changes_no_more(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        message_id = (await alice.post("gone"))["id"]
        await alice.asks("reaction.add", message_id=message_id, emoji="👍")
        await alice.asks("message.delete", message_id=message_id)
        event = await alice.sees("message.deleted")
        assert (event["changed"]["message"], event["changed"]["reactions"]) == ("", {})
        for command in [
            {"type": "message.edit", "message": "back again"},
            {"type": "reaction.add", "emoji": "👍"},
            {"type": "reaction.remove", "emoji": "👍"},
        ]:
            refusal = await alice.asks(**command, message_id=message_id)
            assert refusal["code"] == "no_such_message"
        assert await tick_of(alice) == 3


async def test_only_its_author_edits_a_message(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        of_alice, of_bob = await alice.post("hers"), await bob.post("his")
        for socket, message in ((alice, of_bob), (bob, of_alice)):
            refusal = await socket.asks("message.edit", message_id=message["id"], message="mine")
            assert refusal["code"] == "forbidden"
        assert await tick_of(alice) == 2


@pytest.mark.parametrize(
    ("text", "code"), [("", "empty"), (" \n", "empty"), ("x" * 10_001, "too_long")], ids=str
)
async def test_an_edit_needs_what_a_message_needs(company: Company, text: str, code: str) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        posted = await alice.post("fine")
        refusal = await alice.asks("message.edit", message_id=posted["id"], message=text)
        assert refusal["code"] == code
        assert await tick_of(alice) == 1


@pytest.mark.parametrize("message_id", [0, -1, 10**12, 2**63 - 1])
async def test_an_id_that_nobody_has_is_no_message(company: Company, message_id: int) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        for command in [
            {"type": "message.edit", "message": "hi"},
            {"type": "message.delete"},
            {"type": "reaction.add", "emoji": "👍"},
            {"type": "reaction.remove", "emoji": "👍"},
        ]:
            refusal = await alice.asks(**command, message_id=message_id)
            assert refusal["code"] == "no_such_message"


# --- Reacting


async def test_reactions_are_told_with_everybody_who_reacted_so(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        message_id = (await alice.post("cake?"))["id"]
        await bob.asks("reaction.add", message_id=message_id, emoji="🎂")
        await alice.asks("reaction.add", message_id=message_id, emoji="🎂")
        await alice.asks("reaction.add", message_id=message_id, emoji="👍🏽")
        await bob.asks("reaction.remove", message_id=message_id, emoji="🎂")
        await bob.sees("reaction.removed")
        told = [
            (event["type"], event["seq"], event["prev"], event["changed"]["reactions"])
            for event in bob.of("reaction.added", "reaction.removed")
        ]
    assert told == [
        ("reaction.added", 2, 1, {"🎂": ["bob"]}),
        ("reaction.added", 3, 2, {"🎂": ["bob", "alice"]}),
        ("reaction.added", 4, 3, {"🎂": ["bob", "alice"], "👍🏽": ["alice"]}),
        ("reaction.removed", 5, 4, {"🎂": ["alice"], "👍🏽": ["alice"]}),
    ]
    history = (await company.bob.web.get(f"/chat/{room}/messages/")).json()
    assert history["messages"][0]["reactions"] == told[-1][3]
    assert history["messages"][0]["edited"] is None


async def test_nobody_takes_back_the_reaction_of_somebody_else(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        message_id = (await alice.post("cake?"))["id"]
        await bob.asks("reaction.add", message_id=message_id, emoji="🎂")
        ok = await alice.asks("reaction.remove", message_id=message_id, emoji="🎂")
        assert ok["type"] == "ok"
        assert await tick_of(alice) == 2


@pytest.mark.parametrize("emoji", ["", "a", "yes", "🎂" * 33, "<b>", "1", " ", "\u200d", "🎂 x"])
async def test_a_reaction_is_an_emoji(company: Company, emoji: str) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        message_id = (await alice.post("cake?"))["id"]
        refusal = await alice.asks("reaction.add", message_id=message_id, emoji=emoji)
        assert refusal["code"] == "bad_frame"
        assert await tick_of(alice) == 1


async def test_a_message_has_at_most_fifty_reactions(company: Company) -> None:
    room = await company.alice.make_room()
    emoji = [chr(0x1F400 + number) for number in range(51)]
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        message_id = (await alice.post("zoo"))["id"]
        for each in emoji[:50]:
            assert (await alice.asks("reaction.add", message_id=message_id, emoji=each))[
                "type"
            ] == "ok"
        refusal = await bob.asks("reaction.add", message_id=message_id, emoji=emoji[50])
        assert refusal["code"] == "forbidden"
        # One that is there may be joined in.
        ok = await bob.asks("reaction.add", message_id=message_id, emoji=emoji[0])
        assert ok["type"] == "ok"
        assert await tick_of(alice) == 52


# --- Replaying changes


async def test_several_changes_of_one_message_are_replayed_as_its_latest(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        ids = [(await alice.post(f"message {number}"))["id"] for number in range(1, 6)]
        await alice.asks("message.edit", message_id=ids[0], message="edited once")
        await alice.asks("reaction.add", message_id=ids[0], emoji="👍")
        await alice.asks("message.edit", message_id=ids[1], message="edited")
        await alice.asks("message.edit", message_id=ids[0], message="edited twice")
        await alice.asks("message.delete", message_id=ids[2])
        await alice.asks("reaction.add", message_id=ids[3], emoji="🎉")
        await alice.asks("reaction.remove", message_id=ids[3], emoji="🎉")
        async with company.bob.socket() as bob:
            await bob.sees("welcome")
            for after, expected in [
                (5, [(8, 5), (9, 8), (10, 9), (12, 10)]),
                (0, [(5, 0), (8, 5), (9, 8), (10, 9), (12, 10)]),
                (9, [(10, 9), (12, 10)]),
                (11, [(12, 11)]),
                (12, []),
            ]:
                before = len(bob.got)
                subscribed = await bob.asks("room.subscribe", room=room, after=after)
                told = events_in(bob.got[before:])
                assert [(event["seq"], event["prev"]) for event in told] == expected
                assert (subscribed["seq"], subscribed["reset"]) == (12, False)
            bob.got.clear()
            await bob.asks("room.subscribe", room=room, after=0)
            assert [event["type"] for event in events_in(bob.got)] == [
                "message.posted",
                "message.edited",
                "message.edited",
                "message.deleted",
                "reaction.removed",
            ]
            edited = events_in(bob.got)[2]["changed"]
            assert (edited["message"], edited["reactions"]) == ("edited twice", {"👍": ["alice"]})
            # The same over HTTP.
            log = (await company.bob.web.get(f"/chat/{room}/messages/?after=5")).json()
            assert [message["tick"] for message in log["messages"]] == [8, 9, 10, 12]


def events_in(frames: list[Frame]) -> list[Frame]:
    return [frame for frame in frames if "prev" in frame]


async def test_ten_thousand_changes_are_replayed_in_full_and_one_more_resets(
    company: Company,
) -> None:
    room = await company.alice.make_room()
    company.server.change(INSERT_MESSAGES, room, LONGEST_REPLAY)
    company.server.change("UPDATE chat_room SET tick = ? WHERE slug = ?", LONGEST_REPLAY, room)
    async with company.bob.socket("?batch=1") as bob:
        await bob.sees("welcome")
        await bob.send(type="room.subscribe", room=room, after=0)
        subscribed = await bob.sees("room.subscribed", within=40)
        assert (subscribed["seq"], subscribed["reset"]) == (LONGEST_REPLAY, False)
        ticks = [event["seq"] for event in events_in(bob.got)]
        assert ticks == list(range(1, LONGEST_REPLAY + 1))
        assert all(event["prev"] == event["seq"] - 1 for event in events_in(bob.got))
        bob.got.clear()
        ack = await bob.post("one more", room=room)
        assert ack["seq"] == LONGEST_REPLAY + 1
        subscribed = await bob.asks("room.subscribe", room=room, after=0)
        assert (subscribed["seq"], subscribed["reset"]) == (LONGEST_REPLAY + 1, True)
        assert [event["seq"] for event in events_in(bob.got)] == [LONGEST_REPLAY + 1]  # live
        subscribed = await bob.asks("room.subscribe", room=room, after=LONGEST_REPLAY - 1)
        assert subscribed["reset"] is False
        assert [event["seq"] for event in events_in(bob.got)][1:] == [
            LONGEST_REPLAY,
            LONGEST_REPLAY + 1,
        ]


# --- What waits


async def summary(company: Company, room: str) -> dict[str, Any]:
    """Bob's room, as his next connection is told."""
    async with company.bob.socket() as bob:
        rooms: list[Frame] = (await bob.sees("welcome"))["rooms"]
    return next(each for each in rooms if each["room"] == room)


async def test_what_waits_is_what_others_said_behind_the_position_and_did_not_delete(
    company: Company,
) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        ids = [(await alice.post(text))["id"] for text in ("a", "b @bob", "c", "@bob d", "@bobby")]
        told = await summary(company, room)
        assert (told["seq"], told["read"], told["unread"], told["mentions"]) == (5, 0, 5, 2)
        await alice.asks("message.delete", message_id=ids[1])
        told = await summary(company, room)
        assert (told["unread"], told["mentions"]) == (4, 1)
        # Being named by an edit counts, and being named no more does not.
        await alice.asks("message.edit", message_id=ids[2], message="c @bob")
        await alice.asks("message.edit", message_id=ids[3], message="d")
        await alice.asks("reaction.add", message_id=ids[0], emoji="👍")
        told = await summary(company, room)
        assert (told["seq"], told["unread"], told["mentions"]) == (9, 4, 1)
        await bob.asks("room.read", seq=3)
        told = await summary(company, room)
        assert (told["read"], told["unread"], told["mentions"]) == (3, 2, 0)
        # Beyond the clock there is nothing to have read.
        await bob.asks("room.read", seq=10**9)
        told = await summary(company, room)
        assert (told["read"], told["unread"]) == (9, 0)
        # Who says something has seen what was there.
        await alice.post("e")
        await bob.post("f @bob")
        told = await summary(company, room)
        assert (told["read"], told["unread"], told["mentions"]) == (11, 0, 0)


async def test_news_of_a_room_that_is_not_on_screen_come_at_most_once_a_second(
    company: Company,
) -> None:
    room, other = await company.alice.make_room(), await company.alice.make_room()
    for slug in (room, other):
        async with company.bob.tab(slug):
            pass
    async with (
        company.alice.tab(room) as alice,
        company.bob.tab(other) as bob,
        company.bob.tab(room) as looking,
    ):
        started = time.monotonic()
        posted = 0
        while time.monotonic() - started < 3.5:
            await alice.post("@bob" if posted % 2 else "psst")
            posted += 1
        await bob.sees(
            "room.activity",
            where=lambda frame: frame["room"] == room and frame["seq"] == posted,
        )
        lasted = time.monotonic() - started
        told = [frame for frame in bob.of("room.activity") if frame["room"] == room]
        assert 2 <= len(told) <= lasted + 2
        for news in told:
            assert news["unread"] == news["seq"]
            assert news["mentions"] == news["seq"] // 2
        assert [frame for frame in looking.of("room.activity") if frame["room"] == room] == []
        # His own words are no news to him, and neither are reactions and edits.
        await looking.post("mine")
        await bob.catches_up()
        assert bob.of("message.posted") == []


async def test_a_ref_comes_back_with_what_answers_a_change(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        client_id = str(uuid.uuid4())
        await alice.send(message="hi", client_id=client_id, ref=1.5)
        assert (await alice.sees("ack"))["ref"] == 1.5
        await alice.send(type="message.delete", message_id=10**12, ref="no")
        assert (await alice.sees("error"))["ref"] == "no"


async def test_nothing_of_all_this_left_a_traceback_in_the_log(company: Company) -> None:
    assert "Traceback" not in company.server.text_of_log
