"""A replay of very long messages, with a server that really runs."""

import pytest

from tests.cast import Company

pytestmark = pytest.mark.asyncio

# Quotation marks take twice the room once they are JSON: the longest that people really type.
LONGEST = '"' * 9_990
COUNT = 150


@pytest.mark.parametrize("batch", [False, True], ids=["single", "batch"])
async def test_who_missed_many_of_the_longest_messages_gets_them_all(
    company: Company, batch: bool
) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        for number in range(1, COUNT + 1):
            await alice.send(message=f"{number:06} {LONGEST}")
            await alice.sees("ack")
    async with company.bob.tab(room, batch=batch) as bob:
        subscribed = await bob.asks("room.subscribe", room=room, after=0)
        assert (subscribed["type"], subscribed["seq"]) == ("room.subscribed", COUNT)
        assert subscribed["reset"] is False
        got = [event["seq"] for event in bob.of("message.posted")]
    assert got == list(range(1, COUNT + 1))


async def test_who_comes_while_very_long_messages_are_said_stays(company: Company) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice:
        for number in range(1, COUNT + 1):
            await alice.send(message=f"{number:06} {LONGEST}")
            await alice.sees("ack")
            if number % 30 == 0:
                async with company.bob.tab(room) as bob:
                    subscribed = await bob.asks("room.subscribe", room=room, after=0)
                    assert subscribed["seq"] == number
                    assert len(bob.of("message.posted")) == number
