"""What was said is found by its words, and the way leads there."""

import re
import uuid

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.acting import becomes_true, connection, is_connected
from tests.browser.axe import is_fine
from tests.browser.conftest import Visitor
from tests.cast import Company

pytestmark = pytest.mark.asyncio


async def is_in_the_index(page: Page, words: str) -> None:
    """The index grows beside the posting, and nothing tells of it: asked until it is there."""
    question = f"fetch('/search/?q={words}').then((answer) => answer.json())"
    await becomes_true(page, f"{question}.then(({{ messages }}) => messages.length > 0)")


async def look_for(page: Page, words: str) -> None:
    await page.get_by_role("searchbox", name="Search messages").fill(words)


def hits(page: Page) -> Locator:
    return page.get_by_role("list", name="Found messages").get_by_role("link")


@pytest.mark.parametrize("width", [320, 1280])
async def test_what_was_said_long_ago_is_found_by_keyboard_and_shown_where_it_stands(
    company: Company, visit: Visitor, width: int
) -> None:
    sign = uuid.uuid4().hex[:6]
    shed, attic = [await company.alice.make_room(f"{name} {sign}") for name in ("Shed", "Attic")]
    await company.bob.web.get(f"/chat/{attic}/")
    async with company.alice.tab(shed) as tab:
        await tab.post(f"The **Ladder{sign}** stands behind the door")
        for number in range(60):
            await tab.post(f"and then {number}")
    async with company.alice.tab(attic) as tab:
        await tab.post(f"No ladder{sign} here")
    page = await visit(
        company.server, company.bob, f"/chat/{shed}/", viewport={"width": width, "height": 720}
    )
    await expect(connection(page)).to_be_empty()
    await is_in_the_index(page, f"ladder{sign} here")
    await page.keyboard.press("Control+Shift+F")
    await look_for(page, f"ladder{sign[:4]}")
    await expect(hits(page)).to_have_count(1)
    await expect(hits(page).locator("mark")).to_have_text(f"Ladder{sign}")
    await is_fine(page, "messages were found")
    await page.get_by_text("In all your rooms").click()
    await expect(hits(page)).to_have_count(2)
    await expect(hits(page).first).to_contain_text("Attic")
    await expect(page.get_by_role("status").filter(has_text="2 messages")).to_be_visible()
    await page.get_by_role("searchbox", name="Search messages").focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Search messages")
    await expect(dialog).to_be_hidden()
    target = page.locator(".message--target")
    await expect(target).to_contain_text("stands behind the door")
    await expect(target).to_be_in_viewport()
    await expect(page).to_have_url(re.compile(f"/chat/{shed}/#message-"))

    # Enter leads to the newest at once.
    await page.keyboard.press("Control+Shift+F")
    await look_for(page, f"ladder{sign} here")
    await expect(hits(page)).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(f"/chat/{attic}/#message-"))
    await expect(page.locator(".message--target")).to_contain_text("here")


async def test_a_hit_in_another_room_leads_there(company: Company, visit: Visitor) -> None:
    sign = uuid.uuid4().hex[:6]
    shed, attic = [await company.alice.make_room(f"{name} {sign}") for name in ("Shed", "Attic")]
    async with company.alice.tab(attic) as tab:
        await tab.post(f"Boxes{sign} everywhere")
    page = await visit(company.server, company.alice, f"/chat/{shed}/")
    await is_connected(page)
    await is_in_the_index(page, f"boxes{sign}")
    await page.get_by_role("button", name="Search messages").click()
    await look_for(page, f"boxes{sign}")
    await expect(page.get_by_text("No messages match these words.")).to_be_visible()
    await page.get_by_text("In all your rooms").click()
    await hits(page).click()
    await expect(page).to_have_url(re.compile(f"/chat/{attic}/#message-"))
    await expect(page.locator(".message--target")).to_contain_text(f"Boxes{sign}")


async def test_a_search_that_fails_says_so_and_can_be_tried_again(
    company: Company, visit: Visitor, room: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/")
    await is_connected(page)
    await page.route("**/search/?*", lambda route: route.abort())
    await page.get_by_role("button", name="Search messages").click()
    await look_for(page, "anything")
    await expect(page.get_by_text("The search did not get through.")).to_be_visible()
    await page.unroute("**/search/?*")
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_text("No messages match these words.")).to_be_visible()
