"""What a page may do to be quick, whatever the machine: the figures are shown by `measure`."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.acting import connection, is_connected, is_shown, messages
from tests.browser.measure import (
    SCROLL,
    cost_of_messages,
    drawn,
    everybody,
    fill,
    first_drawing,
    key_to_bubble,
    watched,
)
from tests.cast import Company

pytestmark = pytest.mark.asyncio

NODES = 300


async def test_a_room_is_drawn_in_one_frame_a_message_is_one_element_and_the_rest_stays_away(
    company: Company, chromium: Browser
) -> None:
    room = await company.alice.make_room()
    async with company.alice.tab(room) as alice, everybody([company.charlie], room):
        await fill(alice, 450)
        page = await watched(chromium, company.bob)
        first, took = await first_drawing(page, room)
        print(f"\nHTML to drawn room: {took:.0f} ms")
        assert [entry["articles"] for entry in first] == [50]
        await is_connected(page)
        await drawn(page)

        print(f"script, layout, style: {await cost_of_messages(page, alice, 5)} ms a message")
        news = await drawn(page)
        assert [(entry["added"], entry["removed"]) for entry in news] == [(1, 0)] * 5
        print(f"key press to bubble: {await key_to_bubble(page, 1):.0f} ms")
        await expect(page.locator(".message--sending")).to_have_count(0)
        assert [(entry["added"], entry["removed"]) for entry in await drawn(page)] == [(1, 0)]

        found = await page.evaluate(SCROLL, 5_000)
        print(f"longest frame while scrolling: {max(found['frames']):.0f} ms")
        await expect(page.get_by_text("message 0:").first).to_be_attached()
        assert max(entry["nodes"] for entry in await drawn(page)) <= NODES
        await expect(connection(page)).to_be_empty()
        await page.get_by_role("button", name="Newest messages").click()
        await is_shown(page, "You", "typed 1")
        assert await messages(page).count() <= NODES
        await page.context.close()
