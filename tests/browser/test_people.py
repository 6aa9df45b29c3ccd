"""Who is here: a few, a crowd, and what is left of them while the line is cut."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.acting import connection, is_connected, people_here
from tests.browser.axe import is_fine, seen
from tests.browser.conftest import Visitor
from tests.chatter import Chatter, Socket
from tests.faults.test_stampede import crowd
from tests.running import RunningServer, running_server

pytestmark = pytest.mark.asyncio

CROWD = 232
HELD = 200
GUESTS = [f"Guest {number:03}" for number in range(CROWD)]
NAME_THEM = """
from accounts.models import User
for user in User.objects.filter(username__startswith="crowd-"):
    user.display_name = f"Guest {int(user.username.removeprefix('crowd-')):03}"
    user.save()
"""


@pytest.fixture(scope="module")
def place() -> Iterator[RunningServer]:
    """A server that this many people fit into, and that these tests stop and start."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def guests(place: RunningServer) -> list[Chatter]:
    people = crowd(place, CROWD)
    place.manage("shell", "-c", NAME_THEM)
    return people


@pytest.fixture
async def ada(place: RunningServer, guests: list[Chatter]) -> Chatter:
    """The first of them; her browser can send forms."""
    await guests[0].web.get("/chat/")
    return guests[0]


@asynccontextmanager
async def in_the_room(people: list[Chatter], room: str) -> AsyncIterator[list[Socket]]:
    sockets = [await each.connect(f"{room}/") for each in people]
    try:
        for socket in sockets:
            await socket.sees("room.subscribed", within=30)
        yield sockets
    finally:
        for socket in sockets:
            socket.line.transport.abort()


