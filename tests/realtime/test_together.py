"""Questions of many in one go: nobody waits for company, and nobody gets an old answer."""

import asyncio
from collections.abc import Sequence

import pytest

from chat.realtime.together import ITEMS_AT_ONCE, PARTS_AT_ONCE, Together


class Library:
    """Answers by doubling; keeps what was asked together, and can be made to take its time."""

    def __init__(self) -> None:
        self.parts: list[list[int]] = []
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.together: Together[int, int] = Together(self.answer)

    async def answer(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.parts.append(list(numbers))
        await self.is_open.wait()
        if 13 in numbers:
            raise OSError("the roof is leaking")
        return [ValueError(f"{n}") if n < 0 else n * 2 for n in numbers]

    def ask(self, *numbers: int) -> list[asyncio.Task[int]]:
        return [asyncio.ensure_future(self.together(number)) for number in numbers]


async def test_who_comes_alone_is_answered_at_once() -> None:
    library = Library()
    assert await library.together(4) == 8
    assert library.parts == [[4]]


async def test_those_who_come_in_the_same_moment_are_asked_for_together() -> None:
    library = Library()
    assert await asyncio.gather(*library.ask(*range(10))) == [2 * n for n in range(10)]
    assert library.parts == [list(range(10))]


async def test_who_comes_meanwhile_goes_with_the_next_part() -> None:
    library = Library()
    library.is_open.clear()
    asked = []
    for number in range(PARTS_AT_ONCE):
        asked += library.ask(number)
        await asyncio.sleep(0.01)
    asked += library.ask(*range(20, 25))
    await asyncio.sleep(0.01)
    assert library.parts == [[number] for number in range(PARTS_AT_ONCE)]
    library.is_open.set()
    await asyncio.gather(*asked)
    assert library.parts[PARTS_AT_ONCE:] == [[20, 21, 22, 23, 24]]


async def test_a_crowd_is_asked_for_in_parts() -> None:
    library = Library()
    count = ITEMS_AT_ONCE * 3 + 1
    numbers = [n for n in range(count + 1) if n != 13]
    assert await asyncio.gather(*library.ask(*numbers)) == [2 * n for n in numbers]
    assert max(map(len, library.parts)) == ITEMS_AT_ONCE


async def test_one_bad_question_does_not_spoil_the_others() -> None:
    library = Library()
    good, bad = library.ask(1, -1)
    assert await good == 2
    with pytest.raises(ValueError, match="-1"):
        await bad


async def test_where_nobody_can_answer_everybody_is_told_and_it_goes_on() -> None:
    library = Library()
    for task in library.ask(13, 1):
        with pytest.raises(OSError, match="roof"):
            await task
    assert await library.together(2) == 4


async def test_who_has_gone_is_no_problem_for_the_others() -> None:
    library = Library()
    library.is_open.clear()
    gone, stays = library.ask(1, 2)
    await asyncio.sleep(0.01)
    gone.cancel()
    library.is_open.set()
    assert await stays == 4


async def test_who_asks_again_and_again_is_always_answered() -> None:
    library = Library()

    async def ask_on(number: int) -> None:
        for _ in range(50):
            assert await library.together(number) == 2 * number

    async with asyncio.timeout(10):
        await asyncio.gather(*(ask_on(number) for number in range(1, 12)))
