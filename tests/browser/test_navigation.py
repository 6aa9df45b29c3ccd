"""Getting around, being told, and the phone."""

import asyncio
import re
import uuid
from contextlib import suppress
from typing import Any

import pytest
from playwright.async_api import Error, Locator, Page, Route, expect

from tests.browser.acting import becomes_true, is_connected, is_shown, message_box, messages
from tests.browser.axe import is_fine
from tests.browser.conftest import Visitor
from tests.cast import Company
from tests.chatter import Chatter

pytestmark = pytest.mark.asyncio

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

# What a browser shows outside of the page, kept where a test sees it.
NOTICES = """
  window.notices = [];
  window.Notification = class {
    static permission = "granted";
    static requestPermission = async () => "granted";
    constructor(title, options) {
      Object.assign(this, { title, ...options });
      window.notices.push(this);
    }
    close() {}
  };
"""


async def room_of(person: Chatter, *others: Chatter, name: str = "Shed") -> str:
    slug = await person.make_room(f"{name} {uuid.uuid4().hex[:6]}")
    for other in others:
        await other.web.get(f"/chat/{slug}/")
    return slug


def waiting(page: Page, room: str) -> Locator:
    return way_to(page, room).locator(".unread")


async def is_at(page: Page, room: str) -> None:
    await expect(page).to_have_url(re.compile(f"/chat/{room}/"))
    await is_connected(page)


async def test_a_few_letters_lead_to_another_room(
    company: Company, visit: Visitor, room: str
) -> None:
    sign = uuid.uuid4().hex[:6]
    public = await company.charlie.make_room(f"Orangery {sign}")
    hidden = f"Orangery of secrets {sign}"
    await company.charlie.post_json("/chat/", {"name": hidden, "kind": "private"})
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    await page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Go to a room or person")
    await expect(field).to_be_focused()
    await is_fine(page, "the switcher")
    await page.keyboard.press("Escape")
    await expect(message_box(page)).to_be_focused()
    await page.keyboard.press("Control+k")
    await expect(field).to_be_focused()
    await page.keyboard.type(f"orangery {sign}")
    option = page.get_by_role("option", name=f"Orangery {sign}")
    await expect(option).to_have_attribute("aria-selected", "true")
    await expect(page.get_by_role("option")).to_have_count(1)
    assert await field.get_attribute("aria-activedescendant") == await option.get_attribute("id")
    await page.keyboard.press("Enter")
    await is_at(page, public)
    await page.get_by_role("button", name="Keyboard shortcuts").click()
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(dialog).to_contain_text("Next unread room")
    await is_fine(page, "the keys")
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(dialog).to_be_visible()

    # On the page of all rooms as well: those that work there.
    await page.goto("/chat/")
    await page.get_by_role("main").focus()
    await page.keyboard.press("?")
    await expect(dialog).to_contain_text("Go to a room or person")
    await expect(dialog).not_to_contain_text("Next unread room")
    await page.keyboard.press("Escape")
    await page.get_by_role("textbox", name="Room name").focus()
    await page.keyboard.press("Control+k")
    await expect(field).to_be_focused()
    await page.keyboard.type(f"orangery {sign}")
    await expect(option).to_have_attribute("aria-selected", "true")
    await expect(option.get_by_text("Not joined")).to_be_hidden()
    await is_fine(page, "the switcher beside all rooms")
    await page.keyboard.press("Enter")
    await is_at(page, public)


