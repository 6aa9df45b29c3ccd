"""axe finds nothing in the room, whatever happens in it: wide and phone, light and dark."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.acting import (
    chooses,
    connection,
    message_box,
    messages,
    opens_menu,
    refuses_posts,
    say,
    without_sockets,
)
from tests.browser.conftest import Visitor
from tests.cast import Company

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.parametrize("scheme", ["light", "dark"]),
    pytest.mark.parametrize("width", [1280, 320]),
]


def seen(width: int, scheme: str) -> dict[str, Any]:
    return {
        "viewport": {"width": width, "height": 760},
        "color_scheme": scheme,
        "reduced_motion": "reduce",
    }


async def test_nothing_while_somebody_reads_and_writes(
    company: Company, visit: Visitor, room: str, width: int, scheme: str
) -> None:
    page = await visit(company.server, company.bob, f"/chat/{room}/", **seen(width, scheme))
    await expect(page.get_by_role("separator", name="New")).to_be_visible()
    await is_fine(page, "unread")
    first = messages(page).filter(has_text="Who waters").first
    await opens_menu(page, first)
    await is_fine(page, "the menu")
    await page.keyboard.press("Escape")
    await chooses(page, first, "Reply")
    await is_fine(page, "replying")
    await say(page, "I do")
    await message_box(page).press("ArrowUp")
    await is_fine(page, "editing")
    await message_box(page).press("Escape")
    await chooses(page, messages(page).last, "Delete")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await is_fine(page, "the dialog")
    await page.keyboard.press("Escape")


async def test_nothing_while_the_line_is_cut(
    company: Company, visit: Visitor, room: str, width: int, scheme: str
) -> None:
    page = await visit(company.server, company.bob, "/chat/", **seen(width, scheme))
    await without_sockets(page)
    await page.goto(f"/chat/{room}/")
    await chooses(page, messages(page).filter(has_text="Who waters").first, "Reply")
    await say(page, "Is anybody there?")
    await say(page, "I will wait.")
    await expect(connection(page)).to_contain_text("2 messages wait to be sent.")
    await expect(connection(page)).to_contain_text("Next try in")
    await is_fine(page, "the line is cut")
    await page.context.set_offline(True)
    await expect(connection(page)).to_contain_text("You are offline.")
    await is_fine(page, "offline")


async def test_nothing_after_a_message_failed(
    company: Company, visit: Visitor, room: str, width: int, scheme: str
) -> None:
    page = await visit(company.server, company.bob, "/chat/", **seen(width, scheme))
    await refuses_posts(page)
    await page.goto(f"/chat/{room}/")
    await say(page, "Never mind the weeds")
    await say(page, "and the " + "very " * 40 + "long grass")
    await expect(page.locator(".message--failed")).to_have_count(2)
    await expect(page.get_by_role("group", name="Unsent messages")).to_be_visible()
    await is_fine(page, "two failed")
    await page.locator(".message--failed").first.get_by_role("button", name="Edit").click()
    await expect(message_box(page)).to_have_value("Never mind the weeds")
    await is_fine(page, "one is edited")


async def is_fine(page: Page, state: str) -> None:
    results = await Axe().run(page)
    serious = [
        f"{each['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
        for each in results.response["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]
    assert not serious, f"{state}: {serious}"
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), state
