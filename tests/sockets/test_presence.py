"""Who is here: persons, not tabs, and no flicker."""

import asyncio
import time
from contextlib import AsyncExitStack

import pytest

from tests.cast import Company

pytestmark = pytest.mark.asyncio


def names(people: list[dict[str, str]]) -> list[str]:
    return [who["username"] for who in people]


async def test_everybody_is_told_who_comes_and_who_goes(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        async with company.bob.tab(room) as bob:
            came = await alice.sees("presence.changed")
            assert (came["joined"], came["left"], came["count"]) == (
                [{"username": "bob", "name": "bob", "state": "online"}],
                [],
                2,
            )
            here = bob.of("room.subscribed")[0]
            assert (names(here["here"]), here["count"]) == (["alice", "bob"], 2)
            assert here["revision"] == came["revision"]
        closed = time.monotonic()
        went = await alice.sees("presence.changed")
        assert 4 < time.monotonic() - closed < 10
        assert (went["left"], went["count"]) == (["bob"], 1)
        assert went["revision"] == came["revision"] + 1


async def test_three_tabs_are_one_person(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, AsyncExitStack() as tabs:
        for _ in range(3):
            tab = await tabs.enter_async_context(company.bob.tab(room))
        assert names(tab.of("room.subscribed")[0]["here"]) == ["alice", "bob"]
        await alice.catches_up()
        assert len(alice.of("presence.changed")) == 1


async def test_a_reload_shows_nothing(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        for _ in range(10):
            async with company.bob.tab(room):
                pass
        async with company.bob.tab(room), company.charlie.tab(room):
            # Longer than the grace: had a leaving been pending, it would have been told.
            await asyncio.sleep(6)
            await alice.catches_up()
            told = alice.of("presence.changed")
    assert [names(event["joined"]) for event in told] == [["bob"], ["charlie"]]
    assert not any(event["left"] for event in told)


async def test_who_looks_away_in_every_tab_is_away(company: Company) -> None:
    room = await company.alice.make_room()
    async with (
        company.alice.tab(room) as alice,
        company.bob.tab(room) as desk,
        company.bob.tab(room) as phone,
    ):
        await desk.send(type="presence.idle")
        await desk.catches_up()
        await phone.send(type="presence.idle")
        away = await alice.sees("presence.changed", where=lambda frame: bool(frame["updated"]))
        assert away["updated"] == [{"username": "bob", "state": "away"}]
        await desk.send(type="presence.active")
        back = await alice.sees("presence.changed", where=lambda frame: bool(frame["updated"]))
        assert back["updated"] == [{"username": "bob", "state": "online"}]
        assert back["revision"] == away["revision"] + 1


async def test_leaving_a_room_is_told_while_the_connection_stays(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.tab(room) as bob:
        await bob.asks("room.unsubscribe", room=room)
        went = await alice.sees("presence.changed", where=lambda frame: bool(frame["left"]))
        assert went["left"] == ["bob"]


async def test_presence_stays_in_its_room(company: Company) -> None:
    room, other = await company.alice.make_room(), await company.alice.make_room()
    async with company.alice.tab(room) as alice, company.bob.tab(other) as bob:
        async with company.charlie.tab(other):
            await bob.sees("presence.changed")
        await alice.catches_up()
        assert alice.of("presence.changed") == []