async def test_what_waits_is_counted_and_the_keys_lead_there(
    company: Company, visit: Visitor
) -> None:
    here = await room_of(company.bob, name="A")
    quiet = await room_of(company.alice, company.bob, name="B")
    busy = await room_of(company.alice, company.bob, name="C")
    page = await visit(company.server, company.bob, f"/chat/{here}/")
    await is_connected(page)
    # What is half written elsewhere, in another tab too; not in the room on screen.
    other = await page.context.new_page()
    await other.goto(f"/chat/{quiet}/")
    await message_box(other).fill("half a thou")
    link = f'a[data-room="{quiet}"]'
    await expect(page.locator(link)).to_have_accessible_name(re.compile("^B .*Draft$"))
    await expect(other.locator(link)).not_to_have_accessible_name(re.compile("Draft"))
    await message_box(other).fill("")
    await expect(page.locator(link)).not_to_have_accessible_name(re.compile("Draft"))
    await other.close()
    async with company.alice.tab(busy) as alice:
        for text in ("one", "two @bob", "three"):
            await alice.post(text)
    await expect(waiting(page, busy)).to_have_text("1 for you, 3 unread")
    await expect(page).to_have_title(re.compile(r"^\(\d+\) A "))
    icons = page.locator('link[rel="icon"]')
    await expect(icons).to_have_count(1)
    await expect(icons).to_have_attribute("href", re.compile("^data:"))
    await expect(waiting(page, quiet)).to_be_hidden()
    await page.keyboard.press("Alt+ArrowUp")
    await expect(page).not_to_have_url(re.compile(f"/chat/{here}/"))
    await page.goto(f"/chat/{here}/")
    await is_connected(page)
    for _ in range(20):
        await page.keyboard.press("Alt+Shift+ArrowDown")
        await expect(page).not_to_have_url(re.compile(f"/chat/{here}/"))
        if busy in page.url:
            break
    await is_at(page, busy)


async def test_of_two_tabs_one_tells_at_the_level_of_the_room(
    company: Company, visit: Visitor
) -> None:
    here = await room_of(company.bob, name="Desk")
    elsewhere = await room_of(company.alice, company.bob, name="Garden")
    first = await visit(company.server, company.bob, "/accounts/")
    await first.context.add_init_script(NOTICES)
    second = await first.context.new_page()
    for tab in (first, second):
        await tab.goto(f"/chat/{here}/")
        await is_connected(tab)
    await first.get_by_role("button", name="Notifications").click()
    await first.get_by_role("checkbox", name="Desktop notifications").check()
    await is_fine(first, "of what one is told")
    await expect_teller(first, second)
    async with company.alice.tab(elsewhere) as alice:
        await alice.post("not for anybody")
        await expect(waiting(second, elsewhere)).to_contain_text("1 unread")
        assert await notices(first, second) == []
        await alice.post("for @bob")
        await expect(waiting(second, elsewhere)).to_contain_text("1 for you, 2 unread")
        await is_told(first, second, 1)
        [notice] = await notices(first, second)
        assert notice["body"] == "alice: for @bob"

        third = await first.context.new_page()
        await third.goto(f"/chat/{elsewhere}/")
        await is_connected(third)
        await choose_level(third, "Nothing")
        await third.close()
        await alice.post("still there, @bob?")
        await expect(waiting(second, elsewhere)).to_be_hidden()
        assert len(await notices(first, second)) == 1
    teller = first if await first.evaluate("window.notices.length") else second
    await teller.evaluate("window.notices[0].onclick()")
    await expect(teller).to_have_url(re.compile(rf"/chat/{elsewhere}/#message-\d+"))


async def choose_level(page: Page, level: str) -> None:
    await page.get_by_role("button", name="Notifications").click()
    async with page.expect_response(re.compile("/notify/")) as answer:
        await page.get_by_role("radio", name=level).check()
    assert (await answer.value).ok


async def expect_teller(*tabs: Page, of: str = "bob") -> None:
    """One of them holds the lock."""
    names = "(await navigator.locks.query()).held.map(({ name }) => name)"
    await becomes_true(tabs[0], f"(async () => {names}.includes('teller:{of}'))()")


async def notices(*tabs: Page) -> list[dict[str, Any]]:
    return [
        each
        for tab in tabs
        for each in await tab.evaluate("window.notices.map(({ title, body }) => ({ title, body }))")
    ]


async def is_told(first: Page, second: Page, count: int) -> None:
    for _ in range(100):
        if len(await notices(first, second)) >= count:
            break
        await first.evaluate("new Promise(requestAnimationFrame)")
    assert len(await notices(first, second)) == count