def field(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Find people")


def count(page: Page) -> Locator:
    return page.locator(".people__count")


def more(page: Page) -> Locator:
    return page.get_by_role("button", name="Show more")


def said(page: Page) -> Locator:
    return page.locator(".people__found")


async def names(page: Page) -> list[str]:
    return await people_here(page).locator(".person__name").all_inner_texts()


async def test_a_few_people_need_no_search_and_more_than_twenty_are_filtered_in_the_page(
    place: RunningServer, ada: Chatter, guests: list[Chatter], visit: Visitor
) -> None:
    room = await ada.make_room()
    page = await visit(place, ada, f"/chat/{room}/")
    await is_connected(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    async with in_the_room(guests[1:20], room):
        await expect(count(page)).to_have_text("20")
        await expect(field(page)).to_be_hidden()
        async with in_the_room(guests[20:25], room):
            await expect(count(page)).to_have_text("25")
            await field(page).fill("guest 02")
            await expect(people_here(page)).to_have_count(5)
            assert await names(page) == GUESTS[20:25]
            await expect(said(page)).to_have_text("5 people found")
            await page.keyboard.press("Escape")
            await expect(people_here(page)).to_have_count(25)
            await expect(more(page)).to_be_hidden()
            await field(page).fill("guest 000")
        # It stays while somebody uses it.
        await expect(count(page)).to_have_text("20")
        await expect(people_here(page)).to_have_count(1)
        await field(page).fill("")
        await expect(field(page)).to_be_hidden()
    assert not [url for url in asked if "/people/" in url]


async def test_of_a_crowd_everybody_can_be_found_and_the_number_is_true(
    place: RunningServer, ada: Chatter, guests: list[Chatter], visit: Visitor
) -> None:
    room = await ada.make_room()
    page = await visit(place, ada, f"/chat/{room}/")
    await is_connected(page)
    async with in_the_room(guests[1:], room) as sockets:
        await expect(count(page)).to_have_text(str(CROWD))
        await expect(people_here(page)).to_have_count(HELD)
        await expect(page.locator(".people__rest")).to_have_text(f"and {CROWD - HELD} more")
        held = set(await names(page))
        hidden = next(name for name in GUESTS if name not in held)

        await field(page).fill(hidden.lower())
        await expect(people_here(page)).to_have_count(1)
        assert await names(page) == [hidden]
        await expect(said(page)).to_have_text("1 person found")
        await field(page).fill("gue 22")
        await expect(people_here(page)).to_have_count(11)
        # The one by the username, crowd-22.
        assert set(await names(page)) == {*GUESTS[220:230], "Guest 022"}
        await field(page).fill("grace")
        await expect(said(page)).to_have_text("Nobody here is called “grace”.")
        await expect(people_here(page)).to_have_count(0)

        # By keyboard alone: out of the field, and on to everybody.
        await field(page).press("Escape")
        await expect(people_here(page)).to_have_count(HELD)
        await more(page).focus()
        await page.keyboard.press("Enter")
        await expect(people_here(page)).to_have_count(CROWD)
        assert set(await names(page)) == set(GUESTS)
        await expect(more(page)).to_be_hidden()
        assert await page.evaluate("document.activeElement.className") == "people__scroller"

        sockets[0].line.transport.abort()
        await expect(count(page)).to_have_text(str(CROWD - 1), timeout=20_000)
        # In a crowd nobody is told to come: who takes a place in the list was there before.
        await expect(page.locator(".movement", has_text="Guest 2")).to_have_count(0)


async def test_a_search_that_fails_says_so_and_can_be_tried_again(
    place: RunningServer, ada: Chatter, guests: list[Chatter], visit: Visitor
) -> None:
    room = await ada.make_room()
    page = await visit(place, ada, f"/chat/{room}/")
    await is_connected(page)

    async def refuse(route: Route) -> None:
        await route.abort()

    async with in_the_room(guests[1:], room):
        await expect(count(page)).to_have_text(str(CROWD))
        await page.route(re.compile("/people/"), refuse)
        held = set(await names(page))
        hidden = next(name for name in GUESTS if name not in held)
        await field(page).fill(hidden)
        await expect(said(page)).to_contain_text("There is no connection")
        await page.unroute_all()
        await page.get_by_role("button", name="Try again").click()
        await expect(people_here(page)).to_have_count(1)
        assert await names(page) == [hidden]


async def test_while_the_line_is_cut_the_last_list_stays_and_says_what_it_is(
    place: RunningServer, ada: Chatter, guests: list[Chatter], visit: Visitor
) -> None:
    room = await ada.make_room()
    grace = guests[1]
    page = await visit(place, ada, f"/chat/{room}/")
    await is_connected(page)
    theirs = await visit(place, grace, f"/chat/{room}/")
    await expect(people_here(page)).to_have_count(2)
    await expect(page.get_by_text("Guest 001 joined")).to_be_visible()
    place.kill()
    await expect(page.get_by_text("Not connected. These people were here before.")).to_be_visible()
    assert await names(page) == GUESTS[:2]
    await expect(people_here(page).first.locator(".person__state")).to_be_hidden()
    await asyncio.to_thread(place.start)
    for each in (page, theirs):
        await expect(connection(each)).to_be_empty(timeout=20_000)
        await expect(people_here(each)).to_have_count(2)
    await expect(page.get_by_text("Not connected.")).to_be_hidden()
    # She was on the list before: her coming back is no news.
    await expect(page.locator(".movement")).to_have_count(1)


@pytest.mark.parametrize("width", [1280, 320])
async def test_axe_finds_nothing_in_a_crowd(
    place: RunningServer,
    ada: Chatter,
    guests: list[Chatter],
    visit: Visitor,
    width: int,
) -> None:
    room = await ada.make_room()
    page = await visit(place, ada, f"/chat/{room}/", **seen(width))
    async with in_the_room(guests[1:205], room) as sockets:
        for socket in sockets[:3]:
            await socket.send(type="presence.idle")
        if width < 1000:
            await page.get_by_role("button", name="Show who is here").click()
        await expect(count(page)).to_have_text("205")
        await expect(more(page)).to_be_attached()
        await expect(people_here(page).filter(has_text="away")).to_have_count(3)
        await is_fine(page, "a crowd")
        await field(page).fill("guest 01")
        await expect(said(page)).to_have_text("10 people found")
        await is_fine(page, "found")
        await field(page).fill("nobody")
        await expect(said(page)).to_contain_text("Nobody here is called")
        await is_fine(page, "nobody found")
        await field(page).fill("")
        await page.context.set_offline(True)
        await expect(page.get_by_text("Not connected.")).to_be_visible(timeout=20_000)
        await is_fine(page, "offline")
