"""Commands that wait for their turn: in order, and bounded in number and size."""

import asyncio

import pytest

from chat.realtime.inbox import Inbox

SOON = 5.0
AT_ONCE = 0.01


def inbox(*, most: int = 3, most_chars: int = 100) -> Inbox[str]:
    return Inbox(most=most, most_chars=most_chars)


async def test_commands_are_taken_in_the_order_of_their_coming() -> None:
    box = inbox()
    for item in "abc":
        await box.put(item, 1, patience=AT_ONCE)
    assert [box.take() for _ in range(3)] == ["a", "b", "c"]


async def test_an_empty_inbox_gives_nothing() -> None:
    assert inbox().take() is None


async def test_many_go_through_a_narrow_inbox_in_order() -> None:
    box = inbox(most=2)
    items = [f"{number}" for number in range(200)]

    async def put() -> None:
        for item in items:
            await box.put(item, 40, patience=SOON)

    putting = asyncio.create_task(put())
    taken = []
    while len(taken) < len(items):
        if item := box.take():
            taken.append(item)
        await asyncio.sleep(0)
    assert taken == items
    await putting
    assert (box.chars, len(box.waiting)) == (0, 0)


@pytest.mark.parametrize("chars", [[1, 1, 1], [100], [60, 60]], ids=["number", "one", "size"])
async def test_a_full_inbox_keeps_the_next_one_waiting_until_there_is_room(
    chars: list[int],
) -> None:
    box = inbox()
    for each in chars:
        await box.put("a", each, patience=AT_ONCE)
    putting = asyncio.create_task(box.put("last", 1, patience=SOON))
    await asyncio.sleep(0)
    assert not putting.done()
    assert len(box.waiting) == len(chars)
    taken = [box.take() for _ in chars]
    await putting
    assert [*taken, box.take()] == [*"a" * len(chars), "last"]


async def test_who_waits_too_long_is_told_so_and_nothing_is_kept() -> None:
    box = inbox(most=1)
    await box.put("a", 1, patience=AT_ONCE)
    with pytest.raises(TimeoutError):
        await box.put("b", 1, patience=AT_ONCE)
    assert box.take() == "a"
    assert not box.waiting


async def test_after_a_refusal_it_goes_on_as_soon_as_there_is_room() -> None:
    box = inbox(most=1)
    await box.put("a", 1, patience=AT_ONCE)
    with pytest.raises(TimeoutError):
        await box.put("b", 1, patience=AT_ONCE)
    box.take()
    await box.put("c", 1, patience=AT_ONCE)
    assert box.take() == "c"
