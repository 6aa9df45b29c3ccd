"""Where the system gives the colours, lines tell what grounds and shadows tell elsewhere."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.acting import is_connected, messages, opens_menu, say
from tests.browser.conftest import Visitor
from tests.browser.test_navigation import room_of, waiting
from tests.cast import Company

pytestmark = pytest.mark.asyncio

STANDS_OUT = """element => {
  const partsOf = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const canvas = partsOf(getComputedStyle(document.documentElement).backgroundColor);
  const isSeen = (colour) => {
    const [red, green, blue, opacity = 1] = partsOf(colour);
    return opacity > 0 && [red, green, blue].join() !== canvas.slice(0, 3).join();
  };
  const style = getComputedStyle(element);
  const isLine = (side) =>
    parseFloat(style[`border${side}Width`]) > 0 && isSeen(style[`border${side}Color`]);
  return isSeen(style.backgroundColor) || ["Top", "Right", "Bottom", "Left"].every(isLine);
}"""
OUTLINE = "element => getComputedStyle(element).outlineStyle"


async def stand_out(*places: Locator) -> None:
    for place in places:
        await expect(place).to_be_visible()
        assert await place.evaluate(STANDS_OUT), await place.evaluate("each => each.outerHTML")


async def shows_where_the_focus_is(page: Page, place: Locator) -> None:
    # Who uses keys is shown it.
    await page.keyboard.press("Shift")
    await place.focus()
    assert await place.evaluate(OUTLINE) == "solid"


async def test_without_our_colours_all_is_seen_by_its_lines(
    company: Company, visit: Visitor, room: str
) -> None:
    elsewhere = await room_of(company.alice, company.bob)
    async with company.alice.tab(elsewhere) as alice:
        await alice.post("for @bob")
    page = await visit(
        company.server, company.bob, f"/chat/{room}/", forced_colors="active", color_scheme="light"
    )
    await is_connected(page)
    assert await page.evaluate("matchMedia('(forced-colors: active)').matches")
    await say(page, "I do")
    menu = await opens_menu(page, messages(page).last)
    await stand_out(
        menu,
        page.locator(".message--mine .message__bubble").last,
        page.locator(".message:not(.message--mine) .message__bubble").first,
        page.locator(".person .avatar").first,
        page.locator(".person__dot").first,
        page.get_by_role("button", name="Send"),
        waiting(page, elsewhere),
    )
    await page.keyboard.press("Escape")
    await shows_where_the_focus_is(page, page.get_by_role("button", name="Search messages"))
    here = page.locator(f'a[data-room="{room}"]')
    assert await here.evaluate(OUTLINE) == "solid"

    await page.goto("/chat/")
    enter = page.get_by_role("button", name="Enter room")
    card = page.locator(f'a[data-room="{elsewhere}"]')
    await stand_out(
        page.locator(".lobby__form").first,
        page.get_by_role("textbox", name="Room name"),
        enter,
        card.locator(".unread"),
    )
    await shows_where_the_focus_is(page, enter)
    await shows_where_the_focus_is(page, card)

    stranger = await visit(company.server, None, "/accounts/login/", forced_colors="active")
    sign_in = stranger.get_by_role("main").get_by_role("button", name="Sign in")
    await stand_out(stranger.get_by_role("main"), stranger.get_by_role("textbox").first, sign_in)
    await shows_where_the_focus_is(stranger, sign_in)