async def test_on_a_phone_back_closes_what_is_open_and_a_long_press_opens_the_menu(
    company: Company, visit: Visitor, room: str
) -> None:
    other = await room_of(company.bob)
    page = await visit(company.server, company.bob, f"/chat/{room}/", **PHONE)
    first = await is_shown(page, "alice", "Who waters the tomatoes?")
    steps = await page.evaluate("history.length")
    drawer = page.get_by_role("button", name="Show the rooms")
    rooms = page.get_by_role("navigation", name="Rooms")
    await drawer.click()
    await expect(rooms).to_be_visible()
    await becomes_true(page, "history.state?.isOpen")
    await page.evaluate("history.back()")
    await expect(rooms).to_be_hidden()
    for _ in range(2):
        await drawer.click()
        await becomes_true(page, "history.state?.isOpen")
        await page.get_by_role("button", name="Close").first.click()
        await becomes_true(page, "!history.state?.isOpen")
        await expect(rooms).to_be_hidden()
    assert await page.evaluate("history.length") == steps + 1

    await presses_long(page, first)
    menu = page.get_by_role("group", name="Message actions")
    await expect(menu).to_be_visible()
    await menu.get_by_role("button", name="Copy text").wait_for()
    await becomes_true(page, "history.state?.isOpen")
    await page.evaluate("history.back()")
    await expect(menu).to_be_hidden()
    await presses_long(page, messages(page).first, by=40)
    await expect(menu).to_be_hidden()

    await drawer.click()
    await becomes_true(page, "history.state?.isOpen")
    await rooms.locator(f'[data-room="{other}"]').click()
    await expect(page).to_have_url(re.compile(f"/chat/{other}/"))
    await page.go_back()
    await expect(page).to_have_url(re.compile(f"/chat/{room}/"))
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def presses_long(page: Page, message: Locator, *, by: int = 0) -> None:
    """A finger goes down on a message and up again later, `by` pixels further."""
    box = await message.locator(".message__bubble").bounding_box()
    assert box
    x, y = box["x"] + 30, box["y"] + box["height"] / 2
    session = await page.context.new_cdp_session(page)

    async def touch(kind: str, *points: dict[str, float]) -> None:
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    await touch("touchStart", {"x": x, "y": y})
    if by:
        await touch("touchMove", {"x": x, "y": y + by})
    # A press is long by the clock: there is no event to wait for where nothing is to happen.
    await page.wait_for_timeout(700)
    await touch("touchEnd")
    # The page waits for a click that may follow, by its own clock.
    await page.evaluate("new Promise((done) => setTimeout(done, 200))")


async def test_the_page_can_be_installed(company: Company, visit: Visitor, room: str) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    session = await page.context.new_cdp_session(page)
    manifest = await session.send("Page.getAppManifest")
    assert manifest["url"].endswith("/manifest.webmanifest")
    assert not manifest["errors"]
    found = await session.send("Page.getInstallabilityErrors")
    assert [each["errorId"] for each in found["installabilityErrors"]] in ([], ["in-incognito"])


async def test_what_is_typed_while_a_room_is_on_its_way_is_in_its_message_box(
    company: Company, visit: Visitor
) -> None:
    shed = await room_of(company.bob, name="Shed")
    orchard = await room_of(company.bob, name="Orchard")
    page = await visit(company.server, company.bob, f"/chat/{orchard}/")
    await is_connected(page)
    await message_box(page).fill("Pears, ")
    await way_to(page, shed).click()
    await is_at(page, shed)
    await message_box(page).fill("A secret of the shed")

    # The page comes late, and its modules later still.
    asked, answer = await held(page, f"**/chat/{orchard}/")
    begun, begin = await held(page, "**/main.*js")
    place = await middle_of(way_to(page, orchard))
    await page.mouse.click(*place)
    await asked.wait()
    await page.keyboard.press("Enter")
    await page.keyboard.type("applex")
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Control+Backspace")
    # An impatient one clicks again, and holds a key.
    await page.mouse.click(*place)
    for key in ("Enter", "Control+Enter"):
        await page.keyboard.press(key)
    await page.keyboard.type("and")
    answer.set()
    await begun.wait()
    await expect(message_box(page)).to_have_value("")
    await page.keyboard.type(" plums")
    await expect(message_box(page)).to_have_value(" plums")
    await page.keyboard.press("Enter")
    begin.set()
    await is_at(page, orchard)
    await expect(message_box(page)).to_have_value("Pears, apple\nand plums")
    await expect(message_box(page)).to_be_focused()
    await page.keyboard.press("Enter")
    await is_shown(page, "You", "and plums")
    await page.reload()
    await is_at(page, orchard)
    await expect(message_box(page)).to_have_value("")
    await page.goto(f"/chat/{shed}/")
    await is_at(page, shed)
    await expect(message_box(page)).to_have_value("A secret of the shed")
    await expect(messages(page)).to_have_count(0)


