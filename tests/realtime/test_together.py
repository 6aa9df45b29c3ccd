"""Questions of many in one go: nobody waits for company, and nobody gets an old answer."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from chat.realtime.together import ITEMS_AT_ONCE, PARTS_AT_ONCE, Together


class Library:
    """Answers by doubling; keeps what was asked together, and can be made to take its time."""

    def __init__(self) -> None:
        self.came: list[int] = []
        self.parts: list[list[int]] = []
        self.answering = 0
        self.most_at_once = 0
        self.something_happened = asyncio.Event()
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.together: Together[int, int] = Together(self.answer)

    async def answer(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.parts.append(list(numbers))
        self.answering += 1
        self.most_at_once = max(self.most_at_once, self.answering)
        self.something_happened.set()
        await self.is_open.wait()
        self.answering -= 1
        if 13 in numbers:
            raise OSError("the roof is leaking")
        return [ValueError(f"{n}") if n < 0 else n * 2 for n in numbers]

    def ask(self, *numbers: int) -> list[asyncio.Task[int]]:
        return [asyncio.ensure_future(self.come(number)) for number in numbers]

    async def come(self, number: int) -> int:
        self.came.append(number)
        self.something_happened.set()
        return await self.together(number)

    async def until(self, is_true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not is_true():
                self.something_happened.clear()
                await self.something_happened.wait()


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
    asked: list[asyncio.Task[int]] = []
    for number in range(PARTS_AT_ONCE):
        asked.extend(library.ask(number))
        await library.until(lambda: len(library.parts) == len(asked))
    asked.extend(library.ask(*range(20, 25)))
    await library.until(lambda: 24 in library.came)
    library.is_open.set()
    await asyncio.gather(*asked)
    assert library.parts == [*([number] for number in range(PARTS_AT_ONCE)), [*range(20, 25)]]
    assert library.most_at_once == PARTS_AT_ONCE


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
    await library.until(lambda: bool(library.parts))
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