async def test_who_changes_their_mind_on_the_way_to_a_room_loses_no_word(
    company: Company, visit: Visitor
) -> None:
    here, first, second = [await room_of(company.bob, name=name) for name in "JKL"]
    page = await visit(company.server, company.bob, f"/chat/{here}/")
    await is_connected(page)
    places = [await middle_of(way_to(page, room)) for room in (first, second)]
    answers = []
    for room, place in zip((first, second), places, strict=True):
        asked, answer = await held(page, f"**/chat/{room}/")
        answers.append(answer)
        await page.mouse.click(*place)
        await asked.wait()
        await page.keyboard.type(f"for {room}")
    # The second way is given up as well, and this page stays.
    session = await page.context.new_cdp_session(page)
    await session.send("Page.stopLoading")
    await expect(way_to(page, second)).to_be_focused()
    await message_box(page).focus()
    await page.keyboard.type("for here")
    await expect(message_box(page)).to_have_value("for here")
    for room in (first, second):
        await expect(way_to(page, room)).to_have_accessible_name(re.compile("Draft$"))
    for answer in answers:
        answer.set()
    for room in (first, second):
        await page.goto("/chat/")
        await page.goto(f"/chat/{room}/")
        await expect(message_box(page)).to_have_value(f"for {room}")


async def test_what_is_typed_before_the_switcher_is_there_is_looked_for_and_not_sent(
    company: Company, visit: Visitor
) -> None:
    sign = uuid.uuid4().hex[:6]
    here, _ = [await room_of(company.bob, name=f"{name} {sign}") for name in "MN"]
    page = await visit(company.server, company.bob, f"/chat/{here}/")
    await is_connected(page)
    await message_box(page).fill("Half a thought")
    asked, answer = await held(page, "**/room-switcher.js")
    await page.keyboard.press("Control+k")
    await asked.wait()
    await page.keyboard.type(f"n {sign}")
    await page.keyboard.press("Enter")
    await expect(message_box(page)).to_have_value("Half a thought")
    answer.set()
    field = page.get_by_role("combobox", name="Go to a room or person")
    await expect(field).to_have_value(f"n {sign}")
    await expect(page.get_by_role("option").first).to_contain_text(f"N {sign}")

    # And what is typed while a conversation is opened is for whom it is with.
    await field.fill("charlie")
    asked, answer = await held(page, "**/chat/")
    await page.get_by_role("option", name="charlie").first.click()
    await asked.wait()
    await page.keyboard.type("Are you there?")
    await page.keyboard.press("Enter")
    answer.set()
    await expect(page.get_by_role("heading", level=1)).to_have_text("charlie")
    await expect(message_box(page)).to_have_value("Are you there?")
    await page.goto(f"/chat/{here}/")
    await is_at(page, here)
    await expect(message_box(page)).to_have_value("Half a thought")
    await expect(messages(page)).to_have_count(0)


async def test_a_draft_is_the_same_in_every_tab(company: Company, visit: Visitor) -> None:
    room = await room_of(company.bob, name="O")
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    await message_box(page).fill("Draft A")
    other = await page.context.new_page()
    await other.goto(f"/chat/{room}/")
    await is_connected(other)
    await expect(message_box(other)).to_have_value("Draft A")
    await message_box(other).fill("Draft A and B")
    await expect(message_box(page)).to_have_value("Draft A and B")
    await message_box(other).press("Enter")
    await is_shown(page, "You", "Draft A and B")
    await expect(message_box(page)).to_have_value("")


def way_to(page: Page, room: str) -> Locator:
    return page.get_by_role("navigation", name="Rooms").locator(f'[data-room="{room}"]')


async def middle_of(locator: Locator) -> tuple[float, float]:
    """Taken in time: of a page that is being left nothing can be asked."""
    box = await locator.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def held(page: Page, address: str) -> tuple[asyncio.Event, asyncio.Event]:
    """Every answer from there waits: whether one was asked for, and what lets them go."""
    asked, answer = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        asked.set()
        await answer.wait()
        # Who asked may have given up.
        with suppress(Error):
            await route.continue_()

    await page.route(address, hold)
    return asked, answer
